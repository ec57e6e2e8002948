// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;

/** What was done to one event, by whom and when, what the servers made of it, and what no correct event could do so. */
final class History {
    /*
     * Overview
     *
     * Two records of the same run are compared. The operations are what the clients saw: each has the times of its call
     * and of its return, on one clock (System.nanoTime, which on Linux is the same for all processes of a machine), and
     * its outcome. The changes are what the servers did: the transactions that changed the event, in the order in which
     * they were committed, from the servers' own logs. The clients' library has no part in the second record, so it
     * cannot hide there what it did.
     *
     * The order of the changes is given, and that makes the check cheap: what is left to find is only where the
     * operations that changed nothing stood. Gap k is the time between change k and change k + 1; the event has one
     * state throughout a gap.
     *
     *   exactly once   A change bears a number: its client counts its changes, of all events. An operation knows the
     *                  numbers that were given between its call and its return, and a client does not change an event
     *                  twice at a time; so whose a change is, is certain. Each operation that said it made a change
     *                  made one, and none made two; none that said it made none or that it surely failed made one; one
     *                  whose outcome is unknown may have. Tempting and wrong: to tell by the time that a change bears.
     *                  Two calls that said false, for the event was held, can be less than a millisecond apart.
     *   order          A change whose operation returned before another's was called comes before it.
     *   reads          An operation that changed nothing read: a set() that said false found the event set, an await
     *                  that was released saw it set at a moment between its call and its return. So each has a gap of
     *                  the right state. It has one iff its least possible gap will do: the least is not before the
     *                  changes and reads that returned before it was called, and must be before the changes called
     *                  after it returned. Reads are placed in the order of their calls, so those they depend on are
     *                  placed already. This is linearizability, and for awaits the promise of no phantom.
     *   no lost set    A wait for set that was not released is wrong if a set() was called after the wait had been seen
     *                  to be in effect, and returned before the wait ended. Not before that: a wait is in effect once
     *                  its registration is committed, which is after await() is entered. The same for clear.
     *   holds          A hold ends by its holder's close() or by the end of its session, and by nothing else. A session
     *                  may end for its client before it does for the servers; then the client deletes the node in its
     *                  next session. Since the event counts as set while a hold stands, a read that finds it clear
     *                  meanwhile is found above.
     *
     * A wait whose outcome is unknown (its client was killed, or was cut off meanwhile and could not look when its time was
     * over) claims nothing. Each check takes O(n log n).
     */

    /** What an operation does. A change has one of the first four kinds. */
    enum Kind {
        SET,
        CLEAR,
        HOLD,
        RELEASE,
        IS_SET,
        AWAIT,
        AWAIT_CLEAR
    }

    enum Outcome {
        /** It returned true: it changed the event, or found it set, or was released. */
        TRUE,
        /** It returned false: it changed nothing, or found it clear, or was not released by its end. */
        FALSE,
        /** It failed, and says that it changed nothing. */
        NOTHING,
        /** It failed or never returned, and may have changed the event once, then or later; or could not look. */
        UNKNOWN
    }

    /** Of an operation that never returned, or a wait that was never seen to be in effect. */
    static final long NEVER = Long.MAX_VALUE;

    /** Whose change it is that a session has ended, and its hold with it. */
    static final int NOBODY = -1;

    /**
     * An operation.
     *
     * @param client who called it; a client does not change an event twice at a time
     * @param from when it was called
     * @param registered when a wait was first seen to be in effect; NEVER if it was not, or is no wait
     * @param to when it returned, or the time of a wait was over; NEVER if it did not return
     * @param first the least number that a change of it can have; unknown if it did not return
     * @param last the greatest
     */
    record Operation(
            int client, Kind kind, long from, long registered, long to, Outcome outcome, long first, long last) {
        /** Whether it may have made a change that has a number. */
        private boolean isNumbered() {
            return kind == Kind.SET || kind == Kind.CLEAR || kind == Kind.HOLD;
        }
    }

