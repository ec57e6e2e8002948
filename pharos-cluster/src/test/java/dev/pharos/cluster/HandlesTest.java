// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.server.RequestThrottler;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Handles: several of them for one event, of one connection and of two; their end, and that of the event. */
class HandlesTest {
    /** How often each of those holds who ask too much of a server. */
    private static final int HOLDS = Integer.getInteger("dev.pharos.cluster.holds", 20);

    @TempDir
    static Path folder;

    private static ClusterServer server;
    private static int number;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private Cluster cluster;
    private Cluster other;
    private ClusterEvent event;

    @BeforeAll
    static void start() {
        server = ClusterServer.start(0, folder.resolve("data"));
    }

    @AfterAll
    static void end() {
        server.close();
    }

    @BeforeEach
    void connect() {
        String address = "localhost:" + server.port() + "/handles-" + ++number;
        cluster = Cluster.connect(address, Servers.PATIENT);
        other = Cluster.connect(address, Servers.PATIENT);
        event = cluster.event("event");
    }

    @AfterEach
    void disconnect() {
        cluster.close();
        other.close();
    }

    private String node() {
        return "/handles-" + number + "/e/event";
    }

    @Test
    void set_onAnotherConnection_releasesAndIsSeen() {
        Thread waiter = threads.start(event::await);
        threads.awaitBlocked(waiter);
        assertThat(other.event("event").set()).isTrue();
        threads.join(waiter);
        assertThat(event.isSet()).isTrue();
        assertThat(event.set()).isFalse();
        waiter = threads.start(event::awaitClear);
        threads.awaitBlocked(waiter);
        assertThat(other.event("event").clear()).isTrue();
        threads.join(waiter);
    }

    /** When the waiter is told, the event is set again: only where it began tells that it was clear. */
    @Test
    void awaitClear_clearedAndSetAtOnceOnAnotherConnection_isReleased() throws Exception {
        ClusterEvent far = other.event("event");
        far.set();
        TestThreads.repeat(() -> {
            Thread waiter = threads.start(event::awaitClear);
            threads.awaitBlocked(waiter);
            far.clear();
            far.set();
            threads.join(waiter);
        });
    }

    @Test
    void await_bothHandlesOfOneConnection_areReleased() {
        ClusterEvent second = cluster.event("event");
        List<Thread> waiters = List.of(threads.start(event::await), threads.start(second::await));
        threads.awaitBlocked(waiters);
        assertThat(event.toString()).contains("clear, 1 waiting");
        other.event("event").set();
        threads.join(waiters);
    }

