// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** How an event fails that can be closed: always by the same exception, which has the name of the event. */
abstract class FailureContract extends EventTests {
    FailureContract(EventContract contract) {
        super(contract);
    }

    private static void close(Event event) throws Exception {
        ((AutoCloseable) event).close();
    }

    private static void assertClosed(Event event, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isExactlyInstanceOf(EventException.Closed.class)
                .satisfies(e -> assertIsOf(event, (EventException) e))
                .satisfies(e -> assertThat(e.getStackTrace()) // of the thread that called, whoever found the failure
                        .anyMatch(frame -> frame.getClassName().equals(FailureContract.class.getName())));
    }

    private static void assertIsOf(Event event, EventException failure) {
        assertThat(failure.address()).isEqualTo(event.name());
        assertThat(failure.reason()).isNotEmpty().doesNotContain(event.name());
        assertThat(failure).hasMessage(failure.address() + ": " + failure.reason());
    }

    @Test
    void methods_closed_throw() throws Exception {
        Event event = newEvent();
        close(event);
        assertClosed(event, event::set);
        assertClosed(event, event::clear);
        assertClosed(event, event::isSet);
        assertClosed(event, event::await);
        assertClosed(event, event::awaitClear);
        for (Duration time : EXPIRED) {
            assertClosed(event, () -> event.await(time));
            assertClosed(event, () -> event.awaitClear(time));
        }
        assertClosed(event, event::whenSet);
        assertClosed(event, event::whenClear);
        assertClosed(event, () -> event.whenSet(Runnable::run));
        assertClosed(event, () -> event.whenClear(Runnable::run));
        assertThat(event.waiterCount()).isZero();
        assertThat(event.toString()).contains("closed");
    }

    @Test
    void waits_closedMeanwhile_throwAndLeaveNothing() throws Exception {
        Event event = newEvent();
        Event other = newEvent();
        List<Thread> waiters = List.of(
                threads.start(() -> assertClosed(event, event::await)),
                threads.start(() -> assertClosed(event, () -> event.await(ENDLESS))),
                threads.start(() -> assertClosed(event, () -> Event.awaitAny(other, event))),
                threads.start(() -> assertClosed(event, () -> Event.awaitAny(ENDLESS, event, other))),
                threads.start(() -> assertClosed(event, () -> Event.awaitAll(other, event))),
                threads.start(() -> assertClosed(event, () -> Event.awaitAll(ENDLESS, event, other))));
        threads.awaitBlocked(waiters);
        close(event);
        threads.join(waiters);
        assertWaiting(0, other);
    }

    @Test
    void awaitAny_closedBeforeTheCall_throwsAndLeavesNothing() throws Exception {
        Event event = newEvent();
        Event other = newEvent();
        close(event);
        assertClosed(event, () -> Event.awaitAny(other, event));
        assertClosed(event, () -> Event.awaitAll(Duration.ZERO, other, event));
        assertWaiting(0, other);
    }

    @Test
    void awaitAny_oneIsSetBeforeAnotherIsClosed_returnsIt() throws Exception {
        Event event = newEvent();
        Event other = newEvent();
        AtomicReference<Event> result = new AtomicReference<>();
        Thread waiter = threads.start(() -> result.set(Event.awaitAny(event, other)));
        threads.awaitBlocked(waiter);
        other.set();
        other.clear();
        close(event);
        threads.join(waiter);
        assertThat(result).hasValue(other);
    }

    @Test
    void whenSet_closedMeanwhile_completesWithTheFailure() throws Exception {
        Event event = newEvent();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CompletableFuture<Void> future = event.whenSet();
        CompletableFuture<Void> dependent = future.whenComplete((nothing, e) -> failure.set(e));
        close(event);
        threads.until("the future has failed", dependent::isDone);
        assertThat(failure.get()).isExactlyInstanceOf(EventException.Closed.class);
        assertIsOf(event, (EventException) failure.get());
    }
}
