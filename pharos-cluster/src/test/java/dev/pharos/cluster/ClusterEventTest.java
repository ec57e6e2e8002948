// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.EventContract;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The {@link EventContract} for {@link ClusterEvent}, on one server in each build, and on an ensemble with -Pall. */
class ClusterEventTest {
    private static final int SERVERS = Integer.getInteger("dev.pharos.cluster.servers", 3);

    private static Cluster cluster;

    /** Closed in the end, unless they are shared. */
    private static AutoCloseable own;

    private static int number;

    private final Queue<ClusterEvent> events = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void start() {
        Servers servers = SERVERS == 1 ? Servers.start(1) : Servers.shared();
        own = SERVERS == 1 ? servers : () -> {};
        cluster = Cluster.connect(servers.address() + "/contract", Servers.PATIENT);
    }

    @AfterAll
    static void end() throws Exception {
        cluster.close();
        own.close();
    }

    /** An extension, so that it comes after the one that joins the threads. */
    @RegisterExtension
    final AfterEachCallback closing = context -> events.forEach(ClusterEvent::close);

    @Nested
    class Contract extends EventContract {
        @Override
        protected Event newEvent() {
            ClusterEvent event = cluster.event("event " + ++number);
            events.add(event);
            return event;
        }
    }
}
