// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.EventException;
import dev.pharos.ThreadEvent;
import dev.pharos.cluster.Engine.Answer.Kind;
import dev.pharos.cluster.Engine.Interest;
import dev.pharos.cluster.Engine.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.zookeeper.ClientCnxnSocketNIO;
import org.apache.zookeeper.HeldUpSocket;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.junit.jupiter.api.Test;

/**
 * The {@link EngineContract} for {@link ZooKeeperEngine}, on an ensemble: the one that was made last is on the leader.
 */
class ZooKeeperEngineTest extends EngineContract {
    /** How often to search for what shows by luck only. */
    private static final int looks = Integer.getInteger("dev.pharos.cluster.looks", 1_000);

    private static int number;

    private final Servers servers = Servers.shared();

    private final String root = "/engine-" + ++number;

    private int engines;

    /** Where the next engine is to find a server; null: one of the servers after the other. */
    private String server;

    @Override
    Engine newEngine(Engine.Listener listener) {
        String next = server != null ? server : servers.address((servers.leader() + ++engines) % 3); // first followers
        return new ZooKeeperEngine(ClusterAddress.parse(next + root), Servers.PATIENT, listener);
    }

    private static ZooKeeper session(Client client) {
        return ((ZooKeeperEngine) client.engine).session();
    }

    private void expire(ZooKeeper session) throws Exception {
        Nodes.expire(servers.address(), session.getSessionId(), session.getSessionPasswd());
    }

