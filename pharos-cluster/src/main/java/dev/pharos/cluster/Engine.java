// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.EventException;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where events are stored, and what a store has to offer. No method waits: each is answered later, at the latest when
 * the connection is found to be lost. Answers, and calls of the listener, come one at a time and in the order in which
 * the store did things, except that {@code UNSENT}, {@code LOST} and {@code FAILED} may come at any time and from any
 * thread. {@code EngineContract} is the test.
 */
interface Engine extends AutoCloseable {
    /** What a look is to leave behind. */
    enum Interest {
        /** Nothing. */
        NONE,

        /** The listener is told when the event is set. */
        SET,

        /** The listener is told when the event may be clear. */
        CLEAR
    }

    /** Who is told. */
    interface Listener {
        /**
         * The event was set, later than what any look has seen that was answered before and told of no set since, and
         * earlier than whatever is seen by those that are answered later. Perhaps it is clear by now.
         */
        void pulse(String name);

        /** Something has happened to the event, which is perhaps what somebody waits for: look again. */
        void gap(String name);

        /** There is a connection again, or a first one; perhaps something was missed: look again at everything. */
        void connected();

        /** There is no connection any more. */
        void disconnected();

        /** All holds of this process are gone. */
        void expired();

        /** Whether somebody waits for the event; if not, the listener need not be told of it. */
        boolean isAwaited(String name);
    }

    /**
     * How a request has ended.
     *
     * @param <T> what was asked for
     * @param kind how
     * @param value what was asked for; only if done
     * @param failure why it has failed; only if it has
     */
    record Answer<T>(Kind kind, @Nullable T value, @Nullable EventException failure) {
        enum Kind {
            /** It was done. */
            DONE,

            /** It was not done, since the event is no longer what was expected. */
            CONFLICT,

            /** It was not done, since there is no such event, or not the one that was meant. */
            ABSENT,

            /** There is no connection; nothing was sent. */
            UNSENT,

            /**
             * The connection was lost meanwhile, and {@link Listener#connected} will follow unless this is closed or has
             * failed for good. A change may have been made, or still be made.
             */
            LOST,

            /** It was refused for the moment, and not done. For the engine only, which asks again. */
            AGAIN,

            /** It was refused for the reason that is given, and would be again. Not made. */
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
     * What a look has seen.
     *
     * @param snapshot the event at a moment after the call of {@link #look}
     * @param setSince whether it was set after that, and before the listener would have been told
     * @param begun a time of {@link System#nanoTime}: changes made before are in the snapshot
     */
    record Sight(Snapshot snapshot, boolean setSince, long begun) {}

    /**
     * Looks at an event: sees all changes that were made before the call, by whomever.
     *
     * @param incarnation which event of this name is expected: a guess that may save a step
     */
    void look(String name, @Nullable UUID incarnation, Interest interest, Consumer<Answer<Sight>> then);

    /**
     * Changes an event from what is expected to what is next, if it still is what is expected: in all but the number of
     * holders, and in whether there are any, as far as that decides whether it is set. If the epoch is another, tells all
     * listeners of all processes that it was set. If the version is the same, verifies that it still is what is expected,
     * in all but its holders, and answers with that: which says nothing of who holds.
     *
     * @param hold the name of the change, if it adds a hold; that ends when this process does
     */
    void swap(String name, Snapshot expected, Snapshot next, @Nullable UUID hold, Consumer<Answer<Snapshot>> then);

    /** Ends a hold, if it is there. */
    void drop(String name, UUID hold, Consumer<Answer<Boolean>> then);

    /** Makes an event, if there is none. */
    void create(String name, Snapshot first, Consumer<Answer<Boolean>> then);

    /** Deletes an event: this one, or, if null, whatever has its name, be it damaged. */
    void delete(String name, @Nullable UUID incarnation, Consumer<Answer<Boolean>> then);

    /** Finds all events. */
    void names(Consumer<Answer<List<String>>> then);

    /** Perhaps nobody waits for this event any more. */
    void forget(String name);

    /** Set while there is a connection, and when there will be none ever again. */
    Event connected();

    /** Why there will be no connection ever again, but for {@link #close}; null if there may be. */
    @Nullable
    EventException failure();

    /** Ends the connection and all holds. */
    @Override
    void close();
}
