// SPDX-License-Identifier: Apache-2.0
package dev.pharos.jfr;

import dev.pharos.Event;
import dev.pharos.spi.NegatedEvent;
import java.util.List;
import java.util.function.BooleanSupplier;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Writes waits for events and changes of events to the flight recording of this JVM, as {@code dev.pharos.Wait},
 * {@code dev.pharos.Set} and {@code dev.pharos.Clear}. For the implementations of {@link Event}, whatever their reach.
 *
 * <p>If the module {@code jdk.jfr} is missing, nothing is recorded.
 */
public final class Recorder {
    /** If false, {@link Records} and {@link Recorders} cannot be loaded. */
    private static final boolean POSSIBLE = isPossible();

    private Recorder() {}

    /** Whether the JVM has the recorder, and the class loader of this class finds it: that of OSGi need not. */
    private static boolean isPossible() {
        if (ModuleLayer.boot().findModule("jdk.jfr").isEmpty()) {
            return false;
        }
        try {
            Class<?> recorder = Class.forName("jdk.jfr.FlightRecorder", false, Recorder.class.getClassLoader());
            return Recorder.class.getModule().canRead(recorder.getModule());
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** In a class of its own, which is loaded only where the module {@code jdk.jfr} is. */
    private static final class Recorders {
        private Recorders() {}

        /** Whether this JVM has recorded anything yet. Until then {@link Records}, which is slow to load, is not. */
        static boolean exist() {
            return FlightRecorder.isInitialized();
        }
    }

    /** A wait for one event, to be recorded. */
    @FunctionalInterface
    public interface Waiting {
        /**
         * Waits.
         *
         * @return {@code true} if released, {@code false} if the timeout elapsed
         * @throws InterruptedException if this thread was interrupted before that
         */
        boolean await() throws InterruptedException;
    }

    /** A wait for several events, to be recorded. */
    @FunctionalInterface
    public interface GroupWaiting {
        /**
         * Waits.
         *
         * @return the event that ended the wait, or {@code null} if the timeout elapsed
         * @throws InterruptedException if this thread was interrupted before that
         */
        @Nullable
        Event await() throws InterruptedException;
    }

    /**
     * Returns whether waits are recorded. Without a recording this costs no more than the read of a field.
     *
     * @return {@code true} if waits are recorded at this moment
     */
    public static boolean recordsWaits() {
        return POSSIBLE && Recorders.exist() && Records.hasWaits();
    }

    /**
     * Returns whether calls of {@code set} or of {@code clear} are recorded. Without a recording this costs no more
     * than the read of a field.
     *
     * @param set {@code true} to ask about {@code set}, {@code false} about {@code clear}
     * @return {@code true} if they are recorded at this moment
     */
    public static boolean recordsChanges(boolean set) {
        return POSSIBLE && Recorders.exist() && Records.hasChanges(set);
    }

    /**
     * Performs a wait for an event, and records it.
     *
     * @param waiting the wait
     * @param set {@code true} if it waits for set, {@code false} if for clear
     * @param timeout the maximum time to wait, in nanoseconds; {@code Long.MAX_VALUE} if there is no limit
     * @param event the event
     * @return what {@code waiting} returns
     * @throws InterruptedException if {@code waiting} does
     */
    public static boolean await(Waiting waiting, boolean set, long timeout, Event event) throws InterruptedException {
        Event awaited = set ? event : new NegatedEvent(event);
        return Records.await(() -> waiting.await() ? awaited : null, false, timeout, List.of(awaited)) != null;
    }

    /**
     * Performs a wait for several events, and records it.
     *
     * @param waiting the wait
     * @param all {@code true} if it waits for all of the events, {@code false} if for any of them
     * @param timeout the maximum time to wait, in nanoseconds; {@code Long.MAX_VALUE} if there is no limit
     * @param events the events, and the {@link Event#negated negated} views of those that are to be clear
     * @return what {@code waiting} returns
     * @throws InterruptedException if {@code waiting} does
     */
    public static @Nullable Event awaitGroup(GroupWaiting waiting, boolean all, long timeout, List<Event> events)
            throws InterruptedException {
        return Records.await(waiting, all, timeout, events);
    }

    /**
     * Sets or clears an event, and records the call.
     *
     * @param event the event
     * @param set {@code true} to record {@code set}, {@code false} to record {@code clear}
     * @param waiting the number of waiters for this change in this JVM
     * @param change sets or clears the event; returns whether the event changed
     * @return what {@code change} returns
     */
    public static boolean change(Event event, boolean set, int waiting, BooleanSupplier change) {
        return Records.change(event, set, waiting, change);
    }
}
