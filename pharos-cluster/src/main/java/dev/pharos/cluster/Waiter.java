// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.EventException;
import dev.pharos.cluster.Engine.Answer;
import dev.pharos.cluster.Engine.Interest;
import dev.pharos.cluster.Engine.Reading;
import dev.pharos.jfr.Recorder;
import dev.pharos.spi.PoolWait;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A wait for an event to be set or clear, of a thread or a future. See "Waiting" in {@link ClusterEvent}. */
final class Waiter {
    /** How a wait ends other than by failure. */
    private enum End {
        RELEASED,
        WITHDRAWN
    }

    private static final VarHandle END = endHandle();

    final ClusterEvent event;

    /** What is waited for. */
    final boolean set;

    /** Given by the list of waiters. */
    long number;

    /** The Thread or ClusterFuture to notify. */
    private final Object target;

    private final Waiters waiters;

    /** How many notifications there were when the wait took effect: those do not release this. */
    private long since;

    /** What was seen when the wait took effect; null before. Written by the engine's answers only. */
    private volatile @Nullable Snapshot ticket;

    /** Whether the first read was answered, if only with the loss of the connection. */
    private volatile boolean answered;

    /** Changes made before this time were seen, if there is a ticket. */
    private volatile long begun;

    /** Null while the wait goes on; then an End, or the EventException with which it has failed. Set once. */
    private volatile @Nullable Object end;

    Waiter(ClusterEvent event, boolean set, Object target) {
        this.event = event;
        this.waiters = event.waiters();
        this.set = set;
        this.target = target;
    }

    /** Whether each change from now on releases this. */
    boolean hasBegun() {
        return ticket != null;
    }

    boolean isOver() {
        return end != null;
    }

    boolean isReleased() {
        return end == End.RELEASED;
    }

    /** The answer to a read that, if it was done, will be followed by notifications of all later changes. */
    void arrived(Answer<Reading> answer) {
        apply(answer, true);
    }

    private void apply(Answer<Reading> answer, boolean watched) {
        Reading reading = answer.value();
        if (reading != null) {
            Snapshot now = reading.snapshot();
            waiters.saw(now);
            Snapshot old = ticket;
            if (!event.is(now)) {
                fail(event.removed());
            } else if (old != null ? old.hasBeen(set, now) : now.isSet() == set) {
                release();
            } else if (set && reading.setSince() && watched) {
                release();
            } else if (old == null && watched) {
                since = waiters.notifications();
                ticket = now;
            }
            begun = reading.begun();
        } else if (answer.kind() == Answer.Kind.ABSENT) {
            fail(event.removed());
        } else if (answer.failure() != null) {
            fail(answer.failure());
        }
        answered = true;
        if (target instanceof Thread thread) {
            LockSupport.unpark(thread);
        } else if (target instanceof ClusterFuture future) {
            LockSupport.unpark(future.creator);
        }
    }

    /** Ends the wait if a notification releases it. One without a ticket is released by its read, still to come. */
    void checkReleased() {
        Snapshot old = ticket;
        if (end == null && old != null && waiters.releases(this, old, since)) {
            release();
        }
    }

    private void release() {
        if (END.compareAndSet(this, null, End.RELEASED)) {
            notifyTarget(null);
        }
    }

    void fail(EventException failure) {
        checkReleased(); // it may have been notified, and not have been its turn yet
        if (END.compareAndSet(this, null, failure)) {
            notifyTarget(failure);
        }
    }

    private void notifyTarget(@Nullable EventException failure) {
        waiters.remove(this);
        if (target instanceof Thread thread) {
            LockSupport.unpark(thread);
        } else if (target instanceof ClusterFuture future) {
            future.finish(failure);
        }
    }

    /** Ends the wait, unless it has ended. */
    void withdraw() {
        checkReleased();
        END.compareAndSet(this, null, End.WITHDRAWN);
        waiters.remove(this);
    }

    /** How the wait has failed; null if it has not. */
    @Nullable
    EventException failure() {
        return end instanceof EventException failure ? failure : null;
    }

    /** Begins to wait; returns when the wait is in effect, the connection turns out to be lost, or the time elapses. */
    void register(long limit, boolean interruptibly) {
        waiters.add(this);
        if (event.isClosed()) { // perhaps before this was added
            fail(event.closed());
        }
        boolean interrupted = false;
        long left = limit - System.nanoTime();
        while (!answered && end == null && left > 0 && !(interruptibly && interrupted)) {
            LockSupport.parkNanos(left); // without a blocker: it does not yet wait
            interrupted |= Thread.interrupted();
            left = limit - System.nanoTime();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Decides, by a read that starts now, whether this is released by now; if there is a connection. */
    void recheck() {
        awaitRecheck(startRecheck());
    }

    /** Starts that read, for the current thread, which may start others before it waits. */
    Reply<Reading> startRecheck() {
        Reply<Reading> reply = new Reply<>();
        waiters.engine().read(waiters.name, null, Interest.NONE, answer -> {
            apply(answer, false);
            reply.accept(answer);
        });
        return reply;
    }

    void awaitRecheck(Reply<Reading> reply) {
        var unused = reply.await(System.nanoTime() + event.operationNanos());
    }

    /**
     * Waits, for the current thread, which is the target.
     *
     * @param nanos the maximum time to wait; without limit if {@code Long.MAX_VALUE}
     * @return true if released, false if the time elapsed first
     */
    boolean await(long nanos) throws InterruptedException {
        return ForkJoinTask.inForkJoinPool() ? PoolWait.await(() -> registerAndAwait(nanos)) : registerAndAwait(nanos);
    }

    private boolean registerAndAwait(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + Math.max(nanos, 0L); // may wrap: only differences are used
        if (nanos > 0L) {
            long limit = System.nanoTime() + event.operationNanos();
            register(deadline - limit < 0 ? deadline : limit, true);
            if (end == null && Recorder.recordsWaits()) {
                return Recorder.await(() -> awaitRelease(nanos, deadline), set, nanos, event);
            }
        }
        return awaitRelease(nanos, deadline);
    }

    private boolean awaitRelease(long nanos, long deadline) throws InterruptedException {
        boolean interrupted = false;
        try {
            while (end == null) {
                interrupted |= Thread.interrupted();
                long left = nanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadline - System.nanoTime();
                if (interrupted || left <= 0L) {
                    if (interrupted || ticket == null || begun - deadline < 0) {
                        recheck();
                    }
                    withdraw();
                } else {
                    park(left);
                }
            }
            EventException failure = failure();
            if (failure != null) {
                throw failure.forThisThread();
            } else if (end == End.RELEASED) {
                return true;
            } else if (interrupted || Thread.interrupted()) {
                interrupted = false;
                throw new InterruptedException();
            }
            return false;
        } finally {
            withdraw();
            if (interrupted) {
                Thread.currentThread().interrupt(); // as it was
            }
        }
    }

    /** Parks, without a time if there is no limit. Shows the event as the blocker only if the wait is in effect. */
    private void park(long nanos) {
        boolean inEffect = ticket != null;
        if (inEffect && nanos == Long.MAX_VALUE) {
            LockSupport.park(event);
        } else if (inEffect) {
            LockSupport.parkNanos(event, nanos);
        } else if (nanos == Long.MAX_VALUE) {
            LockSupport.park();
        } else {
            LockSupport.parkNanos(nanos);
        }
    }

    private static VarHandle endHandle() {
        try {
            return MethodHandles.lookup().findVarHandle(Waiter.class, "end", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
