// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.lang.management.ManagementFactory;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is particular to {@link ThreadEvent}, and the {@link EventContract} for it. */
class ThreadEventTest {
    /** Of threads, futures and these events there are always all: they cost next to nothing. */
    private abstract static class Contract extends EventContract {
        @Override
        protected final int many(int all) {
            return all;
        }
    }

    @Nested
    class Unnamed extends Contract {
        @Override
        protected Event newEvent() {
            return new ThreadEvent();
        }
    }

    @Nested
    @Tag("slow")
    class Named extends Contract {
        @Override
        protected Event newEvent() {
            return new ThreadEvent("contract");
        }
    }

    /** Group waits know ThreadEvent by more than its interface; this one they do not. */
    @Nested
    @Tag("slow")
    class OfAnotherReach extends Contract {
        @Override
        protected Event newEvent() {
            return new DelegatingEvent(new ThreadEvent());
        }
    }

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    // Names

    @Test
    void new_nullName_throws() {
        assertThatNullPointerException().isThrownBy(() -> new ThreadEvent(null));
    }

    @Test
    void new_nameInUse_isAnotherEvent() {
        ThreadEvent one = new ThreadEvent("same");
        ThreadEvent other = new ThreadEvent("same");
        one.set();
        assertThat(other.isSet()).isFalse();
        assertThat(one).isNotEqualTo(other);
    }

    @Test
    void initiallySet_withAName_isSetAndHasIt() throws Exception {
        ThreadEvent event = ThreadEvent.initiallySet("running");
        assertThat(event.isSet()).isTrue();
        event.await();
        assertThat(event.name()).isEqualTo("running");
        assertThat(event).asString().endsWith("[running, set, 0 waiting]");
        assertThat(event.set()).isFalse();
        assertThat(event.clear()).isTrue();
        assertThat(event).asString().endsWith("[running, clear, 0 waiting]");
        assertThatNullPointerException().isThrownBy(() -> ThreadEvent.initiallySet(null));
    }

    @Test
    void initiallySet_always_isSet() throws Exception {
        ThreadEvent event = ThreadEvent.initiallySet();
        assertThat(event.isSet()).isTrue();
        assertThat(event.set()).isFalse();
        event.await();
        assertThat(event.clear()).isTrue();
        assertThat(event.await(Duration.ZERO)).isFalse();
    }

    @Test
    void toString_unnamed_isIdentityFlagAndWaiting() {
        ThreadEvent event = new ThreadEvent();
        assertThat(event).hasToString(identity(event) + "[clear, 0 waiting]");
        event.set();
        assertThat(event).hasToString(identity(event) + "[set, 0 waiting]");
        event.clear();
        Thread waiter = threads.start(event::await);
        threads.awaitBlocked(waiter);
        assertThat(event).hasToString(identity(event) + "[clear, 1 waiting]");
        event.set();
    }

    @Test
    void toString_named_keepsTheNameForEver() {
        ThreadEvent event = new ThreadEvent("orders-ready");
        for (int i = 0; i < 3; i++) {
            assertThat(event).hasToString(identity(event) + "[orders-ready, clear, 0 waiting]");
            Thread waiter = threads.start(event::await);
            threads.awaitBlocked(waiter);
            assertThat(event).hasToString(identity(event) + "[orders-ready, clear, 1 waiting]");
            event.set();
            threads.join(waiter);
            assertThat(event).hasToString(identity(event) + "[orders-ready, set, 0 waiting]");
            waiter = threads.start(event::awaitClear);
            threads.awaitBlocked(waiter);
            assertThat(event).hasToString(identity(event) + "[orders-ready, set, 1 waiting]");
            event.clear();
            threads.join(waiter);
        }
        assertThat(ThreadEvent.initiallySet()).asString().endsWith("[set, 0 waiting]");
    }

    @Test
    void await_waiting_threadDumpNamesTheEvent() {
        ThreadEvent event = new ThreadEvent("ready");
        Thread waiter = threads.start(event::await);
        threads.awaitBlocked(waiter);
        assertThat(LockSupport.getBlocker(waiter)).isSameAs(event);
        assertThat(ManagementFactory.getThreadMXBean()
                        .getThreadInfo(waiter.getId())
                        .getLockName())
                .isEqualTo(identity(event));
        event.set();
    }

