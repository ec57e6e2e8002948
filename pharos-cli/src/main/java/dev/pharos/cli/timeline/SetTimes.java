// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.util.Arrays;

/** When each event was set, as far as its recording tells. */
final class SetTimes {
    /*
     * Overview. Each set and clear has its effect at a moment between its call and its return, and so has a wait that was
     * released: its event was set then, or clear if it waited for that. A call that changed its event finds it in the other
     * state, one that changed nothing finds it so already. The calls of an event are put into an order in which all that is
     * true: of the calls that were made before any other returned, any may be next. Those that find the event as it is are
     * taken first, since they leave it so; then the one that changes it and returned first, since the others have more time.
     *
     * What the event was before its first record is not in the recording. Both are tried, and the one that is contradicted
     * less often is what it was: so a set that changed nothing tells that the event was set before. If that is undecided, the
     * first wait decides, which parked since the event was not yet so.
     *
     * A contradiction that remains is a change that was not recorded: another process made it, or the record was lost.
     * Then the call is believed. A wait that nobody here ended tells of such a change at its end.
     */

    private final Waits waits;
    private final Changes changes;

    /**
     * The calls that tell of an event, in the order of their starts: numbers of changes, and of waits less all ints, which
     * are those that no recorded change ended. Those of event e are from place first[e] to first[e + 1].
     */
    private final int[] calls;

    private final int[] first;

    private final boolean[] before;
    private final long[][] turns;

    /** Of waits and changes in the order of their starts, where it is known which change ended a wait. */
    SetTimes(Waits waits, Changes changes, int events) {
        this.waits = waits;
        this.changes = changes;
        first = new int[events + 1];
        for (int i = 0; i < changes.size(); i++) {
            first[changes.event(i) + 1]++;
        }
        for (int i = 0; i < waits.size(); i++) {
            if (isReleasedByOthers(i)) {
                first[waits.event(i) + 1]++;
            }
        }
        for (int event = 0; event < events; event++) {
            first[event + 1] += first[event];
        }
        calls = new int[first[events]];
        int[] next = first.clone();
        int wait = 0;
        for (int change = 0; change <= changes.size(); change++) {
            for (; wait < waits.size() && isBefore(wait, change); wait++) {
                if (isReleasedByOthers(wait)) {
                    calls[next[waits.event(wait)]++] = ~wait;
                }
            }
            if (change < changes.size()) {
                calls[next[changes.event(change)]++] = change;
            }
        }

        before = new boolean[events];
        turns = new long[events][];
        boolean[] hinted = new boolean[events];
        for (int i = waits.size() - 1; i >= 0; i--) {
            int event = waits.event(i);
            if (event != Timeline.NONE && waits.label(i) == Timeline.NONE && waits.outcome(i) != Timeline.FAILED) {
                hinted[event] = isFirst(i, event);
                before[event] = waits.clear(i);
            }
        }
        for (int event = 0; event < events; event++) {
            Order clear = new Order(event, false);
            Order set = new Order(event, true);
            if (hinted[event]) {
                (before[event] ? clear : set).contradictions++;
            }
            before[event] = set.contradictions < clear.contradictions
                    || (set.contradictions == clear.contradictions && hinted[event] && before[event]);
            turns[event] = (before[event] ? set : clear).turns();
        }
    }

    private boolean isReleasedByOthers(int wait) {
        return waits.outcome(wait) == Timeline.RELEASED
                && waits.event(wait) != Timeline.NONE
                && waits.change(wait) == Timeline.NONE;
    }

    private boolean isBefore(int wait, int change) {
        return change == changes.size() || waits.start(wait) <= changes.start(change);
    }

    /** Whether a wait began before every call of its event, that of itself apart. */
    private boolean isFirst(int wait, int event) {
        return first[event] == first[event + 1] || waits.start(wait) <= start(calls[first[event]]);
    }

    private long start(int call) {
        return call >= 0 ? changes.start(call) : waits.start(~call);
    }

    private long end(int call) {
        return call >= 0 ? changes.end(call) : waits.end(~call);
    }

    /** Whether the event is set after the call. */
    private boolean sets(int call) {
        return !(call >= 0 ? changes.clear(call) : waits.clear(~call));
    }

    private boolean isChange(int call) {
        return call >= 0 && changes.changed(call);
    }

    /** An order of the calls of one event, and what it was like meanwhile. */
    private final class Order {
        private final int[] open;
        private long[] turns = new long[4];
        private int count;
        private boolean set;
        private long now;
        int contradictions;

        Order(int event, boolean set) {
            this.set = set;
            open = Arrays.copyOfRange(calls, first[event], first[event + 1]);
            int head = 0;
            while (head < open.length) {
                int limit = head;
                for (long end = Long.MAX_VALUE; limit < open.length && start(open[limit]) <= end; limit++) {
                    end = Math.min(end, end(open[limit]));
                }
                head = takeConfirmations(head, limit);
                if (head < limit) {
                    take(head, next(head, limit));
                    head++;
                }
            }
        }

        /** Takes the calls that find the event as it is, of those from head to limit, and returns where the others begin. */
        private int takeConfirmations(int head, int limit) {
            int kept = limit;
            for (int i = limit - 1; i >= head; i--) {
                if (isChange(open[i]) || sets(open[i]) != this.set) {
                    open[--kept] = open[i];
                } else {
                    now = Math.max(now, start(open[i]));
                }
            }
            return kept;
        }

        /** The place of the call that is next: of those that change the event, or else of all, that which returned first. */
        private int next(int head, int limit) {
            int next = head;
            boolean found = false;
            for (int i = head; i < limit; i++) {
                boolean fits = isChange(open[i]) && sets(open[i]) != this.set;
                if (found == fits ? end(open[i]) < end(open[next]) : fits) {
                    next = i;
                }
                found |= fits;
            }
            contradictions += found ? 0 : 1;
            return next;
        }

        private void take(int head, int place) {
            int call = open[place];
            System.arraycopy(open, head, open, head + 1, place - head);
            now = Math.max(now, call >= 0 ? start(call) : end(call));
            if (sets(call) != set) {
                turns = count == turns.length ? Arrays.copyOf(turns, 2 * count) : turns;
                turns[count++] = now;
                set = !set;
            }
        }

        long[] turns() {
            return Arrays.copyOf(turns, count);
        }
    }

    /** Whether an event was set before the first record. */
    boolean before(int event) {
        return before[event];
    }

    /** The moments at which an event was set and cleared, in turn. */
    long[] turns(int event) {
        return turns[event];
    }
}
