// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.cluster.Engine.Answer;
import dev.pharos.cluster.Engine.Interest;
import dev.pharos.cluster.Engine.Reading;
import dev.pharos.jfr.Recorder;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Event} for the machines of a cluster, stored by a ZooKeeper ensemble under a name. It differs from the
 * latches and barriers of ZooKeeper's recipes, which test whether a node exists, in that a set that is cleared at once
 * still releases all waiters, that no waiter is released by a stale read, and that a process can hold the event, which
 * then stays set while the process lives.
 *
 * <p>One machine waits for another, in whichever order they start:
 * <pre>{@code
 * try (Cluster cluster = Cluster.connect("zk://zk1:2181,zk2:2181,zk3:2181/orders");
 *         ClusterEvent ready = cluster.event("database is up")) {
 *     ready.await();
 * }
 * }</pre>
 *
 * <p>The contract is that of {@link Event}, between threads of all processes that have an event of the same name open.
 * Of the points that {@code Event} leaves to the reach, these apply:
 * <ul>
 *   <li><b>Failures.</b> The methods throw an {@link EventException} if the handle or its {@link Cluster} is closed,
 *       permission is missing, or the event was deleted or damaged. {@code set()}, {@code clear()} and {@code isSet()}
 *       throw {@link EventException.Unavailable} if no server responds in time and the event was not changed, or
 *       {@link EventException.OutcomeUnknown} if it may have been changed. They never change an event twice. Waits do
 *       not fail for that reason: a wait survives the loss of the connection, of servers and of the session, and misses
 *       no set. A wait detects that permission was revoked or the event damaged when it reads the event next: on the
 *       next connection, or when its timeout elapses.
 *   <li><b>Blocking.</b> {@code set()}, {@code clear()} and {@code isSet()} block for one or two round trips, and while
 *       there is no connection; at most for the operation timeout. {@code whenSet()} and {@code whenClear()} block for
 *       a round trip, unless there is no connection; so does cancelling or completing their futures, since
 *       {@code set()} decides.
 *   <li><b>When a wait begins.</b> When its registration has reached the ensemble: a round trip after the call, at the
 *       latest when {@code whenSet()} returns, or when the thread is shown as parked for the event. While there is no
 *       connection, a registration waits for the next one; one that was made lasts.
 *   <li><b>Timeouts and interrupts while unavailable.</b> A wait whose timeout elapses, or that is interrupted, reads
 *       the event once more, and so returns a round trip later. If there is no connection then, it reports the timeout
 *       or the interrupt, even if the event was set. A connection that fails silently is detected after two thirds of
 *       the session timeout; the read waits for that, but not longer than the operation timeout.
 *   <li><b>Memory.</b> Memory consistency effects are those of {@code Event} between threads that use one
 *       {@code Cluster}.
 * </ul>
 * The others do not apply: exactly one of several competing calls returns {@code true} for each change, and the number
 * of sets during a wait is unlimited.
 *
 * <p>No method pins a virtual thread, or enters ZooKeeper in one.
 */
