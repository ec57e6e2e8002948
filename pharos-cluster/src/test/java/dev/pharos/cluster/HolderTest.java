// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import dev.pharos.cluster.History.Kind;
import dev.pharos.cluster.History.Operation;
import dev.pharos.cluster.History.Outcome;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A holder that is paused or killed: the event stays set while its session lives, and not much longer. */
class HolderTest {
    private static final Duration LONG = Duration.ofHours(1);

    private static Servers servers;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @BeforeAll
    static void startServers() {
        servers = Servers.start(3);
    }

    @AfterAll
    static void killServers() {
        servers.close();
    }

    private Client connect() throws Exception {
        Client client = new Client(List.of(servers.address() + "/holders"), (event, operation) -> {});
        threads.get(client.connected());
        return client;
    }

    private Operation call(Client client, String event, Kind kind) throws Exception {
        return threads.get(client.call(0, event, kind, LONG).done());
    }

    @Test
    void kill_ofTheHolder_clearsWithinTheSession() throws Exception {
        try (Client holder = connect();
                Client other = connect()) {
            assertThat(call(holder, "killed", Kind.HOLD).outcome()).isEqualTo(Outcome.TRUE);
            assertThat(call(other, "killed", Kind.IS_SET).outcome()).isEqualTo(Outcome.TRUE);
            Client.Call wait = other.call(0, "killed", Kind.AWAIT_CLEAR, LONG);
            threads.get(wait.entered());
            assertThat(wait.done()).isNotDone();
            long killed = System.nanoTime();
            holder.kill();
            Operation cleared = threads.get(wait.done());
            assertThat(cleared.outcome()).isEqualTo(Outcome.TRUE);
            assertThat(cleared.to() - killed).isLessThan(Client.MOST_HELD_NANOS);
            assertThat(call(other, "killed", Kind.IS_SET).outcome()).isEqualTo(Outcome.FALSE);
        }
    }

    @Test
    void pause_ofTheHolder_clearsOnlyIfLongerThanTheSession() throws Exception {
        try (Client holder = connect();
                Client other = connect()) {
            assertThat(call(holder, "paused", Kind.HOLD).outcome()).isEqualTo(Outcome.TRUE);
            Client.Call wait = other.call(0, "paused", Kind.AWAIT_CLEAR, LONG);
            threads.get(wait.entered());
            long began = System.nanoTime();
            holder.pause();
            threads.until(
                    "a quarter of the session is over", () -> System.nanoTime() - began > Client.SESSION.toNanos() / 4);
            holder.resume();
            assertThat(call(holder, "paused", Kind.IS_SET).outcome()).isEqualTo(Outcome.TRUE);
            assertThat(wait.done()).isNotDone();
            long paused = System.nanoTime();
            holder.pause();
            Operation cleared = threads.get(wait.done());
            assertThat(cleared.to() - paused).isLessThan(Client.MOST_HELD_NANOS);
            holder.resume();
            assertThat(call(holder, "paused", Kind.IS_SET).outcome()).isEqualTo(Outcome.FALSE);
        }
    }
}
