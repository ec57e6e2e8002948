// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Rows of numbers, kept in columns: what a million rows take is the numbers, and no object for each. */
final class Table {
    private final int[][] ints;
    private final long[][] longs;
    private int size;

    Table(int ints, int longs) {
        this.ints = new int[ints][16];
        this.longs = new long[longs][16];
    }

    int size() {
        return size;
    }

    /** Adds a row of zeros, and returns its number. */
    int add() {
        if (size == ints[0].length) {
            int capacity = size + (size >> 1);
            for (int column = 0; column < ints.length; column++) {
                ints[column] = Arrays.copyOf(ints[column], capacity);
            }
            for (int column = 0; column < longs.length; column++) {
                longs[column] = Arrays.copyOf(longs[column], capacity);
            }
        }
        return size++;
    }

    int getInt(int column, int row) {
        return ints[column][row];
    }

    void setInt(int column, int row, int value) {
        ints[column][row] = value;
    }

    long getLong(int column, int row) {
        return longs[column][row];
    }

    void setLong(int column, int row, long value) {
        longs[column][row] = value;
    }

    /** Sorts the rows by a column of longs, those that are equal in it as they were added, and gives up what is spare. */
    void sort(int by) {
        long[] keys = longs[by];
        int[] order = IntStream.range(0, size)
                .boxed()
                .sorted(Comparator.comparingLong(row -> keys[row]))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int column = 0; column < ints.length; column++) {
            int[] from = ints[column];
            ints[column] = IntStream.of(order).map(row -> from[row]).toArray();
        }
        for (int column = 0; column < longs.length; column++) {
            long[] from = longs[column];
            longs[column] = IntStream.of(order).mapToLong(row -> from[row]).toArray();
        }
    }
}
