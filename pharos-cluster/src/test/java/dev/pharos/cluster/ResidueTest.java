// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What waits leave behind, here and on the servers: nothing. */
class ResidueTest {
    private static final int WAITS = 100_000;
    private static final int THREADS = 50;

    /** So many are to be over in the time that a test has for what is to happen, on the slowest machine. */
    private static final int PART = 5_000;

    private final Servers servers = Servers.shared();

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @Tag("slow")
    @Test
    void waits_manyInAllWays_leaveNothing() {
        try (Cluster cluster = Cluster.connect(servers.address() + "/residue", Servers.PATIENT);
                Cluster other = Cluster.connect(servers.address() + "/residue", Servers.PATIENT)) {
            wait(cluster, other, PART); // whatever is made only once
            threads.until("no watches on the servers", () -> watches() == 0);
            long heap = usedHeap();
            long nodes = nodes();
            int before = Thread.activeCount();
            wait(cluster, other, WAITS);
            threads.until("no watches on the servers", () -> watches() == 0);
            threads.until("the heap is as before", () -> usedHeap() < heap + 1_000_000);
            threads.until("threads are as before", () -> Thread.activeCount() <= before);
            assertThat(nodes()).isEqualTo(nodes);
        }
    }

    /** A third of the waits time out, a third are futures that are cancelled, a third are released by another client. */
    private void wait(Cluster cluster, Cluster other, int waits) {
        try (ClusterEvent event = cluster.event("event");
                ClusterEvent opposite = cluster.event("opposite");
                ClusterEvent pulsed = cluster.event("pulsed");
                ClusterEvent pulse = other.event("pulsed")) {
            opposite.set();
            for (int left = waits; left > 0; left -= PART) {
                wait(event, opposite, pulsed, pulse);
            }
        }
    }

    private void wait(ClusterEvent event, ClusterEvent opposite, ClusterEvent pulsed, ClusterEvent pulse) {
        AtomicInteger left = new AtomicInteger(PART);
        List<Thread> crowd = threads.start(THREADS, () -> {
            while (left.decrementAndGet() >= 0) {
                switch (left.get() % 6) {
                    case 0 -> assertThat(event.await(1, NANOSECONDS)).isFalse();
                    case 1 -> assertThat(opposite.awaitClear(1, NANOSECONDS)).isFalse();
                    case 2 -> assertThat(event.whenSet().cancel(false)).isTrue();
                    case 3 -> assertThat(opposite.whenClear().cancel(false)).isTrue();
                    case 4 -> pulsed.await();
                    default -> {
                        CompletableFuture<Void> future = pulsed.whenClear();
                        future.join();
                    }
                }
            }
        });
        Thread pulsing = threads.start(() -> {
            while (crowd.stream().anyMatch(Thread::isAlive)) {
                pulse.set();
                pulse.clear();
            }
        });
        threads.join(crowd);
        threads.join(pulsing);
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** How many watches the servers have. */
    private int watches() {
        return sum("zk_watch_count");
    }

    private int nodes() {
        return sum("zk_znode_count");
    }

    private int sum(String metric) {
        int sum = 0;
        for (int i = 0; i < servers.count(); i++) {
            int server = i;
            String[] answer = {""};
            threads.until("server " + i + " answers", () -> {
                answer[0] = servers.ask(server, "mntr");
                return answer[0].contains(metric);
            });
            sum += answer[0]
                    .lines()
                    .filter(line -> line.startsWith(metric + "\t"))
                    .mapToInt(line -> Integer.parseInt(line.substring(metric.length() + 1)))
                    .sum();
        }
        return sum;
    }
}
