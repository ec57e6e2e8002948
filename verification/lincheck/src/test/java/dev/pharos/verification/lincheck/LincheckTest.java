// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.lincheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.PlantedBug;
import dev.pharos.verification.bugs.PlantedBugs;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Explores the scenarios: with the core as it is, which must pass, and with bugs, which must be found. */
class LincheckTest {
    private static final int INVOCATIONS = Form.PRESENT.choose(100, 1_000, 5_000);

    /** More than any of the bugs needs. */
    private static final int CALIBRATION = 5_000;

    private static final Set<Scenario> QUICK = EnumSet.of(Scenario.PULSE);

    private static final Set<Scenario> SHORT =
            EnumSet.of(Scenario.PULSE, Scenario.CROWD, Scenario.ANY, Scenario.LINEARIZABLE);

    /** Those that an interleaving tells. */
    private static final List<PlantedBug> BUGS = PlantedBugs.CORE.detectedBy("lincheck");

    private static final List<PlantedBug> SHORT_BUGS = PlantedBugs.CORE.allNamed("waiter-rereads-flag");

    private static final String MISSES = "on JDKs other than 17 Lincheck 3.7 misses bugs that it finds there";

    @BeforeAll
    static void start() {
        boolean trusted = Runtime.version().feature() == 17;
        Form.PRESENT.tell("lincheck", trusted ? plan() : "does not run, since " + MISSES);
        assumeTrue(trusted, MISSES);
    }

    private static String plan() {
        return "%d of %d scenarios in %,d interleavings, %d of %d planted bugs"
                .formatted(scenarios().size(), Scenario.values().length, INVOCATIONS, bugs().size(), BUGS.size());
    }

    static Set<Scenario> scenarios() {
        return Form.PRESENT.choose(QUICK, SHORT, EnumSet.allOf(Scenario.class));
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void core_asShipped_hasNoWrongInterleaving(Scenario scenario) throws Exception {
        Run run = Run.of("shipped", null, scenario, INVOCATIONS);
        assertThat(run.failed()).as("see " + run.log()).isFalse();
    }

    @DisabledIfSystemProperty(named = "verification.form", matches = "quick", disabledReason = "takes long")
    @ParameterizedTest
    @MethodSource("crowds")
    void core_withSmallNumbers_hasNoWrongInterleaving(Scenario scenario) throws Exception {
        Run run = Run.of("small", PlantedBugs.CORE.small(), scenario, INVOCATIONS);
        assertThat(run.failed()).as("see " + run.log()).isFalse();
    }

    static Set<Scenario> crowds() {
        return EnumSet.of(Scenario.CROWD);
    }

    static List<PlantedBug> bugs() {
        return Form.PRESENT.choose(SHORT_BUGS, SHORT_BUGS, BUGS);
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void core_withBug_isRejected(PlantedBug bug) throws Exception {
        Scenario scenario = Scenario.valueOf(bug.detectors().get("lincheck"));
        Run run = Run.of(bug.name(), bug.compile(), scenario, CALIBRATION);
        assertThat(run.failed()).as("see " + run.log()).isTrue();
    }
}
