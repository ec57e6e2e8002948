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
        final String name;
        final String identity;
        int waits;
        long waited;
        long longest;
        int timeouts;
        int interrupts;
        int sets;
        int redundantSets;
        int clears;
        long released;

        private Row(String name, String identity) {
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

    /** Sets of one place in the code that found the event set already. */
    private record Redundant(String event, String place) {}

    private final Timeline timeline;

    /** Those that were waited for longest come first. */
    final List<Row> rows;

    private final List<Integer> longest;
    private final List<Integer> timeouts;
    private final int allTimeouts;
    private final Map<Redundant, Integer> redundant = new HashMap<>();

    Summary(Timeline timeline) {
        this.timeline = timeline;
        List<Row> all = new ArrayList<>();
        timeline.events.forEach(event -> all.add(new Row(event.name(), event.identity())));
        Map<String, Row> several = new HashMap<>();
        Timeline.Waits waits = timeline.waits;
        Longest longestWaits = new Longest();
        Longest longestTimeouts = new Longest();
        int timedOut = 0;
        for (int i = 0; i < waits.size(); i++) {
            Row row = waits.event(i) == Timeline.NONE
                    ? several.computeIfAbsent(timeline.labels.get(waits.label(i)), name -> new Row(name, ""))
                    : all.get(waits.event(i));
            row.waits++;
            row.waited += waits.duration(i);
            row.longest = Math.max(row.longest, waits.duration(i));
            row.timeouts += waits.outcome(i) == Timeline.TIMED_OUT ? 1 : 0;
            row.interrupts += waits.outcome(i) == Timeline.INTERRUPTED ? 1 : 0;
            longestWaits.add(i);
            if (waits.outcome(i) == Timeline.TIMED_OUT) {
                timedOut++;
                longestTimeouts.add(i);
            }
        }
        Timeline.Changes changes = timeline.changes;
        for (int i = 0; i < changes.size(); i++) {
            Row row = all.get(changes.event(i));
            row.released += changes.released(i);
            if (changes.clear(i)) {
                row.clears++;
            } else {
                row.sets++;
                row.redundantSets += changes.changed(i) ? 0 : 1;
                if (!changes.changed(i)) {
                    redundant.merge(new Redundant(row.name, place(i)), 1, Integer::sum);
                }
            }
        }
        all.addAll(several.values());
        all.sort(Comparator.comparingLong((Row row) -> row.waited)
                .reversed()
                .thenComparing(row -> row.name, new NaturalOrder())
                .thenComparing(row -> row.identity));
        rows = List.copyOf(all);
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
                ? "by " + timeline.threads.get(timeline.changes.thread(change)).name()
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
                    Canvas.plain(row.name));
        }
        more(out, rows.size(), ROWS, "event");
        printWaits(out, "longest waits", longest, timeline.waits.size());
        printWaits(out, "timeouts", timeouts, allTimeouts);
        if (!redundant.isEmpty()) {
            out.println();
            out.println("sets of what was set already");
            redundant.entrySet().stream()
                    .sorted(Map.Entry.<Redundant, Integer>comparingByValue()
                            .reversed()
                            .thenComparing(entry -> entry.getKey().event + entry.getKey().place))
                    .limit(LONGEST)
                    .forEach(entry -> out.printf(
                            "%9d  %s, %s%n",
                            entry.getValue(), Canvas.plain(entry.getKey().event), Canvas.plain(entry.getKey().place)));
            more(out, redundant.size(), LONGEST, "place");
        }
    }

    private void printWaits(PrintStream out, String title, List<Integer> shown, int all) {
        if (shown.isEmpty()) {
            return;
        }
        Timeline.Waits waits = timeline.waits;
        out.println();
        out.println(title);
        for (int wait : shown) {
            int change = waits.change(wait);
            String by = change == Timeline.NONE
                    ? ""
                    : " by "
                            + timeline.threads
                                    .get(timeline.changes.thread(change))
                                    .name();
            String what = timeline.threads.get(waits.thread(wait)).name() + " for " + timeline.waitedFor(wait)
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