    /** The thread that sends, which sleeps unless there is something to send. */
    private Thread sender(Client client) {
        List<Thread> found = new ArrayList<>();
        threads.until("it sleeps", () -> {
            Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> LockSupport.getBlocker(thread) == client.engine)
                    .forEach(found::add);
            return !found.isEmpty();
        });
        return found.get(0);
    }

    /** Has a client begin another session, by a kind of connection. */
    private void reopen(Client client, Class<?> socket) throws Exception {
        ZooKeeper before = session(client);
        before.getClientConfig().setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, socket.getName());
        expire(before);
        threads.until(
                "there is another session",
                () -> session(client) != before && client.engine.connected().isSet());
    }

    /** Where sync, of which the books say that it helps, does not. */
    @Test
    void look_writtenOnAFollowerAndReadOnTheLeader_isNeverOld() {
        Client leader = new Client();
        Snapshot now = one.create();
        for (int i = 0; i < looks; i++) {
            now = one.swap(now, now.set(UUID.randomUUID()));
            assertThat(leader.read()).isEqualTo(now);
            now = one.swap(now, now.clear(UUID.randomUUID()));
            assertThat(leader.read()).isEqualTo(now);
        }
    }

    /** The event was read before, the watch is there only after it: neither tells, but the age of the pulse. */
    @Test
    void look_setBetweenItsTwoReads_tells() {
        one.create();
        server = servers.address(0);
        Client near = new Client();
        try (Proxy proxy = new Proxy(servers.port(0))) {
            server = "127.0.0.1:" + proxy.port();
            Client reader = new Client();
            reader.awaited.add(NAME);
            proxy.before("/s-", () -> {
                near.set();
                near.clear();
            });
            Reading reading = reader.read(Interest.SET).value();
            assertThat(reading.snapshot().epoch()).isZero();
            assertThat(reading.setSince()).isTrue();
            assertThat(reader.told).containsExactly("answer");
            near.set();
            reader.untilTold("pulse");
            reader.engine.close(); // quicker than without the proxy
        }
    }

    /** The thread that sends is held up between the two, until the first is answered. */
    @Test
    void look_firstReadIsAnsweredBeforeTheSecondIsSent_isAnsweredAfterTheSecond() throws Exception {
        UUID incarnation = one.create().incarnation();
        Client reader = new Client();
        reader.awaited.add(NAME);
        Thread sender = sender(reader);
        reopen(reader, HeldUpSocket.class);
        ThreadEvent goOn = new ThreadEvent();
        AtomicInteger requests = new AtomicInteger();
        HeldUpSocket.asked = () -> {
            if (Thread.currentThread() == sender && requests.incrementAndGet() == 2) { // the barrier, and the event
                Reply.await(goOn, System.nanoTime() + LIMIT_NANOS);
            }
        };
        try {
            CompletableFuture<Engine.Answer<Reading>> read = new CompletableFuture<>();
            reader.engine.read(NAME, incarnation, Interest.SET, read::complete);
            threads.until("it is held up", () -> requests.get() == 2);
            CompletableFuture<Integer> later = new CompletableFuture<>();
            session(reader).exists("/", null, (rc, path, context, stat) -> later.complete(rc), null);
            threads.get(later);
            assertThat(read).isNotDone();
            one.set();
            one.clear();
            goOn.set();
            assertThat(threads.get(read).value().setSince()).isTrue();
        } finally {
            HeldUpSocket.asked = () -> {};
            goOn.set();
        }
    }

    @Test
    void methods_serverAnswersWithAnUnknownError_fail() {
        Snapshot first = one.create();
        try (Proxy proxy = new Proxy(servers.port(0))) {
            server = "127.0.0.1:" + proxy.port();
            Client reader = new Client();
            proxy.answer(-12345);
            assertRefused(reader.read(Interest.SET));
            assertRefused(reader.swap(first, first.set(UUID.randomUUID()), null));
            assertRefused(reader.names());
            proxy.heal();
            assertThat(reader.read().epoch()).isEqualTo(1);
            reader.engine.close();
        }
    }

    private static void assertRefused(Engine.Answer<?> answer) {
        assertThat(answer.failure())
                .isInstanceOf(EventException.Unavailable.class)
                .hasMessageContaining("the servers refuse to");
    }

    /** A session that ends while answers are still to come. Its client's thread is held up, so that nothing is told. */
    private final class Ending implements AutoCloseable {
        final Proxy proxy = new Proxy(servers.port(0));
        final Client client;
        final ZooKeeper session;
        final ThreadEvent over = new ThreadEvent();
        private Thread telling;

        /** An ending after which the client's thread dies, or goes on. */
        Ending(boolean dies) {
            server = "127.0.0.1:" + proxy.port();
            client = new Client() {
                @Override
                public void expired() {
                    super.expired();
                    if (dies) {
                        Thread.currentThread().interrupt(); // which ends it: what it has still to tell is lost
                    }
                }
            };
            session = session(client);
            ThreadEvent busy = new ThreadEvent();
            client.engine.names(answer -> {
                telling = Thread.currentThread();
                busy.set();
                Reply.await(over, System.nanoTime() + LIMIT_NANOS);
            });
            threads.until("it is held up", busy::isSet);
            proxy.drop(true, true);
            proxy.reset();
            threads.until("it searches for a server", () -> session.getState() == ZooKeeper.States.CONNECTING);
        }

        void expire() throws Exception {
            ZooKeeperEngineTest.this.expire(session);
            proxy.heal();
            threads.until("the session has ended", () -> session.getState() == ZooKeeper.States.CLOSED);
        }

        /** Has it told what there is to tell, to the end. */
        void end() {
            over.set();
            threads.until("all is told", () -> !telling.isAlive());
        }

        @Override
        public void close() {
            over.set();
            client.engine.close();
            proxy.close();
        }
    }

    /** ZooKeeper's client may lose answers when a session ends. */
    @Test
    void methods_answersAreLostWithTheSession_areGivenUpAndLaterOnesAreAnswered() throws Exception {
        one.create();
        Snapshot first = one.read();
        try (Ending ending = new Ending(true)) {
            Reply<Reading> read = new Reply<>();
            ending.client.engine.read(NAME, null, Interest.NONE, read);
            threads.until("it is sent", () -> !ending.session.toString().contains("queuedpkts:0 "));
            Reply<Snapshot> change = new Reply<>();
            ending.client.engine.swap(NAME, first, first.set(UUID.randomUUID()), null, change);
            ending.expire();
            ending.end();
            long limit = System.nanoTime() + LIMIT_NANOS;
            assertThat(read.await(limit)).isEqualTo(Engine.Answer.of(Kind.LOST));
            assertThat(change.await(limit)).isEqualTo(Engine.Answer.of(Kind.LOST));
            threads.until("there is a connection", ending.client.engine.connected()::isSet);
            assertThat(ending.client.read().epoch()).isZero();
        }
    }

    /** Whoever waits for a connection is to learn that there will be none. */
    @Test
    void close_lossOfTheConnectionIsStillToBeTold_staysSet() throws Exception {
        try (Ending ending = new Ending(false)) {
            ending.expire();
            ending.client.engine.close();
            assertThat(ending.client.engine.connected().isSet()).isTrue();
            ending.end();
            assertThat(ending.client.engine.connected().isSet()).isTrue();
            assertThat(ending.client.told).isEmpty();
        }
    }

    @Test
    void session_cannotBeBegunForTheMoment_isTriedAgain() throws Exception {
        one.create();
        Thread sender = sender(one);
        ZKClientConfig config = session(one).getClientConfig();
        config.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "no.such.Socket"); // an IOException
        expire(session(one));
        threads.until("it waits to try again", () -> sender.getState() == Thread.State.TIMED_WAITING);
        assertThat(one.engine.failure()).isNull();
        assertThat(one.read(Interest.NONE).kind()).isEqualTo(Kind.UNSENT);
        config.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, ClientCnxnSocketNIO.class.getName());
        threads.until("there is a connection", one.engine.connected()::isSet);
        assertThat(one.read().epoch()).isZero();
    }
}