    /**
     * A change.
     *
     * @param zxid its transaction
     * @param client whose session made it; NOBODY if that session ended and its hold with it
     * @param hold which hold was begun or ended
     * @param number which of its client's changes it is; of no meaning if it ends a hold
     */
    record Change(long zxid, int client, Kind kind, String hold, long number) {}

    /** What a read found: whether the event was set explicitly, or whether it was set at all, be it held. */
    private record Read(Operation operation, boolean explicit, boolean value) {}

    private final List<Operation> operations;
    private final List<Change> changes;

    /** In each gap: whether the event is set explicitly, and whether it is set. */
    private final BitSet explicitly = new BitSet();

    private final BitSet set = new BitSet();

    /** The operations that made a change. */
    private final Set<Operation> made = Collections.newSetFromMap(new IdentityHashMap<>());

    /** Who began each hold; and the last that a call began: if its session ends before it returns, it begins another. */
    private final Map<String, Operation> holders = new HashMap<>();

    private final IdentityHashMap<Operation, String> standing = new IdentityHashMap<>();

    private final List<String> violations = new ArrayList<>();

    /** Of each change, when it may have been made at the earliest and at the latest, by the operation that made it. */
    private final long[] from;

    private final long[] to;

    private History(List<Operation> operations, List<Change> changes) {
        this.operations = operations.stream()
                .sorted(Comparator.comparingLong(Operation::from))
                .toList();
        this.changes = changes;
        from = new long[changes.size()];
        to = new long[changes.size()];
        Arrays.fill(from, Long.MIN_VALUE);
        Arrays.fill(to, NEVER);
        boolean sticky = false;
        int holds = 0;
        for (int k = 0; k < changes.size(); k++) {
            switch (changes.get(k).kind()) {
                case SET -> sticky = true;
                case CLEAR -> sticky = false;
                case HOLD -> holds++;
                case RELEASE -> holds--;
                default -> throw new IllegalArgumentException(changes.get(k).toString());
            }
            set.set(k + 1, sticky || holds > 0);
            explicitly.set(k + 1, sticky);
        }
    }

    /** The violations found, in words; none if the event, clear at first, kept its promises. */
    static List<String> violations(List<Operation> operations, List<Change> changes) {
        History history = new History(operations, changes);
        history.pair();
        history.checkHolds();
        history.checkOrder();
        history.placeReads();
        history.checkWaits(Kind.AWAIT, Kind.SET);
        history.checkWaits(Kind.AWAIT_CLEAR, Kind.CLEAR);
        return history.violations;
    }

    /** Finds for each change the operation that made it. */
    private void pair() {
        Map<Integer, NavigableMap<Long, Operation>> returned = new HashMap<>(); // by the least of their numbers
        Map<Integer, Map<Kind, Operation>> lost = new HashMap<>(); // of those who were killed
        for (Operation operation : operations) {
            if (operation.isNumbered()) {
                if (operation.to() == NEVER) {
                    lost.computeIfAbsent(operation.client(), client -> new EnumMap<>(Kind.class))
                            .putIfAbsent(operation.kind(), operation); // the others were called too late
                } else {
                    returned.computeIfAbsent(operation.client(), client -> new TreeMap<>())
                            .put(operation.first(), operation);
                }
            }
        }
        for (int k = 0; k < changes.size(); k++) {
            Change change = changes.get(k);
            if (change.kind() == Kind.RELEASE) {
                continue;
            }
            Map.Entry<Long, Operation> entry = returned.getOrDefault(change.client(), Collections.emptyNavigableMap())
                    .floorEntry(change.number());
            Operation operation =
                    entry != null && change.number() <= entry.getValue().last()
                            ? entry.getValue()
                            : lost.getOrDefault(change.client(), Map.of()).get(change.kind());
            if (operation == null || operation.kind() != change.kind() || operation.outcome() == Outcome.NOTHING) {
                violations.add("not exactly once: nobody asked for " + change + "; its number is of " + operation);
            } else if (change.kind() == Kind.HOLD) {
                makes(operation, k);
                holders.put(change.hold(), operation);
                standing.put(operation, change.hold());
            } else if (made.contains(operation)) {
                violations.add("not exactly once: made twice by " + operation + ", the second time as " + change);
            } else {
                makes(operation, k);
                if (operation.outcome() == (isSeen(k) ? Outcome.FALSE : Outcome.TRUE)) {
                    violations.add("not exactly once: " + change + " by " + operation + ", which says otherwise");
                }
            }
        }
        for (Operation operation : operations) {
            if (operation.isNumbered() && operation.outcome() == Outcome.TRUE && !made.contains(operation)) {
                violations.add("not exactly once: claims a change that was not made: " + operation);
            }
        }
    }

