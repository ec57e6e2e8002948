// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static dev.pharos.cluster.History.NEVER;
import static dev.pharos.cluster.History.NOBODY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.cluster.History.Change;
import dev.pharos.cluster.History.Kind;
import dev.pharos.cluster.History.Operation;
import dev.pharos.cluster.History.Outcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.assertj.core.api.ListAssert;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The checker of the fault test: it finds each kind of violation, and agrees with one that tries all orders. */
class HistoryTest {
    private final List<Operation> operations = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();

    /** Its number is its place among all. */
    private void did(int client, Kind kind, long from, long to, Outcome outcome) {
        operation(client, kind, from, NEVER, to, outcome);
    }

    private void waited(int client, Kind kind, long registered, long to, Outcome outcome) {
        operation(client, kind, registered - 1, registered, to, outcome);
    }

    private void operation(int client, Kind kind, long from, long registered, long to, Outcome outcome) {
        int number = operations.size();
        operations.add(new Operation(client, kind, from, registered, to, outcome, number, number));
    }

    /** Operations made a change each, in this order. */
    private void made(int... numbers) {
        for (int number : numbers) {
            made(operations.get(number).client(), operations.get(number).kind(), number);
        }
    }

    private void made(int client, Kind kind, int number) {
        changes.add(new Change(changes.size() + 1, client, kind, "", number));
    }

    private ListAssert<String> assertViolations() {
        return assertThat(History.violations(operations, changes));
    }

    @Test
    void violations_ofAPulseThatReleases_areNone() {
        waited(2, Kind.AWAIT, 5, 40, Outcome.TRUE);
        did(1, Kind.SET, 10, 20, Outcome.TRUE);
        did(1, Kind.CLEAR, 21, 30, Outcome.TRUE);
        did(3, Kind.IS_SET, 31, 32, Outcome.FALSE);
        made(1, 2);
        assertViolations().isEmpty();
    }

    @Test
    void violations_ofAWaitNotReleased_areALostSet() {
        waited(2, Kind.AWAIT, 5, 40, Outcome.FALSE);
        did(1, Kind.SET, 10, 20, Outcome.TRUE);
        did(1, Kind.CLEAR, 21, 30, Outcome.TRUE);
        made(1, 2);
        assertViolations().singleElement().asString().startsWith("lost: ");
    }

    @Test
    void violations_ofAWaitInEffectOnlyAfterSetWasCalled_areNone() {
        waited(2, Kind.AWAIT, 15, 40, Outcome.FALSE);
        did(1, Kind.SET, 10, 20, Outcome.TRUE);
        did(1, Kind.CLEAR, 21, 30, Outcome.TRUE);
        made(1, 2);
        assertViolations().isEmpty();
    }

    @Test
    void violations_ofAWaitForClearNotReleased_areALostClear() {
        did(1, Kind.SET, 1, 2, Outcome.TRUE);
        waited(2, Kind.AWAIT_CLEAR, 5, 40, Outcome.FALSE);
        did(1, Kind.CLEAR, 10, 20, Outcome.TRUE);
        did(1, Kind.SET, 21, 30, Outcome.TRUE);
        made(0, 2, 3);
        assertViolations().singleElement().asString().startsWith("lost: ");
    }

    @Test
    void violations_ofAReleaseWhileClear_areAPhantom() {
        did(1, Kind.SET, 10, 20, Outcome.TRUE);
        did(1, Kind.CLEAR, 21, 30, Outcome.TRUE);
        waited(2, Kind.AWAIT, 35, 40, Outcome.TRUE);
        made(0, 1);
        assertViolations().singleElement().asString().startsWith("phantom: ");
    }

    @Test
    void violations_ofAReadOfThePast_areAStaleRead() {
        did(1, Kind.SET, 10, 20, Outcome.TRUE);
        did(2, Kind.IS_SET, 25, 30, Outcome.FALSE);
        made(0);
        assertViolations().singleElement().asString().startsWith("stale read: ");
    }

    @Test
    void violations_ofReadsThatGoBack_areAStaleRead() {
        did(1, Kind.SET, 10, 100, Outcome.TRUE);
        did(2, Kind.IS_SET, 20, 30, Outcome.TRUE);
        did(3, Kind.IS_SET, 40, 50, Outcome.FALSE);
        made(0);
        assertViolations().singleElement().asString().startsWith("stale read: ");
    }

    @Test
    void violations_ofARedundantSetOfAClearEvent_areAPhantom() {
        did(1, Kind.SET, 10, 20, Outcome.FALSE);
        assertViolations().singleElement().asString().startsWith("phantom: ");
    }

    @Test
    void violations_ofAnUnknownSet_areNoneWhetherItWasMadeOrNot() {
        did(1, Kind.SET, 10, 20, Outcome.UNKNOWN);
        assertViolations().isEmpty();
        made(0);
        assertViolations().isEmpty();
    }

