// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinPool.ForkJoinWorkerThreadFactory;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Threads of a ForkJoinPool that wait: it may be a task of the same pool that releases them. */
abstract class PoolWaitContract extends DirectedTests {
    private final List<ForkJoinPool> pools = new ArrayList<>();

    PoolWaitContract(EventContract contract) {
        super(contract);
    }

    @AfterEach
    void shutDown() {
        pools.forEach(ForkJoinPool::shutdownNow);
    }

    private ForkJoinPool pool() {
        return added(new ForkJoinPool(1));
    }

    /** A pool that may have no second thread. */
    private ForkJoinPool fullPool() {
        return added(new ForkJoinPool(
                1, ForkJoinPool.defaultForkJoinWorkerThreadFactory, null, false, 1, 1, 1, null, 60, SECONDS));
    }

    private ForkJoinPool added(ForkJoinPool pool) {
        pools.add(pool);
        return pool;
    }

    /** The thread of a pool that runs a task, once it is parked. */
    private Thread parked(ForkJoinPool pool, Callable<?> task, AtomicReference<Future<?>> future) {
        AtomicReference<Thread> thread = new AtomicReference<>();
        future.set(pool.submit(() -> {
            thread.set(Thread.currentThread());
            return task.call();
        }));
        threads.until("the task runs", () -> thread.get() != null);
        threads.awaitBlocked(thread.get());
        return thread.get();
    }

    @Test
    void await_releasedByATaskOfItsPoolOfOne_returns() throws Exception {
        ForkJoinPool pool = pool();
        for (Wait form : FORMS) {
            Event event = newArmed();
            Future<Boolean> wait = pool.submit(() -> form.await(direction, event));
            Future<Boolean> release = pool.submit(() -> direction.release(event));
            assertThat(threads.get(release)).isTrue();
            assertThat(threads.get(wait)).isTrue();
            assertWaiting(0, event);
        }
    }

    @Test
    void await_manyInAPoolOfOne_returnOnceTheLastTaskReleasesThem() throws Exception {
        ForkJoinPool pool = pool();
        Event event = newArmed();
        List<Future<Boolean>> waits = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Wait form = FORMS.get(i % FORMS.size());
            waits.add(pool.submit(() -> form.await(direction, event)));
        }
        Future<Boolean> release = pool.submit(() -> direction.release(event));
        threads.get(release);
        for (Future<Boolean> wait : waits) {
            assertThat(threads.get(wait)).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void awaitGroup_setByATaskOfItsPoolOfOne_returns(GroupWaitContract.Group group) throws Exception {
        ForkJoinPool pool = pool();
        Event[] events = {newEvent(), newEvent()};
        for (Duration timeout : List.of(Duration.ofHours(1), ENDLESS)) {
            Future<Boolean> wait = pool.submit(() -> group.await(events));
            Future<Boolean> timed = pool.submit(() -> group.await(timeout, events));
            Future<?> set = pool.submit(() -> {
                events[0].set();
                events[1].set();
            });
            threads.get(set);
            assertThat(threads.get(wait)).isTrue();
            assertThat(threads.get(timed)).isTrue();
            events[0].clear();
            events[1].clear();
        }
    }

    @Test
    void await_inAPool_isParkedForTheEvent() throws Exception {
        Event event = newArmed();
        AtomicReference<Future<?>> wait = new AtomicReference<>();
        Thread waiter = parked(pool(), () -> direction.await(event, 1, HOURS), wait);
        assertThat(LockSupport.getBlocker(waiter)).hasToString(event.toString());
        direction.release(event);
        threads.get(wait.get());
    }

    @Test
    void await_inAPool_timesOut() throws Exception {
        Event event = newArmed();
        long start = System.nanoTime();
        assertThat(threads.get(pool().submit(() -> direction.await(event, 1_000_000, NANOSECONDS))))
                .isEqualTo(false);
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(1_000_000);
        assertWaiting(0, event);
    }

    @Test
    void await_interruptedInAPool_throwsAndClearsTheStatus() throws Exception {
        Event event = newArmed();
        ForkJoinPool pool = pool();
        for (Wait form : FORMS) {
            AtomicReference<Future<?>> wait = new AtomicReference<>();
            Callable<Void> task = () -> {
                assertInterrupted(() -> form.await(direction, event));
                return null;
            };
            parked(pool, task, wait).interrupt();
            threads.get(wait.get());
        }
        assertWaiting(0, event);
    }

    @Test
    void await_poolMayHaveNoMoreThreads_waitsAsAnyThreadDoes() throws Exception {
        Event event = newArmed();
        ForkJoinPool pool = fullPool();
        for (Wait form : FORMS) {
            AtomicReference<Future<?>> wait = new AtomicReference<>();
            parked(pool, () -> form.await(direction, event), wait);
            direction.release(event);
            assertThat(threads.get(wait.get())).isEqualTo(true);
            direction.arm(event);
        }
        AtomicReference<Future<?>> interrupted = new AtomicReference<>();
        Callable<Void> task = () -> {
            assertInterrupted(() -> direction.await(event));
            return null;
        };
        parked(pool, task, interrupted).interrupt();
        threads.get(interrupted.get());
    }

    @Test
    void await_poolCannotStartAnotherThread_waitsAsAnyThreadDoes() throws Exception {
        for (Error error :
                List.of(new OutOfMemoryError("unable to create native thread"), new AssertionError("mine"))) {
            AtomicReference<Thread> only = new AtomicReference<>();
            ForkJoinWorkerThreadFactory factory = of -> {
                if (only.get() != null) {
                    throw error;
                }
                ForkJoinWorkerThread thread = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(of);
                only.set(thread);
                return thread;
            };
            Event event = newArmed();
            AtomicReference<Future<?>> wait = new AtomicReference<>();
            parked(
                    added(new ForkJoinPool(1, factory, null, false)),
                    () -> FORMS.get(0).await(direction, event),
                    wait);
            direction.release(event);
            assertThat(threads.get(wait.get())).isEqualTo(true);
        }
    }

    @Test
    void await_factoryOfThePoolParks_losesNoRelease() throws Exception {
        Event event = newArmed();
        AtomicReference<Thread> only = new AtomicReference<>();
        ForkJoinWorkerThreadFactory factory = of -> {
            if (only.get() != null) { // on the way to the wait, a release may come, and its unpark be taken
                direction.release(event);
                LockSupport.unpark(only.get());
                LockSupport.park();
            }
            ForkJoinWorkerThread thread = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(of);
            only.compareAndSet(null, thread);
            return thread;
        };
        Future<Boolean> wait = added(new ForkJoinPool(1, factory, null, false))
                .submit(() -> FORMS.get(0).await(direction, event));
        assertThat(threads.get(wait)).isTrue();
    }

    @Test
    void await_poolIsShutDownNow_endsWithAnInterrupt() throws Exception {
        Event event = newArmed();
        ForkJoinPool pool = pool();
        AtomicReference<Throwable> end = new AtomicReference<>();
        Callable<Void> task = () -> {
            try {
                direction.await(event);
            } catch (InterruptedException e) {
                end.set(e);
            }
            return null;
        };
        parked(pool, task, new AtomicReference<>());
        pool.shutdownNow();
        threads.until("it has ended", () -> end.get() != null);
        assertWaiting(0, event);
    }
}
