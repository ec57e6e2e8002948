// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The rows of a picture: each shows one thread or event, or, where there are too many, those whose names are alike but for
 * their numbers. Where there are still too many, only those that count most.
 */
final class Rows {
    /** What of the picture is left out has this row. */
    static final int HIDDEN = -1;

    private final List<String> names = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private final int[] rowOf;
    private int hidden;

    /** Of members in the order of their names, each with what it counts. */
    Rows(List<String> members, long[] weights, int limit) {
        rowOf = new int[members.size()];
        TreeMap<String, List<Integer>> groups = new TreeMap<>(new NaturalOrder());
        boolean grouped = members.size() > limit;
        for (int i = 0; i < rowOf.length; i++) {
            String pattern = members.get(i).replaceAll("[0-9]+", "*");
            groups.computeIfAbsent(grouped ? pattern : Integer.toString(i), unused -> new ArrayList<>())
                    .add(i);
        }
        List<List<Integer>> all = List.copyOf(groups.values());
        long[] weight = all.stream()
                .mapToLong(group -> group.stream().mapToLong(i -> weights[i]).sum())
                .toArray();
        boolean[] shown = new boolean[all.size()];
        IntStream.range(0, all.size())
                .boxed()
                .sorted((one, other) -> Long.compare(weight[other], weight[one]))
                .limit(limit)
                .forEach(i -> shown[i] = true);
        Arrays.fill(rowOf, HIDDEN);
        for (int i = 0; i < shown.length; i++) {
            List<Integer> group = all.get(i);
            if (shown[i]) {
                group.forEach(member -> rowOf[member] = names.size());
                String name = members.get(group.get(0));
                names.add(group.size() == 1 ? name : name.replaceAll("[0-9]+", "*") + " (" + group.size() + ")");
                sizes.add(group.size());
            } else {
                hidden += group.size();
            }
        }
    }

    /** The threads of a timeline, of which those count that wait most. */
    static Rows ofThreads(Timeline timeline, int limit) {
        long[] weights = new long[timeline.threads.size()];
        for (int i = 0; i < timeline.waits.size(); i++) {
            weights[timeline.waits.thread(i)] += timeline.waits.duration(i);
        }
        return new Rows(timeline.threads.stream().map(Timeline.Lane::name).toList(), weights, limit);
    }

    /** The events of a timeline, of which those count that are waited for most. */
    static Rows ofEvents(Timeline timeline, int limit) {
        long[] weights = new long[timeline.events.size()];
        for (int i = 0; i < timeline.waits.size(); i++) {
            if (timeline.waits.event(i) != Timeline.NONE) {
                weights[timeline.waits.event(i)] += timeline.waits.duration(i);
            }
        }
        return new Rows(timeline.events.stream().map(Timeline.Source::name).toList(), weights, limit);
    }

    int size() {
        return names.size();
    }

    String name(int row) {
        return names.get(row);
    }

    /** How many the row shows. */
    int members(int row) {
        return sizes.get(row);
    }

    /** The row that shows this member, or HIDDEN. */
    int of(int member) {
        return rowOf[member];
    }

    /** How many members no row shows. */
    int hidden() {
        return hidden;
    }
}
