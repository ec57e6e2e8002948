// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.EventException;
import dev.pharos.TestThreads;
import dev.pharos.cluster.Engine.Answer;
import dev.pharos.cluster.Engine.Answer.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Moments that are rare, and here are certain: an answer or word of a set is late or lost, since a proxy keeps it back; a
 * handle is closed just when a wait begins.
 */
class RareMomentsTest {
    @TempDir
    static Path folder;

    private static ClusterServer server;
    private static int number;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    /** What is between the cluster and the server. */
    private Proxy proxy;

    private Cluster cluster;
    private ClusterEvent event;

    /** One that hears of everything at once. */
    private Cluster other;

    private ClusterEvent far;

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
        number++;
        proxy = new Proxy(server.port());
        cluster = connect(proxy.port());
        event = cluster.event("event");
        other = connect(server.port());
        far = other.event("event");
    }

    @AfterEach
    void disconnect() {
        proxy.heal();
        cluster.close();
        other.close();
        proxy.close();
    }

    private static Cluster connect(int port) {
        return Cluster.connect("localhost:" + port + "/moments-" + number, Servers.PATIENT);
    }

    @Test
    void await_wordComesWhenTheEventIsClearAgain_isReleased() throws Exception {
        Thread waiter = threads.start(event::await);
        CompletableFuture<Void> future = event.whenSet();
        threads.awaitBlocked(waiter);
        proxy.drop(false, true);
        far.set();
        far.clear();
        proxy.heal();
        threads.join(waiter);
        threads.get(future);
    }

    @Test
    void await_wordComesAfterTheDeadline_isReleased() {
        AtomicBoolean released = new AtomicBoolean();
        boolean inTime = false;
        // A set that comes too late proves nothing: then once more, with more time.
        for (long millis = 500; !inTime; millis *= 2) {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            Thread waiter =
                    threads.start(() -> released.set(event.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)));
            threads.until("it waits", () -> TestThreads.isBlocked(waiter) || !waiter.isAlive());
            proxy.drop(false, true);
            far.set();
            inTime = System.nanoTime() - deadline < 0;
            far.clear();
            threads.until("its time is over", () -> !TestThreads.isBlocked(waiter));
            proxy.heal();
            threads.join(waiter);
        }
        assertThat(released).isTrue();
    }

    @Test
    void await_wordComesAfterTheInterrupt_isReleasedAndKeepsTheStatus() {
        Thread waiter = threads.start(() -> {
            event.await();
            assertThat(Thread.interrupted()).isTrue();
        });
        threads.awaitBlocked(waiter);
        proxy.drop(false, true);
        far.set();
        far.clear();
        waiter.interrupt();
        threads.until("it has noticed", () -> !TestThreads.isBlocked(waiter));
        proxy.heal();
        threads.join(waiter);
    }

    /** Word of a set that was over before the wait began; it has come by another wait. */
    @Test
    void await_toldOfAnEarlierSet_timesOut() throws Exception {
        CompletableFuture<Void> future = event.whenSet();
        far.set();
        threads.get(future);
        far.clear();
        assertThat(event.await(1, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(event.await(Duration.ZERO)).isFalse();
        assertThat(event.whenSet().cancel(false)).isTrue();
    }

    /** Who sees a thread parked for the event may count on its wait. */
    @Test
    void await_registrationIsNotAnswered_isNotParkedForTheEvent() {
        proxy.drop(false, true);
        Thread waiter = threads.start(event::await);
        threads.until("it waits for the answer", () -> waiter.getState() == Thread.State.TIMED_WAITING);
        assertThat(LockSupport.getBlocker(waiter)).isNull();
        proxy.heal();
        threads.awaitBlocked(waiter);
        assertThat(LockSupport.getBlocker(waiter)).isSameAs(event);
        threads.until("it waits without a time", () -> waiter.getState() == Thread.State.WAITING);
        far.set();
        threads.join(waiter);
    }

    /** The look at the flag that every method begins with has been passed. */
    @Test
    void await_handleIsClosedWhenTheWaitBegins_throws() {
        event.close();
        assertThat(new ClusterFuture(event, true, null)).isCompletedExceptionally();
        assertThatThrownBy(() -> new Waiter(event, true, Thread.currentThread()).await(Long.MAX_VALUE))
                .isInstanceOf(EventException.Closed.class);
    }

    @Test
    void set_answerIsLostAndSomebodyClears_isMadeOnce() {
        proxy.drop(false, true);
        Thread change = threads.start(() -> assertThat(event.set()).isTrue());
        threads.until("the event is set", far::isSet);
        far.clear();
        proxy.reset();
        proxy.heal();
        threads.join(change);
        assertThat(other.status("event").epoch()).isEqualTo(1);
        assertThat(far.isSet()).isFalse();
    }

    /** Of so many changes an event keeps the names; whether an earlier one was made, nobody can tell. */
    @Test
    void set_answerIsLostAndManyChangesFollow_isUnknown() {
        proxy.drop(false, true);
        Thread change =
                threads.start(() -> assertThatThrownBy(event::set).isInstanceOf(EventException.OutcomeUnknown.class));
        threads.until("the event is set", far::isSet);
        for (int i = 0; i < Snapshot.KEPT / 2; i++) {
            far.clear();
            far.set();
        }
        far.clear();
        proxy.reset();
        proxy.heal();
        threads.join(change);
        assertThat(far.isSet()).isFalse();
    }

    /** Closed, but without the wait for a connection in which close tries it by itself. */
    @Test
    void hold_closedWithoutAConnection_endsOnTheNextOne() {
        ClusterEvent.Hold hold = event.hold();
        assertThat(hold.isValid()).isTrue();
        proxy.drop(true, true);
        proxy.reset();
        threads.until("the loss is known", () -> !cluster.isConnected());
        assertThat(hold.isValid()).as("valid, as far as is known").isFalse();
        Reply<Boolean> reply = new Reply<>();
        cluster.dropLater(hold, reply);
        assertThat(reply.await(System.nanoTime() + EngineContract.LIMIT_NANOS)).isEqualTo(Answer.of(Kind.UNSENT));
        assertThat(far.isSet()).isTrue();
        proxy.heal();
        threads.until("the hold has ended", () -> !far.isSet());
    }
}
