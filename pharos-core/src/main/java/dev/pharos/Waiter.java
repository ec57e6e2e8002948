// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.util.concurrent.locks.LockSupport;

/**
 * What a thread waits with: a {@link Node} in one round, or a {@link GroupWait} over several. Either decides the race
 * between its release and its withdrawal.
 */
interface Waiter {
    /** Tells whether this waiter has been released. Once true, always true. */
    boolean isReleased();

    /** Stops waiting: true if this waiter was not released and now never will be, false if it was released. */
    boolean withdraw();

    /**
     * Parks the current thread until its waiter is released: the slow path of every wait.
     *
     * @param blocker what a thread dump shows
     * @param timed whether {@code nanos} counts
     * @return true if released, false if the time ran out
     */
    static boolean await(Waiter waiter, Object blocker, boolean timed, long nanos) throws InterruptedException {
        Thread thread = Thread.currentThread();
        long deadline = timed ? System.nanoTime() + nanos : 0L; // may wrap: only differences are used
        long left = nanos;
        try {
            while (!waiter.isReleased()) {
                boolean interrupted = thread.isInterrupted();
                if (interrupted || (timed && left <= 0L)) {
                    if (!waiter.withdraw()) {
                        return true; // released after all, and the interrupt status is as it was
                    }
                    if (interrupted) {
                        Thread.interrupted();
                        throw new InterruptedException();
                    }
                    return false;
                }
                if (timed) {
                    LockSupport.parkNanos(blocker, left);
                    left = deadline - System.nanoTime();
                } else {
                    LockSupport.park(blocker);
                }
            }
            return true;
        } catch (RuntimeException | Error e) { // a StackOverflowError, or an event of another reach that failed
            waiter.withdraw();
            throw e;
        }
    }
}
