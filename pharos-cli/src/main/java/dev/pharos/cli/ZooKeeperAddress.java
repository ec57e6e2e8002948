// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.cluster.Cluster;
import dev.pharos.cluster.ClusterAddress;
import dev.pharos.cluster.ClusterEvent;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The address of an event on ZooKeeper, as in {@code zk://zk1:2181,zk2:2181/root/name}. */
final class ZooKeeperAddress extends Address {
    private final ClusterAddress.OfEvent event;
    private final Connections connections;

    private ZooKeeperAddress(String text, ClusterAddress.OfEvent event, Connections connections) {
        super(text);
        this.event = event;
        this.connections = connections;
    }

    /** Reads an address; throws if it is not one, saying why. */
    static ZooKeeperAddress parse(String text, Connections connections) {
        return new ZooKeeperAddress(text, ClusterAddress.parseEvent(text), connections);
    }

    /** The address of all events under a root, as in {@code zk://zk1:2181,zk2:2181/root}. */
    record Root(String text, ClusterAddress cluster, Connections connections) implements Folder {
        /** Reads an address; throws if it is not one, saying why. */
        static Root parse(String text, Connections connections) {
            return new Root(text, ClusterAddress.parse(text), connections);
        }

        @Override
        public List<ZooKeeperAddress> list() throws IOException {
            return connections.to(cluster).events().stream()
                    .map(cluster::event)
                    .map(event -> new ZooKeeperAddress(event.toString(), event, connections))
                    .toList();
        }

        @Override
        public String toString() {
            return text;
        }
    }

    String servers() {
        return event.cluster().servers();
    }

    /** The name of the event itself: the address with just those escapes that are needed. */
    String eventName() {
        return event.toString();
    }

    private Cluster cluster() throws IOException {
        return connections.to(event.cluster());
    }

    @Override
    boolean set() throws IOException {
        try (ClusterEvent opened = open(false)) {
            return opened.set();
        }
    }

    @Override
    boolean clear() throws IOException {
        cluster().look(event.name()); // throws if it is missing
        try (ClusterEvent opened = open(false)) {
            return opened.clear();
        }
    }

    @Override
    Sighting look() throws IOException {
        Cluster.State state = cluster().look(event.name());
        return new Sighting(this, "cluster", state.set(), OptionalInt.of(state.holders()), Optional.of(state.since()));
    }

    @Override
    ClusterEvent open(boolean held) throws IOException {
        return cluster().event(event.name());
    }

    @Override
    Event await(boolean held) {
        return new Reaching(this);
    }

    @Override
    Hold hold(Exec program, boolean quiet) throws IOException {
        return Keeper.start(this, program, quiet);
    }

    @Override
    void remove() throws IOException {
        if (!cluster().delete(event.name())) {
            throw new EventException.Unavailable(eventName(), "does not exist; set it or wait for it first", null);
        }
    }

    @Override
    String name() {
        return event.name();
    }
}