    /** Whether a change is one to users of the event: one of an event that is held is not, it stays set. */
    private boolean isSeen(int change) {
        return set.get(change) != set.get(change + 1);
    }

    private void makes(Operation operation, int change) {
        made.add(operation);
        from[change] = operation.from();
        to[change] = operation.outcome() == Outcome.UNKNOWN ? NEVER : operation.to();
    }

    private void checkHolds() {
        for (int k = 0; k < changes.size(); k++) {
            Change change = changes.get(k);
            Operation hold = holders.get(change.hold());
            if (change.kind() != Kind.RELEASE || change.client() == NOBODY || hold == null) {
                continue;
            }
            if (hold.client() != change.client()) {
                violations.add("holds: ended by another client than its own: " + change);
            } else if (hold.outcome() == Outcome.TRUE && change.hold().equals(standing.get(hold))) {
                Operation release = ending(hold);
                if (release == null) {
                    violations.add("holds: ended though nobody let go of it: " + change);
                } else {
                    makes(release, k);
                }
            } else {
                from[k] = hold.from(); // a hold that its user never got is ended by the client itself
            }
        }
    }

    /** The call that let go of a hold: a client has one hold at a time. */
    private Operation ending(Operation hold) {
        return operations.stream()
                .filter(operation -> operation.client() == hold.client()
                        && operation.kind() == Kind.RELEASE
                        && operation.from() > hold.from())
                .findFirst()
                .orElse(null);
    }

    private void checkOrder() {
        int latest = 0;
        for (int k = 1; k < changes.size(); k++) {
            if (to[k] < from[latest]) {
                violations.add("order: " + changes.get(k) + " is of an operation that had returned before that of "
                        + changes.get(latest) + " was called");
            }
            if (from[k] > from[latest]) {
                latest = k;
            }
        }
    }

