// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import dev.pharos.cluster.History.Change;
import dev.pharos.cluster.History.Kind;
import dev.pharos.cluster.History.Operation;
import dev.pharos.cluster.History.Outcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Three ways to build an event on ZooKeeper that look right and are wrong. The checker of the fault test must find each
 * of them out, from the same kind of record, or it proves nothing. What has to be late for that, a proxy holds back.
 */
@Tag("slow")
@SuppressWarnings("try") // ZooKeeper.close may throw an InterruptedException
class ControlsTest {
    private static final byte[] CLEAR = {0};
    private static final byte[] SET = {1};
    private static final int WRITER = 1;
    private static final int READER = 2;

    private static Servers servers;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private final List<Operation> operations = Collections.synchronizedList(new ArrayList<>());

    /** How many operations were called that are to change the event. Each is a number. */
    private final AtomicInteger changes = new AtomicInteger();

    @BeforeAll
    static void startServers() {
        servers = Servers.start(3, true, Servers.STEADY);
    }

    @AfterAll
    static void killServers() {
        servers.close();
    }

    private interface Action {
        /** Does something; if it is to change the event, under this number. */
        boolean run(int number) throws Exception;
    }

    private ZooKeeper connect(String address) throws Exception {
        List<WatchedEvent> events = Collections.synchronizedList(new ArrayList<>());
        ZooKeeper client = new ZooKeeper(address, 120_000, events::add);
        threads.until(
                "connected to " + address,
                () -> events.stream().anyMatch(event -> event.getState() == KeeperState.SyncConnected));
        return client;
    }

    private void recorded(int client, Kind kind, Action action) throws Exception {
        int number = kind == Kind.IS_SET ? 0 : changes.incrementAndGet();
        long from = System.nanoTime();
        boolean result = action.run(number);
        operations.add(operation(client, kind, from, History.NEVER, result, number));
    }

    private static Operation operation(int client, Kind kind, long from, long registered, boolean result, int number) {
        Outcome outcome = result ? Outcome.TRUE : Outcome.FALSE;
        return new Operation(client, kind, from, registered, System.nanoTime(), outcome, number, number);
    }

