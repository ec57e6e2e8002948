// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/**
 * What woven code calls: each method is a step of the present run, and then does what the code was about to do, if that
 * is not left to the code. Outside a run a step is nothing.
 */
public final class Hooks {
    private static final ThreadGroup PLATFORM = new ThreadGroup("platform threads");

    private Hooks() {}

    static void step(long reads, long writes, String what) {
        if (Run.present != null) {
            Run.present.step(reads, writes, what);
        }
    }

    /** Before a field of an object is read or written. */
    public static void access(Object object, int field, boolean write, String what) {
        Run run = Run.present;
        if (run != null && run.current() != null && object != null) {
            long place = run.place(object, field);
            run.step(write ? 0L : place, write ? place : 0L, what);
        }
    }

    /** Before something is done that may touch anything. */
    public static void anything(String what) {
        step(0L, Run.EVERYTHING, what);
    }

    /** Before a call of java.util.concurrent. */
    public static void call(String what) {
        count(1);
        step(0L, Run.JUC, what);
    }

    /** After a call of java.util.concurrent: if it throws instead, the thread is taken to be in it for ever. */
    public static void returned() {
        count(-1);
    }

    private static void count(int calls) {
        if (Run.present != null && Run.present.current() != null) {
            Run.present.current().calls += calls;
        }
    }

    /** Instead of {@link LockSupport#park(Object)}. */
    public static void park(Object blocker) {
        step(0L, own(), "parks");
        Run.present.current().step = "wakes up";
        LockSupport.park(blocker);
    }

    /** Instead of {@link LockSupport#parkNanos(Object, long)}. */
    public static void parkNanos(Object blocker, long nanos) {
        Actor actor = Run.present.current();
        step(0L, own() | Run.TIME, "parks for " + nanos + " ns");
        if (nanos > 0L) {
            long deadline = Run.present.clock() + nanos;
            actor.deadline = deadline < 0L ? Actor.NEVER : deadline;
            actor.step = "wakes up";
            LockSupport.park(blocker);
            actor.deadline = Actor.NEVER;
        }
    }

    /** Instead of {@link LockSupport#unpark}. */
    public static void unpark(Thread thread) {
        Actor actor = Run.present.actor(thread);
        step(0L, Run.place(actor), "unparks " + actor.name);
        LockSupport.unpark(thread);
    }

    /** Instead of {@link System#nanoTime}. */
    public static long nanoTime() {
        step(Run.TIME, 0L, "reads the clock");
        return Run.present.clock();
    }

    /** Instead of {@link Thread#interrupted}. */
    public static boolean interrupted() {
        step(0L, own(), "takes its interrupt status");
        return Thread.interrupted();
    }

    /** Instead of {@link Thread#isInterrupted}, which the code calls for the current thread only. */
    public static boolean isInterrupted(Thread thread) {
        step(own(), 0L, "looks at its interrupt status");
        return thread.isInterrupted();
    }

    /** Instead of {@link Thread#interrupt}, which the code calls for the current thread only. */
    public static void interrupt(Thread thread) {
        step(0L, own(), "interrupts itself");
        thread.interrupt();
    }

    /** Instead of {@link ForkJoinTask#inForkJoinPool}. */
    public static boolean inForkJoinPool() {
        return Run.present.current() != null && Run.present.current().pooled;
    }

    /** Instead of {@link ForkJoinPool#managedBlock}: the next task of the pool starts, if it may have another thread. */
    public static void managedBlock(ForkJoinPool.ManagedBlocker blocker) throws InterruptedException {
        Run run = Run.present;
        step(0L, run.placesOfTasks(), "tells its pool that it blocks");
        if (run.poolIsFull()) {
            throw new RejectedExecutionException();
        }
        run.startNextTask();
        while (!blocker.isReleasable() && !blocker.block()) {}
    }

    /** Instead of {@link Thread#getThreadGroup}. */
    public static ThreadGroup getThreadGroup(Thread thread) {
        Actor actor = Run.present.actor(thread);
        step(Run.place(actor), 0L, "asks for the group of " + actor.name);
        ThreadGroup group = thread.getThreadGroup(); // "VirtualThreads", or null if it has ended
        return group == null || actor.virtual ? group : PLATFORM;
    }

    /** Instead of {@link Thread#start}: what the thread was to do is done by one of the run. */
    public static void start(Thread thread) {
        spawn(thread.getName(), false, thread);
    }

    /** Instead of {@link CompletableFuture#defaultExecutor}: each task has a thread. */
    public static Executor defaultExecutor(CompletableFuture<?> future) {
        return task -> spawn("executor", true, task);
    }

    /** The last step of a thread. */
    static void end() {
        Run run = Run.present;
        boolean pooled = run.current().pooled;
        step(0L, pooled ? own() | run.placesOfTasks() : own(), "ends");
        if (pooled) {
            run.startNextTask();
        }
    }

    private static void spawn(String name, boolean virtual, Runnable task) {
        Run run = Run.present;
        step(0L, run.placesOfNext(), "starts " + name);
        run.add(name, virtual, () -> {
                    task.run();
                    return null;
                })
                .thread
                .start();
    }

    private static long own() {
        return Run.place(Run.present.current());
    }
}
