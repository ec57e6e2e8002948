// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The threads of a test: a JUnit extension that starts them, records what they throw, and joins all of them at the end.
 * Whatever does not happen within ten minutes fails the test with the stacks of all threads: it hangs, since no machine is
 * so busy. It never sleeps.
 */
public final class TestThreads implements AfterEachCallback {
    /** What a thread does. */
    public interface Action {
        /** Runs it. */
        void run() throws Exception;
    }

    /** Shorter only for mutants and planted bugs, of which many hang. */
    private static final long LIMIT = TimeUnit.SECONDS.toNanos(Integer.getInteger("dev.pharos.test.limit", 600));

    private final Set<Thread> running = ConcurrentHashMap.newKeySet();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    /** Starts a platform thread. */
    public Thread start(Action action) {
        Thread thread = new Thread(recorded(action));
        thread.setDaemon(true);
        return start(thread);
    }

    /** Starts a platform thread of a name. */
    public Thread start(String name, Action action) {
        Thread thread = new Thread(recorded(action), name);
        thread.setDaemon(true);
        return start(thread);
    }

    /** Starts several platform threads that do the same. */
    public List<Thread> start(int count, Action action) {
        return Stream.generate(() -> start(action)).limit(count).toList();
    }

    /** Skips the test where the JDK has no virtual threads. */
    public static void assumeVirtualThreads() {
        assumeTrue(Runtime.version().feature() >= 21, "virtual threads need JDK 21");
    }

    /** Starts a virtual thread. */
    public Thread startVirtual(Action action) {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            return start((Thread) Class.forName("java.lang.Thread$Builder")
                    .getMethod("unstarted", Runnable.class)
                    .invoke(builder, recorded(action)));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    /** Starts several virtual threads that do the same. */
    public List<Thread> startVirtual(int count, Action action) {
        return Stream.generate(() -> startVirtual(action)).limit(count).toList();
    }

    private Thread start(Thread thread) {
        running.add(thread);
        thread.start();
        return thread;
    }

    private Runnable recorded(Action action) {
        return () -> {
            try {
                action.run();
            } catch (Throwable e) {
                failures.add(e);
            }
        };
    }

    /** Runs each action in a thread of its own, all as close to one another in time as can be, until all are done. */
    public void race(Action... actions) {
        AtomicInteger absent = new AtomicInteger(actions.length);
        join(Arrays.stream(actions)
                .map(action -> start(() -> {
                    absent.decrementAndGet();
                    until("all are here", () -> absent.get() == 0);
                    action.run();
                }))
                .toList());
    }

    /** Repeats a round for a moment, not a number of times, since the reaches differ in speed by a factor of 1,000. */
    public static void repeat(Action round) throws Exception {
        long start = System.nanoTime();
        do {
            round.run();
        } while (System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(100));
    }

    /** Polls until the condition holds. */
    public void until(String condition, BooleanSupplier holds) {
        long start = System.nanoTime();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - start > LIMIT) {
                throw hang(condition);
            }
            pause();
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // a spin that does not yield would starve what it waits for
    private static void pause() {
        Thread.onSpinWait();
        Thread.yield();
    }

    /** Polls until the thread is parked, for an event or another blocker. */
    public void awaitBlocked(Thread thread) {
        until(thread + " is parked", () -> {
            if (thread.getState() == Thread.State.TERMINATED) {
                rethrow();
                throw new AssertionError(thread + " has ended instead of waiting");
            }
            return isBlocked(thread);
        });
    }

    /** Polls until all the threads are parked. */
    public void awaitBlocked(Collection<Thread> threads) {
        threads.forEach(this::awaitBlocked);
    }

    /** Tells whether a thread is parked. One that waits for a class to be initialised has no blocker. */
    public static boolean isBlocked(Thread thread) {
        Thread.State state = thread.getState();
        return (state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING)
                && LockSupport.getBlocker(thread) != null;
    }

    /** The result of a future that is to complete soon. */
    public <T> T get(Future<T> future) throws Exception {
        try {
            return future.get(LIMIT, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw hang(future + " is done");
        }
    }

    /** Joins these threads, and fails if any thread has. */
    public void join(Collection<Thread> threads) {
        join(threads, () -> 0);
    }

    /** Joins threads that have much to do: the limit is for some progress, not for all of it. */
    public void join(Collection<Thread> threads, LongSupplier progress) {
        for (Thread thread : threads) {
            for (long before = Long.MIN_VALUE, now = progress.getAsLong(); thread.isAlive() && now != before; ) {
                before = now;
                joinWithinTheLimit(thread);
                now = progress.getAsLong();
            }
            if (thread.isAlive()) {
                throw hang(thread + " has ended");
            }
            running.remove(thread);
        }
        rethrow();
    }

    private static void joinWithinTheLimit(Thread thread) {
        try {
            TimeUnit.NANOSECONDS.timedJoin(thread, LIMIT);
        } catch (InterruptedException e) {
            throw new AssertionError("the test was interrupted", e);
        }
    }

    /** Joins one thread. */
    public void join(Thread thread) {
        join(List.of(thread));
    }

    /** Joins all threads. */
    public void join() {
        join(List.copyOf(running));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        boolean interrupted = Thread.interrupted();
        if (context.getExecutionException().isPresent()) {
            running.forEach(Thread::interrupt); // they may wait for what the test did not come to do
        }
        join();
        assertThat(interrupted).as("the test left its thread interrupted").isFalse();
    }

    private void rethrow() {
        Throwable first = failures.poll();
        if (first != null) {
            failures.forEach(first::addSuppressed);
            failures.clear();
            throw new AssertionError("a thread has failed: " + first, first);
        }
    }

    /** The failure of a test that does not go on: with all stacks, those that are the same only once. */
    private AssertionError hang(String condition) {
        Map<String, List<String>> stacks = new TreeMap<>();
        Stream.concat(Thread.getAllStackTraces().keySet().stream(), running.stream())
                .distinct()
                .forEach(thread -> stacks.computeIfAbsent(stack(thread), stack -> new ArrayList<>())
                        .add(thread.getName()));
        StringBuilder text = new StringBuilder("not within the limit: ").append(condition);
        stacks.forEach((stack, names) -> text.append("\n\n")
                .append(names.size())
                .append(" threads, of them ")
                .append(names.subList(0, Math.min(5, names.size())))
                .append(stack));
        AssertionError error = new AssertionError(text);
        failures.forEach(error::addSuppressed);
        running.forEach(Thread::interrupt);
        running.clear();
        return error;
    }

    private static String stack(Thread thread) {
        StringBuilder text = new StringBuilder("\n").append(thread.getState());
        for (StackTraceElement frame : thread.getStackTrace()) {
            text.append("\n\tat ").append(frame);
        }
        return text.toString();
    }
}
