// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The futures whenSet() and whenClear(). */
abstract class FutureContract extends DirectedTests {
    FutureContract(EventContract contract) {
        super(contract);
    }

    @Test
    void when_released_isDone() {
        assertThat(direction.when(newReleased())).isCompletedWithValue(null);
    }

    @Test
    void when_releasedAndOthersWaitForTheOpposite_isDone() {
        Event event = newReleased();
        CompletableFuture<Void> other = direction.opposite().when(event);
        assertThat(direction.when(event)).isCompletedWithValue(null);
        assertThat(other).isNotDone();
        assertWaiting(1, event);
    }

    @Test
    void when_armed_completesOnRelease() throws Exception {
        Event event = newArmed();
        CompletableFuture<Void> future = direction.when(event);
        assertThat(future).isNotDone();
        assertWaiting(1, event);
        direction.release(event);
        assertThat(threads.get(future)).isNull();
        assertWaiting(0, event);
    }

    @Test
    void when_calledTwice_givesIndependentFutures() throws Exception {
        Event event = newArmed();
        CompletableFuture<Void> one = direction.when(event);
        CompletableFuture<Void> other = direction.when(event);
        assertThat(one.cancel(false)).isTrue();
        assertThat(other).isNotDone();
        direction.release(event);
        threads.get(other);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 1_000})
    void when_releasedAndArmedAtOnce_completes(int count) throws Exception {
        Event event = newArmed();
        List<CompletableFuture<Void>> futures = futures(event, many(count));
        direction.release(event);
        direction.arm(event);
        for (CompletableFuture<Void> future : futures) {
            threads.get(future);
        }
        assertWaiting(0, event);
    }

    @Test
    void when_calledAfterAReleaseThatWasUndone_waits() throws Exception {
        Event event = newArmed();
        CompletableFuture<Void> before = direction.when(event);
        direction.release(event);
        direction.arm(event);
        CompletableFuture<Void> after = direction.when(event);
        threads.get(before);
        assertThat(after).isNotDone();
        assertWaiting(1, event);
    }

    @Test
    void when_armedWhileArmed_goesOnWaiting() throws Exception {
        Event event = newArmed();
        CompletableFuture<Void> future = direction.when(event);
        assertThat(direction.arm(event)).isFalse();
        assertThat(future).isNotDone();
        direction.release(event);
        threads.get(future);
    }

    @Test
    void when_executorSpecified_completesThere() {
        Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
        Event event = newArmed();
        CompletableFuture<Void> future = direction.when(event, tasks::add);
        direction.release(event);
        threads.until("a task", () -> !tasks.isEmpty());
        assertThat(future).isNotDone();
        tasks.remove().run();
        assertThat(future).isCompletedWithValue(null);

        CompletableFuture<Void> dependent = future.thenRunAsync(() -> {});
        assertThat(tasks).as("default executor").hasSize(1);
        assertThat(dependent).isNotDone();
        assertThat(direction.when(event, tasks::add)).isCompletedWithValue(null);
        assertThat(tasks).hasSize(1);
    }

    @Test
    void when_executorFails_completesAllTheSame() throws Exception {
        Executor shutDown = task -> {
            throw new RejectedExecutionException("shut down");
        };
        Executor broken = task -> {
            throw new AssertionError("broken");
        };
        Executor ofAnotherLanguage = task -> throwUnchecked(new IOException("not declared"));
        for (Executor executor : List.of(shutDown, broken, ofAnotherLanguage)) {
            Event event = newArmed();
            CompletableFuture<Void> future = direction.when(event, executor);
            AtomicReference<Thread> ranIn = new AtomicReference<>();
            CompletableFuture<Void> dependent = future.thenRun(() -> ranIn.set(Thread.currentThread()));
            Thread waiter = threads.start(() -> direction.await(event));
            threads.awaitBlocked(waiter);
            direction.release(event);
            threads.get(dependent);
            threads.join(waiter);
            assertThat(ranIn.get()).isNotIn(Thread.currentThread(), waiter);
        }
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void throwUnchecked(Throwable failure) throws E {
        throw (E) failure;
    }

    @Test
    void orTimeout_executorFails_endsTheWait() {
        Event event = newArmed();
        CompletableFuture<Void> future = direction.when(event, task -> {
            throw new RejectedExecutionException("shut down");
        });
        assertThatThrownBy(() -> threads.get(future.orTimeout(1, NANOSECONDS)))
                .hasCauseInstanceOf(TimeoutException.class);
        assertWaiting(0, event);
    }

    @Test
    void when_nullExecutor_throws() {
        assertThatNullPointerException().isThrownBy(() -> direction.when(newReleased(), null));
        Event armed = newArmed();
        assertThatNullPointerException().isThrownBy(() -> direction.when(armed, null));
        assertWaiting(0, armed);
    }

    // Ends of the wait other than a release

    @Test
    void cancel_armed_endsTheWait() {
        Event event = newArmed();
        CompletableFuture<Void> future = direction.when(event);
        assertThat(future.cancel(true)).isTrue();
        assertThat(future).isCancelled();
        assertThat(future.cancel(true)).isTrue();
        assertWaiting(0, event);
        direction.release(event);
        assertThat(future).isCancelled();
    }

    @Test
    void complete_armed_endsTheWait() {
        Event event = newArmed();
        CompletableFuture<Void> one = direction.when(event);
        CompletableFuture<Void> other = direction.when(event);
        assertThat(one.complete(null)).isTrue();
        assertThat(other.completeExceptionally(new IllegalStateException("mine")))
                .isTrue();
        assertWaiting(0, event);
        direction.release(event);
        assertThat(one).isCompletedWithValue(null);
        assertThat(other).isCompletedExceptionally();
    }

    @Test
    void orTimeout_armed_endsTheWait() {
        Event event = newArmed();
        CompletableFuture<Void> future = direction.when(event).orTimeout(1, NANOSECONDS);
        assertThatThrownBy(() -> threads.get(future)).hasCauseInstanceOf(TimeoutException.class);
        assertWaiting(0, event);
    }

    @Test
    void cancel_afterRelease_hasNoEffect() {
        Event event = newArmed();
        List<CompletableFuture<Void>> futures = futures(event, 100);
        direction.release(event);
        direction.arm(event);
        assertThat(futures).allSatisfy(future -> {
            assertThat(future.cancel(true)).isFalse();
            assertThat(future.complete(null)).isFalse();
            assertThat(future.completeExceptionally(new IllegalStateException("late")))
                    .isFalse();
            assertThat(future).isCompletedWithValue(null);
        });
    }

    @Test
    void orTimeout_afterRelease_hasNoEffect() throws Exception {
        Event event = newArmed();
        List<CompletableFuture<Void>> futures = futures(event, 100);
        direction.release(event);
        direction.arm(event);
        for (CompletableFuture<Void> future : futures) {
            threads.get(future.orTimeout(0, NANOSECONDS));
        }
    }

    @Test
    void cancel_racingRelease_exactlyOneWins() throws Exception {
        Event event = newArmed();
        TestThreads.repeat(() -> {
            List<CompletableFuture<Void>> futures = futures(event, 20);
            threads.race(
                    () -> {
                        for (CompletableFuture<Void> future : futures) {
                            boolean cancelled = future.cancel(false);
                            assertThat(future.isDone()).isTrue();
                            assertThat(future.isCancelled()).isEqualTo(cancelled);
                        }
                    },
                    () -> {
                        direction.release(event);
                        direction.arm(event);
                    });
            assertWaiting(0, event);
        });
    }

    @Test
    void orTimeout_racingRelease_exactlyOneWins() throws Exception {
        Event event = newArmed();
        TestThreads.repeat(() -> {
            CompletableFuture<Void> future = direction.when(event).orTimeout(100_000, NANOSECONDS);
            long start = System.nanoTime();
            threads.until("it is about to time out", () -> System.nanoTime() - start > 95_000);
            direction.release(event);
            boolean timedOut = future.isCompletedExceptionally();
            direction.arm(event);
            try {
                threads.get(future);
                assertThat(timedOut).isFalse();
            } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(TimeoutException.class); // perhaps it was about to be told
            }
        });
        assertWaiting(0, event);
    }

    // Dependents

    @Test
    void dependent_ofAReleasedFuture_neverRunsOnTheReleasingThread() throws Exception {
        Event event = newArmed();
        Set<Thread> forbidden = ConcurrentHashMap.newKeySet();
        forbidden.add(Thread.currentThread());
        for (int round = 0; round < 20; round++) {
            List<Thread> waiters = threads.start(3, () -> direction.await(event));
            threads.awaitBlocked(waiters);
            forbidden.addAll(waiters);
            List<CompletableFuture<Thread>> ranOn = futures(event, 50).stream()
                    .map(future -> future.thenApply(nothing -> Thread.currentThread()))
                    .toList();
            direction.release(event);
            for (CompletableFuture<Thread> thread : ranOn) {
                assertThat(threads.get(thread)).isNotIn(forbidden);
            }
            threads.join(waiters);
            direction.arm(event);
        }
    }

    @Test
    void dependent_throws_holdsUpNobody() throws Exception {
        Event event = newArmed();
        AtomicInteger ran = new AtomicInteger();
        List<CompletableFuture<Void>> dependents = futures(event, 50).stream()
                .map(future -> future.thenRun(() -> {
                    ran.incrementAndGet();
                    throw new IllegalStateException("mine");
                }))
                .toList();
        List<Thread> waiters = threads.start(5, () -> direction.await(event));
        threads.awaitBlocked(waiters);
        direction.release(event);
        threads.join(waiters);
        for (CompletableFuture<Void> dependent : dependents) {
            assertThatThrownBy(() -> threads.get(dependent)).hasRootCauseMessage("mine");
        }
        assertThat(ran).hasValue(50);
    }

    @Test
    void dependent_blocks_holdsUpNoThreadButItsOwn() throws Exception {
        Event event = newArmed();
        CountDownLatch unblock = new CountDownLatch(1);
        List<CompletableFuture<Void>> dependents = new ArrayList<>();
        for (CompletableFuture<Void> future : futures(event, 3)) {
            dependents.add(future.thenRun(() -> awaitUninterruptibly(unblock)));
        }
        Thread waiter = threads.start(() -> direction.await(event));
        threads.awaitBlocked(waiter);
        try {
            direction.release(event);
            threads.join(waiter);
        } finally {
            unblock.countDown();
        }
        for (CompletableFuture<Void> dependent : dependents) {
            threads.get(dependent);
        }
    }

    @Test
    void dependent_blocks_futuresOfOtherEventsComplete() throws Exception {
        Event blocked = newArmed();
        Event other = newArmed();
        CountDownLatch blocks = new CountDownLatch(1);
        CountDownLatch unblock = new CountDownLatch(1);
        CompletableFuture<Void> dependent = direction.when(blocked).thenRun(() -> {
            blocks.countDown();
            awaitUninterruptibly(unblock);
        });
        direction.release(blocked);
        threads.until("the dependent blocks", () -> blocks.getCount() == 0);
        CompletableFuture<Void> future = direction.when(other);
        Thread waiter = threads.start(() -> Event.awaitAny(blocked, other));
        try {
            direction.release(other);
            threads.get(future);
            other.set();
            threads.join(waiter);
        } finally {
            unblock.countDown();
        }
        threads.get(dependent);
    }

    static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void dependent_usesTheSameEvent_isServed() throws Exception {
        Event event = newArmed();
        CompletableFuture<Void> dependent = direction.when(event).thenCompose(nothing -> {
            try {
                direction.await(event);
                assertThat(direction.release(event)).isFalse();
                assertThat(direction.arm(event)).isTrue();
                CompletableFuture<Void> next = direction.when(event);
                assertThat(next).isNotDone();
                assertThat(direction.await(event, 1, NANOSECONDS)).isFalse();
                assertThat(direction.release(event)).isTrue();
                return next;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        direction.release(event);
        threads.get(dependent);
        assertWaiting(0, event);
    }

    @Test
    void dependent_ofALongChainOfEvents_runs() throws Exception {
        Event[] events = new Event[many(3_000)]; // enough to overflow a stack
        for (int i = 0; i < events.length; i++) {
            events[i] = newArmed();
        }
        List<CompletableFuture<Void>> links = new ArrayList<>();
        for (int i = 0; i + 1 < events.length; i++) {
            Event next = events[i + 1];
            links.add(direction.when(events[i]).thenRun(() -> direction.release(next)));
        }
        CompletableFuture<Void> end = direction.when(events[events.length - 1]);
        direction.release(events[0]);
        for (CompletableFuture<Void> link : links) {
            threads.get(link); // one after the other: the limit is for a link, which may take the start of a thread
        }
        threads.get(end);
    }

    @Test
    void dependent_ofAReleasedFuture_seesWhatWasDoneBefore() throws Exception {
        Event event = newArmed();
        TestThreads.repeat(() -> {
            int[] data = new int[1];
            CompletableFuture<Integer> seen = direction.when(event).thenApply(nothing -> data[0]);
            data[0] = 42;
            direction.release(event);
            assertThat(threads.get(seen)).isEqualTo(42);
            direction.arm(event);
        });
    }

    // Progress and residue

    @Test
    void release_executorStuckBehindACrowdOfFutures_threadReturns() throws Exception {
        Event event = newArmed();
        Thread waiter = threads.start(() -> direction.await(event));
        threads.awaitBlocked(waiter);
        List<CompletableFuture<Void>> futures = futures(event, many(1_000));
        CountDownLatch unblock = new CountDownLatch(1);
        List<CompletableFuture<Void>> stuck = Stream.generate(
                        () -> CompletableFuture.runAsync(() -> awaitUninterruptibly(unblock)))
                .limit(50)
                .toList();
        try {
            direction.release(event);
            threads.join(waiter);
        } finally {
            unblock.countDown();
        }
        for (CompletableFuture<Void> future : futures) {
            threads.get(future);
        }
        for (CompletableFuture<Void> future : stuck) {
            threads.get(future);
        }
    }

    /** The order in which a crowd is withdrawn. */
    enum Order implements Consumer<List<?>> {
        FIRST_IN_FIRST_OUT {
            @Override
            public void accept(List<?> list) {}
        },
        LAST_IN_FIRST_OUT {
            @Override
            public void accept(List<?> list) {
                Collections.reverse(list);
            }
        },
        RANDOM {
            @Override
            public void accept(List<?> list) {
                Collections.shuffle(list, new Random(1));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancel_manyBesideOnesThatGoOn_leaveNothing(Order order) throws Exception {
        Event event = newArmed();
        CompletableFuture<Void> below = direction.when(event);
        List<CompletableFuture<Void>> futures = futures(event, many(3_000));
        CompletableFuture<Void> above = direction.when(event);
        assertWaiting(futures.size() + 2, event);
        order.accept(futures);
        List<WeakReference<CompletableFuture<Void>>> cancelled =
                futures.stream().map(WeakReference::new).toList();
        threads.join(threads.start(() -> futures.forEach(future -> future.cancel(false))));
        futures.clear();
        assertWaiting(2, event);
        threads.until("all but a few are collected", () -> {
            System.gc();
            return cancelled.stream().filter(future -> future.get() != null).count() <= 100;
        });
        direction.release(event);
        threads.get(below);
        threads.get(above);
    }

    private List<CompletableFuture<Void>> futures(Event event, int count) {
        List<CompletableFuture<Void>> futures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            futures.add(direction.when(event));
        }
        return futures;
    }
}
