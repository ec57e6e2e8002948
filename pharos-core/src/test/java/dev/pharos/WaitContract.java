// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The flag, and waiting for one event. */
abstract class WaitContract extends DirectedTests {
    WaitContract(EventContract contract) {
        super(contract);
    }

    // The flag

    @Test
    void isSet_newEvent_isFalse() {
        assertThat(newEvent().isSet()).isFalse();
    }

    @Test
    void release_armed_changesTheEvent() {
        Event event = newArmed();
        for (int i = 0; i < 50; i++) {
            assertThat(direction.isReleased(event)).isFalse();
            assertThat(direction.release(event)).isTrue();
            assertThat(direction.isReleased(event)).isTrue();
            assertThat(direction.arm(event)).isTrue();
        }
    }

    @Test
    void release_released_changesNothing() {
        Event event = newReleased();
        assertThat(direction.release(event)).isFalse();
        assertThat(direction.release(event)).isFalse();
        assertThat(direction.isReleased(event)).isTrue();
    }

    @Test
    void release_manyRacing_exactlyOneChangesTheEvent() throws Exception {
        Event event = newArmed();
        TestThreads.repeat(() -> {
            AtomicInteger changes = new AtomicInteger();
            TestThreads.Action release = () -> changes.addAndGet(direction.release(event) ? 1 : 0);
            threads.race(release, release, release, release);
            assertThat(changes).hasValue(1);
            assertThat(direction.arm(event)).isTrue();
        });
    }

    @Test
    void releaseAndArm_manyRacing_changesAlternate() throws Exception {
        Event event = newArmed();
        AtomicInteger balance = new AtomicInteger();
        TestThreads.Action both = () -> TestThreads.repeat(() -> {
            balance.addAndGet(direction.release(event) ? 1 : 0);
            balance.addAndGet(direction.arm(event) ? -1 : 0);
        });
        threads.race(both, both, both);
        assertThat(balance).hasValue(direction.isReleased(event) ? 1 : 0);
    }

    @Test
    void flagMethods_interrupted_keepTheStatus() {
        Event event = newArmed();
        threads.start(() -> {
            Thread.currentThread().interrupt();
            direction.release(event);
            direction.release(event);
            direction.isReleased(event);
            direction.arm(event);
            assertThat(event.toString()).isNotNull();
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        });
    }

    // 1. No lost set

