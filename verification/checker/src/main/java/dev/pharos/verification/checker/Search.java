// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Depth first search over who takes the next step. A schedule is told by the choices at its steps; the next schedule has
 * the same choices up to the last step at which there is one left to try.
 *
 * <p>Two steps of two threads <i>commute</i> if neither writes what the other reads or writes. Schedules that differ in
 * the order of such steps only come to the same end, so one of them is enough, and two known methods leave the others
 * out, and nothing else:
 * <ul>
 *   <li>Dynamic partial order reduction (Flanagan and Godefroid, 2005; with the source sets of Abdulla and others, 2014)
 *       tries another thread at a step only if a later step does not commute with this one and nothing in between puts
 *       the two in order: it is a race, and the other order is tried too.
 *   <li>Sleep sets (Godefroid, 1996): a thread whose step has been tried at some point sleeps in the branches tried later
 *       there, until a step is taken that does not commute with its own. If all that are ready sleep, the schedule leads
 *       where another has been, and is given up.
 * </ul>
 *
 * <p>Instead, the number of preemptions can be bounded: of switches away from a thread that could have gone on. Then all
 * schedules within the bound are tried, with no reduction, since the two do not go together.
 */
final class Search {
    /** The choice of the clock; all others are numbers of actors. */
    static final int CLOCK = 15;

    static final int NOBODY = -1;

    /** Instead of a bound: all schedules, by both methods; or by sleep sets only, which is slower. */
    static final int ALL = -1;

    static final int SLEEPING = -2;

    private static final class Node {
        int ready;
        int sleeping;
        int wanted;
        int tried;
        int choice;
        long reads;
        long writes;

        /** For each actor how many of its steps come before this one, in whatever order commuting steps are taken. */
        final int[] before = new int[CLOCK + 1];
    }

    private final int bound;
    private final List<Node> path = new ArrayList<>();
    private int length;
    private int known;
    private int depth;
    private int sleeping;
    private int preemptions;

    /** A search of the schedules with so many preemptions, or of all. */
    Search(int bound) {
        this.bound = bound;
    }

    /** To be called before each schedule. */
    void restart() {
        depth = 0;
        sleeping = 0;
        preemptions = 0;
    }

    /** Who takes the next step, of those that are ready; NOBODY if this schedule need not go on. */
    int choose(Run run, int all, int current) {
        boolean goesOn = current != NOBODY;
        int ready = goesOn && preemptions == bound ? bit(current) : all;
        if (depth == length) {
            int awake = ready & ~sleeping;
            if (awake == 0) {
                return NOBODY;
            }
            if (length == path.size()) {
                path.add(new Node());
            }
            Node node = path.get(length++);
            node.ready = ready;
            node.sleeping = sleeping;
            node.tried = 0;
            node.choice = goesOn && (awake & bit(current)) != 0 ? current : first(awake);
            node.wanted = bound == ALL ? bit(node.choice) : ready;
        }
        Node node = path.get(depth);
        if (node.ready != ready) {
            throw new IllegalStateException("the scenario is not deterministic at step " + depth);
        }
        if (bound >= 0) {
            preemptions += goesOn && node.choice != current ? 1 : 0;
        } else {
            if (depth >= known) {
                node.reads = run.reads(node.choice);
                node.writes = run.writes(node.choice);
                findRaces(depth);
                wantClock(run, node);
                known = depth + 1;
            }
            sleeping = 0;
            for (int rest = node.sleeping | node.tried; rest != 0; rest &= rest - 1) {
                int other = first(rest);
                if (commute(node.reads, node.writes, run.reads(other), run.writes(other))) {
                    sleeping |= bit(other);
                }
            }
        }
        depth++;
        return node.choice;
    }

    /** Has the other order tried wherever the step at a depth, the last so far, is in a race with one before. */
    private void findRaces(int last) {
        Node step = path.get(last);
        int actor = step.choice;
        int[] before = step.before;
        Arrays.fill(before, 0);
        for (int i = last - 1; i >= 0; i--) {
            Node earlier = path.get(i);
            int other = earlier.choice;
            boolean free = before[other] < earlier.before[other]; // nothing in between puts the two in order
            if (free && other == actor) {
                follow(before, earlier);
            } else if (free && !commute(earlier.reads, earlier.writes, step.reads, step.writes)) {
                boolean enabled = (earlier.ready & bit(actor)) == 0 && (path.get(i + 1).ready & bit(actor)) != 0;
                if (!enabled) {
                    want(earlier, i, last);
                }
                follow(before, earlier);
            }
        }
        before[actor]++;
    }

    private static void follow(int[] before, Node earlier) {
        for (int i = 0; i < before.length; i++) {
            before[i] = Math.max(before[i], earlier.before[i]);
        }
    }

    /**
     * Has the last step tried before an earlier one: by a schedule that goes on, in the place of the earlier step, with
     * those steps that need not come after it. Whoever can be the first of them will do.
     */
    private void want(Node earlier, int depth, int last) {
        int other = earlier.choice;
        int[] seenFirst = new int[CLOCK + 1];
        int firsts = 0;
        int seen = 0;
        for (int i = depth + 1; i <= last; i++) {
            Node node = path.get(i);
            int actor = node.choice;
            if (node.before[other] < earlier.before[other] && (seen & bit(actor)) == 0) {
                boolean needsNone = true;
                for (int rest = seen; rest != 0; rest &= rest - 1) {
                    needsNone &= node.before[first(rest)] < seenFirst[first(rest)];
                }
                firsts |= needsNone ? bit(actor) : 0;
                seen |= bit(actor);
                seenFirst[actor] = node.before[actor];
            }
        }
        if ((firsts & ~earlier.ready) != 0) {
            throw new IllegalStateException("a step is not ready that nothing has made ready");
        }
        if ((firsts & earlier.wanted) == 0) {
            earlier.wanted |= Integer.lowestOneBit(firsts);
        }
    }

    /**
     * Unlike a thread, the clock may be ready and then no longer be, before it has taken its step: when the last who waited
     * for it has been woken. So what is in a race with it is looked for as soon as it is ready.
     */
    private static void wantClock(Run run, Node node) {
        if ((node.ready & bit(CLOCK)) != 0
                && node.choice != CLOCK
                && !commute(node.reads, node.writes, run.reads(CLOCK), run.writes(CLOCK))) {
            node.wanted |= bit(CLOCK);
        }
    }

    private static boolean commute(long reads1, long writes1, long reads2, long writes2) {
        return ((writes1 & (reads2 | writes2)) | (writes2 & reads1)) == 0;
    }

    /** Moves on to the next schedule; false if there is none. */
    boolean next() {
        for (; length > 0; length--) {
            Node node = path.get(length - 1);
            node.tried |= bit(node.choice);
            int rest = node.wanted & ~node.sleeping & ~node.tried;
            if (rest != 0) {
                node.choice = first(rest);
                known = length - 1;
                return true;
            }
        }
        return false;
    }

    static int bit(int number) {
        return 1 << number;
    }

    private static int first(int choices) {
        return Integer.numberOfTrailingZeros(choices);
    }
}
