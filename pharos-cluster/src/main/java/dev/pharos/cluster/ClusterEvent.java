// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.cluster.Engine.Answer;
import dev.pharos.cluster.Engine.Interest;
import dev.pharos.cluster.Engine.Sight;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An {@link Event} for the machines of a cluster. */
public final class ClusterEvent implements Event, AutoCloseable {
    private final Cluster cluster;
    private final Waiters waiters;

    /** Tells this event from another of the same name, after it was deleted. */
    private final long incarnation;

    private volatile boolean closed;

    ClusterEvent(Cluster cluster, Waiters waiters, long incarnation) {
        this.cluster = cluster;
        this.waiters = waiters;
        this.incarnation = incarnation;
    }

    /**
     * The name of this event.
     *
     * @return the name, as it was given
     */
    @Override
    public String name() {
        return waiters.name;
    }

    /**
     * Tells where this event is.
     *
     * @return {@code zk://host:port,host:port/root/name}, the name with escapes
     */
    public String address() {
        return cluster.address().of(waiters.name);
    }

    @Override
    public boolean set() {
        UUID id = cluster.newId();
        return !change(before -> before.set(id), id, null).isSet();
    }

    @Override
    public boolean clear() {
        UUID id = cluster.newId();
        Snapshot before = change(found -> found.clear(id), id, null);
        return before.sticky() && before.holders() == 0;
    }

    @Override
    public boolean isSet() {
        return look(deadline(), false).isSet();
    }

    @Override
    public void await() throws InterruptedException {
        await(true, false, 0L);
    }