    private static String identity(ThreadEvent event) {
        return "dev.pharos.ThreadEvent@" + Integer.toHexString(System.identityHashCode(event));
    }

    // Memory

    @Test
    void footprint_nobodyWaits_is16Bytes() throws Exception {
        ThreadEvent event = new ThreadEvent();
        assertThat(Footprint.of(event)).isEqualTo(16);
        event.set();
        assertThat(Footprint.of(event)).isEqualTo(16);
    }

    @Test
    void footprint_crowd_isAtMost32BytesAThreadAndARound() {
        ThreadEvent event = new ThreadEvent();
        List<Thread> waiters = threads.start(1_000, event::await);
        threads.awaitBlocked(waiters);
        assertThat(Footprint.of(event)).isLessThanOrEqualTo(16 + 32 + 1_000 * 32);
        event.set();
        threads.join(waiters);
        event.clear();
        assertThat(Footprint.of(event)).isEqualTo(16);
    }

    @Tag("slow")
    @Test
    void footprint_millionTimedOutWaits_isBounded() {
        ThreadEvent event = new ThreadEvent();
        timeOutAMillionTimes(event);
        assertBounded(event, 0);
    }

    @Tag("slow")
    @Test
    void footprint_millionTimedOutWaitsBesideOthers_isBounded() {
        ThreadEvent event = new ThreadEvent();
        List<Thread> living = threads.start(10, event::await);
        threads.awaitBlocked(living);
        timeOutAMillionTimes(event);
        assertBounded(event, 10);
        event.set();
    }

    /** Many at a time, so that they leave in all orders. */
    private void timeOutAMillionTimes(ThreadEvent event) {
        LongAdder over = new LongAdder();
        List<Thread> waiters = threads.start(100, () -> {
            boolean released = false;
            for (int i = 0; i < 10_000; i++) {
                released |= event.await(1, TimeUnit.NANOSECONDS);
                over.increment();
            }
            assertThat(released).isFalse();
        });
        threads.join(waiters, over::sum);
    }

    @Test
    @Tag("slow")
    void footprint_crowdHasGoneUnderOneThatGoesOn_isBounded() {
        ThreadEvent event = new ThreadEvent();
        List<Thread> crowd = threads.start(1_000, () -> EventTests.assertInterrupted(event::await));
        threads.awaitBlocked(crowd);
        threads.awaitBlocked(threads.start(event::await));
        crowd.forEach(Thread::interrupt);
        threads.join(crowd);
        assertBounded(event, 1);
        event.set();
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void footprint_100000CancelledFutures_isBounded(FutureContract.Order order) {
        ThreadEvent event = new ThreadEvent();
        List<CompletableFuture<Void>> futures = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            futures.add(event.whenSet());
        }
        CompletableFuture<Void> living = event.whenSet();
        order.accept(futures);
        threads.start(
                () -> { // a fresh stack: a cancellation records it
                    for (int i = 0; i < futures.size(); i++) {
                        futures.get(i).cancel(false);
                        if (i % 10_000 == 0) {
                            assertBounded(event, futures.size() - i);
                        }
                    }
                });
        threads.join();
        assertBounded(event, 1);
        assertThat(living).isNotDone();
    }

