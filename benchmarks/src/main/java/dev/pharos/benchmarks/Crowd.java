// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import dev.pharos.Event;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that all do the same, again and again, and stand at a gate in between. Started once, since that is what
 * takes the time. The gate is nothing but a park for each thread, so it costs the same whatever rival is measured.
 */
final class Crowd {
    private static final int CLOSED = Integer.MAX_VALUE;

    private final Threads.Task task;
    private final Thread[] threads;
    private final Countdown begun = new Countdown();
    private final Countdown done = new Countdown();
    private volatile int round;

    /** The threads are started when they are first to do the task, which then is what their stacks are made for. */
    Crowd(Threads kind, int size, Threads.Task task) {
        this.task = task;
        threads = new Thread[size];
        for (int i = 0; i < size; i++) {
            threads[i] = kind.unstarted(new Member(i));
        }
    }

    /** One thread. With one object and few frames, since there may be a million. */
    private final class Member implements Runnable {
        private final int number;

        Member(int number) {
            this.number = number;
        }

        @Override
        public void run() {
            try {
                for (int next = 1; round != CLOSED; next++) {
                    while (round < next) {
                        LockSupport.park(Crowd.this);
                    }
                    if (round != CLOSED) {
                        begun.count(number);
                        task.run();
                        done.count(number);
                    }
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts it", e);
            }
        }
    }

    /** Opens the gate: each thread does its task once more. */
    void begin() {
        begun.reset(threads.length);
        done.reset(threads.length);
        int next = round + 1; // only this thread writes it
        round = next;
        for (Thread thread : threads) {
            if (next == 1) {
                thread.start();
            } else {
                LockSupport.unpark(thread);
            }
        }
    }

    /** Opens the gate, and returns once each thread is parked in its task. */
    void beginAndPark() throws InterruptedException {
        begin();
        begun.await();
        for (Thread thread : threads) {
            while (!isParked(thread)) {
                if (!thread.isAlive()) {
                    throw new IllegalStateException(thread + " has ended instead of waiting");
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                pause();
            }
        }
    }

    /** Waits until the last thread has done its task. */
    void awaitDone() throws InterruptedException {
        done.await();
    }

    /** The time that all threads, which are platform threads, have spent on a processor. */
    long cpuNanos() {
        ThreadMXBean times = ManagementFactory.getThreadMXBean();
        long nanos = 0;
        for (Thread thread : threads) {
            nanos += times.getThreadCpuTime(thread.getId());
        }
        return nanos;
    }

    /** Ends the threads, which stand at the gate. */
    void close() throws InterruptedException {
        round = CLOSED;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /**
     * Not counted: one that is on its way into a wait, and parked only for the lock of that wait, or with a limit, for the
     * answer of a server. Who waits for an event shows it as the blocker, and may be parked for the longest time there is.
     */
    private static boolean isParked(Thread thread) {
        Object blocker = LockSupport.getBlocker(thread);
        Thread.State state = thread.getState();
        return (state == Thread.State.WAITING || (state == Thread.State.TIMED_WAITING && blocker instanceof Event))
                && LockSupport.getBlocker(thread) == blocker
                && !(blocker != null && blocker.getClass().getName().contains("ReentrantLock"));
    }

    @SuppressWarnings("ThreadPriorityCheck") // a spin that does not yield would starve what it waits for
    private static void pause() {
        Thread.onSpinWait();
        Thread.yield();
    }
}