public final class ClusterEvent implements Event, AutoCloseable {
    /*
     * Overview.
     *
     * The stored form of an event is a Snapshot; the engine describes how it is stored and watched. Of that:
     *
     *   sticky                 whether it was set, and not cleared since
     *   holders                how many hold it; it is set if it is sticky or there are any
     *   epoch                  grows with each set of what was not sticky, and with each hold
     *   began                  the epoch at which it became set, after it had been clear
     *
     * Changing. A change is a compare-and-set of the whole, so each takes effect after exactly what it has seen. The
     * first attempt expects what was last seen here, which is a guess that costs nothing: if it is wrong, nothing
     * happens but a fresh read. A call that finds nothing to change has just that verified, by the same means, and so
     * stands in the one order of all changes as well: it publishes. A hold begins with a change of the epoch, but ends
     * without any change; so where it matters that the event is held, the engine makes one hold that stands a part of
     * the comparison. The holders in a guess that was only verified are still a guess, and release no waiter.
     *
     * Each change leaves its own identity in what is stored, for the time of eight changes. If the connection is lost
     * in the middle of one, a fresh read finds the identity: it was made. Or it finds the version that was expected:
     * the same change is tried again, of which at most one can succeed, even if the first is still on its way. Or it
     * finds another version, no more than eight later, and not the identity: it was not made and cannot be any more.
     * Otherwise the outcome is unknown, as it is if the handle is closed or the event deleted before it was found.
     * Tempting and wrong: to repeat the call. A set that was made, and then cleared by another call, would be made
     * twice.
     *
     * Waiting. A waiter takes a snapshot as its ticket, by a fresh read that also arms the engine. It is released
     *
     *   for set                by notification of a set, or by any later snapshot that is set or of another epoch
     *   for clear              by any later snapshot that is clear or began at another epoch
     *
     * No set is lost: after the ticket, either the engine notifies of the set, or the connection was lost, and then the
     * waiter reads again when there is one, finds another epoch, and is released, however often the event was cleared
     * since. None is invented: the read that gives the ticket is later than the call, and the notification of a set
     * that was earlier than the read comes earlier than its answer, when there is no ticket. All of this comes from one
     * thread, in the order of the store; handing notifications and answers to different threads would break it. In a
     * first version that did, waiters were released by sets that were over before they came.
     *
     * That thread counts the notifications, and each ticket has the count at which it was taken. So one write of the
     * count decides who is released, in whatever order the waiters check: a waiter that is withdrawn or fails checks
     * first. The first few are notified by that thread itself; a crowd, by another, so that it delays neither set() nor
     * any other answer.
     *
     * Tempting and wrong: to read the flag when notified. It may be clear again, and that set would be lost. To rely on
     * notifications only: of what happens while there is no connection there is one on return in most cases, but not in
     * all. To read without a barrier: servers may lag behind, also the one that has just answered another client.
     *
     * A wait that ends otherwise, by time, interrupt or cancellation, takes one more fresh read, unless the last began
     * after its timeout elapsed: what set() did before decides, not whether its notification has arrived.
     *
     * A thread parks with the event as its blocker only when it has its ticket. Before, and wherever else it waits for
     * an answer, it parks without one: so a thread that is shown as parked for the event does wait for it.
     *
     * Closing. Each handle has its own flag; a waiter adds itself to the list and then reads the flag, and close sets
     * the flag and then goes through the list, so one of them sees the other.
     */

    private final Cluster cluster;
    private final Waiters waiters;

    /** Distinguishes this event from another of the same name, after it was deleted. */
    private final UUID incarnation;

    private volatile boolean closed;

