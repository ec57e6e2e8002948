// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reviewers tried to break {@link ThreadEvent} with, by means that are legal and rare. */
class AttackTest {
    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @Test
    void set_waiterInAThreadGroupWithoutName_releasesIt() throws Exception {
        ThreadEvent event = new ThreadEvent();
        FutureTask<Void> wait = task(event::await);
        Thread waiter = new Thread(new ThreadGroup((String) null), wait);
        waiter.start();
        threads.awaitBlocked(waiter);

        event.set();

        threads.get(wait);
    }

    @Test
    void await_threadThatAlwaysClaimsToBeInterrupted_staysUntilReleased() throws Exception {
        ThreadEvent event = new ThreadEvent();
        for (Action action : List.<Action>of(event::await, () -> Event.awaitAny(event), () -> Event.awaitAll(event))) {
            event.clear();
            FutureTask<Void> wait = task(action);
            Thread waiter = new Thread(wait) {
                @Override
                public boolean isInterrupted() {
                    return true;
                }
            };
            waiter.start();
            threads.awaitBlocked(waiter);

            event.set();

            threads.get(wait);
        }
    }

    /** A setter must not rely on a thread that it has not woken, since that waits for more, to wake the other waiters. */
    @Test
    void set_waiterOnTopWaitsForMore_releasesTheOthers() throws Exception {
        ThreadEvent event = new ThreadEvent();
        ThreadEvent last = new ThreadEvent();
        List<Thread> others = threads.start(100, event::await);
        threads.awaitBlocked(others);
        Thread waiter = threads.start(() -> Event.awaitAll(event, last));
        threads.awaitBlocked(waiter);

        event.set();

        others.forEach(threads::join);
        threads.awaitBlocked(waiter);
        last.set();
        threads.join(waiter);
    }

    /** A setter must not rely on a thread that asks another event, which may take long, to wake the other waiters. */
    @Test
    void set_waiterOnTopBlocksInAnotherEvent_releasesTheOthers() throws Exception {
        ThreadEvent event = new ThreadEvent();
        List<Thread> others = threads.start(100, event::await);
        threads.awaitBlocked(others);
        ThreadEvent asked = new ThreadEvent();
        ThreadEvent answered = new ThreadEvent();
        Event far = new DelegatingEvent(new ThreadEvent()) {
            @Override
            public CompletableFuture<Void> whenSet(Executor executor) {
                asked.set();
                answered.whenSet().join();
                return super.whenSet(executor);
            }
        };
        Thread waiter =
                threads.start(() -> assertThat(Event.awaitAny(event, far)).isSameAs(event));
        asked.await();

        event.set();

        others.forEach(threads::join);
        assertThat(waiter.isAlive()).isTrue();
        answered.set();
        threads.join(waiter);
    }

    @Test
    void completeExceptionally_null_throwsAndGoesOnWaiting() throws Exception {
        ThreadEvent event = new ThreadEvent();
        CompletableFuture<Void> future = event.whenSet();

        assertThatNullPointerException().isThrownBy(() -> future.completeExceptionally(null));

        event.set();
        threads.get(future);
    }

    @Test
    void set_oneFutureIsKept_retainsNoOtherWaiter() throws Exception {
        ThreadEvent event = new ThreadEvent();
        List<WeakReference<Object>> others = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            others.add(new WeakReference<>(event.whenSet()));
        }
        CompletableFuture<Void> kept = event.whenSet();

        event.set();
        threads.get(kept);

