// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.soak;

import java.util.ArrayList;
import java.util.List;

/**
 * What was done to one event, by whom and when, and the oracle that reads it: which of the results no correct event
 * could have given. An operation took effect at some moment between its two times, nobody knows when; so the oracle
 * reports only what is wrong whichever moment it was.
 */
final class History {
    /** What an operation was. A wait names what it waited for: SET_AWAITED is an await, CLEAR_AWAITED an awaitClear. */
    enum Kind {
        SET,
        CLEAR,
        SET_AWAITED,
        CLEAR_AWAITED
    }

    /**
     * An operation and its result.
     *
     * @param from when it was called, in nanoseconds
     * @param deadline when a timed wait was to end at the earliest; MAX_VALUE if never
     * @param to when it returned
     * @param result what it returned: changed, or released; false also for a wait that was interrupted
     */
    record Operation(Kind kind, long from, long deadline, long to, boolean result) {}

    private final List<Operation> operations;

    History(List<Operation> operations) {
        this.operations = List.copyOf(operations);
    }

    /** The violations found, in words; none if the history could be that of a correct event that was clear at first. */
    List<String> violations() {
        List<String> violations = new ArrayList<>();
        for (Operation wait : operations) {
            boolean set = wait.kind() == Kind.SET_AWAITED;
            if (!set && wait.kind() != Kind.CLEAR_AWAITED) {
                continue;
            }
            Kind release = set ? Kind.SET : Kind.CLEAR;
            Kind opposite = set ? Kind.CLEAR : Kind.SET;
            if (wait.result() && isPhantom(wait, release, opposite)) {
                violations.add("phantom: released though nothing released it: " + wait);
            } else if (!wait.result() && isLost(wait, release, opposite)) {
                violations.add("lost: not released though it was in time: " + wait);
            }
        }
        long sets = changes(Kind.SET);
        long clears = changes(Kind.CLEAR);
        if (sets - clears != 0 && sets - clears != 1) {
            violations.add("changes do not alternate: " + sets + " set it, " + clears + " cleared it");
        }
        return violations;
    }

    /** An opposite operation had made the flag wrong before the wait began, and nothing that could release came since. */
    private boolean isPhantom(Operation wait, Kind release, Kind opposite) {
        long since = Long.MIN_VALUE; // the latest time at which the flag surely had the wrong value
        for (Operation other : operations) {
            if (other.kind() == opposite && other.to() < wait.from()) {
                since = Math.max(since, other.from());
            }
        }
        if (since == Long.MIN_VALUE && opposite == Kind.SET) {
            return false; // the event is clear at first
        }
        for (Operation other : operations) {
            if (other.kind() == release && other.result() && other.to() >= since && other.from() <= wait.to()) {
                return false;
            }
        }
        return true;
    }

    /** A release returned before the deadline, and nothing that could undo it came from its call to the wait's end. */
    private boolean isLost(Operation wait, Kind release, Kind opposite) {
        for (Operation other : operations) {
            if (other.kind() == release && other.to() < wait.deadline() && isUndisturbed(other, wait, opposite)) {
                return true;
            }
        }
        return false;
    }

    private boolean isUndisturbed(Operation release, Operation wait, Kind opposite) {
        for (Operation other : operations) {
            if (other.kind() == opposite && other.to() >= release.from() && other.from() <= wait.to()) {
                return false;
            }
        }
        return release.from() <= wait.to();
    }

    private long changes(Kind kind) {
        return operations.stream()
                .filter(operation -> operation.kind() == kind && operation.result())
                .count();
    }
}