    ClusterEvent(Cluster cluster, Waiters waiters, UUID incarnation) {
        this.cluster = cluster;
        this.waiters = waiters;
        this.incarnation = incarnation;
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is closed, or the event is unavailable, deleted or damaged, or permission
     *     is missing
     */
    @Override
    public boolean set() {
        checkOpen();
        return Recorder.recordsChanges(true) ? record(true, this::makeSet) : makeSet();
    }

    /**
     * {@inheritDoc} An event that is held stays set, and this returns {@code false}.
     *
     * @throws EventException if this handle is closed, or the event is unavailable, deleted or damaged, or permission
     *     is missing
     */
    @Override
    public boolean clear() {
        checkOpen();
        return Recorder.recordsChanges(false) ? record(false, this::makeClear) : makeClear();
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is closed, or the event is unavailable, deleted or damaged, or permission
     *     is missing
     */
    @Override
    public boolean isSet() {
        return read(deadline()).isSet();
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is or becomes closed, or the event is deleted or damaged, or permission is
     *     missing
     */
    @Override
    public void await() throws InterruptedException {
        await(true, Long.MAX_VALUE);
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is or becomes closed, or the event is deleted or damaged, or permission is
     *     missing
     */
    @Override
    public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        return await(true, unit.toNanos(timeout));
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is or becomes closed, or the event is deleted or damaged, or permission is
     *     missing
     */
    @Override
    public void awaitClear() throws InterruptedException {
        await(false, Long.MAX_VALUE);
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is or becomes closed, or the event is deleted or damaged, or permission is
     *     missing
     */
    @Override
    public boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException {
        return await(false, unit.toNanos(timeout));
    }

    /**
     * {@inheritDoc} If the wait fails, the future completes exceptionally with an {@link EventException}. Returns once
     * the wait has begun; without a connection, at once.
     *
     * @throws EventException if this handle is closed
     */
    @Override
    public CompletableFuture<Void> whenSet() {
        checkOpen();
        return new ClusterFuture(this, true, null);
    }

    /**
     * {@inheritDoc} If the wait fails, the future completes exceptionally with an {@link EventException}. Returns once
     * the wait has begun; without a connection, at once.
     *
     * @throws EventException if this handle is closed
     */
    @Override
    public CompletableFuture<Void> whenSet(Executor executor) {
        Objects.requireNonNull(executor, "executor");
        checkOpen();
        return new ClusterFuture(this, true, executor);
    }

    /**
     * {@inheritDoc} If the wait fails, the future completes exceptionally with an {@link EventException}. Returns once
     * the wait has begun; without a connection, at once.
     *
     * @throws EventException if this handle is closed
     */
    @Override
    public CompletableFuture<Void> whenClear() {
        checkOpen();
        return new ClusterFuture(this, false, null);
    }

    /**
     * {@inheritDoc} If the wait fails, the future completes exceptionally with an {@link EventException}. Returns once
     * the wait has begun; without a connection, at once.
     *
     * @throws EventException if this handle is closed
     */
    @Override
    public CompletableFuture<Void> whenClear(Executor executor) {
        Objects.requireNonNull(executor, "executor");
        checkOpen();
        return new ClusterFuture(this, false, executor);
    }

    /**
     * {@inheritDoc} A wait that has not begun, since there is no connection or no server has responded yet, does not
     * count. Never blocks and does not throw; of a handle that is closed it is zero.
     */
    @Override
    public int waiterCount() {
        return waiters.count(waiter -> waiter.event == this && waiter.hasBegun() && !waiter.isOver());
    }

    /**
     * Holds this event: it is set from now on, until this hold and all others are released and nobody has set it. A
     * hold ends when it is closed. It also ends when its process terminates or is disconnected from the servers, at
     * most the session timeout and a tick of the servers later.
     *
     * @return the hold, independent of this handle: closing the handle does not release it
     * @throws EventException if this handle is closed, or the event is unavailable, deleted or damaged, or permission
     *     is missing
     */
    public Hold hold() {
        while (true) {
            UUID id = cluster.newId();
            Hold hold = new Hold(cluster, waiters.name, id);
            cluster.holds().add(hold); // before it stands, so that its loss is always noticed
            try {
                hold.epoch = change(before -> before.hold(id), id, hold).epoch() + 1;
            } catch (EventException e) {
                cluster.holds().remove(hold);
                if (e instanceof EventException.OutcomeUnknown) {
                    cluster.dropLater(hold, answer -> {}); // perhaps it was made
                }
                throw e;
            }
            if (!hold.gone) {
                return hold;
            }
            hold.close(); // the session ended meanwhile
        }
    }

    /** A hold of an event, which is set while there is at least one hold. */
    public static final class Hold implements AutoCloseable {
        private final Cluster cluster;
        private final String name;
        private final UUID id;
        private final CompletableFuture<Void> lost = new CompletableFuture<>();
        private long epoch;
        private volatile boolean released;

        /** Whether it is lost. The future is completed by an executor, perhaps late. */
        private volatile boolean gone;

        private Hold(Cluster cluster, String name, UUID id) {
            this.cluster = cluster;
            this.name = name;
            this.id = id;
        }

        /**
         * Returns a number for this hold, greater than that of any earlier hold of this event: a fencing token, to be
         * sent with each request made while holding, so that the receiver can reject late requests of a holder that has
         * lost its hold.
         *
         * @return the epoch that this hold began
         */
        public long epoch() {
            return epoch;
        }

        /**
         * Returns whether this hold is valid, as far as is known in this process: the process is connected, and the
         * hold was neither closed nor lost. A process that was paused may detect a loss a moment late.
         *
         * @return {@code true} if it is valid
         */
        public boolean isValid() {
            return !released && !gone && cluster.isConnected();
        }

        /**
         * Returns a future that completes when this hold is lost because the session of this process has expired. It
         * does not complete if the hold is closed first.
         *
         * @return the future, always the same
         */
        public CompletableFuture<Void> onLost() {
            return lost;
        }

        /**
         * Releases this hold. If no server responds within the operation timeout, returns nevertheless: the hold ends
         * when there is a connection again, or with the session. Closing again has no effect once a server has
         * responded.
         *
         * @throws EventException if the servers refuse; the release is repeated on each new connection, and when this
         *     is closed again
         */
        @Override
        public void close() {
            released = true;
            if (cluster.holds().remove(this) || cluster.isDropping(this)) {
                cluster.drop(this);
            }
        }

        /** The session has ended. */
        void lose() {
            if (!released) {
                gone = true;
                var unused = lost.completeAsync(() -> null);
            }
        }

        String name() {
            return name;
        }

        UUID id() {
            return id;
        }
    }

    /**
     * Closes this handle: its waits fail with an {@link EventException.Closed}, unless they were released before. The
     * event, its holds and other handles are not affected. Closing again has no effect.
     */
    @Override
    public void close() {
        closed = true;
        if (cluster.release(this)) {
            waiters.fail(this, closed());
        }
    }

    /** Returns the address, {@code zk://host:port,host:port/root/name}, in which the name has escapes. */
    @Override
    public String name() {
        return cluster.address().of(waiters.name);
    }

    @Override
    public String toString() {
        Snapshot last = waiters.last();
        String state = last == null || !is(last) ? "unknown" : last.isSet() ? "set" : "clear";
        return super.toString() + "[" + name() + ", "
                + (isClosed()
                        ? "closed"
                        : state + ", " + waiters.count(waiter -> waiter.event == this && !waiter.isOver())
                                + " waiting, " + cluster.state())
                + "]";
    }

    /** Every wait. {@code Long.MAX_VALUE} is no limit. */
    private boolean await(boolean set, long nanos) throws InterruptedException {
        checkOpen();
        return new Waiter(this, set, Thread.currentThread()).await(nanos);
    }

    private boolean record(boolean set, BooleanSupplier change) {
        int waiting = waiters.count(waiter -> waiter.set == set && !waiter.isOver());
        return Recorder.change(this, set, waiting, change);
    }

    private boolean makeSet() {
        UUID id = cluster.newId();
        return !change(before -> before.set(id), id, null).isSet();
    }

    private boolean makeClear() {
        UUID id = cluster.newId();
        Snapshot before = change(found -> found.clear(id), id, null);
        return before.sticky() && before.holders() == 0;
    }

    /**
     * Changes the event once, or verifies that nothing is to be changed.
     *
     * @return what it was just before
     */
    private Snapshot change(UnaryOperator<Snapshot> next, UUID id, @Nullable Hold hold) {
        long deadline = deadline();
        Snapshot unsure = null; // what was expected by an attempt of which it is not known whether it succeeded
        try {
            Snapshot guess = waiters.last();
            Snapshot expected = guess != null && is(guess) ? guess : read(deadline);
            while (true) {
                checkOpen();
                Snapshot wanted = next.apply(expected);
                boolean changes = wanted.version() != expected.version();
                Reply<Snapshot> reply = new Reply<>();
                waiters.engine().swap(waiters.name, expected, wanted, hold == null ? null : id, answer -> {
                    if (changes && answer.value() != null) {
                        waiters.changed(answer.value());
                    }
                    if (hold != null
                            && answer.value() != null
                            && !cluster.holds().contains(hold)) {
                        cluster.dropLater(hold, ignored -> {}); // made later than its drop, which hold() has begun
                    }
                    reply.accept(answer);
                });
                Answer<Snapshot> answer = reply.await(deadline);
                if (answer != null && answer.value() != null) {
                    return expected;
                } else if (answer != null && answer.failure() != null) {
                    throw answer.failure().forThisThread();
                } else if (changes && (answer == null || answer.kind() == Answer.Kind.LOST)) {
                    unsure = expected;
                }
                Snapshot now = read(deadline);
                if (unsure != null && now.changes().contains(id)) {
                    return unsure;
                } else if (unsure != null && now.version() - unsure.version() > Snapshot.KEPT) {
                    throw Cluster.outcomeUnknown(name(), null);
                } else if (unsure != null && now.version() != unsure.version()) {
                    unsure = null; // it did not succeed, and cannot any more
                }
                expected = now;
            }
        } catch (EventException e) {
            throw unsure == null || e instanceof EventException.OutcomeUnknown ? e : Cluster.outcomeUnknown(name(), e);
        }
    }

    /** What the event is at a moment after this call. */
    private Snapshot read(long deadline) {
        while (true) {
            checkOpen();
            Reply<Reading> reply = new Reply<>();
            waiters.engine().read(waiters.name, null, Interest.NONE, answer -> {
                if (answer.value() != null) {
                    waiters.saw(answer.value().snapshot());
                }
                reply.accept(answer);
            });
            Answer<Reading> answer = reply.await(deadline);
            if (answer != null && answer.value() != null) {
                Snapshot now = answer.value().snapshot();
                if (!is(now)) {
                    throw removed();
                }
                return now;
            } else if (answer != null && answer.kind() == Answer.Kind.ABSENT) {
                throw removed();
            } else if (answer != null && answer.failure() != null) {
                throw answer.failure().forThisThread();
            } else if (answer == null || !cluster.awaitConnection(deadline)) {
                throw cluster.unavailable(name());
            }
        }
    }

    private long deadline() {
        checkOpen();
        return System.nanoTime() + operationNanos();
    }

    long operationNanos() {
        return cluster.operationNanos();
    }

    private void checkOpen() {
        if (isClosed()) {
            throw closed();
        }
    }

    boolean isClosed() {
        return closed || cluster.isClosed();
    }

    EventException closed() {
        return new EventException.Closed(name(), "this handle was closed; open the event again", null);
    }

    EventException removed() {
        return new EventException.Removed(name(), "deleted while in use; open it again to use what is there now", null);
    }

    /** Whether a snapshot is of this event, and not of another of its name. */
    boolean is(Snapshot snapshot) {
        return snapshot.incarnation().equals(incarnation);
    }

    UUID incarnation() {
        return incarnation;
    }

    Waiters waiters() {
        return waiters;
    }
}
