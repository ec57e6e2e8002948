// SPDX-License-Identifier: Apache-2.0

/** Events for the machines of a cluster: a node of ZooKeeper is the event. */
@SuppressWarnings("requires-automatic") // ZooKeeper has no descriptor of its own
@org.jspecify.annotations.NullMarked
module dev.pharos.cluster {
    requires transitive dev.pharos;
    requires org.slf4j;
    requires static org.jspecify;
    requires zookeeper;

    exports dev.pharos.cluster;
}
