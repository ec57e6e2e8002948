// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.PlantedBug;
import dev.pharos.verification.bugs.PlantedBugs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs with each bug the scenario that has to find it; and all of them, for a bug that none has to find. */
class CalibrationTest {
    private static final long SCHEDULES = 20_000L;

    /** Most bugs need one preemption or two, at the right place: so those are tried first. */
    private static final List<Integer> BOUNDS = List.of(0, 1, 2, Checker.ALL);

    private static final List<PlantedBug> QUICK = PlantedBugs.CORE.allNamed("waiter-rereads-flag", "interrupt-first");

    private static final List<String> FOUND = new ArrayList<>(List.of("bug\tscenario\tschedule\tfailure"));

    @BeforeAll
    static void start() {
        Form.PRESENT.tell(
                "checker",
                "%d of %d planted bugs"
                        .formatted(
                                bugs().size(),
                                PlantedBugs.CORE.detectedBy("checker").size()));
    }

    static List<PlantedBug> bugs() {
        List<PlantedBug> all = PlantedBugs.CORE.detectedBy("checker");
        return Form.PRESENT.choose(QUICK, all, all);
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void scenario_withABug_fails(PlantedBug bug) {
        String name = bug.detectors().get("checker");
        Scenario scenario = new Weaver(bug.compile())
                .scenarios().stream()
                        .filter(s -> s.name().equals(name))
                        .findAny()
                        .orElseThrow();
        Checker.Result result = failure(List.of(scenario), BOUNDS);
        assertThat(result).as(bug + " is found by " + name).isNotNull();
        FOUND.add(String.join(
                "\t",
                bug.name(),
                result.scenario(),
                Long.toString(result.schedules()),
                result.failure().lines().findFirst().orElseThrow()));
    }

    /** Those that are wrong only where memory is not sequentially consistent. */
    static List<PlantedBug> invisible() {
        return PlantedBugs.CORE.all().stream()
                .filter(bug -> !bug.detectors().containsKey("checker"))
                .toList();
    }

    /** What is found here belongs into the entry of the bug. */
    @DisabledIfSystemProperty(named = "verification.form", matches = "quick", disabledReason = "takes long")
    @ParameterizedTest
    @MethodSource("invisible")
    void scenarios_withABugThatNoneHasToFind_hold(PlantedBug bug) {
        List<Scenario> scenarios = new Weaver(bug.compile())
                .scenarios().stream()
                        .filter(scenario -> bug.small() || !scenario.small())
                        .toList();
        assertThat(failure(scenarios, List.of(0, 1))).as(bug + " is not found").isNull();
    }

    /** The first failure of a scenario with at most so many preemptions; null if there is none. */
    private static Checker.Result failure(List<Scenario> scenarios, List<Integer> bounds) {
        for (int bound : bounds) {
            for (Scenario scenario : scenarios) {
                Checker.Result result = Checker.check(scenario, bound, SCHEDULES);
                if (result.failure() != null) {
                    return result;
                }
            }
        }
        return null;
    }

    @AfterAll
    static void writeTable() throws IOException {
        Files.write(Path.of("target", "calibration.tsv"), FOUND);
    }
}
