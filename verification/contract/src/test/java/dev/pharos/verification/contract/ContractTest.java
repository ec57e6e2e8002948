// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.ModuleTests;
import dev.pharos.verification.bugs.PlantedBug;
import dev.pharos.verification.bugs.PlantedBugs;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the tests of the core against bugs: each of these has to be found. The build runs them without a bug anyway. */
class ContractTest {
    /** Those that need no luck to show. */
    private static final List<PlantedBug> BUGS = PlantedBugs.CORE.detectedBy("contract");

    /** Those that only this gate and the checker find, which runs on JDK 25. */
    private static final List<PlantedBug> SHORT = PlantedBugs.CORE.allNamed(
            "any-interrupt-wins", "any-trusts-count", "pops-not-counted", "sweep-never", "sweep-once");

    /** The quickest: a wait with its interrupt, which nothing but a wait can get wrong. */
    private static final List<PlantedBug> QUICK = PlantedBugs.CORE.allNamed("interrupt-returns");

    private static final ModuleTests CORE =
            new ModuleTests(List.of("dev.pharos.ThreadEventTest", "dev.pharos.AttackTest"), 60);

    @BeforeAll
    static void start() {
        Form.PRESENT.tell("contract", bugs().size() + " of " + BUGS.size() + " planted bugs");
    }

    static List<PlantedBug> bugs() {
        return Form.PRESENT.choose(QUICK, SHORT, BUGS);
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void core_withBug_isRejected(PlantedBug bug) throws Exception {
        assertThat(CORE.firstFailure(bug.compile(), test(bug))).contains(test(bug));
    }

    @DisabledIfSystemProperty(named = "verification.form", matches = "quick", disabledReason = "takes long")
    @Test
    void core_withSmallNumbers_passes() throws Exception {
        assertThat(CORE.firstFailureWithoutABug(PlantedBugs.CORE.small(), "WaitContract.await_released.*"))
                .isEmpty();
    }

    @Test
    void core_asShipped_passesTheSameTests() throws Exception {
        String tests = Form.PRESENT == Form.SHORT
                ? "ThreadEventTest.footprint_(crowd|half).*"
                : bugs().stream().map(ContractTest::test).distinct().collect(Collectors.joining("|"));
        assertThat(CORE.firstFailureWithoutABug(PlantedBugs.CORE.shipped(), tests))
                .isEmpty();
    }

    private static String test(PlantedBug bug) {
        return bug.detectors().get("contract");
    }
}
