// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.EventException;
import dev.pharos.cluster.Engine.Answer;
import dev.pharos.cluster.Engine.Interest;
import dev.pharos.cluster.Engine.Sight;
import dev.pharos.jfr.Recorder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Somebody who waits for an event to be set or clear, a thread or a future. See "Waiting" in {@link ClusterEvent}. */
final class Waiter {
    /** How a wait ends that does not fail. */
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

    /** The Thread or ClusterFuture to tell. */
    private final Object target;

    private final Waiters waiters;

    /** How much had been told when the wait took effect: what was told before that does not release this. */
    private long since;

    /** What was seen when the wait took effect; null before. Written by the engine's answers only. */
    private volatile @Nullable Snapshot ticket;

    /** Whether the first look was answered, if only with the loss of the connection. */
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

    boolean isOver() {
        return end != null;
    }

    boolean isReleased() {
        return end == End.RELEASED;
    }

    /** The answer to a look that, if it was done, will be followed by word of all later changes. */
    void arrived(Answer<Sight> answer) {
        see(answer, true);
    }

    private void see(Answer<Sight> answer, boolean watched) {
        Sight sight = answer.value();
        if (sight != null) {
            Snapshot now = sight.snapshot();
            waiters.saw(now);
            Snapshot old = ticket;
            if (!event.is(now)) {
                fail(event.removed());
            } else if (old != null ? old.hasBeen(set, now) : now.isSet() == set) {
                release();
            } else if (set && sight.setSince() && watched) {
                release();
            } else if (old == null && watched) {
                since = waiters.told();
                ticket = now;
            }
            begun = sight.begun();
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

    /** Ends the wait if it is released by what was told. Who has no ticket yet is told by its look, still to come. */
    void hear() {
        Snapshot old = ticket;
        if (end == null && old != null && waiters.releases(this, old, since)) {
            release();
        }
    }

    private void release() {
        if (END.compareAndSet(this, null, End.RELEASED)) {
            tell(null);
        }
    }

    void fail(EventException failure) {
        hear(); // it may have been told, and not have been its turn yet
        if (END.compareAndSet(this, null, failure)) {
            tell(failure);
        }
    }

    private void tell(@Nullable EventException failure) {
        waiters.remove(this);
        if (target instanceof Thread thread) {
            LockSupport.unpark(thread);
        } else if (target instanceof ClusterFuture future) {
            future.submit(failure);
        }
    }

    /** Ends the wait, unless it has ended. */
    void withdraw() {
        hear();
        END.compareAndSet(this, null, End.WITHDRAWN);
        waiters.remove(this);
    }

    /** How the wait has failed; null if it has not. */
    @Nullable
    EventException failure() {
        return end instanceof EventException failure ? failure : null;
    }

    /** Begins to wait, and returns when the wait is in effect, the connection turns out to be lost, or time is over. */
    void enter(long limit, boolean interruptibly) {
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

    /** Has it decided, by a look that begins now, whether this is released by now; as far as there is a connection. */
    void decide() {
        awaitDecision(beginDecision());
    }

    /** Begins that look, for the current thread, which may begin others before it waits. */
    Reply<Sight> beginDecision() {
        Reply<Sight> reply = new Reply<>();
        waiters.engine().look(waiters.name, null, Interest.NONE, answer -> {
            see(answer, false);
            reply.accept(answer);
        });
        return reply;
    }

    void awaitDecision(Reply<Sight> reply) {
        var unused = reply.await(System.nanoTime() + event.operationNanos());
    }

    /** Waits, for the current thread, which is the target. True if released, false if the time ran out. */
    boolean await(boolean timed, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + Math.max(nanos, 0L); // may wrap: only differences are used
        if (!timed || nanos > 0L) {
            long limit = System.nanoTime() + event.operationNanos();
            enter(timed && deadline - limit < 0 ? deadline : limit, true);
            if (end == null && Recorder.recordsWaits()) {
                Recorder.Waiting waiting = () -> go(timed, deadline) ? event : null;
                return Recorder.await(waiting, set, timed ? nanos : Long.MAX_VALUE, false, List.of(event)) != null;
            }
        }
        return go(timed, deadline);
    }

    private boolean go(boolean timed, long deadline) throws InterruptedException {
        boolean interrupted = false;
        try {
            while (end == null) {
                interrupted |= Thread.interrupted();
                long left = deadline - System.nanoTime();
                if (interrupted || (timed && left <= 0)) {
                    if (interrupted || ticket == null || begun - deadline < 0) {
                        decide();
                    }
                    withdraw();
                } else {
                    park(timed ? left : Long.MAX_VALUE);
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

    /** Shows the event as the blocker only if the wait is in effect. */
    private void park(long nanos) {
        if (ticket != null) {
            LockSupport.parkNanos(event, nanos);
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
