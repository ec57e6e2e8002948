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
import java.util.concurrent.CompletableFuture;

/** The address of an event on ZooKeeper, as in {@code zk://zk1:2181,zk2:2181/root/name}. */
final class ZooKeeperAddress extends Address {
    private final ClusterAddress.OfEvent event;
    private final Connections connections;

    private ZooKeeperAddress(String text, ClusterAddress.OfEvent event, Connections connections) {
        super(text);
        this.event = event;
        this.connections = connections;
    }

    /** Parses an address; throws an exception with the reason if it is not one. */
    static ZooKeeperAddress parse(String text, Connections connections) {
        return new ZooKeeperAddress(text, ClusterAddress.parseEvent(text), connections);
    }

    /** The address of all events under a root, as in {@code zk://zk1:2181,zk2:2181/root}. */
    record Root(String text, ClusterAddress cluster, Connections connections) implements Directory {
        /** Parses an address; throws an exception with the reason if it is not one. */
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

    /** The name of the event itself: the address with only the necessary escapes. */
    String eventName() {
        return event.toString();
    }

    /** Whether there is a connection to the servers, which was made before. */
    boolean isConnected() {
        return connections.isConnected(event.cluster());
    }

    private Cluster cluster() throws IOException {
        return connections.to(event.cluster());
    }

    @Override
    boolean set(Mode mode) throws IOException {
        try (ClusterEvent opened = open()) {
            return opened.set();
        }
    }

    @Override
    boolean clear() throws IOException {
        Cluster.Status unused = cluster().status(event.name()); // throws if it does not exist
        try (ClusterEvent opened = open()) {
            return opened.clear();
        }
    }

    @Override
    Status status() throws IOException {
        Cluster.Status status = cluster().status(event.name());
        return new Status(this, "cluster", status.set(), OptionalInt.of(status.holders()), Optional.of(status.since()));
    }

    ClusterEvent open() throws IOException {
        return cluster().event(event.name());
    }

    @Override
    Event open(Mode mode, boolean held) throws IOException {
        return open();
    }

    @Override
    Event await(Mode mode, boolean held) {
        return new ConnectingEvent(this);
    }

    @Override
    Hold hold(Mode mode) throws IOException {
        return new ServerHold(open().hold());
    }

    private record ServerHold(ClusterEvent.Hold hold) implements Hold {
        @Override
        public CompletableFuture<Void> onLost() {
            return hold.onLost();
        }

        @Override
        public void close() {
            hold.close();
        }
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