    /** A call that is under way when the connection ends is answered, though ZooKeeper may have nobody left for it. */
    @Test
    void close_othersChange_endsTheirCalls() throws Exception {
        TestThreads.repeat(() -> {
            Cluster shortLived = Cluster.connect("localhost:" + server.port() + "/handles-" + number, Servers.PATIENT);
            ClusterEvent handle = shortLived.event("event");
            List<Thread> users = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Event begun = new ThreadEvent();
                users.add(threads.start(() -> assertThatThrownBy(() -> {
                            while (true) {
                                handle.set();
                                handle.clear();
                                begun.set();
                            }
                        })
                        .isInstanceOfAny(EventException.Closed.class, EventException.OutcomeUnknown.class)));
                threads.until("a call has returned", begun::isSet);
            }
            shortLived.close();
            threads.join(users);
        });
    }

    @Test
    void close_othersWait_failsThoseOfThisHandleOnly() throws Exception {
        try (ClusterEvent open = cluster.event("event")) {
            Thread failing = threads.start(() -> assertClosed(event::await));
            Thread timed = threads.start(() -> assertClosed(() -> event.await(Duration.ofHours(1))));
            Thread group = threads.start(() ->
                    assertThatThrownBy(() -> Event.awaitAny(event, open)).isInstanceOf(EventException.Closed.class));
            Thread waiter = threads.start(open::await);
            CompletableFuture<Void> future = event.whenSet();
            CompletableFuture<Void> stays = open.whenSet();
            threads.awaitBlocked(List.of(failing, timed, group, waiter));
            event.close();
            threads.join(List.of(failing, timed, group));
            threads.until("the future has failed", future::isDone);
            assertThatThrownBy(future::join).hasCauseInstanceOf(EventException.Closed.class);
            assertThat(stays).isNotDone();
            open.set();
            threads.join(waiter);
            threads.get(stays);
        }
    }

    @Test
    void close_releasedBefore_waitsReturnNormally() throws Exception {
        List<Thread> waiters = threads.start(50, event::await);
        CompletableFuture<Void> future = event.whenSet();
        threads.awaitBlocked(waiters);
        event.set();
        event.clear();
        event.close();
        threads.join(waiters);
        assertThat(future.cancel(false)).isFalse();
        threads.get(future);
    }

    @Test
    void methods_closed_throw() {
        event.close();
        event.close();
        assertClosed(event::set);
        assertClosed(event::clear);
        assertClosed(event::isSet);
        assertClosed(event::await);
        assertClosed(() -> event.await(Duration.ZERO));
        assertClosed(event::awaitClear);
        assertClosed(event::whenSet);
        assertClosed(event::whenClear);
        assertClosed(event::hold);
    }

    @Test
    void methods_eventWasDeleted_throw() {
        List<Thread> waiters = List.of(
                threads.start(() -> assertRemoved(event::await)),
                threads.start(() -> assertRemoved(() -> event.await(Duration.ofHours(1)))));
        threads.awaitBlocked(waiters);
        assertThat(other.delete("event")).isTrue();
        threads.join(waiters);
        assertRemoved(event::set);
        assertRemoved(event::clear);
        assertRemoved(event::isSet);
        assertRemoved(() -> event.await(Duration.ZERO));
        assertRemoved(event::hold);
    }

    @Test
    void methods_eventWasDeletedAndMadeAgain_throw() {
        event.set();
        Thread waiter = threads.start(() -> assertRemoved(event::awaitClear));
        threads.awaitBlocked(waiter);
        other.delete("event");
        ClusterEvent next = other.event("event");
        threads.join(waiter);
        assertRemoved(event::set);
        assertThat(next.isSet()).isFalse();
        assertThat(cluster.event("event").set()).isTrue();
        assertRemoved(event::isSet);
        assertThat(next.isSet()).isTrue();
    }

    /** Another event of this name has the version that was last seen of this one. */
    @Test
    void methods_anotherEventHasTheVersion_throwAndChangeNothing() {
        for (int i = 0; i < 3; i++) {
            event.set();
            event.clear();
        }
        event.set();
        other.delete("event");
        ClusterEvent next = other.event("event");
        for (int i = 0; i < 7; i++) {
            next.hold().close();
        }
        ClusterEvent.Hold hold = next.hold();
        assertRemoved(event::set);
        assertRemoved(event::clear);
        assertRemoved(event::hold);
        assertThat(other.status("event").epoch()).isEqualTo(8);
        hold.close();
        assertThat(next.isSet()).isFalse();
    }

    /** What was verified is not what was seen: the hold in the guess has gone, without a trace in the version. */
    @Test
    void clear_guessHasAHoldThatIsGone_releasesNobody() {
        ClusterEvent.Hold hold = other.event("event").hold();
        assertThat(event.isSet()).isTrue();
        Snapshot held = event.waiters().last();
        hold.close();
        CompletableFuture<Void> future = event.whenSet();
        event.waiters().saw(held);
        assertThat(event.clear()).isFalse();
        assertThat(event.isSet()).isFalse();
        assertThat(future.cancel(false)).isTrue();
    }

    @Test
    void methods_pulseWasDeleted_throw() {
        String pulse = node() + "/s-" + event.incarnation();
        Nodes.with(server.port(), nodes -> nodes.client.delete(pulse, -1));
        assertCorrupt(event::set);
        assertCorrupt(event::isSet);
        assertCorrupt(event::await);
        assertCorrupt(event::hold);
        assertCorrupt(() -> other.event("event"));
        assertThat(cluster.delete("event")).isTrue();
        assertThat(cluster.event("event").set()).isTrue();
    }

    @Test
    void set_nodeThatIsNoHold_throws() {
        Nodes.with(server.port(), nodes -> nodes.create(node() + "/foreign"));
        assertThat(event.isSet()).isTrue();
        assertThatThrownBy(event::set)
                .isInstanceOf(EventException.Corrupt.class)
                .hasMessageContaining("has a node foreign, which is not a hold");
    }

    @Test
    void set_answerIsLostAndTheHandleIsClosed_isUnknown() throws Exception {
        assertUnknown(ClusterEvent::close, EventException.Closed.class);
    }

    @Test
    void set_answerIsLostAndTheEventIsDeleted_isUnknown() throws Exception {
        assertUnknown(cut -> other.delete("event"), EventException.Removed.class);
    }

    /** Something happens between a set, whose answer is lost, and the next connection. */
    private void assertUnknown(Consumer<ClusterEvent> meanwhile, Class<? extends Throwable> cause) {
        try (Proxy proxy = new Proxy(server.port());
                Cluster far = Cluster.connect("localhost:" + proxy.port() + "/handles-" + number, Servers.PATIENT)) {
            ClusterEvent cut = far.event("event");
            proxy.drop(false, true);
            Thread change = threads.start(() -> assertThatThrownBy(cut::set)
                    .isInstanceOf(EventException.OutcomeUnknown.class)
                    .hasCauseInstanceOf(cause));
            threads.until("the event is set", event::isSet);
            meanwhile.accept(cut);
            proxy.reset();
            proxy.heal();
            threads.join(change);
        }
    }

    /** A fault of this library, say: better an end that is told than a connection that says nothing any more. */
    @Test
    void methods_senderHasFailed_throw() {
        Thread waiter = threads.start(() -> assertFailed(event::await));
        threads.awaitBlocked(waiter);
        cluster.engine().read(null, null, Engine.Interest.NONE, answer -> {});
        threads.join(waiter);
        assertFailed(event::set);
        assertFailed(event::isSet);
        assertFailed(() -> cluster.event("another"));
        assertThat(cluster.isConnected()).isFalse();
    }

    private static void assertFailed(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(EventException.Unavailable.class)
                .hasMessageContaining("the connection has ended (java.lang.NullPointerException")
                .hasMessageEndingWith("connect again");
    }

    @Test
    void close_holdWithoutConnection_waitsForTheNextOne() {
        try (Proxy proxy = new Proxy(server.port());
                Cluster far = Cluster.connect("localhost:" + proxy.port() + "/handles-" + number, Servers.PATIENT)) {
            ClusterEvent.Hold hold = far.event("event").hold();
            proxy.drop(true, true);
            proxy.reset();
            threads.until("the loss is known", () -> !far.isConnected());
            Thread closing = threads.start(hold::close);
            threads.until("it waits", () -> closing.getState() == Thread.State.TIMED_WAITING);
            assertThat(event.isSet()).isTrue();
            proxy.heal();
            threads.join(closing);
            assertThat(event.isSet()).isFalse();
        }
    }

    /** Longer than those that are told at once, so that some of them have yet to hear of it. */
    @Test
    void close_crowdWasReleased_allReturnNormally() throws Exception {
        List<CompletableFuture<Void>> set = new ArrayList<>();
        List<CompletableFuture<Void>> clear = new ArrayList<>();
        List<Thread> crowd = threads.start(20, () -> {
            for (int i = 0; i < 50; i++) {
                CompletableFuture<Void> future = event.whenSet();
                synchronized (set) {
                    set.add(future);
                }
            }
        });
        threads.join(crowd);
        event.set();
        for (int i = 0; i < 200; i++) {
            clear.add(event.whenClear());
        }
        event.clear();
        event.close();
        for (CompletableFuture<Void> future : set) {
            threads.get(future);
        }
        for (CompletableFuture<Void> future : clear) {
            threads.get(future);
        }
    }

    /** It is not deleted again blindly: by now it is another that has the name. */
    @Test
    void delete_answerIsLostAndTheEventIsMadeAgain_leavesTheNewOne() {
        try (Proxy proxy = new Proxy(server.port());
                Cluster far = Cluster.connect("127.0.0.1:" + proxy.port() + "/handles-" + number, Servers.PATIENT)) {
            proxy.before("/s-", () -> proxy.drop(false, true));
            Thread deleting =
                    threads.start(() -> assertThat(far.delete("event")).isTrue());
            threads.until("it is deleted", () -> other.events().isEmpty());
            ClusterEvent next = other.event("event");
            next.set();
            proxy.reset();
            proxy.heal();
            threads.join(deleting);
            assertThat(next.isSet()).isTrue();
        }
    }

    /** Enters for no longer than it may take, and then asks whether it was released, though nothing has come yet. */
    @Test
    void await_connectionIsSilent_decidesWhenItsTimeIsOverOrItIsInterrupted() {
        try (Proxy proxy = new Proxy(server.port());
                Cluster far = Cluster.connect("127.0.0.1:" + proxy.port() + "/handles-" + number, Servers.PATIENT)) {
            ClusterEvent silent = far.event("event");
            proxy.drop(true, true);
            Thread timed = threads.start(
                    () -> assertThat(silent.await(Duration.ofMillis(1))).isFalse());
            Thread interrupted =
                    threads.start(() -> assertThatThrownBy(silent::await).isInstanceOf(InterruptedException.class));
            interrupted.interrupt();
            for (Thread thread : List.of(timed, interrupted)) {
                threads.until(
                        "it decides",
                        () -> Arrays.stream(thread.getStackTrace())
                                .anyMatch(frame -> frame.getMethodName().equals("recheck")));
            }
            proxy.reset();
            proxy.heal();
            threads.join(List.of(timed, interrupted));
        }
    }

    @Test
    void waiterCount_waitHasNotBegun_doesNotCount() {
        try (Proxy proxy = new Proxy(server.port());
                Cluster far = Cluster.connect("127.0.0.1:" + proxy.port() + "/handles-" + number, Servers.PATIENT)) {
            ClusterEvent silent = far.event("event");
            proxy.drop(true, true);
            Thread waiter = threads.start(silent::await);
            threads.until("it waits", () -> silent.toString().contains(" 1 waiting"));
            assertThat(silent.waiterCount()).isZero();
            proxy.reset();
            proxy.heal();
            threads.until("it has begun", () -> silent.waiterCount() == 1);
            silent.set();
            threads.join(waiter);
            assertThat(silent.waiterCount()).isZero();
        }
    }

    @Test
    void set_crowdIsHeldUp_returnsAndAllAreReleased() throws Exception {
        ThreadEvent over = new ThreadEvent();
        List<CompletableFuture<Void>> futures =
                Stream.generate(event::whenSet).limit(300).toList();
        event.waiters().crowd.execute(() -> Reply.await(over, System.nanoTime() + EngineContract.LIMIT_NANOS));
        try {
            assertThat(event.set()).isTrue();
            assertThat(event.clear()).isTrue();
            assertThat(event.isSet()).isFalse();
            assertThat(event.waiters().count(waiter -> !waiter.isOver()))
                    .as("those who have still to hear of it")
                    .isPositive();
            assertThat(futures.get(299).cancel(false)).isFalse();
        } finally {
            over.set();
        }
        for (CompletableFuture<Void> future : futures) {
            threads.get(future);
        }
    }

    @Test
    void awaitAny_connectionIsSilent_returnsWithAnEventOfThisProcess() {
        try (Proxy proxy = new Proxy(server.port());
                Cluster far = Cluster.connect("localhost:" + proxy.port() + "/handles-" + number, Servers.PATIENT)) {
            ThreadEvent near = new ThreadEvent();
            ClusterEvent silent = far.event("event");
            Thread waiter =
                    threads.start(() -> assertThat(Event.awaitAny(silent, near)).isSameAs(near));
            threads.awaitBlocked(waiter);
            proxy.drop(true, true);
            near.set();
            threads.join(waiter);
            assertThat(far.isConnected()).as("nobody has noticed yet").isTrue();
            proxy.heal(); // to close without waiting for a server
        }
    }

    /** A server with too much to do answers single requests with that, and the connection stays up. */
    @Test
    void methods_serverIsTooBusy_areAskedAgain() throws Exception {
        ThreadEvent over = new ThreadEvent();
        Queue<CompletableFuture<Void>> futures = new ConcurrentLinkedQueue<>();
        int stall = RequestThrottler.getStallTime();
        RequestThrottler.setMaxRequests(2);
        RequestThrottler.setStallTime(1);
        ZooKeeperServer.setThrottledOpWaitTime(1);
        try (Cluster patient = Cluster.connect("localhost:" + server.port() + "/handles-" + number, Servers.PATIENT)) {
            ClusterEvent held = patient.event("held");
            List<Thread> crowd = threads.start(8, () -> {
                for (int i = 0; i < HOLDS; i++) {
                    futures.add(event.whenSet());
                    held.hold().close();
                }
            });
            Thread load = threads.start(() -> Nodes.with(server.port(), nodes -> {
                while (!over.isSet()) {
                    CountDownLatch answered = new CountDownLatch(100);
                    for (int i = 0; i < 100; i++) {
                        nodes.client.getData("/", null, (rc, path, context, data, stat) -> answered.countDown(), null);
                    }
                    answered.await();
                }
            }));
            threads.join(crowd);
            over.set();
            threads.join(load);
            assertThat(held.isSet()).isFalse();
        } finally {
            over.set();
            RequestThrottler.setMaxRequests(0);
            RequestThrottler.setStallTime(stall);
            ZooKeeperServer.setThrottledOpWaitTime(0);
        }
        assertThat(futures).hasSize(8 * HOLDS).noneMatch(CompletableFuture::isDone);
        other.event("event").set();
        for (CompletableFuture<Void> future : futures) {
            threads.get(future);
        }
    }

    @Test
    void methods_nodeWasOverwritten_throw() {
        event.set();
        for (String data : List.of("", "evil", "x", "E\1\0\0", "E\1\2\0" + "\0".repeat(56))) {
            Nodes.with(server.port(), nodes -> nodes.setData(node(), data));
            assertCorrupt(event::isSet);
            assertCorrupt(event::await);
            assertCorrupt(event::clear);
            assertCorrupt(event::hold);
            assertCorrupt(() -> cluster.event("event"));
            assertCorrupt(() -> cluster.status("event"));
        }
        Nodes.with(server.port(), nodes -> nodes.setData(node(), "E\2later"));
        assertThatThrownBy(event::isSet)
                .isInstanceOf(EventException.NewerVersion.class)
                .hasMessageContaining("layout version 2");
    }

    @Test
    void awaitClear_nodeIsOverwrittenMeanwhile_throws() {
        event.set();
        Thread waiter = threads.start(() -> assertCorrupt(event::awaitClear));
        threads.awaitBlocked(waiter);
        Nodes.with(server.port(), nodes -> nodes.setData(node(), "x"));
        threads.join(waiter);
    }

    @Test
    void recording_waitAndSetByAnotherHandle_haveTheAddress() throws Exception {
        Path file = folder.resolve("recording.jfr");
        ClusterEvent second = cluster.event("event");
        try (Recording recording = new Recording()) {
            recording.start();
            Thread waiter = threads.start(() -> event.await());
            threads.awaitBlocked(waiter);
            second.set();
            threads.join(waiter);
            event.await(); // did not have to wait
            recording.stop();
            recording.dump(file);
        }
        Map<String, RecordedEvent> records = RecordingFile.readAllEvents(file).stream()
                .filter(record -> record.getEventType().getName().matches("dev\\.pharos\\.(Wait|Set|Clear)"))
                .filter(record -> record.getString("event").startsWith("zk:"))
                .collect(Collectors.toMap(record -> record.getEventType().getName(), record -> record));
        assertThat(records)
                .containsOnlyKeys("dev.pharos.Wait", "dev.pharos.Set")
                .allSatisfy((name, record) -> {
                    assertThat(record.getString("event")).isEqualTo(event.name());
                    assertThat(record.getString("identity")).isEqualTo(event.name());
                });
        assertThat(records.get("dev.pharos.Wait").getString("outcome")).isEqualTo("released");
        assertThat(records.get("dev.pharos.Set").getBoolean("changed")).isTrue();
        assertThat(records.get("dev.pharos.Set").getInt("released")).isEqualTo(1);
    }

    @Test
    void recording_connectionIsLostAndExpires_tellsOfEach() throws Exception {
        Path file = folder.resolve("connections.jfr");
        String address = "127.0.0.1:" + server.port() + "/handles-" + number;
        try (Recording recording = new Recording()) {
            recording.start();
            try (Cluster brief = Cluster.connect(address, Servers.PATIENT)) {
                ZooKeeper session = ((ZooKeeperEngine) brief.engine()).session();
                Nodes.expire("127.0.0.1:" + server.port(), session.getSessionId(), session.getSessionPasswd());
                threads.until("the session has ended", () -> !session.getState().isAlive());
                threads.until("there is another", brief::isConnected);
                assertThat(brief.events())
                        .isNotEmpty(); // answered by the thread that has recorded all that came before
            }
            recording.stop();
            recording.dump(file);
        }
        assertThat(RecordingFile.readAllEvents(file).stream()
                        .filter(record -> record.getEventType().getName().equals("dev.pharos.Connection"))
                        .filter(record -> record.getString("address").equals("zk://" + address))
                        .sorted(Comparator.comparing(RecordedEvent::getStartTime))) // they come by thread
                .extracting(record -> record.getString("state"))
                .containsExactly("connected", "disconnected", "expired", "connected");
    }

    private static void assertClosed(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(EventException.Closed.class).hasMessageContaining("closed");
    }

    private static void assertRemoved(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(EventException.Removed.class)
                .hasMessageContaining("deleted while in use; open it again");
    }

    private static void assertCorrupt(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(EventException.Corrupt.class).hasMessageContaining("damaged: it ");
    }
}