    @Test
    void violations_ofAnUnknownSetMadeTwice_areNotExactlyOnce() {
        did(1, Kind.SET, 10, 20, Outcome.UNKNOWN);
        did(2, Kind.CLEAR, 30, 40, Outcome.TRUE);
        made(0, 1);
        assertViolations().isEmpty();
        made(0);
        assertViolations().singleElement().asString().startsWith("not exactly once: ");
    }

    @Test
    void violations_ofASetThatFailedForSureAndWasMade_areNotExactlyOnce() {
        did(1, Kind.SET, 10, 20, Outcome.NOTHING);
        made(0);
        assertViolations().singleElement().asString().startsWith("not exactly once: ");
    }

    @Test
    void violations_ofAChangeClaimedAndNotMade_areNotExactlyOnce() {
        did(1, Kind.SET, 10, 20, Outcome.TRUE);
        assertViolations().singleElement().asString().startsWith("not exactly once: ");
    }

    @Test
    void violations_ofChangesAgainstTheOrderOfTime_areOfOrder() {
        did(1, Kind.SET, 10, 20, Outcome.TRUE);
        did(2, Kind.CLEAR, 30, 40, Outcome.TRUE);
        did(3, Kind.SET, 50, 60, Outcome.TRUE);
        made(2, 1, 0);
        assertViolations().isNotEmpty().allMatch(violation -> violation.startsWith("order: "));
    }

    @Test
    void violations_ofAHoldThatLapses_areNoneWhileItIsSeenSetUntilThen() {
        did(1, Kind.HOLD, 10, 20, Outcome.TRUE);
        did(2, Kind.IS_SET, 25, 30, Outcome.TRUE);
        did(2, Kind.IS_SET, 35, 40, Outcome.FALSE);
        made(0);
        made(NOBODY, Kind.RELEASE, 0);
        assertViolations().isEmpty();
    }

    @Test
    void violations_ofAHeldEventSeenClear_areAStaleRead() {
        did(1, Kind.HOLD, 10, 20, Outcome.TRUE);
        did(2, Kind.IS_SET, 25, 30, Outcome.FALSE);
        did(1, Kind.RELEASE, 35, 40, Outcome.TRUE);
        made(0, 2);
        assertViolations().singleElement().asString().startsWith("stale read: ");
    }

    @Test
    void violations_ofAHoldThatAnotherEnds_areOfHolds() {
        did(1, Kind.HOLD, 10, 20, Outcome.TRUE);
        made(0);
        made(2, Kind.RELEASE, 0);
        assertViolations().singleElement().asString().startsWith("holds: ");
    }

    @Test
    void violations_ofAHoldThatEndsWhileItsSessionLives_areOfHolds() {
        did(1, Kind.HOLD, 10, 20, Outcome.TRUE);
        made(0);
        made(1, Kind.RELEASE, 0);
        assertViolations().singleElement().asString().startsWith("holds: ");
    }

    @Test
    void violations_ofASetOfAHeldEvent_areNoneThoughItSaysFalse() {
        did(1, Kind.HOLD, 10, 20, Outcome.TRUE);
        did(2, Kind.SET, 30, 40, Outcome.FALSE);
        did(1, Kind.RELEASE, 50, 60, Outcome.TRUE);
        did(3, Kind.IS_SET, 70, 80, Outcome.TRUE);
        made(0, 1, 2);
        assertViolations().isEmpty();
    }

    @Test
    void violations_ofTheSecondOfTwoSetsOfAHeldEvent_areNoneThoughTheFirstIsAtTheSameTime() {
        did(2, Kind.SET, 1, 2, Outcome.TRUE);
        did(1, Kind.CLEAR, 3, 4, Outcome.TRUE);
        did(1, Kind.CLEAR, 5, 6, Outcome.FALSE); // there is nothing to clear
        did(2, Kind.SET, 7, 8, Outcome.TRUE);
        did(3, Kind.HOLD, 9, 10, Outcome.TRUE);
        did(1, Kind.CLEAR, 11, 12, Outcome.FALSE); // it is held
        made(0, 1, 3, 4, 5);
        assertViolations().isEmpty();
        changes.remove(4);
        made(2);
        assertViolations().isNotEmpty().allMatch(violation -> violation.startsWith("order: "));
    }

    @Test
    void violations_ofAChangeThatNobodyAskedFor_areNotExactlyOnce() {
        did(1, Kind.SET, 10, 20, Outcome.UNKNOWN);
        made(1, Kind.SET, 1);
        assertViolations().singleElement().asString().startsWith("not exactly once: ");
    }

