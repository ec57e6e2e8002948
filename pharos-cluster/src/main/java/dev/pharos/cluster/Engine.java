// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.EventException;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A store of events. No method waits: each is answered later, at the latest when the connection is found to be lost.
 * Answers, and calls of the listener, come one at a time and in the order in which the store did things, except that
 * {@code UNSENT}, {@code LOST} and {@code FAILED} may come at any time and from any thread. {@code EngineContract} is
 * the test.
 */
interface Engine extends AutoCloseable {
    /** The watch that a read leaves behind. */
    enum Interest {
        /** Nothing. */
        NONE,

        /** The listener is notified when the event is set. */
        SET,

        /** The listener is notified when the event may be clear. */
        CLEAR
    }

    /** Receives notifications. */
    interface Listener {
        /**
         * The event was set: after the snapshot of any read that was answered before without a set since, and before
         * the snapshot of any read that is answered later. It may be clear by now.
         */
        void pulse(String name);

        /** The event may have changed as some waiter expects: read it again. */
        void gap(String name);

        /**
         * There is a connection, or there is one again; changes may have been missed: read all events that have
         * waiters.
         */
        void connected();

        /** The connection was lost. */
        void disconnected();

        /** All holds of this process have ended. */
        void expired();

        /** Whether the event has waiters; if not, the listener need not be notified of its changes. */
        boolean isAwaited(String name);
    }

    /**
     * How a request has ended.
     *
     * @param <T> the type of the result
     * @param kind how it has ended
     * @param value the result; only if done
     * @param failure the reason; only if it has failed
     */
    record Answer<T>(Kind kind, @Nullable T value, @Nullable EventException failure) {
        enum Kind {
            /** It was done. */
            DONE,

            /** Not done, because the event is no longer as expected. */
            CONFLICT,

            /** Not done, because the event does not exist, or is another of its name. */
            ABSENT,

            /** Not sent, because there is no connection. */
            UNSENT,

            /**
             * The connection was lost during the request, and {@link Listener#connected} will follow unless this is
             * closed or has failed for good. A change may have been made, or still be made.
             */
            LOST,

            /** Refused for the moment, and not done. For the engine only, which repeats the request. */
            AGAIN,

            /** Refused for the given reason, and would be again. Not done. */
            FAILED
        }

        static <T> Answer<T> done(T value) {
            return new Answer<>(Kind.DONE, value, null);
        }

        static <T> Answer<T> failed(EventException failure) {
            return new Answer<>(Kind.FAILED, null, failure);
        }

        static <T> Answer<T> of(Kind kind) {
            return new Answer<>(kind, null, null);
        }
    }

    /**
     * The result of a read.
     *
     * @param snapshot the event at a moment after the call of {@link #read}
     * @param setSince whether it was set after that moment, and before the listener would have been notified
     * @param begun a time of {@link System#nanoTime}: changes made before are in the snapshot
     */
    record Reading(Snapshot snapshot, boolean setSince, long begun) {}

    /**
     * Reads an event, with all changes that were made before the call, in whatever process.
     *
     * @param incarnation which event of this name is expected: a guess that may save a request
     */
    void read(String name, @Nullable UUID incarnation, Interest interest, Consumer<Answer<Reading>> then);

    /**
     * Changes an event from the expected snapshot to the next, if it is still as expected: in all but the number of
     * holders, and in whether there are any, as far as that decides whether it is set. If the epoch differs, notifies
     * the listeners of all processes that it was set. If the version is the same, only verifies that the event is still
     * as expected, in all but its holders, and answers with the expected snapshot, whose holders are not verified.
     *
     * @param hold the name of the change, if it adds a hold, which ends with this process
     */
    void swap(String name, Snapshot expected, Snapshot next, @Nullable UUID hold, Consumer<Answer<Snapshot>> then);

    /** Ends a hold, if it exists. */
    void drop(String name, UUID hold, Consumer<Answer<Boolean>> then);

    /** Creates an event, if it does not exist. */
    void create(String name, Snapshot first, Consumer<Answer<Boolean>> then);

    /**
     * Deletes an event that was read before: this one, or, if null, whatever has its name, damaged or not. An event that
     * this process has not read yet may seem to be absent.
     */
    void delete(String name, @Nullable UUID incarnation, Consumer<Answer<Boolean>> then);

    /** Lists all events. */
    void names(Consumer<Answer<List<String>>> then);

    /** The event may have no waiters any more. */
    void forget(String name);

    /** Set while there is a connection, and once there will never be one again. */
    Event connected();

    /** Why there will never be a connection again, other than {@link #close}; null if there may be one. */
    @Nullable
    EventException failure();

    /**
     * Begins to find out why there is no connection, unless that is under way: for {@link #unavailable}, until a time
     * of {@code System.nanoTime}. The event is set when no more will be found.
     */
    Event examine(long deadline);

    /**
     * That there is no connection, or no answer, and why, as far as it is known: an {@link EventException.Unavailable},
     * or an {@link EventException.Misconfigured} if waiting does not help.
     */
    EventException unavailable(String where);

    /** Ends the connection and all holds. Waits for that, if there is a connection, for the operation timeout. */
    @Override
    void close();

    /** The same, until a time of {@code System.nanoTime}. */
    void close(long deadline);
}
