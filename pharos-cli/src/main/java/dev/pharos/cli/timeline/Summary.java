// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** A timeline in numbers: the events by the time that was spent waiting for them, and what stands out. */
final class Summary {
    /** How many rows a table for a person has. */
    private static final int ROWS = 10;

    /** How many of the waits that stand out are shown. */
    private static final int LONGEST = 5;

    /** What there is to tell of an event, or of several that were waited for together. */
    static final class Row {
        /** What it is called in pictures. */
        final String title;

        /** The number of the event, or NONE. */
        final int event;

        /** The number of the longest wait, or NONE. */
        int longestWait = Timeline.NONE;

        private final String name;
        private final String identity;
        int waits;
        long waited;
        long longest;
        int timeouts;
        int interrupts;
        int failures;
        int sets;
        int redundantSets;
        int clears;
        long released;

        private Row(String title, int event, String name, String identity) {
            this.title = title;
            this.event = event;
            this.name = name;
            this.identity = identity;
        }

        Json json() {
            return new Json()
                    .put("event", name)
                    .put("identity", identity)
                    .put("waits", waits)
                    .put("waited_ns", waited)
                    .put("longest_ns", longest)
                    .put("timeouts", timeouts)
                    .put("interrupts", interrupts)
                    .put("sets", sets)
                    .put("redundant_sets", redundantSets)
                    .put("clears", clears)
                    .put("released", released);
        }
    }

    /**
     * Sets of one event from one place in the code that found it set already.
     *
     * @param first the number of the first of them
     */
    record Redundant(int event, String place, int first, int count) {
        private Redundant and(Redundant later) {
            return new Redundant(event, place, first, count + later.count);
        }
    }

    private final Timeline timeline;

    /** Those that were waited for longest come first. */
    final List<Row> rows;

    private final List<Integer> longest;
    private final List<Integer> timeouts;
    private final int allTimeouts;

    /** Those that are most come first. */
    final List<Redundant> redundant;

    Summary(Timeline timeline) {
        this.timeline = timeline;
        List<Row> all = new ArrayList<>();
        for (int event = 0; event < timeline.events.size(); event++) {
            Timeline.Source source = timeline.events.get(event);
            all.add(new Row(timeline.eventName(event), event, source.name(), source.identity()));
        }
        Map<String, Row> several = new HashMap<>();
        Waits waits = timeline.waits;
        Longest longestWaits = new Longest();
        Longest longestTimeouts = new Longest();
        int timedOut = 0;
        for (int i = 0; i < waits.size(); i++) {
            Row row = waits.event(i) == Timeline.NONE
                    ? several.computeIfAbsent(
                            timeline.labels.get(waits.label(i)), name -> new Row(name, Timeline.NONE, name, ""))
                    : all.get(waits.event(i));
            row.waits++;
            row.waited += waits.duration(i);
            if (row.longestWait == Timeline.NONE || waits.duration(i) > row.longest) {
                row.longestWait = i;
                row.longest = waits.duration(i);
            }
            row.timeouts += waits.outcome(i) == Timeline.TIMED_OUT ? 1 : 0;
            row.interrupts += waits.outcome(i) == Timeline.INTERRUPTED ? 1 : 0;
            row.failures += waits.outcome(i) == Timeline.FAILED ? 1 : 0;
            longestWaits.add(i);
            if (waits.outcome(i) == Timeline.TIMED_OUT) {
                timedOut++;
                longestTimeouts.add(i);
            }
        }
        Changes changes = timeline.changes;
        Map<List<Object>, Redundant> places = new HashMap<>();
        for (int i = 0; i < changes.size(); i++) {
            Row row = all.get(changes.event(i));
            row.released += changes.released(i);
            if (changes.clear(i)) {
                row.clears++;
            } else {
                row.sets++;
                row.redundantSets += changes.changed(i) ? 0 : 1;
                if (!changes.changed(i)) {
                    Redundant place = new Redundant(changes.event(i), place(i), i, 1);
                    places.merge(List.of(place.event, place.place), place, Redundant::and);
                }
            }
        }
        all.addAll(several.values());
        all.sort(Comparator.comparingLong((Row row) -> row.waited)
                .reversed()
                .thenComparing(row -> row.title, new NaturalOrder()));
        rows = List.copyOf(all);
        redundant = places.values().stream()
                .sorted(Comparator.comparingInt(Redundant::count).reversed().thenComparing(Redundant::first))
                .toList();
        longest = longestWaits.inOrder();
        timeouts = longestTimeouts.inOrder();
        allTimeouts = timedOut;
    }

