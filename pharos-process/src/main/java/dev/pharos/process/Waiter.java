// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.EventException;
import dev.pharos.spi.PoolWait;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.locks.LockSupport;

/** A wait for an event to be set or clear, of a thread or a future. Whether it is released depends on the word only. */
final class Waiter {
    /** Loaded before the first wait: a class loader that parks between check and park would consume the permit. */
    @SuppressWarnings("unused") // to be loaded is their use
    private static final Class<?>[] PRELOADED = {LockSupport.class, EventException.Closed.class};

    final ProcessEvent event;

    /** Given by the listener. */
    long number;

    /** What is waited for. */
    final boolean set;

    /** The word when the wait began. */
    private final int ticket;

    /** The Thread or ProcessFuture to notify. */
    private final Object target;

    /** True if the listener has found it released, and so for ever, however often the epoch comes round. */
    private volatile boolean released;

    Waiter(ProcessEvent event, boolean set, int ticket, Object target) {
        this.event = event;
        this.set = set;
        this.ticket = ticket;
        this.target = target;
    }

    /** Whether this is released, by a read of the word: one that is later than the ticket. Throws if it cannot read. */
    boolean isReleased() {
        if (released) {
            return true;
        }
        int word = event.file().word();
        return event.file().isSet(word) == set || EventFile.moved(set, ticket, word);
    }

    /** Notifies the target that it is released. */
    void release() {
        released = true;
        if (event.file().listener().remove(this) && target instanceof ProcessFuture future) {
            future.finish(null);
        } else if (target instanceof Thread thread) {
            LockSupport.unpark(thread);
        }
    }

    /** Notifies the target that the wait has failed. A thread finds out how by itself. */
    void fail(EventException failure) {
        if (target instanceof Thread thread) {
            LockSupport.unpark(thread);
        } else if (event.file().listener().remove(this) && target instanceof ProcessFuture future) {
            future.finish(wasReleased() ? null : failure);
        }
    }

    /** Whether this was released before the wait failed, as far as can still be seen. */
    private boolean wasReleased() {
        try {
            return isReleased();
        } catch (EventException e) {
            return false;
        }
    }

    /**
     * Waits, for the current thread, which is the target.
     *
     * @param nanos the maximum time to wait; without limit if {@code Long.MAX_VALUE}
     * @return true if released, false if the time elapsed first
     */
    boolean await(long nanos) throws InterruptedException {
        return ForkJoinTask.inForkJoinPool() ? PoolWait.await(() -> park(nanos)) : park(nanos);
    }

    private boolean park(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + Math.max(nanos, 0L); // may wrap: only differences are used
        Listener listener = event.file().listener();
        boolean interrupted = false;
        try {
            listener.add(this);
            while (true) {
                interrupted |= Thread.interrupted();
                long left = deadline - System.nanoTime();
                listener.ensureRunning();
                if (isReleased()) { // read last: what came in time, or before the interrupt, counts
                    return true;
                } else if (event.isClosed()) {
                    throw event.closed();
                } else if (interrupted) {
                    interrupted = false;
                    throw new InterruptedException();
                } else if (nanos == Long.MAX_VALUE) {
                    LockSupport.park(event);
                } else if (left > 0) {
                    LockSupport.parkNanos(event, left);
                } else {
                    return false;
                }
            }
        } finally {
            listener.remove(this);
            if (interrupted) {
                Thread.currentThread().interrupt(); // as it was
            }
        }
    }
}
