// SPDX-License-Identifier: Apache-2.0
package dev.pharos.spi;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinPool.ManagedBlocker;

/**
 * Waits in a thread of a {@link ForkJoinPool}, which may run another thread meanwhile: what this one waits for may be
 * a task of the same pool. The wait itself is what it would be in any other thread.
 */
public final class PoolWait {
    /** A wait of the current thread. */
    @FunctionalInterface
    public interface Wait {
        /**
         * Waits.
         *
         * @return {@code true} if released, {@code false} if the time elapsed first
         * @throws InterruptedException if this thread was interrupted before that
         */
        boolean await() throws InterruptedException;
    }

    private PoolWait() {}

    /**
     * Waits, for a thread for which {@link java.util.concurrent.ForkJoinTask#inForkJoinPool} holds.
     *
     * @param wait the wait
     * @return what it returns
     * @throws InterruptedException if it does
     */
    public static boolean await(Wait wait) throws InterruptedException {
        Blocker blocker = new Blocker(wait);
        try {
            ForkJoinPool.managedBlock(blocker);
        } catch (Throwable e) {
            if (blocker.begun) {
                throw e;
            }
            return wait.await(); // the pool has as many threads as it may have, cannot start one, or shuts down
        }
        return blocker.released;
    }

    private static final class Blocker implements ManagedBlocker {
        private final Wait wait;
        private boolean begun;
        private boolean released;

        Blocker(Wait wait) {
            this.wait = wait;
        }

        @Override
        public boolean isReleasable() {
            return false; // where the wait looks for itself
        }

        @Override
        public boolean block() throws InterruptedException {
            begun = true;
            released = wait.await();
            return true;
        }
    }
}