    /** The few longest of many waits. */
    private final class Longest {
        private final PriorityQueue<Integer> waits =
                new PriorityQueue<>(Comparator.comparingLong(wait -> timeline.waits.duration(wait)));

        void add(int wait) {
            waits.add(wait);
            if (waits.size() > LONGEST) {
                waits.remove();
            }
        }

        List<Integer> inOrder() {
            List<Integer> list = new ArrayList<>(waits);
            list.sort(Comparator.<Integer>comparingLong(wait -> -timeline.waits.duration(wait))
                    .thenComparing(Comparator.naturalOrder()));
            return list;
        }
    }

    /** Where a change was called. */
    private String place(int change) {
        int stack = timeline.changes.stack(change);
        return stack == Timeline.NONE
                ? "by " + timeline.threadName(timeline.changes.thread(change))
                : "in " + timeline.stacks.get(stack).lines().findFirst().orElseThrow();
    }

    /** As in 3 waits of 2 threads for 1 event in 2.00 s. */
    String headline() {
        long threads = timeline.threads.size();
        return count(timeline.waits.size(), "wait") + " and " + count(timeline.changes.size(), "change") + " of "
                + count(timeline.events.size(), "event") + " by " + count(threads, "thread") + " in "
                + Axis.shown(timeline.duration);
    }

    private static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /** Prints the tables. */
    void print(PrintStream out) {
        String format = "%9s %9s %7s %8s %7s %9s %8s  %s%n";
        out.printf(format, "WAITED", "LONGEST", "WAITS", "TIMEOUTS", "SETS", "REDUNDANT", "RELEASED", "EVENT");
        for (Row row : rows.subList(0, Math.min(ROWS, rows.size()))) {
            out.printf(
                    format,
                    Axis.shown(row.waited),
                    Axis.shown(row.longest),
                    row.waits,
                    row.timeouts,
                    row.sets,
                    row.redundantSets,
                    row.released,
                    Canvas.plain(row.title));
        }
        more(out, rows.size(), ROWS, "event");
        printWaits(out, "longest waits", longest, timeline.waits.size());
        printWaits(out, "timeouts", timeouts, allTimeouts);
        if (!redundant.isEmpty()) {
            out.println();
            out.println("sets of what was set already");
            redundant.stream()
                    .limit(LONGEST)
                    .forEach(place -> out.printf(
                            "%9d  %s, %s%n",
                            place.count, Canvas.plain(timeline.eventName(place.event)), Canvas.plain(place.place)));
            more(out, redundant.size(), LONGEST, "place");
        }
    }

    private void printWaits(PrintStream out, String title, List<Integer> shown, int all) {
        if (shown.isEmpty()) {
            return;
        }
        Waits waits = timeline.waits;
        out.println();
        out.println(title);
        for (int wait : shown) {
            int change = waits.change(wait);
            String by = change == Timeline.NONE ? "" : " by " + timeline.threadName(timeline.changes.thread(change));
            String what = timeline.threadName(waits.thread(wait)) + " for " + timeline.waitedFor(wait)
                    + (waits.clear(wait) ? " to be clear, " : ", ") + Timeline.OUTCOMES.get(waits.outcome(wait)) + by;
            out.printf(
                    "%9s  at %-8s  %s%n",
                    Axis.shown(waits.duration(wait)), Axis.shown(waits.start(wait)), Canvas.plain(what));
        }
        more(out, all, LONGEST, "wait");
    }

    private static void more(PrintStream out, int all, int shown, String what) {
        if (all > shown) {
            out.printf("%9s  and %d more %s%n", "", all - shown, what + (all - shown == 1 ? "" : "s"));
        }
    }
}
