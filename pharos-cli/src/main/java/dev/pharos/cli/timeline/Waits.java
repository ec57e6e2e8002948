// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

/** The waits of a recording, each a row. */
final class Waits {
    private final Table table = new Table();
    private final Table.Ints thread = table.ints();
    private final Table.Ints event = table.ints();
    private final Table.Longs start = table.longs();
    private final Table.Longs duration = table.longs();
    private final Table.Ints outcome = table.ints();
    private final Table.Ints clear = table.ints();
    private final Table.Longs timeout = table.longs();
    private final Table.Ints change = table.ints();
    private final Table.Ints stack = table.ints();
    private final Table.Ints label = table.ints();

    int size() {
        return table.size();
    }

    int add(int byThread, long began, long took) {
        int wait = table.add();
        thread.set(wait, byThread);
        start.set(wait, began);
        duration.set(wait, took);
        change.set(wait, Timeline.NONE);
        return wait;
    }

    /** For which event, or NONE if it was for several, of which no one has ended it. */
    void event(int wait, int ofEvent, boolean toBeClear, long atMost) {
        event.set(wait, ofEvent);
        clear.set(wait, toBeClear ? 1 : 0);
        timeout.set(wait, atMost);
    }

    void end(int wait, int withOutcome, int withStack, int ofLabel) {
        outcome.set(wait, withOutcome);
        stack.set(wait, withStack);
        label.set(wait, ofLabel);
    }

    void endedBy(int wait, int byChange) {
        change.set(wait, byChange);
    }

    void sort() {
        table.sort(start);
    }

    void shift(long nanos) {
        for (int wait = 0; wait < size(); wait++) {
            start.set(wait, start.get(wait) + nanos);
        }
    }

    void renumberThreads(int[] numbers) {
        thread.renumber(numbers);
    }

    void renumberEvents(int[] numbers) {
        event.renumber(numbers);
    }

    /** The number of the thread that waited. */
    int thread(int wait) {
        return thread.get(wait);
    }

    /** The number of the event, or NONE: see the label. */
    int event(int wait) {
        return event.get(wait);
    }

    long start(int wait) {
        return start.get(wait);
    }

    long duration(int wait) {
        return duration.get(wait);
    }

    long end(int wait) {
        return start(wait) + duration(wait);
    }

    /** The number in {@link Timeline#OUTCOMES}. */
    int outcome(int wait) {
        return outcome.get(wait);
    }

    /** Whether it waited for clear. */
    boolean clear(int wait) {
        return clear.get(wait) != 0;
    }

    /** How long it was to wait at most, or NONE. */
    long timeout(int wait) {
        return timeout.get(wait);
    }

    /** The number of the change that ended it, or NONE. */
    int change(int wait) {
        return change.get(wait);
    }

    int stack(int wait) {
        return stack.get(wait);
    }

    /** For several events: which, as a number of a label. */
    int label(int wait) {
        return label.get(wait);
    }
}
