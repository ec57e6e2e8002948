// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** The tables of docs/benchmarks.md. Each has a name, which is also the regular expression that runs its benchmarks. */
enum Table {
    UNCONTENDED("Uncontended", 2, Base.OURS, true),
    REDUNDANT_SETS("RedundantSets", 2.5, Base.FIRST_COLUMN, false),
    HAND_OFF("HandOff", 2, Base.OURS, true),
    CROWD("PlatformCrowdWakeUp", 8, Base.OURS, true),
    VIRTUAL_CROWD("VirtualCrowdWakeUp", 5, Base.OURS, true),
    VIRTUAL_MILLION("VirtualMillionWakeUp", 14, Base.OURS, false),
    CONTENDED("Contended", 2, Base.OURS, false),
    TIMED_WAIT("TimedWait", 2, Base.FIRST_COLUMN, false),
    TIME_OUTS("TimeOuts", 2.5, Base.FIRST_COLUMN, false),
    CHURN("Churn", 2, Base.OURS, false),
    FUTURES("Futures", 1, Base.OURS, false),
    ANY_WAIT("AnyWait", 1, Base.FIRST_COLUMN, false),
    FOOTPRINT("Footprint", 0.1, Base.OURS, false),
    PROCESSES("Processes", 1, Base.OURS, false),
    CLUSTERS("Clusters", 8, Base.OURS, false);

    /** To what the times of a table are ratios. What is no time is shown as it is. */
    enum Base {
        /** To our event, in the same column. */
        OURS,
        /** To the same rival, in the first column. */
        FIRST_COLUMN
    }

    /** The names of benchmarks, or parts of them, that do not run on a JDK before 21. */
    static final String NEEDS_VIRTUAL_THREADS = "[vV]irtual";

    /** As in docs/benchmarks.md. */
    final String title;

    /** How long it takes, about, on two cores that have nothing else to do. */
    final double minutes;

    final Base base;

    /** Whether there is a chart of it. */
    final boolean chart;

    Table(String title, double minutes, Base base, boolean chart) {
        this.title = title;
        this.minutes = minutes;
        this.base = base;
        this.chart = chart;
    }

    static Table named(String title) {
        for (Table table : values()) {
            if (table.title.equals(title)) {
                return table;
            }
        }
        throw new IllegalArgumentException("there is no table " + title + ", only "
                + List.of(values()).stream().map(table -> table.title).toList());
    }

    /** Whether this JDK can run it. */
    boolean runs() {
        return Threads.haveVirtual() || !title.startsWith("Virtual");
    }

    /** Our event among the rivals. */
    Rival ours() {
        return switch (this) {
            case PROCESSES -> Rival.PROCESS_EVENT;
            case CLUSTERS -> Rival.CLUSTER_EVENT;
            default -> Rival.THREAD_EVENT;
        };
    }

    /** The arguments of JMH, for each run of it; none if it is not a matter for JMH. */
    List<List<String>> runsOfJmh() {
        List<List<String>> runs = new ArrayList<>();
        List<String> arguments = new ArrayList<>(List.of(title));
        if (!Threads.haveVirtual() && (this == HAND_OFF || this == TIMED_WAIT)) {
            arguments.addAll(List.of("-e", NEEDS_VIRTUAL_THREADS));
        }
        if (this != FOOTPRINT && this != PROCESSES && this != CLUSTERS) {
            runs.add(List.copyOf(arguments));
        }
        if (this == REDUNDANT_SETS) {
            arguments.addAll(List.of("-tg", "1,1"));
            runs.add(List.copyOf(arguments));
        }
        return runs;
    }
}