    @Test
    void await_released_returns() throws Exception {
        Event event = newReleased();
        for (Wait form : FORMS) {
            assertThat(form.await(direction, event)).isTrue();
        }
        assertWaiting(0, event);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 1_000})
    void await_releasedAndArmedAtOnce_everyoneReturns(int crowd) {
        Event event = newArmed();
        List<Thread> waiters = crowd(event, many(crowd));
        assertThat(direction.release(event)).isTrue();
        assertThat(direction.arm(event)).isTrue();
        threads.join(waiters);
        assertWaiting(0, event);
    }

    @Test
    void await_releasedAndArmedManyTimesAtOnce_everyoneReturns() {
        Event event = newArmed();
        List<Thread> waiters = crowd(event, 20);
        for (int i = 0; i < 100; i++) {
            direction.release(event);
            direction.arm(event);
        }
        threads.join(waiters);
    }

    @Test
    void await_released_releasesTheWholeCrowd() {
        Event event = newArmed();
        List<Thread> waiters = crowd(event, 300);
        assertWaiting(300, event);
        direction.release(event);
        threads.join(waiters);
        assertThat(direction.isReleased(event)).isTrue();
    }

    @Test
    void await_handedToAndFro_noReleaseIsLost() {
        Event ping = newArmed();
        Event pong = newArmed();
        AtomicBoolean done = new AtomicBoolean();
        int[] hands = new int[2]; // plain: each release publishes it
        threads.start(() -> {
            while (!done.get()) {
                direction.await(ping);
                direction.arm(ping);
                hands[1] = hands[0];
                direction.release(pong);
            }
        });
        threads.start(() -> {
            TestThreads.repeat(() -> {
                hands[0]++;
                direction.release(ping);
                direction.await(pong);
                direction.arm(pong);
                assertThat(hands[1]).isEqualTo(hands[0]);
            });
            done.set(true);
            direction.release(ping);
        });
    }

    // 2. No phantom

    @Test
    void await_armed_waitsForTheRelease() {
        Event event = newArmed();
        List<Thread> waiters = crowd(event, FORMS.size());
        assertThat(direction.isReleased(event)).isFalse();
        direction.release(event);
        threads.join(waiters);
    }

    @Test
    void await_armedAgain_waitsAgain() throws Exception {
        Event event = newReleased();
        direction.await(event);
        direction.arm(event);
        Thread waiter = threads.start(() -> direction.await(event));
        threads.awaitBlocked(waiter);
        direction.release(event);
    }

    @Test
    void await_calledAfterAReleaseThatWasUndone_waits() throws Exception {
        Event event = newArmed();
        List<Thread> waiters = crowd(event, 3);
        direction.release(event);
        direction.arm(event);
        assertThat(direction.await(event, 0, NANOSECONDS)).isFalse();
        List<Thread> later = crowd(event, 3);
        threads.join(waiters);
        assertWaiting(3, event);
        assertThat(later).allMatch(TestThreads::isBlocked);
        direction.release(event);
    }

    @Test
    void arm_armedWithWaiters_keepsThemWaiting() {
        Event event = newArmed();
        List<Thread> waiters = crowd(event, 5);
        for (int i = 0; i < 5; i++) {
            assertThat(direction.arm(event)).isFalse();
        }
        assertWaiting(5, event);
        assertThat(waiters).allMatch(TestThreads::isBlocked);
        direction.release(event);
    }

    @Test
    void await_unparkedWithoutARelease_goesOnWaiting() {
        Event event = newArmed();
        List<Thread> waiters = crowd(event, FORMS.size());
        for (int i = 0; i < 100; i++) {
            waiters.forEach(LockSupport::unpark);
        }
        threads.awaitBlocked(waiters);
        assertWaiting(FORMS.size(), event);
        direction.release(event);
    }

    /** With the permit the first park returns at once, whatever else the machine does. */
    @Test
    void await_permitLeftOver_goesOnWaiting() {
        Event event = newArmed();
        for (Wait form : FORMS) {
            Thread waiter = threads.start(() -> {
                LockSupport.unpark(Thread.currentThread());
                assertThat(form.await(direction, event)).isTrue();
            });
            threads.awaitBlocked(waiter);
        }
        assertWaiting(FORMS.size(), event);
        direction.release(event);
    }

    @Test
    void await_beforeAReleaseBegins_doesNotReturn() {
        Event event = newArmed();
        AtomicLong begun = new AtomicLong(); // releases that have begun
        AtomicLong undone = new AtomicLong(); // releases that have begun, ended and been undone
        AtomicBoolean done = new AtomicBoolean();
        threads.start(() -> {
            TestThreads.repeat(() -> {
                begun.incrementAndGet();
                direction.release(event);
                direction.arm(event);
                undone.incrementAndGet();
            });
            done.set(true);
            direction.release(event);
        });
        for (Wait form : FORMS.subList(0, 2)) {
            threads.start(() -> {
                while (!done.get()) {
                    long before = undone.get();
                    form.await(direction, event);
                    assertThat(done.get() || begun.get() > before)
                            .as("returned while no release was under way")
                            .isTrue();
                }
            });
        }
    }

    // 3. Every set publishes

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void release_whetherRedundantOrNot_leavesNoItemBehind(int producers) {
        Event event = newArmed();
        AtomicIntegerArray added = new AtomicIntegerArray(producers);
        AtomicIntegerArray drained = new AtomicIntegerArray(producers);
        AtomicInteger producing = new AtomicInteger(producers);
        threads.start(() -> {
            while (producing.get() > 0) {
                direction.await(event);
                direction.arm(event);
                for (int i = 0; i < producers; i++) {
                    drained.set(i, added.getOpaque(i));
                }
            }
        });
        for (int i = 0; i < producers; i++) {
            int slot = i;
            threads.start(() -> {
                TestThreads.repeat(() -> {
                    int item = added.getPlain(slot) + 1;
                    added.setOpaque(slot, item); // no fence: only the event publishes it
                    direction.release(event);
                    threads.until("the item is drained", () -> drained.get(slot) == item);
                });
                producing.decrementAndGet();
                direction.release(event);
            });
        }
    }

    // 4. Timed waits

    @Test
    void await_noTimeLeft_polls() throws Exception {
        Event armed = newArmed();
        Event released = newReleased();
        for (long time : new long[] {Long.MIN_VALUE, -1, 0}) {
            for (TimeUnit unit : TimeUnit.values()) {
                assertThat(direction.await(armed, time, unit)).isFalse();
                assertThat(direction.await(released, time, unit)).isTrue();
            }
        }
        for (Duration time : EXPIRED) {
            assertThat(direction.await(armed, time)).isFalse();
            assertThat(direction.await(released, time)).isTrue();
        }
        assertWaiting(0, armed, released);
    }

    @Test
    void await_timeOver_returnsFalseButNotBefore() throws Exception {
        Event event = newArmed();
        for (long nanos : new long[] {1, 900_000, 20_000_000}) {
            long start = System.nanoTime();
            assertThat(direction.await(event, nanos, NANOSECONDS)).isFalse();
            assertThat(direction.await(event, Duration.ofNanos(nanos))).isFalse();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(2 * nanos);
        }
        assertWaiting(0, event);
    }

    @Test
    void await_timedOut_mayWaitAgain() throws Exception {
        Event event = newArmed();
        assertThat(direction.await(event, 1, MILLISECONDS)).isFalse();
        List<Thread> waiters = crowd(event, 5);
        direction.release(event);
        threads.join(waiters);
        assertThat(direction.await(event, 1, MILLISECONDS)).isTrue();
    }

    @Tag("slow")
    @Test
    void await_releasedJustBeforeTheCommonDeadline_nobodyTimesOut() {
        Event event = newArmed();
        assertNobodyTimesOut(
                400,
                left -> direction.await(event, left, NANOSECONDS),
                () -> direction.release(event),
                () -> direction.arm(event));
    }

    @Test
    void await_deadlineRacingTheRelease_timesOutOnlyIfItWasLate() throws Exception {
        Event event = newArmed();
        SplittableRandom random = new SplittableRandom(1);
        TestThreads.repeat(() -> {
            long time = random.nextLong(1, 300_000);
            long deadline = System.nanoTime() + time; // the waits begin later, so none has an earlier deadline
            AtomicLong returned = new AtomicLong();
            TestThreads.Action waiter = () -> {
                boolean inTime = direction.await(event, time, NANOSECONDS);
                if (!inTime) {
                    threads.until("the release has returned", () -> returned.get() != 0);
                    assertThat(returned.get() - deadline).isGreaterThanOrEqualTo(0);
                }
            };
            threads.race(waiter, waiter, () -> {
                long early = random.nextLong(100_000);
                threads.until("it is almost too late", () -> System.nanoTime() - deadline > -early);
                direction.release(event);
                returned.set(System.nanoTime() | 1);
            });
            direction.arm(event);
        });
        assertWaiting(0, event);
    }

    @Test
    void await_nullArgument_throwsWhateverTheFlag() {
        for (Event event : List.of(newArmed(), newReleased())) {
            assertThatNullPointerException().isThrownBy(() -> direction.await(event, 1, null));
            assertThatNullPointerException().isThrownBy(() -> direction.await(event, 0, null));
            assertThatNullPointerException().isThrownBy(() -> direction.await(event, null));
        }
    }

    // 5. Interrupts

    @Test
    void await_interruptedWhileWaiting_throwsAndClearsTheStatus() {
        Event event = newArmed();
        for (Wait form : FORMS) {
            Thread waiter = threads.start(() -> assertInterrupted(() -> form.await(direction, event)));
            threads.awaitBlocked(waiter);
            waiter.interrupt();
            threads.join(waiter);
        }
        assertWaiting(0, event);
    }

    @Test
    void await_interruptedOnEntryArmed_throwsAndClearsTheStatus() {
        Event event = newArmed();
        threads.start(() -> {
            for (Wait form : formsAndPolls()) {
                Thread.currentThread().interrupt();
                assertInterrupted(() -> form.await(direction, event));
            }
        });
        threads.join();
        assertWaiting(0, event);
    }

    @Test
    void await_interruptedOnEntryReleased_returnsAndKeepsTheStatus() {
        Event event = newReleased();
        threads.start(() -> {
            Thread.currentThread().interrupt();
            for (Wait form : formsAndPolls()) {
                assertThat(form.await(direction, event)).isTrue();
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
            }
        });
    }

    @Test
    void await_releasedThenInterrupted_returnsAndKeepsTheStatus() {
        Event event = newArmed();
        List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            for (Wait form : FORMS) {
                waiters.add(threads.start(() -> {
                    form.await(direction, event);
                    threads.until("interrupted", Thread.currentThread()::isInterrupted);
                }));
            }
        }
        threads.awaitBlocked(waiters);
        direction.release(event);
        direction.arm(event);
        waiters.forEach(Thread::interrupt);
        threads.join(waiters);
    }

    @Test
    void await_interruptRacingRelease_neitherIsLost() throws Exception {
        Event event = newArmed();
        AtomicInteger round = new AtomicInteger();
        TestThreads.repeat(() -> {
            Wait form = FORMS.get(round.getAndIncrement() % FORMS.size());
            AtomicBoolean interrupted = new AtomicBoolean();
            Thread waiter = threads.start(() -> {
                boolean thrown = false;
                try {
                    assertThat(form.await(direction, event)).isTrue();
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
                        direction.release(event);
                        direction.arm(event);
                    });
            threads.join(waiter);
        });
        assertWaiting(0, event);
    }

    // 7. No residue

    @Tag("slow")
    @Test
    void await_manyTimedOutBesideOnesThatGoOn_leaveNoMemoryBehind() {
        Event event = newArmed();
        List<Thread> living = crowd(event, 10);
        timeOut(event, 5_000); // whatever is made only once
        long before = usedHeap();
        timeOut(event, 100_000);
        // What the waits leave behind, each 100,000 of them do; what others in this JVM have made meanwhile is no more.
        for (int round = 0; usedHeap() >= before + 1_000_000; round++) {
            assertThat(round).as("rounds that have all left something").isLessThan(5);
            before = usedHeap();
            timeOut(event, 100_000);
        }
        assertWaiting(10, event);
        assertThat(living).allMatch(TestThreads::isBlocked);
        direction.release(event);
    }

    /** Many waits that time out, so many at a time that they are withdrawn in all orders. */
    private void timeOut(Event event, int waits) {
        LongAdder over = new LongAdder();
        List<Thread> waiters = threads.start(50, () -> {
            boolean released = false;
            for (int i = 0; i < waits / 50; i++) {
                released |= direction.await(event, 1, NANOSECONDS);
                over.increment();
            }
            assertThat(released).isFalse();
        });
        threads.join(waiters, over::sum);
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void await_manyInterruptedBesideOneThatGoesOn_leaveNothing() {
        Event event = newArmed();
        List<Thread> first = threads.start(100, () -> assertInterrupted(() -> direction.await(event)));
        threads.awaitBlocked(first);
        List<Thread> living = crowd(event, 1);
        List<Thread> last = threads.start(100, () -> assertInterrupted(() -> direction.await(event)));
        threads.awaitBlocked(last);
        Stream.of(first, last).flatMap(List::stream).forEach(Thread::interrupt);
        threads.join(first);
        threads.join(last);
        assertWaiting(1, event);
        direction.release(event);
        threads.join(living);
    }

    // 8. Thread dumps tell

    @Test
    void toString_any_tellsTheFlagAndHowManyWait() throws Exception {
        Event event = newEvent();
        assertThat(event.toString()).contains("clear, 0 waiting").doesNotContain("set");
        event.set();
        assertThat(event.toString()).contains("set, 0 waiting").doesNotContain("clear");
        direction.arm(event);
        crowd(event, 3);
        CompletableFuture<Void> future = direction.when(event);
        assertWaiting(4, event);
        direction.release(event);
        assertWaiting(0, event);
        threads.get(future);
    }

    @Test
    void await_waiting_isParkedForTheEvent() {
        Event event = newArmed();
        Thread waiter = crowd(event, 1).get(0);
        assertThat(LockSupport.getBlocker(waiter)).hasToString(event.toString());
        direction.release(event);
    }

    // All together

    @Test
    void everything_atRandom_nobodyIsLeftBehind() {
        Event event = newArmed();
        AtomicInteger balance = new AtomicInteger();
        List<Thread> mixed = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            SplittableRandom random = new SplittableRandom(i);
            mixed.add(threads.start(() -> TestThreads.repeat(() -> {
                CompletableFuture<Void> future = direction.when(event);
                switch (random.nextInt(4)) {
                    case 0 -> balance.addAndGet(direction.release(event) ? 1 : 0);
                    case 1 -> balance.addAndGet(direction.arm(event) ? -1 : 0);
                    case 2 -> direction.await(event, random.nextLong(50_000), NANOSECONDS);
                    default -> Event.awaitAny(Duration.ofNanos(random.nextLong(50_000)), event, event);
                }
                assertThat(future.cancel(false)).isEqualTo(future.isCancelled());
            })));
        }
        AtomicBoolean done = new AtomicBoolean();
        for (Wait form : FORMS) {
            threads.start(() -> {
                while (!done.get()) {
                    form.await(direction, event);
                    direction.opposite().await(event, 100_000, NANOSECONDS);
                }
            });
        }
        threads.join(mixed);
        assertThat(balance).hasValue(direction.isReleased(event) ? 1 : 0);
        done.set(true);
        direction.release(event);
        threads.join();
        assertWaiting(0, event);
    }

    /** Starts threads that wait in all forms, and returns once they do. */
    private List<Thread> crowd(Event event, int count) {
        AtomicInteger next = new AtomicInteger();
        List<Thread> waiters = threads.start(count, () -> {
            Wait form = FORMS.get(next.getAndIncrement() % FORMS.size());
            assertThat(form.await(direction, event)).isTrue();
        });
        threads.awaitBlocked(waiters);
        return waiters;
    }

    private static List<Wait> formsAndPolls() {
        List<Wait> forms = new ArrayList<>(FORMS);
        for (long time : new long[] {Long.MIN_VALUE, -1, 0, 1}) {
            forms.add((direction, event) -> direction.await(event, time, NANOSECONDS));
            forms.add((direction, event) -> direction.await(event, Duration.ofNanos(time)));
        }
        return forms;
    }
}
