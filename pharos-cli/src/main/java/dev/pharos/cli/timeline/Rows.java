// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The rows of every picture: each shows one thread or event or, where there are many, those whose names differ in their last
 * number only. The threads and events of a timeline are in the order of the rows.
 */
final class Rows {
    /** More threads, or events, than that are grouped. */
    private static final int MANY = 12;

    /** How many alike are a group. */
    private static final int GROUP = 4;

    /** A picture that has no room for it does not show it. */
    static final int HIDDEN = -1;

    /** A thread, an event or a group: the members from a number on to the one before another. */
    record Row(String name, int from, int to) {
        int members() {
            return to - from;
        }

        /** Its name; of a group, how many it has too. */
        String title() {
            return members() == 1 ? name : name + " (" + members() + ")";
        }
    }

    private final List<Row> rows;
    private final int[] rowOf;

    private Rows(List<Row> rows, int members) {
        this.rows = List.copyOf(rows);
        rowOf = new int[members];
        Arrays.fill(rowOf, HIDDEN);
        for (int row = 0; row < rows.size(); row++) {
            Arrays.fill(rowOf, rows.get(row).from, rows.get(row).to, row);
        }
    }

    /**
     * All rows.
     *
     * @param names the names of the members, those that are alike beside one another
     * @param titles what tells those of one name apart too
     */
    static Rows of(List<String> names, List<String> titles) {
        List<Row> rows = new ArrayList<>();
        int to;
        for (int from = 0; from < names.size(); from = to) {
            String pattern = pattern(names.get(from));
            to = from + 1;
            while (to < names.size() && pattern(names.get(to)).equals(pattern)) {
                to++;
            }
            if (names.size() > MANY && to - from >= GROUP) {
                boolean same = names.get(from).equals(names.get(to - 1)); // they are sorted
                rows.add(new Row(same ? names.get(from) : pattern, from, to));
            } else {
                for (int member = from; member < to; member++) {
                    rows.add(new Row(titles.get(member), member, member + 1));
                }
            }
        }
        return new Rows(rows, names.size());
    }

    /**
     * The order of threads, or events: those that are alike are together, where the first of them does something first, and
     * among themselves in the order of their names. What does nothing is left out.
     *
     * @param first when each does something first, or Long.MAX_VALUE
     * @param marks what tells those of one name apart
     */
    static int[] order(List<String> names, long[] first, Comparator<Integer> marks) {
        List<String> patterns = names.stream().map(Rows::pattern).toList();
        Map<String, Long> firstOf = new HashMap<>();
        for (int i = 0; i < first.length; i++) {
            firstOf.merge(patterns.get(i), first[i], Math::min);
        }
        return IntStream.range(0, first.length)
                .filter(i -> first[i] != Long.MAX_VALUE)
                .boxed()
                .sorted(Comparator.comparing((Integer i) -> firstOf.get(patterns.get(i)))
                        .thenComparing(patterns::get)
                        .thenComparing(names::get, new NaturalOrder())
                        .thenComparing(marks))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** A name with a star for its last number, or for its identity. */
    private static String pattern(String name) {
        int at = name.lastIndexOf('@');
        if (at >= 0 && name.substring(at + 1).matches("[0-9a-f]+")) {
            return name.substring(0, at) + "@*";
        }
        return name.replaceFirst("[0-9]+(?=[^0-9]*$)", "*");
    }

    /** Those that count most, if there is no room for all. */
    Rows most(int limit, long[] weights) {
        if (rows.size() <= limit) {
            return this;
        }
        List<Row> most = rows.stream()
                .sorted(Comparator.comparingLong((Row row) ->
                                Arrays.stream(weights, row.from, row.to).sum())
                        .reversed())
                .limit(limit)
                .sorted(Comparator.comparingInt(Row::from))
                .toList();
        return new Rows(most, rowOf.length);
    }

    List<Row> list() {
        return rows;
    }

    int size() {
        return rows.size();
    }

    /** What stands at the row. */
    String title(int row) {
        return rows.get(row).title();
    }

    /** How many the row shows. */
    int members(int row) {
        return rows.get(row).members();
    }

    /** The row that shows this member, or HIDDEN. */
    int of(int member) {
        return rowOf[member];
    }

    /** How many members no row shows. */
    int hidden() {
        return (int) Arrays.stream(rowOf).filter(row -> row == HIDDEN).count();
    }
}
