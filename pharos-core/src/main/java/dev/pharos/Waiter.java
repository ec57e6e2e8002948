// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import dev.pharos.spi.PoolWait;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A place in the stack of a {@link Round}: of a thread, a future or a group wait, or, if it has withdrawn, of none. */
final class Waiter {
    /** Loaded before the first wait: a class loader that parks between check and park would consume the permit. */
    @SuppressWarnings("unused") // to be loaded is their use
    private static final Class<?>[] PRELOADED = {LockSupport.class, Round.Ended.class};

    final Round round;

    /**
     * The waiter below. Written before this one is pushed, then only by sweeps, to skip dead ones, and to null once the
     * frontier has passed it: so whatever value a reader sees, from any waiter that was not passed all live ones below
     * can be reached, in their order. They were pushed before this one, so they are visible to whoever got here through
     * the head.
     */
    @Nullable
    Waiter next;

    /** The Thread, EventFuture or GroupWait to wake; null once it has withdrawn, for ever: this waiter is dead. */
    volatile @Nullable Object target;

    Waiter(Round round, Object target) {
        this.round = round;
        this.target = target;
    }

    /**
     * Wakes the target, if there still is one. True if that is a platform thread which is sure to run, and then to find
     * that the round has ended.
     */
    boolean wake() {
        next = null; // a future that is kept is not to keep all that waited with it
        if (target instanceof EventFuture future) {
            future.submit();
        } else if (target instanceof GroupWait group) {
            return group.countDown();
        } else if (target instanceof Thread thread) {
            return unpark(thread);
        }
        return false;
    }

    /** Unparks a thread. True if it is a platform thread that has not terminated. */
    static boolean unpark(Thread thread) {
        LockSupport.unpark(thread);
        ThreadGroup group = thread.getThreadGroup(); // null if it has terminated; for virtual threads see JEP 444
        return group != null && !"VirtualThreads".equals(group.getName());
    }

    /**
     * Waits, for the current thread, whose waiter this is, until the round has ended.
     *
     * @param blocker what a thread dump shows
     * @param nanos the maximum time to wait; without limit if {@code Long.MAX_VALUE}
     * @return true if released, false if the time elapsed first
     */
    boolean await(Object blocker, long nanos) throws InterruptedException {
        return ForkJoinTask.inForkJoinPool() ? PoolWait.await(() -> park(blocker, nanos)) : park(blocker, nanos);
    }

    private boolean park(Object blocker, long nanos) throws InterruptedException {
        boolean timed = nanos != Long.MAX_VALUE;
        long deadline = timed ? System.nanoTime() + nanos : 0L; // may wrap: only differences are used
        try {
            round.push(this);
            while (!round.hasEnded()) {
                boolean interrupted = Thread.interrupted();
                if (interrupted || nanos <= 0L) {
                    boolean released = !round.withdraw(this);
                    if (interrupted && !released) {
                        throw new InterruptedException();
                    } else if (interrupted) {
                        Thread.currentThread().interrupt(); // as it was
                    }
                    return released;
                } else if (timed) {
                    LockSupport.parkNanos(blocker, nanos);
                    nanos = deadline - System.nanoTime();
                } else {
                    LockSupport.park(blocker);
                }
            }
            return true;
        } catch (Error e) { // no stack left
            target = null; // not by a call, for which there may be none left either
            round.withdraw(this);
            throw e;
        }
    }
}
