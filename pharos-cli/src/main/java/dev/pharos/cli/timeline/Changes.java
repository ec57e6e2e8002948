// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.util.List;

/** The calls of set and clear in a recording, each a row. */
final class Changes {
    /** What a call does, by its kind, as the legend of every picture says it. */
    static final List<String> KINDS = List.of("sets", "clears", "set already", "clear already");

    private final Table table = new Table();
    private final Table.Ints thread = table.ints();
    private final Table.Ints event = table.ints();
    private final Table.Longs start = table.longs();
    private final Table.Longs duration = table.longs();
    private final Table.Ints clear = table.ints();
    private final Table.Ints changed = table.ints();
    private final Table.Ints released = table.ints();
    private final Table.Ints stack = table.ints();

    int size() {
        return table.size();
    }

    void add(
            int byThread,
            int ofEvent,
            long began,
            long took,
            boolean toClear,
            boolean hasChanged,
            int hasReleased,
            int withStack) {
        int change = table.add();
        thread.set(change, byThread);
        event.set(change, ofEvent);
        start.set(change, began);
        duration.set(change, took);
        clear.set(change, toClear ? 1 : 0);
        changed.set(change, hasChanged ? 1 : 0);
        released.set(change, hasReleased);
        stack.set(change, withStack);
    }

    void sort() {
        table.sort(start);
    }

    void shift(long nanos) {
        for (int change = 0; change < size(); change++) {
            start.set(change, start.get(change) + nanos);
        }
    }

    void renumberThreads(int[] numbers) {
        thread.renumber(numbers);
    }

    void renumberEvents(int[] numbers) {
        event.renumber(numbers);
    }

    int thread(int change) {
        return thread.get(change);
    }

    int event(int change) {
        return event.get(change);
    }

    long start(int change) {
        return start.get(change);
    }

    long duration(int change) {
        return duration.get(change);
    }

    long end(int change) {
        return start(change) + duration(change);
    }

    boolean clear(int change) {
        return clear.get(change) != 0;
    }

    /** Whether the event was not so already. */
    boolean changed(int change) {
        return changed.get(change) != 0;
    }

    /** The number in {@link #KINDS}. */
    int kind(int change) {
        return (clear(change) ? 1 : 0) + (changed(change) ? 0 : 2);
    }

    /** How many waited for it. */
    int released(int change) {
        return released.get(change);
    }

    int stack(int change) {
        return stack.get(change);
    }
}
