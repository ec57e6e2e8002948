// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Rows of numbers, kept in columns: what a million rows take is the numbers, and no object for each. */
final class Table {
    private final List<Ints> ints = new ArrayList<>();
    private final List<Longs> longs = new ArrayList<>();
    private int size;
    private int capacity = 16;

    /** A column of ints. */
    static final class Ints {
        private int[] values;

        private Ints(int capacity) {
            values = new int[capacity];
        }

        int get(int row) {
            return values[row];
        }

        void set(int row, int value) {
            values[row] = value;
        }

        /** Replaces numbers of things by their new numbers. What is no number of a thing stays. */
        void renumber(int[] numbers) {
            for (int row = 0; row < values.length; row++) {
                values[row] = values[row] == Timeline.NONE ? Timeline.NONE : numbers[values[row]];
            }
        }
    }

    /** A column of longs. */
    static final class Longs {
        private long[] values;

        private Longs(int capacity) {
            values = new long[capacity];
        }

        long get(int row) {
            return values[row];
        }

        void set(int row, long value) {
            values[row] = value;
        }
    }

    /** Adds a column. */
    Ints ints() {
        Ints column = new Ints(capacity);
        ints.add(column);
        return column;
    }

    /** Adds a column. */
    Longs longs() {
        Longs column = new Longs(capacity);
        longs.add(column);
        return column;
    }

    int size() {
        return size;
    }

    /** Adds a row of zeros, and returns its number. */
    int add() {
        if (size == capacity) {
            capacity += capacity >> 1;
            ints.forEach(column -> column.values = Arrays.copyOf(column.values, capacity));
            longs.forEach(column -> column.values = Arrays.copyOf(column.values, capacity));
        }
        return size++;
    }

    /** Sorts the rows by a column, those that are equal in it as they were added, and gives up what is spare. */
    void sort(Longs by) {
        long[] keys = by.values;
        int[] order = IntStream.range(0, size)
                .boxed()
                .sorted(Comparator.comparingLong(row -> keys[row]))
                .mapToInt(Integer::intValue)
                .toArray();
        for (Ints column : ints) {
            int[] from = column.values;
            column.values = IntStream.of(order).map(row -> from[row]).toArray();
        }
        for (Longs column : longs) {
            long[] from = column.values;
            column.values = IntStream.of(order).mapToLong(row -> from[row]).toArray();
        }
        capacity = size;
    }
}