    private void placeReads() {
        int gaps = changes.size() + 1;
        // The first gap at or after each where the event has each state.
        int[][] next = new int[4][gaps + 1];
        for (int[] row : next) {
            row[gaps] = gaps;
        }
        for (int gap = gaps; gap-- > 0; ) {
            next[0][gap] = set.get(gap) ? next[0][gap + 1] : gap;
            next[1][gap] = set.get(gap) ? gap : next[1][gap + 1];
            next[2][gap] = explicitly.get(gap) ? next[2][gap + 1] : gap;
            next[3][gap] = explicitly.get(gap) ? gap : next[3][gap + 1];
        }
        // The changes by their returns: a read that is called later is behind them. And by their calls, the least
        // number
        // of those called later: a read that had returned is before it.
        Integer[] byReturn = new Integer[changes.size()];
        Integer[] byCall = new Integer[changes.size()];
        Arrays.setAll(byReturn, k -> k);
        Arrays.setAll(byCall, k -> k);
        Arrays.sort(byReturn, Comparator.comparingLong(k -> to[k]));
        Arrays.sort(byCall, Comparator.comparingLong(k -> from[k]));
        int[] leastCalledFrom = new int[changes.size() + 1];
        leastCalledFrom[changes.size()] = changes.size();
        for (int i = changes.size(); i-- > 0; ) {
            leastCalledFrom[i] = Math.min(leastCalledFrom[i + 1], byCall[i]);
        }

        record Placed(long to, int gap) {}
        PriorityQueue<Placed> running = new PriorityQueue<>(Comparator.comparingLong(Placed::to));
        int least = 0;
        int returned = 0;
        for (Read read : reads()) {
            Operation operation = read.operation();
            for (; returned < byReturn.length && to[byReturn[returned]] < operation.from(); returned++) {
                least = Math.max(least, byReturn[returned] + 1);
            }
            while (!running.isEmpty() && running.peek().to() < operation.from()) {
                least = Math.max(least, running.remove().gap());
            }
            int gap = next[(read.explicit() ? 2 : 0) + (read.value() ? 1 : 0)][least];
            int most = leastCalledFrom[firstCalledAfter(byCall, operation.to())];
            if (gap > most) {
                violations.add((operation.kind() == Kind.IS_SET ? "stale read: " : "phantom: ") + operation + " saw it "
                        + (read.value() ? "set" : "clear") + (read.explicit() ? " explicitly" : "")
                        + ", which it was at no moment from change " + describe(least - 1) + " to change "
                        + describe(most));
            } else {
                running.add(new Placed(operation.to(), gap));
            }
        }
    }

    private String describe(int change) {
        if (change < 0 || change >= changes.size()) {
            return change < 0 ? "none" : "the last";
        }
        return change + " " + changes.get(change) + " by an operation from " + from[change] + " to " + to[change];
    }

    private int firstCalledAfter(Integer[] byCall, long time) {
        int low = 0;
        for (int high = byCall.length; low < high; ) {
            int middle = (low + high) >>> 1;
            if (from[byCall[middle]] > time) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** The operations that changed nothing, in the order of their calls. */
    private List<Read> reads() {
        List<Read> reads = new ArrayList<>();
        for (Operation operation : operations) {
            boolean released = operation.outcome() == Outcome.TRUE;
            switch (operation.kind()) {
                case IS_SET -> {
                    if (operation.outcome() == Outcome.TRUE || operation.outcome() == Outcome.FALSE) {
                        reads.add(new Read(operation, false, released));
                    }
                }
                case AWAIT, AWAIT_CLEAR -> {
                    if (released) {
                        reads.add(new Read(operation, false, operation.kind() == Kind.AWAIT));
                    }
                }
                case SET, CLEAR -> {
                    if (operation.outcome() == Outcome.FALSE && !made.contains(operation)) {
                        reads.add(new Read(operation, true, operation.kind() == Kind.SET));
                    }
                }
                default -> {}
            }
        }
        return reads;
    }

    private void checkWaits(Kind wait, Kind release) {
        if (release == Kind.CLEAR && changes.stream().anyMatch(change -> change.kind() == Kind.HOLD)) {
            return; // a clear() may have left it set
        }
        List<Operation> waits = operations.stream()
                .filter(operation -> operation.kind() == wait
                        && operation.outcome() == Outcome.FALSE
                        && operation.registered() != NEVER)
                .sorted(Comparator.comparingLong(Operation::registered).reversed())
                .toList();
        Operation first = null; // of the releases called from a time on, the one that returned first
        int i = operations.size();
        for (Operation operation : waits) {
            for (; i > 0 && operations.get(i - 1).from() >= operation.registered(); i--) {
                Operation other = operations.get(i - 1);
                if (other.kind() == release
                        && (other.outcome() == Outcome.TRUE || other.outcome() == Outcome.FALSE)
                        && (first == null || other.to() < first.to())) {
                    first = other;
                }
            }
            if (first != null && first.to() < operation.to()) {
                violations.add("lost: " + operation + " was not released by " + first);
            }
        }
    }
}
