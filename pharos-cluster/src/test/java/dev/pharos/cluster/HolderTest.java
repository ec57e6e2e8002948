// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.Event;
import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import dev.pharos.cluster.History.Kind;
import dev.pharos.cluster.History.Operation;
import dev.pharos.cluster.History.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A holder that is paused or killed: the event stays set while its session lives, and not longer. What decides is not
 * the time that passes here, but the order in which the servers end sessions: see {@link #assertIsOver}.
 */
class HolderTest {
    private static final Duration LONG = Duration.ofHours(1);

    /** What is sent to a server arrives there in this time, with a tick between it and what is sent after that. */
    private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(3 * Servers.TICK_MILLIS);

    private final Servers servers = Servers.shared();

    /** The one that ends sessions, and is told at once who is alive. */
    private final int leader = servers.leader();

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private Client connect(Duration session) throws Exception {
        Client client = new Client(
                Servers.PATIENT.sessionTimeout(session),
                List.of(servers.address(leader) + "/holders"),
                (event, operation) -> {});
        threads.get(client.connected());
        return client;
    }

    private Operation call(Client client, String event, Kind kind) throws Exception {
        return threads.get(client.call(0, event, kind, LONG).done());
    }

    private void passTime() {
        long start = System.nanoTime();
        threads.until("it is over", () -> System.nanoTime() - start > SILENCE_NANOS);
    }

    /**
     * Whoever is silent for the time of a session and a tick has lost it. Here is somebody with a session of the same
     * time who falls silent after the holder: when it has lost its session, the hold has long ended.
     */
    private void assertIsOver(Client other, String event) throws Exception {
        passTime();
        try (Proxy proxy = new Proxy(servers.port(leader))) {
            Event connected = new ThreadEvent();
            var silent = new ZooKeeper("127.0.0.1:" + proxy.port(), (int) Client.SESSION.toMillis(), change -> {
                if (change.getState() == KeeperState.SyncConnected) {
                    connected.set();
                }
            });
            threads.until("it is connected", connected::isSet);
            proxy.drop(true, true);
            String session = "0x" + Long.toHexString(silent.getSessionId());
            threads.until("its session has ended", () -> {
                String sessions = servers.ask(leader, "dump");
                return sessions.contains("Sessions") && !sessions.contains(session);
            });
            assertThat(call(other, event, Kind.IS_SET).outcome()).isEqualTo(Outcome.FALSE);
            proxy.heal();
            silent.close();
        }
    }

    @Test
    void kill_ofTheHolder_clearsWithinTheSession() throws Exception {
        try (Client holder = connect(Client.SESSION);
                Client other = connect(LONG)) {
            assertThat(call(holder, "killed", Kind.HOLD).outcome()).isEqualTo(Outcome.TRUE);
            Client.Call wait = other.call(0, "killed", Kind.AWAIT_CLEAR, LONG);
            threads.get(wait.entered());
            holder.kill();
            assertIsOver(other, "killed");
            assertThat(threads.get(wait.done()).outcome()).isEqualTo(Outcome.TRUE);
        }
    }

    @Tag("slow")
    @Test
    void pause_ofTheHolderLongerThanTheSession_clears() throws Exception {
        try (Client holder = connect(Client.SESSION);
                Client other = connect(LONG)) {
            assertThat(call(holder, "paused", Kind.HOLD).outcome()).isEqualTo(Outcome.TRUE);
            Client.Call wait = other.call(0, "paused", Kind.AWAIT_CLEAR, LONG);
            threads.get(wait.entered());
            holder.pause();
            assertIsOver(other, "paused");
            assertThat(threads.get(wait.done()).outcome()).isEqualTo(Outcome.TRUE);
            holder.resume();
            assertThat(call(holder, "paused", Kind.IS_SET).outcome()).isEqualTo(Outcome.FALSE);
        }
    }

    @Test
    void pause_ofTheHolderShorterThanTheSession_staysSet() throws Exception {
        try (Client holder = connect(LONG);
                Client other = connect(LONG)) {
            assertThat(call(holder, "resumed", Kind.HOLD).outcome()).isEqualTo(Outcome.TRUE);
            Client.Call wait = other.call(0, "resumed", Kind.AWAIT_CLEAR, LONG);
            threads.get(wait.entered());
            holder.pause();
            passTime();
            assertThat(call(other, "resumed", Kind.IS_SET).outcome()).isEqualTo(Outcome.TRUE);
            holder.resume();
            assertThat(call(holder, "resumed", Kind.IS_SET).outcome()).isEqualTo(Outcome.TRUE);
            assertThat(wait.done()).isNotDone();
        }
    }
}
