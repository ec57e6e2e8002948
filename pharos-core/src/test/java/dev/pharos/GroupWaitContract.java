// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Waiting for any or all of several events. */
abstract class GroupWaitContract extends EventTests {
    /** The forms of a group wait, none of which runs out of time. */
    enum Group {
        ANY {
            @Override
            boolean await(Event... events) throws InterruptedException {
                return Event.awaitAny(events) != null;
            }

            @Override
            boolean await(Duration timeout, Event... events) throws InterruptedException {
                return Event.awaitAny(timeout, events) != null;
            }

            @Override
            boolean await(long timeout, TimeUnit unit, Event... events) throws InterruptedException {
                return Event.awaitAny(timeout, unit, events) != null;
            }
        },
        ALL {
            @Override
            boolean await(Event... events) throws InterruptedException {
                Event.awaitAll(events);
                return true;
            }

            @Override
            boolean await(Duration timeout, Event... events) throws InterruptedException {
                return Event.awaitAll(timeout, events);
            }

            @Override
            boolean await(long timeout, TimeUnit unit, Event... events) throws InterruptedException {
                return Event.awaitAll(timeout, unit, events);
            }
        };

        abstract boolean await(Event... events) throws InterruptedException;

        abstract boolean await(Duration timeout, Event... events) throws InterruptedException;

        abstract boolean await(long timeout, TimeUnit unit, Event... events) throws InterruptedException;
    }

    GroupWaitContract(EventContract contract) {
        super(contract);
    }

