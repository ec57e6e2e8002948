// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pharos.TestThreads;
import dev.pharos.cluster.History.Kind;
import dev.pharos.cluster.History.Operation;
import dev.pharos.cluster.History.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A network that is parted: the leader and a client on one side, the other servers and another client on the other. For
 * a moment there are two leaders, and the first still answers the reads of its client. Needs root on Linux.
 */
@Tag("slow")
class PartitionTest {
    private static final String ROOT = "/parted";
    private static final String EVENT = "event";
    private static final Duration LONG = Duration.ofHours(1);
    private static final int ROUNDS = 2;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @BeforeAll
    static void needHosts() {
        assumeTrue(Hosts.arePossible(), "network namespaces need root, Linux, and the command ip of iproute2");
    }

    @Test
    void partition_ofTheLeaderAndAClient_losesNoSetAndShowsNothingOld() throws Exception {
        Queue<Operation> operations = new ConcurrentLinkedQueue<>();
        try (Hosts hosts = new Hosts(5);
                Servers servers = Servers.start(3, hosts)) {
            TransactionLog.Events events;
            List<String> address = List.of(servers.address() + ROOT);
            try (Client few = new Client(address, (event, operation) -> operations.add(operation), hosts.command(3));
                    Client many =
                            new Client(address, (event, operation) -> operations.add(operation), hosts.command(4))) {
                events = new TransactionLog.Events(ROOT, session -> many.number(0)); // it makes all changes
                threads.get(few.connected());
                threads.get(many.connected());
                for (int round = 0; round < ROUNDS; round++) {
                    int leader = servers.leader();
                    Client.Call cutOff = few.call(0, EVENT, Kind.AWAIT, LONG);
                    Client.Call connected = many.call(0, EVENT, Kind.AWAIT, LONG);
                    threads.get(cutOff.entered());
                    threads.get(connected.entered());
                    hosts.part(List.of(leader, 3));
                    threads.until(
                            "the others have a leader",
                            () -> IntStream.range(0, 3)
                                    .anyMatch(
                                            i -> i != leader && servers.mode(i).equals("leader")));
                    until(many, Kind.SET);
                    Client.Call read = few.call(0, EVENT, Kind.IS_SET, Duration.ZERO);
                    assertThat(threads.get(connected.done()).outcome()).isEqualTo(Outcome.TRUE);
                    until(many, Kind.CLEAR);
                    assertThat(cutOff.done()).isNotDone();
                    assertThat(threads.get(read.done()).outcome())
                            .as("the answer of a client that is cut off")
                            .isEqualTo(Outcome.NOTHING);

                    // By now the event is clear again, and yet the wait that began before is released.
                    hosts.heal();
                    servers.awaitServing();
                    assertThat(threads.get(cutOff.done()).outcome()).isEqualTo(Outcome.TRUE);
                }
                assertThat(few.failures()).isEmpty();
                assertThat(many.failures()).isEmpty();
            }
            for (int i = 0; i < servers.count(); i++) {
                servers.kill(i);
            }
            TransactionLog.read(servers, events);
            assertThat(events.violations()).isEmpty();
            assertThat(History.violations(List.copyOf(operations), events.changes(EVENT)))
                    .isEmpty();
        }
    }

    private void until(Client client, Kind kind) throws Exception {
        while (true) {
            Outcome outcome = threads.get(
                            client.call(0, EVENT, kind, Duration.ZERO).done())
                    .outcome();
            if (outcome == Outcome.TRUE || outcome == Outcome.FALSE) {
                return;
            }
        }
    }
}
