// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.ModuleTests;
import dev.pharos.verification.bugs.PlantedBugs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the tests of the core against bugs: each of these has to be found. The build runs them without a bug anyway. */
class ContractTest {
    /** The bugs that need no luck to show, and for each a test that finds it. */
    private static final Map<String, String> BUGS = new TreeMap<>(Map.ofEntries(
            Map.entry(
                    "any-interrupt-wins",
                    "AttackTest.awaitAny_interruptedBeforeAReleasedFutureIsComplete_returnsItsEventAndKeepsTheStatus"),
            Map.entry("any-gate-read-late", "GroupWaitContract.await_timeOver_returnsFalseButNotBefore"),
            Map.entry("any-leaves-losers", "GroupWaitContract.await_manyAbandonedBesideOneThatGoesOn_leaveNothing"),
            Map.entry(
                    "any-trusts-gate", "AttackTest.awaitAny_timeIsOverBeforeAReleasedFutureIsComplete_returnsItsEvent"),
            Map.entry("cancel-leaves-waiter", "FutureContract.cancel_manyBesideOnesThatGoOn_leaveNothing"),
            Map.entry("cancel-wins", "FutureContract.cancel_afterRelease_hasNoEffect"),
            Map.entry("clocks-compared", "WaitContract.await_unparkedWithoutARelease_goesOnWaiting"),
            Map.entry("end-goes-on", "WaitContract.await_releasedAndArmedAtOnce_everyoneReturns"),
            Map.entry("future-inside-set", "FutureContract.dependent_ofAReleasedFuture_neverRunsOnTheReleasingThread"),
            Map.entry("interrupt-first", "WaitContract.await_interruptedOnEntryReleased_returnsAndKeepsTheStatus"),
            Map.entry("interrupt-returns", "WaitContract.await_interruptedWhileWaiting_throwsAndClearsTheStatus"),
            Map.entry("name-forgotten", "ThreadEventTest.toString_named_keepsTheNameForEver"),
            Map.entry("no-look-after-timeout", "WaitContract.await_releasedJustBeforeTheCommonDeadline_nobodyTimesOut"),
            Map.entry(
                    "pops-not-counted",
                    "ThreadEventTest.footprint_halfHasLeftFromBelowAndThenTheRestFromTheTop_isBounded"),
            Map.entry("sweep-never", "ThreadEventTest.footprint_crowdHasGoneUnderOneThatGoesOn_isBounded"),
            Map.entry("sweep-once", "ThreadEventTest.footprint_halfHasLeftFromBelowAndThenTheRestFromTheTop_isBounded"),
            Map.entry("waiter-rereads-flag", "WaitContract.await_releasedAndArmedAtOnce_everyoneReturns"),
            Map.entry("wake-up-is-timeout", "WaitContract.await_unparkedWithoutARelease_goesOnWaiting"),
            Map.entry("withdraw-stays-alive", "ThreadEventTest.footprint_crowdHasGoneUnderOneThatGoesOn_isBounded")));

    /** Those that only this gate and the checker find, which runs on JDK 25. */
    private static final Set<String> SHORT =
            Set.of("any-interrupt-wins", "any-trusts-gate", "pops-not-counted", "sweep-never", "sweep-once");

    /** The quickest: a wait with its interrupt, which nothing but a wait can get wrong. */
    private static final Set<String> QUICK = Set.of("interrupt-returns");

    private static final ModuleTests CORE =
            new ModuleTests(List.of("dev.pharos.ThreadEventTest", "dev.pharos.AttackTest"), 60);

    private static final Path FOUND = Path.of("target", "bugs-found.tsv");
    private static final List<String> found = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        Files.deleteIfExists(FOUND);
        Form.PRESENT.tell("contract", bugs().size() + " of " + BUGS.size() + " planted bugs");
    }

    @AfterAll
    static void end() throws Exception {
        Files.write(FOUND, found);
    }

    static Set<String> bugs() {
        return Form.PRESENT.choose(QUICK, SHORT, BUGS.keySet());
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void core_withBug_isRejected(String bug) throws Exception {
        String test = BUGS.get(bug);
        assertThat(CORE.firstFailure(PlantedBugs.CORE.named(bug).compile(), test))
                .contains(test);
        found.add(bug + "\tcontract\t" + test);
    }

    @DisabledIfSystemProperty(named = "verification.form", matches = "quick", disabledReason = "takes long")
    @Test
    void core_withSmallNumbers_passes() throws Exception {
        assertThat(CORE.firstFailureWithoutABug(PlantedBugs.CORE.small(), "WaitContract.await_released.*"))
                .isEmpty();
    }

    @Test
    void core_asShipped_passesTheSameTests() throws Exception {
        String tests = Form.PRESENT.choose(
                BUGS.get("interrupt-returns"),
                "ThreadEventTest.footprint_(crowd|half).*",
                String.join("|", Set.copyOf(BUGS.values())));
        assertThat(CORE.firstFailureWithoutABug(PlantedBugs.CORE.shipped(), tests))
                .isEmpty();
    }
}
