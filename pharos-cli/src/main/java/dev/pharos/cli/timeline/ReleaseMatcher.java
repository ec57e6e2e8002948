// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

/** Finds the set or clear that ended a wait. */
final class ReleaseMatcher {
    /*
     * Overview. A record of a wait does not say which set ended it; the contract does. Sets and clears of one event that
     * changed it alternate, each has its effect at a moment between its call and its return, and the first set whose moment
     * is after the start of a wait ends that wait. So of the sets that changed the event and had not returned when the wait
     * began, the one that was called first ended it, if it was called before the wait ended. One more is ruled out: a set
     * after whose call the event was cleared, all of that before the wait began. Its moment was before that clear; it has
     * not returned yet since it still wakes a crowd.
     *
     * A wait for clear is the mirror image. A wait for all events ended with the last of the changes it waited for; an
     * event that was cleared first in that time had been set before. A wait for an event of other processes has no such
     * change if none of this process ended it.
     *
     * Times are those of one clock within a chunk of a recording. From chunk to chunk they are off by a fraction of a
     * microsecond, less than a wait takes.
     */

    private final Waits waits;
    private final Changes changes;

    /**
     * The changes that changed something, those of one event to one state together and in the order of their start. Those
     * to set of event e are from place first[2 * e] to first[2 * e + 1], those to clear from there to first[2 * e + 2].
     */
    private final int[] sorted;

    private final int[] first;

    /** For each place in that: when the last of them returned, up to this one of this event and state. */
    private final long[] latestEnd;

    /** Of waits and changes in the order of their start. */
    ReleaseMatcher(Waits waits, Changes changes, int events) {
        this.waits = waits;
        this.changes = changes;
        first = new int[2 * events + 1];
        for (int i = 0; i < changes.size(); i++) {
            if (changes.changed(i)) {
                first[index(changes.event(i), changes.clear(i)) + 1]++;
            }
        }
        for (int i = 1; i < first.length; i++) {
            first[i] += first[i - 1];
        }
        sorted = new int[first[first.length - 1]];
        latestEnd = new long[sorted.length];
        int[] next = first.clone();
        for (int i = 0; i < changes.size(); i++) {
            if (changes.changed(i)) {
                int index = index(changes.event(i), changes.clear(i));
                int place = next[index]++;
                sorted[place] = i;
                long before = place == first[index] ? Long.MIN_VALUE : latestEnd[place - 1];
                latestEnd[place] = Math.max(before, changes.end(i));
            }
        }
    }

    private static int index(int event, boolean clear) {
        return 2 * event + (clear ? 1 : 0);
    }

    /** The change that ended a wait for this event, or for any of several of which this one ended it; or NONE. */
    int one(int wait, int event) {
        return one(wait, event, waits.clear(wait));
    }

    private int one(int wait, int event, boolean clear) {
        long start = waits.start(wait);
        long end = waits.end(wait);
        int index = index(event, clear);
        for (int place = firstThatReturned(index, start); place < first[index + 1]; place++) {
            int change = sorted[place];
            if (changes.start(change) > end) {
                break;
            }
            if (changes.end(change) >= start) {
                int undone = firstThatBegan(index ^ 1, changes.start(change));
                if (undone == Timeline.NONE || changes.end(undone) > start) {
                    return change;
                }
            }
        }
        return Timeline.NONE;
    }

    /** The change that ended a wait for all of these events, or NONE. A complement is of one that was to be clear. */
    int all(int wait, int[] events) {
        int last = Timeline.NONE;
        for (int number : events) {
            int event = number < 0 ? ~number : number;
            boolean clear = number < 0 || waits.clear(wait);
            int change = one(wait, event, clear);
            int undone = firstThatBegan(index(event, !clear), waits.start(wait));
            boolean wasSo = undone != Timeline.NONE && undone < change;
            last = wasSo ? last : Math.max(last, change);
        }
        return last;
    }

    /** The first place of which the change, or one before it, returned at that time or later. */
    private int firstThatReturned(int index, long time) {
        int low = first[index];
        int high = first[index + 1];
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (latestEnd[middle] < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The first change that began at that time or later, or NONE. */
    private int firstThatBegan(int index, long time) {
        int low = first[index];
        int high = first[index + 1];
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (changes.start(sorted[middle]) < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == first[index + 1] ? Timeline.NONE : sorted[low];
    }
}
