// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How many watches a server has for one process and one event, as the page of operations says. */
class WatchesTest {
    private static Servers servers;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private final List<CompletableFuture<Void>> waits = new ArrayList<>();

    @BeforeAll
    static void start() {
        servers = Servers.start(1);
    }

    @AfterAll
    static void end() {
        servers.close();
    }

    /** What a server says; wchs, which lists them, leaves out those of children. */
    private static int watches() {
        return servers.ask(0, "mntr")
                .lines()
                .filter(line -> line.startsWith("zk_watch_count\t"))
                .mapToInt(line -> Integer.parseInt(line.substring(15)))
                .findFirst()
                .orElse(-1);
    }

    @Test
    void waiters_ofOneProcessAndEvent_haveSoManyWatches() {
        try (Cluster cluster = Cluster.connect(servers.address(), Servers.PATIENT);
                ClusterEvent event = cluster.event("x");
                ClusterEvent sameEvent = cluster.event("x")) {
            assertThat(watches()).as("nobody waits").isZero();

            waits.add(event.whenSet());
            waits.add(event.whenSet());
            waits.add(sameEvent.whenSet());
            assertThat(watches()).as("for set, whatever the number of waiters").isOne();

            event.set();
            waits.forEach(CompletableFuture::join);
            assertThat(watches()).as("released").isZero();

            CompletableFuture<Void> clear = event.whenClear();
            waits.add(sameEvent.whenClear());
            assertThat(watches()).as("for clear").isOne();

            ClusterEvent.Hold hold = event.hold();
            event.clear();
            threads.until("the waiters have read that it is held", () -> watches() == 2);

            hold.close();
            clear.join();
            waits.forEach(CompletableFuture::join);
            threads.until("released", () -> watches() == 0);
        }
    }

    /** A wait for set, which returns at once, arms the watch for the next set, too; it is removed with the others. */
    @Test
    void waitersForClear_ofAHeldEventThatWasWaitedForToBeSet_haveThree() {
        try (Cluster cluster = Cluster.connect(servers.address(), Servers.PATIENT);
                ClusterEvent event = cluster.event("both");
                ClusterEvent.Hold hold = event.hold()) {
            CompletableFuture<Void> clear = event.whenClear();
            threads.until("it waits for clear", () -> watches() == 2);
            event.whenSet().join();
            threads.until("it has waited for set", () -> watches() == 3);
            clear.cancel(false);
            threads.until("nobody waits", () -> watches() == 0);
            assertThat(hold.isValid()).isTrue();
        }
    }
}