        try {
            threads.until("the other futures are collected", () -> {
                System.gc();
                return others.stream().allMatch(other -> other.get() == null);
            });
        } finally {
            Reference.reachabilityFence(kept);
        }
    }

    @Test
    void await_eventThatCancelsItsOwnFuture_throws() throws Exception {
        Event odd = new DelegatingEvent(new ThreadEvent()) {
            @Override
            public CompletableFuture<Void> whenSet(Executor executor) {
                CompletableFuture<Void> future = new CompletableFuture<>();
                future.cancel(false);
                return future;
            }
        };

        for (ThrowingCallable wait : List.<ThrowingCallable>of(
                () -> Event.awaitAll(new ThreadEvent(), odd),
                () -> Event.awaitAny(new ThreadEvent(), odd),
                () -> Event.awaitAll(Duration.ofHours(1), new ThreadEvent(), odd),
                () -> Event.awaitAny(Duration.ofHours(1), odd, new ThreadEvent()))) {
            assertThatIllegalStateException()
                    .isThrownBy(wait)
                    .withMessageContaining("cancelled the future that it returned");
        }
        assertThat(Event.awaitAny(ThreadEvent.initiallySet(), odd).isSet()).isTrue();
    }

    /** Whoever is to complete the future that set() has released is late; cancel() tells that it was released. */
    private static final class LateEvent extends DelegatingEvent {
        LateEvent() {
            super(new ThreadEvent());
        }

        @Override
        public CompletableFuture<Void> whenSet(Executor executor) {
            return new CompletableFuture<>() {
                @Override
                public boolean cancel(boolean mayInterruptIfRunning) {
                    return isSet() ? !complete(null) : super.cancel(mayInterruptIfRunning);
                }
            };
        }
    }

    @Test
    void awaitAny_timeIsOverBeforeAReleasedFutureIsComplete_returnsItsEvent() throws Exception {
        Event late = new LateEvent();

        assertThat(Event.awaitAny(Duration.ofNanos(1), new ThreadEvent(), late)).isNull();
        late.set();
        assertThat(Event.awaitAny(Duration.ofNanos(1), new ThreadEvent(), late)).isSameAs(late);
        assertThat(Event.awaitAll(Duration.ofNanos(1), late, late)).isTrue();
    }

    @Test
    void awaitAny_interruptedBeforeAReleasedFutureIsComplete_returnsItsEventAndKeepsTheStatus() throws Exception {
        Event late = new LateEvent();

        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Event.awaitAny(new ThreadEvent(), late)).isInstanceOf(InterruptedException.class);
        late.set();
        Thread.currentThread().interrupt();
        assertThat(Event.awaitAny(new ThreadEvent(), late)).isSameAs(late);
        assertThat(Thread.interrupted()).isTrue();
        Thread.currentThread().interrupt();
        Event.awaitAll(late, late);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void await_stackOverflows_leavesNoWaiterBehind() throws Exception {
        ThreadEvent event = new ThreadEvent();
        ThreadEvent other = new ThreadEvent();
        for (Action wait : List.<Action>of(
                () -> event.await(1, TimeUnit.NANOSECONDS),
                () -> Event.awaitAny(Duration.ofNanos(1), event, other),
                () -> Event.awaitAll(Duration.ofNanos(1), event, other))) {
            wait.run(); // the classes are to be ready: what fails once fails ever after
            int frames = overflow(wait, Integer.MAX_VALUE);
            for (int i = 0; i < 20; i++) {
                frames = overflow(wait, frames - 200); // there are more of them once they are compiled
            }

            assertThat(event).asString().endsWith("[clear, 0 waiting]");
            assertThat(other).asString().endsWith("[clear, 0 waiting]");
        }
    }

    /** Lets a stack overflow by waits in all frames but the first, and returns how many there were. */
    private int overflow(Action wait, int first) throws Exception {
        int[] frames = new int[1];
        FutureTask<Void> overflow = task(() -> {
            try {
                awaitEverDeeper(wait, first, frames);
            } catch (StackOverflowError e) {
                assertThat(e).isNotNull(); // as it must come to
            }
        });
        new Thread(null, overflow, "overflows", 256 << 10).start();
        threads.get(overflow);
        return frames[0];
    }

    @SuppressWarnings("InfiniteRecursion") // is the point of it
    private static void awaitEverDeeper(Action wait, int first, int[] frames) throws Exception {
        frames[0]++;
        if (frames[0] > first) {
            wait.run();
        }
        awaitEverDeeper(wait, first, frames);
    }

    @ParameterizedTest
    @ValueSource(strings = {"java.util.concurrent.locks.LockSupport", "dev.pharos.Round$Ended"})
    void await_classLoaderParksDuringTheFirstWait_losesNoRelease(String loadedUnderALock) throws Exception {
        ParkingLoader loader = new ParkingLoader(loadedUnderALock);
        Object event =
                loader.loadClass(ThreadEvent.class.getName()).getConstructor().newInstance();
        Method await = event.getClass().getMethod("await");
        FutureTask<Object> wait = new FutureTask<>(() -> await.invoke(event));
        Thread waiter = new Thread(wait);
        loader.parks = waiter;
        loader.lock.lock();
        try {
            waiter.start();
            threads.awaitBlocked(waiter);
            event.getClass().getMethod("set").invoke(event);
        } finally {
            loader.lock.unlock();
        }

        threads.get(wait);
    }

    private interface Action {
        void run() throws Exception;
    }

    private static FutureTask<Void> task(Action action) {
        Callable<Void> callable = () -> {
            action.run();
            return null;
        };
        return new FutureTask<>(callable);
    }

    /** Loads the core anew; one thread loads one class under a lock that parks. */
    private static final class ParkingLoader extends ClassLoader {
        final ReentrantLock lock = new ReentrantLock();
        volatile Thread parks;
        private final String loadedUnderALock;

        static {
            registerAsParallelCapable();
        }

        ParkingLoader(String loadedUnderALock) {
            super(AttackTest.class.getClassLoader());
            this.loadedUnderALock = loadedUnderALock;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (Thread.currentThread() == parks && name.equals(loadedUnderALock)) {
                lock.lock();
                try {
                    return load(name, resolve);
                } finally {
                    lock.unlock();
                }
            }
            return load(name, resolve);
        }

        private Class<?> load(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("dev.pharos.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
