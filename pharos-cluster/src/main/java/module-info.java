// SPDX-License-Identifier: Apache-2.0

/**
 * Events for the machines of a cluster: a node of ZooKeeper is the event.
 *
 * <p>ZooKeeper has no modules: two of its jars share packages. It belongs on the class path, also of a program that is
 * on the module path; this module sees to it that it can read that.
 */
@org.jspecify.annotations.NullMarked
module dev.pharos.cluster {
    requires transitive dev.pharos;
    requires org.slf4j;
    requires static org.jspecify;

    exports dev.pharos.cluster;
}
