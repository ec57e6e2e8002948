// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.CloseableEventContract;
import dev.pharos.Event;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The {@link CloseableEventContract} for {@link ClusterEvent}, on an ensemble of three servers. */
class ClusterEventTest {
    private static Servers servers;
    private static Cluster cluster;

    private static int number;

    private final Queue<ClusterEvent> events = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void start() {
        servers = Servers.start(3);
        cluster = Cluster.connect(servers.address() + "/contract");
    }

    @AfterAll
    static void end() {
        cluster.close();
        servers.close();
    }

    /** An extension, so that it comes after the one that joins the threads. */
    @RegisterExtension
    final AfterEachCallback closing = context -> events.forEach(ClusterEvent::close);

    @Nested
    class Contract extends CloseableEventContract {
        @Override
        protected Event newEvent() {
            ClusterEvent event = cluster.event("event " + ++number);
            events.add(event);
            return event;
        }
    }
}
