// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An {@link Event} for the machines of a cluster. */
@SuppressWarnings("DoNotCallSuggester")
public final class ClusterEvent implements Event, AutoCloseable {
    private ClusterEvent() {}

    /**
     * The name of this event.
     *
     * @return the name, as it was given
     */
    @Override
    public String name() {
        throw new UnsupportedOperationException();
    }

    /**
     * Tells where this event is.
     *
     * @return {@code zk://host:port,host:port/root/name}, the name with escapes
     */
    public String address() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean set() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean clear() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isSet() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void await() throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        throw new UnsupportedOperationException(unit.toString());
    }

    @Override
    public void awaitClear() throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException {
        throw new UnsupportedOperationException(unit.toString());
    }

    @Override
    public CompletableFuture<Void> whenSet() {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Void> whenClear() {
        throw new UnsupportedOperationException();
    }

    /**
     * Holds this event: it is set from now on, until this hold and all others are let go of and nobody has set it.
     * A hold ends when it is closed, and, at most the session timeout and a tick of the servers later, when its process
     * dies or is cut off from the servers.
     *
     * @return the hold, independent of this handle
     */
    public Hold hold() {
        throw new UnsupportedOperationException();
    }

    /** A share in an event, which is set while there is one. Closing it again has no effect. */
    public static final class Hold implements AutoCloseable {
        private Hold() {}

        /**
         * A number for this hold, greater than that of any hold of this event before it: to be sent along with what is
         * done while holding, so that the receiver can refuse what comes late from a holder that has lost its hold.
         *
         * @return the epoch that this hold began
         */
        public long epoch() {
            throw new UnsupportedOperationException();
        }

        /**
         * Tells whether this hold stands, as far as this process knows: it is connected, and the hold was neither
         * closed nor lost. A process that was paused may learn of a loss a moment late.
         *
         * @return {@code true} if it stands
         */
        public boolean isValid() {
            throw new UnsupportedOperationException();
        }

        /**
         * A future that completes when this hold is lost: the servers have not heard of this process for the time of a
         * session. It does not complete if the hold is closed first.
         *
         * @return the future, always the same
         */
        public CompletableFuture<Void> onLost() {
            throw new UnsupportedOperationException();
        }

        /** Lets go. */
        @Override
        public void close() {
            throw new UnsupportedOperationException();
        }
    }

    /** Closes this handle: those who wait with it get a {@link ClusterEventException.Closed}. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
