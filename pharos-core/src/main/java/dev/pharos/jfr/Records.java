// SPDX-License-Identifier: Apache-2.0
package dev.pharos.jfr;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import dev.pharos.spi.NegatedEvent;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** The types of the records. Loaded only if the module {@code jdk.jfr} is present. */
final class Records {
    /** How many events of a wait for several are named. */
    private static final int NAMED = 8;

    /** One of each type, never written, to ask whether the type is recorded. */
    private static final Wait WAIT = new Wait();

    private static final Set SET = new Set();
    private static final Clear CLEAR = new Clear();

    private Records() {}

    static boolean hasWaits() {
        if (WAIT.isEnabled()) {
            return true;
        }
        Numbers.forgetCollected();
        return false;
    }

    static boolean hasChanges(boolean set) {
        return set ? SET.isEnabled() : CLEAR.isEnabled();
    }

    /** See {@link Recorder#awaitGroup}. A list of one event is that of a wait for one. */
    static @Nullable Event await(Recorder.GroupWaiting waiting, boolean all, long timeout, List<Event> events)
            throws InterruptedException {
        Wait record = new Wait();
        record.begin();
        record.outcome = "failed";
        Event released = null;
        try {
            released = waiting.await();
            record.outcome = released == null ? "timed out" : "released";
            return released;
        } catch (InterruptedException e) {
            record.outcome = "interrupted";
            throw e;
        } finally {
            record.end();
            if (record.shouldCommit()) {
                record.timeout = timeout;
                record.describe(all, released, events);
                record.commit();
            }
        }
    }

    /** See {@link Recorder#change}. */
    static boolean change(Event event, boolean set, int waiting, BooleanSupplier change) {
        Change record = set ? new Set() : new Clear();
        record.begin();
        record.changed = change.getAsBoolean();
        record.end();
        if (record.shouldCommit()) {
            record.event = event.name();
            record.identity = identity(event);
            record.released = record.changed ? waiting : 0;
            record.commit();
        }
        return record.changed;
    }

    /**
     * What distinguishes an event from all others: its object within this JVM; for other reaches its address, their
     * name.
     */
    private static String identity(Event event) {
        String object = event.getClass().getName() + "@" + Integer.toHexString(System.identityHashCode(event));
        return event instanceof ThreadEvent || event.name().equals(object)
                ? object + "#" + Numbers.of(event) // since two objects may have the same hash
                : event.name();
    }

    /** An event, or the event of a view. */
    private static Event viewed(Event event) {
        return event instanceof NegatedEvent view ? view.event() : event;
    }

    private static boolean isClear(Event event) {
        return event instanceof NegatedEvent;
    }

    /** The time from the call to the return of a wait: for one event only if it had to wait, for several always. */
    @Name("dev.pharos.Wait")
    @Label("Wait")
    @Category("Pharos")
    @Description("A thread waited for an event")
    @SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
    private static final class Wait extends jdk.jfr.Event {
        @Name("event")
        @Label("Event")
        @Description("The name of the event, or its identity; of several, the names of the first")
        @Nullable
        String event;

        @Name("identity")
        @Label("Identity")
        @Description(
                "What distinguishes the event; of a wait for any, the one that released it; for all, one per line, "
                        + "after \\- if it was to be clear and others to be set")
        @Nullable
        String identity;

        @Name("group")
        @Label("Group")
        @Description("any or all, if the wait was for any or all of several events")
        @Nullable
        String group;

        @Name("waitsFor")
        @Label("Waits for")
        @Description("set or clear")
        @Nullable
        String waitsFor;

        @Name("outcome")
        @Label("Outcome")
        @Description("released, timed out, interrupted or failed")
        @Nullable
        String outcome;

        @Name("timeout")
        @Label("Timeout")
        @Description("The maximum time to wait")
        @Timespan
        long timeout;

        void describe(boolean all, @Nullable Event released, List<Event> events) {
            boolean clear = events.stream().allMatch(Records::isClear);
            waitsFor = clear ? "clear" : "set";
            if (events.size() == 1) {
                event = viewed(events.get(0)).name();
                identity = identity(viewed(events.get(0)));
                return;
            }
            group = all ? "all" : "any";
            String more = events.size() > NAMED ? " and %d more".formatted(events.size() - NAMED) : "";
            event = events.stream()
                    .limit(NAMED)
                    .map(event -> (isClear(event) && !clear ? "not " : "")
                            + viewed(event).name())
                    .collect(Collectors.joining(", ", group + " of ", more));
            if (all) {
                identity = events.stream()
                        .map(event -> (isClear(event) && !clear ? "\\-" : "") + line(event))
                        .collect(Collectors.joining("\n"));
            } else if (released != null) {
                identity = identity(viewed(released));
                waitsFor = isClear(released) ? "clear" : "set";
            }
        }

        /** The identity in a line of its own. */
        private static String line(Event event) {
            return identity(viewed(event)).replace("\\", "\\\\").replace("\n", "\\n");
        }
    }

    /** A call of {@code set} or {@code clear}. */
    @SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
    private abstract static class Change extends jdk.jfr.Event {
        @Name("event")
        @Label("Event")
        @Description("The name of the event, or its identity")
        @Nullable
        String event;

        @Name("identity")
        @Label("Identity")
        @Description("What distinguishes the event from others")
        @Nullable
        String identity;

        @Name("changed")
        @Label("Changed")
        @Description("False if the event already had this state")
        boolean changed;

        @Name("released")
        @Label("Released")
        @Description("How many threads and futures were waiting for this change")
        int released;
    }

    @Name("dev.pharos.Set")
    @Label("Set")
    @Category("Pharos")
    @Description("An event was set, which releases all its waiters")
    private static final class Set extends Change {}

    @Name("dev.pharos.Clear")
    @Label("Clear")
    @Category("Pharos")
    @Description("An event was cleared, which releases all that wait for it to be clear")
    private static final class Clear extends Change {}
}