    /** Those that leave from below are swept when they are many; those that leave from the top bring them there. */
    @Test
    void footprint_halfHasLeftFromBelowAndThenTheRestFromTheTop_isBounded() {
        ThreadEvent event = new ThreadEvent();
        CompletableFuture<Void> living = event.whenSet();
        List<CompletableFuture<Void>> futures = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            futures.add(event.whenSet());
        }
        threads.start(
                () -> { // a fresh stack: a cancellation records it
                    futures.subList(0, 50_000).forEach(future -> future.cancel(false));
                    for (int i = futures.size() - 1; i >= 50_000; i--) {
                        futures.get(i).cancel(false);
                    }
                });
        threads.join();
        assertBounded(event, 1);
        assertThat(living).isNotDone();
    }

    @Tag("slow")
    @Test
    void footprint_abandonedGroupWaits_isBounded() throws Exception {
        ThreadEvent never = new ThreadEvent();
        ThreadEvent often = ThreadEvent.initiallySet();
        for (int i = 0; i < 100_000; i++) {
            Event.awaitAny(never, often);
            Event.awaitAll(Duration.ZERO, often, never);
        }
        assertBounded(never, 0);
        assertThat(Footprint.of(often)).isEqualTo(16);
    }

    @Test
    void footprint_releasedFuturesAreKept_is16Bytes() {
        ThreadEvent event = new ThreadEvent();
        List<CompletableFuture<Void>> kept = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            kept.add(event.whenSet());
            event.set();
            assertThat(Footprint.of(event)).isEqualTo(16);
            kept.add(event.whenClear());
            event.clear();
            assertThat(Footprint.of(event)).isEqualTo(16);
        }
        assertThat(kept).hasSize(6);
    }

    @Test
    void footprint_polled_is16Bytes() throws Exception {
        ThreadEvent event = new ThreadEvent();
        assertThat(event.await(Duration.ZERO)).isFalse();
        assertThat(Footprint.of(event)).isEqualTo(16);
    }

    @Test
    void footprint_lastWaiterHasGone_isThatOfTheRound() throws Exception {
        ThreadEvent event = new ThreadEvent();
        for (int i = 0; i < 100; i++) {
            assertThat(event.await(1, TimeUnit.NANOSECONDS)).isFalse();
            assertThat(Footprint.of(event)).isLessThanOrEqualTo(16 + 32);
        }
    }

    /** One that goes on is at the top, so that none of the others is popped. */
    @ParameterizedTest
    @ValueSource(ints = {40, 300})
    void footprint_crowdLeavesUnderOneThatGoesOn_isNoMoreDeadThanLiving(int crowd) {
        ThreadEvent event = new ThreadEvent();
        event.roundUntil(true);
        long round = Footprint.of(event);
        List<CompletableFuture<Void>> leaving =
                Stream.generate(event::whenSet).limit(crowd).toList();
        CompletableFuture<Void> top = event.whenSet();
        long each = (Footprint.of(event) - round) / (crowd + 1);
        int living = crowd + 1;
        for (CompletableFuture<Void> future : leaving) {
            future.cancel(false);
            living--;
            long dead = (Footprint.of(event) - round - living * each) / 24;
            assertThat(dead).isLessThanOrEqualTo(Math.max(31, living));
        }
        assertThat(top).isNotDone();
    }

    /** A future and its node are no more than 64 bytes. The residue is at most twice what goes on, and a constant. */
    private static void assertBounded(ThreadEvent event, int living) {
        assertThat(Footprint.of(event)).isLessThanOrEqualTo(3 * 64 * (living + 64L));
    }

    // Waking: the caller of set() does a bounded share, and what is left is sure to be done

    @Test
    void set_moreFuturesThanTheShareOfTheCaller_aDaemonWakesTheRest() throws Exception {
        ThreadEvent event = new ThreadEvent();
        Queue<Thread> wokenBy = new ConcurrentLinkedQueue<>();
        List<EventFuture> futures = futures(event, 1_100, wokenBy);
        Thread setter = new Thread(event::set);
        assertThat(setter.isDaemon()).isFalse();
        setter.start();
        threads.join(setter);
        for (EventFuture future : futures) {
            threads.get(future);
        }
        assertThat(wokenBy).hasSize(1_100).filteredOn(setter::equals).hasSize(1_024);
        assertThat(wokenBy).filteredOn(thread -> thread != setter).allMatch(Thread::isDaemon);
    }

    @Test
    void set_moreFuturesThanTheShareAndNoThreadToBeHad_theCallerWakesAll() throws Exception {
        ThreadEvent event = new ThreadEvent();
        List<EventFuture> futures = futures(event, 1_100, new ConcurrentLinkedQueue<>());
        FutureTask<Boolean> set = new FutureTask<>(event::set);
        Thread setter = new Thread(set) {
            @Override
            public ClassLoader getContextClassLoader() {
                throw new IllegalStateException("JDK 17 makes no thread without this");
            }
        };
        setter.start();
        assertThat(threads.get(set)).isTrue();
        for (EventFuture future : futures) {
            threads.get(future);
        }
    }

    /** A thread that has not begun counts as one that is sure to run, but wakes nobody: so the share can be seen. */
    @ParameterizedTest
    @CsvSource({"0, true", "1, true", "15, true", "16, false", "300, false"})
    void set_platformThreadsAboveAFuture_wakesAFewOrOne(int threadsAbove, boolean wakesTheFuture) {
        ThreadEvent event = new ThreadEvent();
        Round round = event.roundUntil(true);
        EventFuture future = futures(event, 1, new ConcurrentLinkedQueue<>()).get(0);
        push(round, threadsAbove, () -> new Thread(() -> {}));
        assertThat(event.set()).isTrue();
        assertThat(future.isDone()).isEqualTo(wakesTheFuture);
        assertThat(round.hasEnded()).isTrue(); // the look of a thread that has been woken
        assertThat(future).isCompletedWithValue(null);
    }

    @ParameterizedTest
    @CsvSource({"0, true", "14, true", "15, false", "300, false"})
    void set_oneThreadAboveAFuture_wakesItOnlyInASmallCrowd(int threadsBelow, boolean wakesTheFuture) {
        ThreadEvent event = new ThreadEvent();
        Round round = event.roundUntil(true);
        push(round, threadsBelow, () -> new Thread(() -> {}));
        EventFuture future = futures(event, 1, new ConcurrentLinkedQueue<>()).get(0);
        push(round, 1, () -> new Thread(() -> {}));
        assertThat(event.set()).isTrue();
        assertThat(future.isDone()).isEqualTo(wakesTheFuture);
        assertThat(round.hasEnded()).isTrue();
        assertThat(future).isCompletedWithValue(null);
    }

    @Test
    void set_threadsAboveHaveTerminated_doesNotCountOnThem() {
        ThreadEvent event = new ThreadEvent();
        Round round = event.roundUntil(true);
        EventFuture future = futures(event, 1, new ConcurrentLinkedQueue<>()).get(0);
        push(round, 20, () -> {
            Thread thread = threads.start(() -> {});
            threads.join(thread);
            return thread;
        });
        assertThat(event.set()).isTrue();
        assertThat(future).isCompletedWithValue(null);
    }

    @Test
    void set_nobodyIsLeftOrAThreadWillWakeThem_startsNoThread() {
        long before = ManagementFactory.getThreadMXBean().getTotalStartedThreadCount();
        for (int i = 0; i < 100; i++) {
            ThreadEvent event = new ThreadEvent();
            Round round = event.roundUntil(true);
            futures(event, 1, new ConcurrentLinkedQueue<>());
            event.set();
            event.clear();
            round = event.roundUntil(true);
            push(round, 9, () -> new Thread(() -> {}));
            event.set();
        }
        assertThat(ManagementFactory.getThreadMXBean().getTotalStartedThreadCount() - before)
                .isLessThan(50); // others may start some meanwhile
    }

    private static void push(Round round, int count, Supplier<Thread> target) {
        for (int i = 0; i < count; i++) {
            round.push(new Waiter(round, target.get()));
        }
    }

    /** Futures that are completed in the thread that wakes them. */
    private static List<EventFuture> futures(ThreadEvent event, int count, Queue<Thread> wokenBy) {
        List<EventFuture> futures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            futures.add(new EventFuture(event.roundUntil(true), task -> {
                wokenBy.add(Thread.currentThread());
                task.run();
            }));
        }
        return futures;
    }

    // Group waits

    /** A pool all of whose threads are blocked would never wake the thread that waits. */
    @Test
    void awaitAny_eventOfAnotherReach_needsNoPool() throws Exception {
        AtomicReference<Thread> ranIn = new AtomicReference<>();
        Event far = new DelegatingEvent(ThreadEvent.initiallySet()) {
            @Override
            public CompletableFuture<Void> whenSet(Executor executor) {
                executor.execute(() -> ranIn.set(Thread.currentThread()));
                return super.whenSet(executor);
            }
        };
        assertThat(Event.awaitAny(new ThreadEvent(), far)).isSameAs(far);
        assertThat(ranIn).hasValue(Thread.currentThread());
    }

    @Test
    void awaitAny_oneIsSet_asksNoneAfterIt() throws Exception {
        Event never = new DelegatingEvent(new ThreadEvent()) {
            @Override
            public CompletableFuture<Void> whenSet(Executor executor) {
                throw new AssertionError("asked");
            }
        };
        Event set = ThreadEvent.initiallySet();
        assertThat(Event.awaitAny(new ThreadEvent(), set, never)).isSameAs(set);
    }

    @Test
    void awaitAny_executorIsStuck_returns() throws Exception {
        CountDownLatch unblock = new CountDownLatch(1);
        List<CompletableFuture<Void>> stuck = Stream.generate(
                        () -> CompletableFuture.runAsync(() -> FutureContract.awaitUninterruptibly(unblock)))
                .limit(50)
                .toList();
        try {
            ThreadEvent event = new ThreadEvent();
            Thread waiter = threads.start(() -> Event.awaitAny(event));
            threads.awaitBlocked(waiter);
            event.set();
            threads.join(waiter);
        } finally {
            unblock.countDown();
        }
        for (CompletableFuture<Void> future : stuck) {
            threads.get(future);
        }
    }

    @Test
    void awaitAll_futureOfAnotherReachRefusesToBeCancelled_timesOut() throws Exception {
        Event stubborn = new DelegatingEvent(new ThreadEvent()) {
            @Override
            public CompletableFuture<Void> whenSet(Executor executor) {
                return new CompletableFuture<>() {
                    @Override
                    public boolean cancel(boolean mayInterruptIfRunning) {
                        return false;
                    }
                };
            }
        };
        assertThat(Event.awaitAll(Duration.ZERO, stubborn, ThreadEvent.initiallySet()))
                .isFalse();
        assertThat(Event.awaitAny(Duration.ZERO, stubborn)).isNull();
    }

    // Environment

    @Tag("slow")
    @Test
    void set_inAShutdownHook_releases() throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ShutdownHook.class.getName())
                .redirectErrorStream(true)
                .start();
        try {
            threads.until("the child has exited", () -> !child.isAlive());
            assertThat(child.inputReader().lines()).containsExactly("released");
            assertThat(child.exitValue()).isZero();
        } finally {
            child.destroyForcibly();
        }
    }

    static final class ShutdownHook {
        private ShutdownHook() {}

        public static void main(String[] args) {
            Event event = new ThreadEvent();
            CompletableFuture<Void> future = event.whenSet();
            Thread waiter = new Thread(() -> {
                try {
                    event.await();
                    System.out.println("released");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            waiter.setDaemon(true);
            waiter.start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                event.set();
                event.clear();
                future.join();
                try {
                    waiter.join();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }));
            while (!TestThreads.isBlocked(waiter)) {
                Thread.onSpinWait();
            }
            System.exit(0);
        }
    }

    /** On the class path nobody sees what the module is marked with. */
    @Test
    void package_exported_isNullMarked() {
        assertThat(ThreadEvent.class.getPackage().isAnnotationPresent(NullMarked.class))
                .isTrue();
    }

    @Test
    void module_atRunTime_requiresNothingButJavaBase() throws Exception {
        Path classes = Path.of(ThreadEvent.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        ModuleDescriptor module =
                ModuleFinder.of(classes).find("dev.pharos").orElseThrow().descriptor();
        assertThat(module.requires())
                .filteredOn(required -> !required.modifiers().contains(Requires.Modifier.STATIC))
                .extracting(Requires::name)
                .containsExactly("java.base");
        assertThat(module.exports())
                .filteredOn(export -> !export.isQualified())
                .extracting(ModuleDescriptor.Exports::source)
                .containsExactly("dev.pharos");
    }
}