    /** The last changes, in turn set and clear, by the one who makes them all. */
    private List<Change> pulses(int count) {
        List<Change> pulses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = changes.get() - count + i + 1;
            pulses.add(new Change(number, WRITER, i % 2 == 0 ? Kind.SET : Kind.CLEAR, "", number));
        }
        return pulses;
    }

    /**
     * A waiter as in ZooKeeper's recipes and in Curator's barrier: a watch wakes it, and it looks again. Its deadline is
     * the moment when the test says so.
     */
    private static final class Barrier {
        private final ZooKeeper client;
        private final String path;
        private int looks;
        private boolean woken;
        private boolean timedOut;

        Barrier(ZooKeeper client, String path) {
            this.client = client;
            this.path = path;
        }

        synchronized boolean await() throws Exception {
            while (client.exists(path, this::wake) != null) {
                looks++;
                while (!woken) {
                    if (timedOut) {
                        return false;
                    }
                    wait();
                }
                woken = false;
            }
            return true;
        }

        private synchronized void wake(WatchedEvent event) {
            woken = true;
            notifyAll();
        }

        synchronized void timeOut() {
            timedOut = true;
            notifyAll();
        }

        /** How many times the event was found clear. */
        synchronized int looks() {
            return looks;
        }
    }

    @Test
    void violations_ofABarrierThatLooksAgain_areLostSets() throws Exception {
        try (Proxy proxy = new Proxy(servers.port(1));
                ZooKeeper writer = connect(servers.address(0));
                ZooKeeper reader = connect("127.0.0.1:" + proxy.port())) {
            writer.create("/barrier", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            reader.multi(List.of(Op.check("/barrier", -1)));
            Barrier barrier = new Barrier(reader, "/barrier");
            long from = System.nanoTime();
            AtomicBoolean released = new AtomicBoolean();
            Thread waiter = threads.start(() -> released.set(barrier.await()));
            threads.until("the wait is in effect", () -> barrier.looks() == 1);
            long registered = System.nanoTime();
            proxy.drop(false, true); // word of the set comes when the event is clear again
            recorded(WRITER, Kind.SET, number -> {
                writer.delete("/barrier", -1);
                return true;
            });
            recorded(WRITER, Kind.CLEAR, number -> {
                writer.create("/barrier", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                return true;
            });
            proxy.heal();
            threads.until("it has looked again", () -> barrier.looks() == 2);
            barrier.timeOut();
            threads.join(waiter);
            operations.add(operation(READER, Kind.AWAIT, from, registered, released.get(), 0));
            assertThat(History.violations(operations, pulses(2)))
                    .singleElement()
                    .asString()
                    .startsWith("lost: ");
        }
    }

    /** Reads on a server that hears of nothing, after the writer's request was answered by the others. */
    private List<String> readAfterWrite(String path, boolean barrier) throws Exception {
        int leader = servers.leader();
        int behind = (leader + 1) % servers.count();
        try (ZooKeeper writer = connect(servers.address(leader));
                ZooKeeper reader = connect(servers.address(behind))) {
            writer.create(path, CLEAR, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            reader.multi(List.of(Op.check(path, -1)));
            servers.cut(behind, false, true);
            recorded(WRITER, Kind.SET, number -> {
                writer.setData(path, SET, -1);
                return true;
            });
            Thread read = threads.start(() -> recorded(READER, Kind.IS_SET, number -> {
                if (barrier) {
                    reader.multi(List.of(Op.check("/", -1)));
                }
                return reader.getData(path, false, null)[0] == SET[0];
            }));
            if (barrier) {
                threads.until("it waits", () -> reader.toString().contains("pendingresp:1"));
            } else {
                threads.join(read);
            }
            servers.heal();
            threads.join(read);
            return History.violations(operations, pulses(1));
        }
    }

    @Test
    void violations_ofReadsWithoutTheQuorum_areStaleReads() throws Exception {
        assertThat(readAfterWrite("/stale", false)).singleElement().asString().startsWith("stale read: ");
    }

    @Test
    void violations_ofReadsBehindTheQuorum_areNone() throws Exception {
        assertThat(readAfterWrite("/fresh", true)).isEmpty();
    }

    /** What a client does that does not know whether its request was carried out, and begins anew. */
    private static boolean setBlindly(ZooKeeper client, String path, int number, Runnable beforeRequest)
            throws Exception {
        while (true) {
            try {
                Stat stat = new Stat();
                if (client.getData(path, false, stat)[0] == SET[0]) {
                    return false;
                }
                beforeRequest.run();
                client.setData(path, new byte[] {SET[0], (byte) number}, stat.getVersion());
                return true;
            } catch (KeeperException.ConnectionLossException e) {
                // again
            }
        }
    }

    @Test
    void violations_ofBlindRetry_areNotExactlyOnce() throws Exception {
        try (Servers ownServers = Servers.start(3, Servers.STEADY)) {
            Map<Long, Integer> clients;
            try (Proxy proxy = new Proxy(ownServers.port(0));
                    ZooKeeper writer = connect("127.0.0.1:" + proxy.port());
                    ZooKeeper reader = connect(ownServers.address(1))) {
                clients = Map.of(writer.getSessionId(), WRITER, reader.getSessionId(), READER);
                reader.create("/blind", CLEAR, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                AtomicBoolean first = new AtomicBoolean(true);
                Thread setter = threads.start(() -> recorded(
                        WRITER,
                        Kind.SET,
                        number -> setBlindly(writer, "/blind", number, () -> {
                            if (first.getAndSet(false)) {
                                proxy.drop(false, true); // the request arrives, the answer does not
                            }
                        })));
                while (reader.getData("/blind", false, null)[0] == CLEAR[0]) {
                    Thread.onSpinWait();
                }
                recorded(READER, Kind.CLEAR, number -> {
                    reader.setData("/blind", new byte[] {CLEAR[0], (byte) number}, -1);
                    return true;
                });
                proxy.reset();
                proxy.heal();
                threads.join(setter);
            }
            for (int i = 0; i < ownServers.count(); i++) {
                ownServers.kill(i);
            }
            List<Change> made = new ArrayList<>();
            TransactionLog.read(ownServers, new TransactionLog.Visitor() {
                @Override
                public void wrote(long zxid, long session, String path, byte[] data, boolean created) {
                    if (path.equals("/blind") && !created) {
                        Kind kind = data[0] == SET[0] ? Kind.SET : Kind.CLEAR;
                        made.add(new Change(zxid, clients.get(session), kind, "", data[1]));
                    }
                }

                @Override
                public void deleted(long zxid, long session, String path, boolean ended) {}
            });
            assertThat(made).extracting(Change::kind).containsExactly(Kind.SET, Kind.CLEAR, Kind.SET);
            assertThat(History.violations(operations, made))
                    .singleElement()
                    .asString()
                    .startsWith("not exactly once: made twice");
        }
    }
}
