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
 *   <li>Dynamic partial order reduction (Flanagan and Godefroid, 2005) tries another thread at a step only if a later
 *       step of that thread does not commute with this one and nothing in between puts them in order: it is a race, and
 *       the other order is tried too.
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

    /** A search of all schedules if the bound is negative, or else of those with so many preemptions. */
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
            node.wanted = bound < 0 ? bit(node.choice) : ready;
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
        int i = last - 1;
        while (i >= 0 && path.get(i).choice != actor) {
            i--;
        }
        if (i >= 0) {
            System.arraycopy(path.get(i).before, 0, before, 0, before.length);
        } else {
            Arrays.fill(before, 0);
        }
        for (int j = last - 1; j > i; j--) {
            race(path.get(j), path.get(j + 1).ready, step);
        }
        for (int j = i - 1; j >= 0; j--) {
            race(path.get(j), path.get(j + 1).ready, step);
        }
        before[actor]++;
    }

    private static void race(Node earlier, int readyAfter, Node step) {
        int other = earlier.choice;
        int actor = bit(step.choice);
        if (other == step.choice
                || step.before[other] >= earlier.before[other]
                || commute(earlier.reads, earlier.writes, step.reads, step.writes)) {
            return;
        }
        if ((earlier.ready & actor) != 0) {
            earlier.wanted |= actor;
        } else if ((readyAfter & actor) == 0) {
            earlier.wanted = earlier.ready;
        } // else the earlier step is what made the other one possible
        for (int k = 0; k < step.before.length; k++) {
            step.before[k] = Math.max(step.before[k], earlier.before[k]);
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