    @Override
    public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        return await(true, true, unit.toNanos(timeout));
    }

    @Override
    public void awaitClear() throws InterruptedException {
        await(false, false, 0L);
    }

    @Override
    public boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException {
        return await(false, true, unit.toNanos(timeout));
    }

    @Override
    public CompletableFuture<Void> whenSet() {
        checkOpen();
        return new ClusterFuture(this, true);
    }

    @Override
    public CompletableFuture<Void> whenClear() {
        checkOpen();
        return new ClusterFuture(this, false);
    }

    /**
     * Holds this event: it is set from now on, until this hold and all others are let go of and nobody has set it.
     * A hold ends when it is closed, and, at most the session timeout and a tick of the servers later, when its process
     * dies or is cut off from the servers.
     *
     * @return the hold, independent of this handle
     */
    public Hold hold() {
        while (true) {
            UUID id = cluster.newId();
            Hold hold = new Hold(cluster, waiters.name, id);
            cluster.holds().add(hold); // before it stands, so that no loss of it goes unnoticed
            try {
                hold.epoch = change(before -> before.hold(id), id, id).epoch() + 1;
            } catch (ClusterEventException e) {
                hold.close();
                throw e;
            }
            if (!hold.lost.isDone()) {
                return hold;
            }
            hold.close(); // the session ended meanwhile
        }
    }

    /** A share in an event, which is set while there is one. Closing it again has no effect. */
    public static final class Hold implements AutoCloseable {
        private final Cluster cluster;
        private final String name;
        private final UUID id;
        private final CompletableFuture<Void> lost = new CompletableFuture<>();
        private long epoch;
        private volatile boolean let;

        private Hold(Cluster cluster, String name, UUID id) {
            this.cluster = cluster;
            this.name = name;
            this.id = id;
        }

        /**
         * A number for this hold, greater than that of any hold of this event before it: to be sent along with what is
         * done while holding, so that the receiver can refuse what comes late from a holder that has lost its hold.
         *
         * @return the epoch that this hold began
         */
        public long epoch() {
            return epoch;
        }

        /**
         * Tells whether this hold stands, as far as this process knows: it is connected, and the hold was neither
         * closed nor lost. A process that was paused may learn of a loss a moment late.
         *
         * @return {@code true} if it stands
         */
        public boolean isValid() {
            return !let && !lost.isDone() && cluster.isConnected();
        }

        /**
         * A future that completes when this hold is lost: the servers have not heard of this process for the time of a
         * session. It does not complete if the hold is closed first.
         *
         * @return the future, always the same
         */
        public CompletableFuture<Void> onLost() {
            return lost;
        }

        /**
         * Lets go. If no server answers within the operation timeout, returns all the same: the hold ends when there is
         * a connection again, or with the session.
         */
        @Override
        public void close() {
            let = true;
            if (cluster.holds().remove(this)) {
                cluster.drop(this);
            }
        }

        /** The session has ended. */
        void lose() {
            if (!let) {
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
     * Closes this handle: those who wait with it get a {@link ClusterEventException.Closed}, unless they were released
     * before. The event stays as it is, and so do holds and other handles. Closing again has no effect.
     */
    @Override
    public void close() {
        closed = true;
        if (cluster.release(this)) {
            waiters.fail(this, closed());
        }
    }

    @Override
    public String toString() {
        Snapshot last = waiters.last();
        String state = last == null || !is(last) ? "unknown" : last.isSet() ? "set" : "clear";
        return super.toString() + "[" + address() + ", "
                + (isClosed() ? "closed" : state + ", " + waiters.count(this) + " waiting, " + cluster.state()) + "]";
    }

    /** Every wait. */
    private boolean await(boolean set, boolean timed, long nanos) throws InterruptedException {
        checkOpen();
        return new Waiter(this, set, Thread.currentThread()).await(timed, nanos);
    }

    /**
     * Changes the event once, or verifies that nothing is to be changed.
     *
     * @return what it was just before
     */
    private Snapshot change(UnaryOperator<Snapshot> next, UUID id, @Nullable UUID hold) {
        long deadline = deadline();
        Snapshot guess = waiters.last();
        Snapshot expected = guess != null && is(guess) ? guess : look(deadline, false);
        Snapshot unsure = null; // what was expected by an attempt of which it is not known whether it succeeded
        while (true) {
            checkOpen();
            Snapshot wanted = next.apply(expected);
            Reply<Snapshot> reply = new Reply<>();
            waiters.engine().swap(waiters.name, expected, wanted, hold, answer -> {
                if (answer.value() != null) {
                    waiters.changed(answer.value());
                }
                reply.accept(answer);
            });
            Answer<Snapshot> answer = reply.await(deadline);
            if (answer != null && answer.value() != null) {
                if (!is(answer.value())) {
                    throw removed();
                }
                return expected;
            } else if (answer != null && answer.failure() != null) {
                throw unsure != null
                        ? new ClusterEventException.OutcomeUnknown(address())
                        : answer.failure().again();
            } else if ((answer == null || answer.kind() == Answer.Kind.LOST)
                    && wanted.version() != expected.version()) {
                unsure = expected;
            }
            Snapshot now = look(deadline, unsure != null);
            if (unsure != null && now.changes().contains(id)) {
                return unsure;
            } else if (unsure != null && now.version() - unsure.version() > Snapshot.KEPT) {
                throw new ClusterEventException.OutcomeUnknown(address());
            } else if (unsure != null && now.version() != unsure.version()) {
                unsure = null; // it did not succeed, and cannot any more
            }
            expected = now;
        }
    }

    /** What the event is at a moment after this call. */
    private Snapshot look(long deadline, boolean unsure) {
        while (true) {
            checkOpen();
            Reply<Sight> reply = new Reply<>();
            waiters.engine().look(waiters.name, Interest.NONE, reply);
            Answer<Sight> answer = reply.await(deadline);
            if (answer != null && answer.value() != null) {
                Snapshot now = answer.value().snapshot();
                waiters.saw(now);
                if (!is(now)) {
                    throw removed();
                }
                return now;
            } else if (answer != null && answer.kind() == Answer.Kind.ABSENT) {
                throw removed();
            } else if (answer != null && answer.failure() != null && !unsure) {
                throw answer.failure().again();
            } else if (answer == null || answer.failure() != null || !cluster.awaitConnection(deadline)) {
                throw unsure ? new ClusterEventException.OutcomeUnknown(address()) : cluster.unavailable(address());
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

    ClusterEventException closed() {
        return new ClusterEventException.Closed(address());
    }

    ClusterEventException removed() {
        return new ClusterEventException.Removed(address());
    }

    /** Whether what was seen is this event, and not another of its name. */
    boolean is(Snapshot snapshot) {
        return snapshot.incarnation() == incarnation;
    }

    Waiters waiters() {
        return waiters;
    }
}