    // Any

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 65})
    void awaitAny_oneIsSet_returnsIt(int count) throws Exception {
        Event[] events = newEvents(count);
        for (Event event : events) {
            event.set();
            assertThat(Event.awaitAny(events)).isSameAs(event);
            assertThat(Event.awaitAny(Duration.ZERO, events)).isSameAs(event);
            event.clear();
        }
        assertWaiting(0, events);
    }

    @Test
    void awaitAny_severalAreSet_returnsTheFirst() throws Exception {
        Event[] events = newEvents(5);
        for (int i = events.length; i-- > 0; ) {
            events[i].set();
            assertThat(Event.awaitAny(events)).isSameAs(events[i]);
            assertThat(Event.awaitAny(ENDLESS, events)).isSameAs(events[i]);
        }
    }

    @Test
    void awaitAny_severalAreSetWhileItWaits_returnsOneOfThem() {
        Event[] events = newEvents(5);
        AtomicReference<Event> result = new AtomicReference<>();
        Thread waiter = startAny(result, events);
        events[3].set();
        events[1].set();
        threads.join(waiter);
        assertThat(result.get()).isIn(events[1], events[3]);
        assertWaiting(0, events);
    }

    @Test
    void awaitAny_oneIsSetAndClearedWhileItWaits_returnsIt() {
        Event[] events = newEvents(5);
        for (Event event : events) {
            AtomicReference<Event> result = new AtomicReference<>();
            Thread waiter = startAny(result, events);
            assertWaiting(1, events);
            event.set();
            event.clear();
            threads.join(waiter);
            assertThat(result).hasValue(event);
            assertWaiting(0, events);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 500, 999})
    void awaitAny_manyEvents_returnsTheOneThatIsSet(int thousandths) {
        Event[] events = newEvents(many(1_000));
        int index = thousandths * events.length / 1_000;
        AtomicReference<Event> result = new AtomicReference<>();
        Thread waiter = startAny(result, events);
        events[index].set();
        events[index].clear();
        threads.join(waiter);
        assertThat(result).hasValue(events[index]);
        assertWaiting(0, events);
    }

    private Thread startAny(AtomicReference<Event> result, Event... events) {
        Thread waiter = threads.start(() -> result.set(Event.awaitAny(events)));
        threads.awaitBlocked(waiter);
        return waiter;
    }

    // Negated

    @Test
    void negated_any_isTheEventWithSetAndClearExchanged() throws Exception {
        Event event = newEvent();
        Event view = event.negated();
        assertThat(view.isSet()).isTrue();
        view.await();
        assertThat(view.whenSet()).isCompletedWithValue(null);
        assertThat(view.set()).isFalse();
        assertThat(view.clear()).isTrue();
        assertThat(event.isSet()).isTrue();
        assertThat(view.isSet()).isFalse();
        view.awaitClear();
        assertThat(view.awaitClear(Duration.ZERO)).isTrue();
        assertThat(view.await(Duration.ZERO)).isFalse();
        assertThat(view.whenClear()).isCompletedWithValue(null);
        CompletableFuture<Void> future = view.whenSet();
        assertWaiting(1, event, view);
        assertThat(event.clear()).isTrue();
        threads.get(future);

        assertThat(view).isEqualTo(event.negated()).hasSameHashCodeAs(event.negated());
        assertThat(view).isNotEqualTo(newEvent().negated());
        assertThat(view.negated()).isSameAs(event);
        assertThat(view.name()).isEqualTo(event.name());
        assertThat(view).hasToString("not " + event);
    }

    @Test
    void awaitAny_negated_isReleasedByClear() {
        Event[] events = newEvents(3);
        events[1].set();
        Event view = events[1].negated();
        AtomicReference<Event> result = new AtomicReference<>();
        Thread waiter = startAny(result, events[0], view, events[2]);
        assertWaiting(1, events);
        assertThat(events[1].set()).isFalse();
        events[1].clear();
        events[1].set();
        threads.join(waiter);
        assertThat(result).hasValue(view);
        assertWaiting(0, events);
    }

    @Test
    void awaitAll_someNegated_waitsForEach() {
        Event set = newEvent();
        Event clear = newEvent();
        Event foreign = new DelegatingEvent(newEvent());
        clear.set();
        foreign.set();
        Thread waiter = threads.start(() -> Event.awaitAll(clear.negated(), set, foreign.negated()));
        threads.awaitBlocked(waiter);
        assertWaiting(1, set, clear, foreign);
        clear.clear();
        clear.set();
        foreign.clear();
        threads.awaitBlocked(waiter);
        set.set();
        threads.join(waiter);
        assertWaiting(0, set, clear, foreign);
    }

    /** One of the two is so at every moment. */
    @ParameterizedTest
    @EnumSource
    void await_anEventAndItsNegation_ends(Group group) {
        Event event = newEvent();
        Thread waiter = threads.start(() -> group.await(event, event.negated()));
        if (group == Group.ALL) {
            threads.awaitBlocked(waiter);
            event.set();
        }
        threads.join(waiter);
        assertWaiting(0, event);
    }

    // All

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 65})
    void awaitAll_eachIsSetAndClearedInTurn_returns(int count) {
        Event[] events = newEvents(count);
        List<Event> order = Arrays.asList(events.clone());
        for (int i = 0; i < 2; i++) {
            Thread waiter = threads.start(() -> Event.awaitAll(events));
            Thread timed = threads.start(
                    () -> assertThat(Event.awaitAll(ENDLESS, events)).isTrue());
            threads.awaitBlocked(List.of(waiter, timed));
            for (Event event : order) {
                threads.awaitBlocked(List.of(waiter, timed));
                event.set();
                event.clear();
            }
            threads.join(waiter);
            threads.join(timed);
            assertWaiting(0, events);
            Collections.reverse(order);
        }
    }

    @Test
    void awaitAll_allAreSet_returns() throws Exception {
        Event[] events = newEvents(65);
        for (Event event : events) {
            event.set();
        }
        Event.awaitAll(events);
        assertThat(Event.awaitAll(ENDLESS, events)).isTrue();
        assertThat(Event.awaitAll(Duration.ZERO, events)).isTrue();
    }

    @Test
    void awaitAll_oneIsMissing_waitsForIt() throws Exception {
        Event[] events = newEvents(3);
        events[0].set();
        events[2].set();
        for (Duration time : EXPIRED) {
            assertThat(Event.awaitAll(time, events)).isFalse();
        }
        assertThat(Event.awaitAll(Duration.ofMillis(1), events)).isFalse();
        assertWaiting(0, events);
        Thread waiter = threads.start(() -> Event.awaitAll(events));
        threads.awaitBlocked(waiter);
        events[0].clear();
        events[1].set();
        threads.join(waiter);
    }

    // Arguments

    @ParameterizedTest
    @EnumSource
    void await_oneEventTwice_isAllowed(Group group) throws Exception {
        Event event = newEvent();
        assertThat(group.await(Duration.ofNanos(1), event, event)).isFalse();
        assertWaiting(0, event);
        Thread waiter =
                threads.start(() -> assertThat(group.await(event, event)).isTrue());
        threads.awaitBlocked(waiter);
        event.set();
        event.clear();
        threads.join(waiter);
        event.set();
        assertThat(group.await(event, event)).isTrue();
        assertWaiting(0, event);
    }

    @ParameterizedTest
    @EnumSource
    void await_noEvents_throws(Group group) {
        assertThatIllegalArgumentException().isThrownBy(() -> group.await());
        assertThatIllegalArgumentException().isThrownBy(() -> group.await(Duration.ZERO));
    }

    @ParameterizedTest
    @EnumSource
    void await_null_throwsAndLeavesNothing(Group group) {
        Event event = newEvent();
        Event set = newEvent();
        set.set();
        assertThatNullPointerException().isThrownBy(() -> group.await((Event[]) null));
        assertThatNullPointerException().isThrownBy(() -> group.await(Duration.ZERO, (Event[]) null));
        assertThatNullPointerException().isThrownBy(() -> group.await((Duration) null, set));
        assertThatNullPointerException().isThrownBy(() -> group.await(event, set, null));
        assertThatNullPointerException().isThrownBy(() -> group.await(set, null, event));
        assertThatNullPointerException().isThrownBy(() -> group.await(Duration.ZERO, event, null));
        assertWaiting(0, event, set);
    }

    @ParameterizedTest
    @EnumSource
    void await_arrayChangedMeanwhile_waitsForTheEventsOfTheCall(Group group) {
        Event event = newEvent();
        Event[] events = {event};
        Thread waiter =
                threads.start(() -> assertThat(group.await(ENDLESS, events)).isTrue());
        threads.awaitBlocked(waiter);
        events[0] = null;
        event.set();
        threads.join(waiter);
    }

    // Time

    @ParameterizedTest
    @EnumSource
    void await_noTimeLeft_polls(Group group) throws Exception {
        Event clear = newEvent();
        Event set = newEvent();
        set.set();
        for (Duration time : EXPIRED) {
            assertThat(group.await(time, clear)).isFalse();
            assertThat(group.await(time, clear, set)).isEqualTo(group == Group.ANY);
            assertThat(group.await(time, set)).isTrue();
        }
        assertWaiting(0, clear, set);
    }

    @ParameterizedTest
    @EnumSource
    void await_timeOver_returnsFalseButNotBefore(Group group) throws Exception {
        Event[] events = newEvents(3);
        for (long nanos : new long[] {1, 900_000, 20_000_000}) {
            long start = System.nanoTime();
            assertThat(group.await(Duration.ofNanos(nanos), events)).isFalse();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(nanos);
        }
        assertWaiting(0, events);
    }

    @ParameterizedTest
    @EnumSource
    void await_timeUnit_isAsWithADuration(Group group) throws Exception {
        Event[] events = newEvents(2);
        for (long timeout : new long[] {Long.MIN_VALUE, -1, 0, 1}) {
            assertThat(group.await(timeout, TimeUnit.MILLISECONDS, events)).isFalse();
        }
        Thread waiter = threads.start(() -> group.await(Long.MAX_VALUE, TimeUnit.DAYS, events));
        threads.awaitBlocked(waiter);
        events[0].set();
        events[1].set();
        threads.join(waiter);
        assertThat(group.await(0, TimeUnit.DAYS, events)).isTrue();
        assertThatNullPointerException().isThrownBy(() -> group.await(1, null, events));
        assertWaiting(0, events);
    }

    @ParameterizedTest
    @EnumSource
    void await_endlessTime_waits(Group group) {
        Event[] events = newEvents(3);
        Thread waiter =
                threads.start(() -> assertThat(group.await(ENDLESS, events)).isTrue());
        threads.awaitBlocked(waiter);
        for (Event event : events) {
            event.set();
        }
        threads.join(waiter);
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void await_setJustBeforeTheCommonDeadline_nobodyTimesOut(Group group) {
        Event[] events = newEvents(2);
        assertNobodyTimesOut(
                100,
                left -> group.await(Duration.ofNanos(left), events),
                () -> Arrays.stream(events).forEach(Event::set),
                () -> Arrays.stream(events).forEach(Event::clear));
    }

    // Interrupts

    @ParameterizedTest
    @EnumSource
    void await_interruptedWhileWaiting_throwsAndLeavesNothing(Group group) {
        Event[] events = newEvents(3);
        Thread untimed = threads.start(() -> assertInterrupted(() -> group.await(events)));
        Thread timed = threads.start(() -> assertInterrupted(() -> group.await(ENDLESS, events)));
        threads.awaitBlocked(List.of(untimed, timed));
        untimed.interrupt();
        timed.interrupt();
        threads.join();
        assertWaiting(0, events);
    }

    @ParameterizedTest
    @EnumSource
    void await_interruptedOnEntry_throwsUnlessReleased(Group group) {
        Event clear = newEvent();
        Event set = newEvent();
        set.set();
        threads.start(() -> {
            Thread.currentThread().interrupt();
            assertInterrupted(() -> group.await(clear));
            Thread.currentThread().interrupt();
            assertInterrupted(() -> group.await(Duration.ZERO, clear));
            Thread.currentThread().interrupt();
            assertThat(group.await(set)).isTrue();
            assertThat(group.await(Duration.ZERO, set, set)).isTrue();
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        });
        threads.join();
        assertWaiting(0, clear, set);
    }

    @ParameterizedTest
    @EnumSource
    void await_releasedThenInterrupted_returnsAndKeepsTheStatus(Group group) {
        Event[] events = newEvents(2);
        List<Thread> waiters = threads.start(20, () -> {
            assertThat(group.await(events)).isTrue();
            threads.until("interrupted", Thread.currentThread()::isInterrupted);
        });
        threads.awaitBlocked(waiters);
        for (Event event : events) {
            event.set();
            event.clear();
        }
        waiters.forEach(Thread::interrupt);
        threads.join(waiters);
    }

    @ParameterizedTest
    @EnumSource
    void await_interruptRacingSet_neitherIsLost(Group group) throws Exception {
        Event[] events = newEvents(2);
        TestThreads.repeat(() -> {
            AtomicBoolean interrupted = new AtomicBoolean();
            Thread waiter = threads.start(() -> {
                boolean thrown = false;
                try {
                    group.await(events);
                } catch (InterruptedException e) {
                    thrown = true;
                }
                threads.until("the interrupt has come", interrupted::get);
                assertThat(Thread.currentThread().isInterrupted()).isNotEqualTo(thrown);
            });
            threads.awaitBlocked(waiter);
            threads.race(
                    () -> {
                        waiter.interrupt();
                        interrupted.set(true);
                    },
                    () -> {
                        events[0].set();
                        events[0].clear();
                        events[1].set();
                        events[1].clear();
                    });
            threads.join(waiter);
        });
        assertWaiting(0, events);
    }

    // Residue

    @ParameterizedTest
    @EnumSource
    void await_manyAbandonedBesideOneThatGoesOn_leaveNothing(Group group) throws Exception {
        Event[] events = newEvents(3);
        Thread living = threads.start(() -> assertThat(group.await(events)).isTrue());
        threads.awaitBlocked(living);
        threads.join(threads.start(50, () -> {
            for (int i = 0; i < 100; i++) {
                assertThat(group.await(Duration.ofNanos(1), events)).isFalse();
            }
        }));
        List<Thread> abandoned = threads.start(50, () -> assertInterrupted(() -> group.await(events)));
        threads.awaitBlocked(abandoned);
        abandoned.forEach(Thread::interrupt);
        threads.join(abandoned);
        assertWaiting(1, events);
        for (Event event : events) {
            event.set();
        }
        threads.join(living);
        assertWaiting(0, events);
    }

    // Mixed reaches

    @ParameterizedTest
    @EnumSource
    void await_mixedReaches_isReleasedByEach(Group group) throws Exception {
        Event[] events = {newEvent(), new ThreadEvent(), new DelegatingEvent(new ThreadEvent()), newEvent()};
        for (Event last : events) {
            Thread waiter = threads.start(() -> assertThat(group.await(events)).isTrue());
            threads.awaitBlocked(waiter);
            assertThat(LockSupport.getBlocker(waiter).toString()).contains(last.toString());
            for (Event event : events) {
                if (group == Group.ALL && event != last) {
                    event.set();
                    event.clear();
                }
            }
            threads.awaitBlocked(waiter);
            last.set();
            last.clear();
            threads.join(waiter);
            assertWaiting(0, events);
        }
    }

    @ParameterizedTest
    @EnumSource
    void await_eventOfAnotherReachHasFailed_throwsItsFailureAndLeavesNothing(Group group) {
        Event event = newEvent();
        EventException failure = new EventException.Unavailable("there", "out of reach", null);
        Event failed = failing(CompletableFuture.failedFuture(failure));
        threads.start(() -> {
            for (Event[] events : new Event[][] {{failed, event}, {event, failed}}) {
                assertFails(failure, () -> group.await(Duration.ofNanos(1), events));
                assertFails(failure, () -> group.await(events));
            }
        });
        threads.join();
        assertWaiting(0, event);
        assertThat(failure.getSuppressed()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void await_eventOfAnotherReachFailsMeanwhile_throwsItsFailureAndLeavesNothing(Group group) {
        Event event = newEvent();
        EventException failure = new EventException.Removed("there", "removed", null);
        CompletableFuture<Void> future = new CompletableFuture<>();
        Thread waiter = threads.start(() -> assertFails(failure, () -> group.await(event, failing(future))));
        threads.awaitBlocked(waiter);
        future.completeExceptionally(failure);
        threads.join(waiter);
        assertWaiting(0, event);
    }

    /** Asserts that a wait throws a failure as one of this thread, which finds itself in the stack trace. */
    private static void assertFails(EventException failure, ThrowableAssert.ThrowingCallable wait) {
        assertThatThrownBy(wait)
                .isExactlyInstanceOf(failure.getClass())
                .isNotSameAs(failure)
                .hasMessage(failure.getMessage())
                .hasCause(failure)
                .satisfies(e -> assertThat(e.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().equals(Event.class.getName())));
    }

    @ParameterizedTest
    @EnumSource
    void await_severalHaveFailed_throwsTheFailureOfTheFirst(Group group) {
        EventException closed = new EventException.Closed("first", "closed", null);
        EventException corrupt = new EventException.Corrupt("second", "damaged", null);
        CompletableFuture<Void> first = new CompletableFuture<>();
        CompletableFuture<Void> second = new CompletableFuture<>();
        Event[] events = {failing(first), failing(second)};
        Thread waiter = threads.start(() -> assertFails(closed, () -> group.await(events)));
        threads.awaitBlocked(waiter);
        // A dependent that came last runs first: so the wait learns of the second, when the first has failed already.
        var unused = first.whenComplete((nothing, e) -> second.completeExceptionally(corrupt));
        first.completeExceptionally(closed);
        threads.join(waiter);
        assertFails(corrupt, () -> group.await(events[1], events[0]));
    }

    @Test
    void awaitAny_oneIsSetBeforeAnotherFails_returnsIt() {
        Event event = newEvent();
        CompletableFuture<Void> future = new CompletableFuture<>();
        AtomicReference<Event> result = new AtomicReference<>();
        Thread waiter = startAny(result, failing(future), event);
        event.set();
        event.clear();
        future.completeExceptionally(new EventException.Removed("there", "removed", null));
        threads.join(waiter);
        assertThat(result).hasValue(event);
        assertWaiting(0, event);
    }

    @ParameterizedTest
    @EnumSource
    void await_futureOfAnEventFailsOtherwise_throwsThatAsTheCause(Group group) {
        Event event = newEvent();
        IllegalStateException failure = new IllegalStateException("out of order");
        Event failed = failing(CompletableFuture.failedFuture(failure));
        assertThatThrownBy(() -> group.await(event, failed))
                .isExactlyInstanceOf(CompletionException.class)
                .hasMessage(failed.name() + ": " + failure)
                .hasCause(failure);
        assertWaiting(0, event);
    }

    @ParameterizedTest
    @EnumSource
    void await_eventCancelsItsOwnFuture_throws(Group group) {
        Event event = newEvent();
        CompletableFuture<Void> future = new CompletableFuture<>();
        Thread waiter = threads.start(() -> {
            assertThatThrownBy(() -> group.await(event, failing(future))).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> group.await(ENDLESS, event, failing(future)))
                    .isInstanceOf(IllegalStateException.class);
        });
        threads.awaitBlocked(waiter);
        future.cancel(false);
        threads.join(waiter);
        assertWaiting(0, event);
    }

    private static Event failing(CompletableFuture<Void> future) {
        return new DelegatingEvent(new ThreadEvent()) {
            @Override
            public CompletableFuture<Void> whenSet(Executor executor) {
                return future;
            }
        };
    }

    @ParameterizedTest
    @EnumSource
    void await_eventOfAnotherReachThrows_throwsAndLeavesNothing(Group group) {
        Event event = newEvent();
        Event throwing = new DelegatingEvent(new ThreadEvent()) {
            @Override
            public CompletableFuture<Void> whenSet(Executor executor) {
                throw new IllegalStateException("closed");
            }
        };
        assertThatThrownBy(() -> group.await(event, throwing)).hasStackTraceContaining("closed");
        assertWaiting(0, event);
    }

    /** Also if what an event does when its future is cancelled clears the interrupt status. */
    @ParameterizedTest
    @EnumSource
    void await_interruptedAndAnEventClearsTheStatus_throws(Group group) {
        Event event = newEvent();
        CompletableFuture<Void> future = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                boolean unused = Thread.interrupted();
                return super.cancel(mayInterruptIfRunning);
            }
        };
        Thread waiter = threads.start(() -> assertInterrupted(() -> group.await(event, failing(future))));
        threads.awaitBlocked(waiter);
        waiter.interrupt();
        threads.join(waiter);
        assertWaiting(0, event);
    }

    @ParameterizedTest
    @EnumSource
    void await_futureCannotBeCancelled_throwsAndLeavesNothing(Group group) {
        Event event = newEvent();
        CompletableFuture<Void> future = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                throw new IllegalStateException("cannot be cancelled");
            }
        };
        assertThatThrownBy(() -> group.await(Duration.ofMillis(1), failing(future), event))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cannot be cancelled");
        assertWaiting(0, event);
    }
}