    @Test
    void violations_ofAChangeByTheKilled_areNoneWhateverItsNumber() {
        operations.add(new Operation(1, Kind.SET, 10, NEVER, NEVER, Outcome.UNKNOWN, 0, NEVER));
        operations.add(new Operation(1, Kind.SET, 30, NEVER, NEVER, Outcome.UNKNOWN, 0, NEVER)); // it was dead by then
        operations.add(new Operation(2, Kind.IS_SET, 20, NEVER, 25, Outcome.TRUE, 0, 0));
        made(1, Kind.SET, 7);
        assertViolations().isEmpty();
        made(1, Kind.CLEAR, 8);
        assertViolations().singleElement().asString().startsWith("not exactly once: ");
    }

    @Test
    void violations_ofAChangeAgainstItsOutcome_areNotExactlyOnce() {
        did(1, Kind.SET, 10, 20, Outcome.FALSE);
        made(0);
        assertViolations().singleElement().asString().startsWith("not exactly once: ");
    }

    /** Small histories at random, right and wrong: there is an order of changes that passes iff there is any at all. */
    @Tag("slow")
    @Test
    void violations_ofSmallHistories_agreeWithASearchOfAllOrders() {
        SplittableRandom random = new SplittableRandom(1);
        int[] verdicts = new int[2];
        for (int i = 0; i < 10_000; i++) {
            operations.clear();
            for (int client = 1; client <= 3; client++) {
                long time = random.nextInt(6);
                for (int n = random.nextInt(1, 4); n > 0; n--) {
                    long from = time + random.nextInt(4);
                    long to = from + 1 + random.nextInt(6);
                    time = to + 1;
                    Kind kind = List.of(Kind.SET, Kind.CLEAR, Kind.IS_SET, Kind.AWAIT)
                            .get(random.nextInt(4));
                    Outcome outcome = random.nextInt(5) == 0
                            ? Outcome.UNKNOWN
                            : random.nextBoolean() ? Outcome.TRUE : Outcome.FALSE;
                    did(client, kind, from, to, outcome);
                }
            }
            boolean linearizable = new Search(operations).linearizable(0, false);
            assertThat(anyOrderPasses(new ArrayList<>()))
                    .as(() -> operations.toString())
                    .isEqualTo(linearizable);
            verdicts[linearizable ? 1 : 0]++;
        }
        assertThat(verdicts[0]).as("wrong ones").isGreaterThan(500);
        assertThat(verdicts[1]).as("right ones").isGreaterThan(500);
    }

    private boolean anyOrderPasses(List<Operation> writes) {
        changes.clear();
        writes.forEach(write -> made((int) write.first()));
        if (History.violations(operations, changes).isEmpty()) {
            return true;
        }
        Kind next = writes.size() % 2 == 0 ? Kind.SET : Kind.CLEAR;
        for (Operation operation : operations) {
            if (operation.kind() == next && operation.outcome() != Outcome.FALSE && !writes.contains(operation)) {
                writes.add(operation);
                boolean passes = anyOrderPasses(writes);
                writes.remove(writes.size() - 1);
                if (passes) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The search of Wing and Gong, with the memory of Lowe: knows nothing of changes, and tries all orders. */
    private static final class Search {
        private final List<Operation> operations;
        private final Set<Long> seen = new HashSet<>();

        Search(List<Operation> operations) {
            this.operations = operations.stream()
                    .filter(operation -> operation.kind() == Kind.SET
                            || operation.kind() == Kind.CLEAR
                            || operation.outcome() == Outcome.TRUE
                            || (operation.kind() == Kind.IS_SET && operation.outcome() == Outcome.FALSE))
                    .toList();
        }

        /** Tells whether what is not done can be done one after the other, with the event set or not. */
        boolean linearizable(int done, boolean set) {
            if (!seen.add(done * 2L + (set ? 1 : 0))) {
                return false;
            }
            long end = NEVER; // whatever is next was called before this
            boolean over = true;
            for (int i = 0; i < operations.size(); i++) {
                Operation operation = operations.get(i);
                if ((done & 1 << i) == 0 && operation.outcome() != Outcome.UNKNOWN) {
                    end = Math.min(end, operation.to());
                    over = false;
                }
            }
            if (over) {
                return true;
            }
            for (int i = 0; i < operations.size(); i++) {
                Operation operation = operations.get(i);
                if ((done & 1 << i) != 0 || operation.from() > end) {
                    continue;
                }
                boolean to = operation.kind() == Kind.SET || (operation.kind() != Kind.CLEAR && set);
                boolean result = switch (operation.kind()) {
                    case SET -> !set;
                    case CLEAR, IS_SET, AWAIT -> set;
                    default -> throw new AssertionError(operation);
                };
                boolean expected = operation.outcome() != Outcome.FALSE;
                if (result == expected && linearizable(done | 1 << i, to)) {
                    return true;
                }
            }
            return false;
        }
    }
}
