// SPDX-License-Identifier: Apache-2.0

/**
 * Events for the machines of a cluster: each event is a node of ZooKeeper.
 *
 * <p>ZooKeeper cannot be used as modules, since two of its jars share packages. Put it on the class path even if the
 * program is on the module path; this module adds the read edge to it.
 */
@org.jspecify.annotations.NullMarked
module dev.pharos.cluster {
    requires transitive dev.pharos;
    requires org.slf4j;
    requires static jdk.jfr;
    requires static org.jspecify;

    exports dev.pharos.cluster;
}
