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
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the scenarios with each bug until one fails, and writes to target/bugs-found.tsv which did. */
class CalibrationTest {
    private static final long SCHEDULES = 20_000L;

    /** These are wrong only where memory is not sequentially consistent. */
    private static final Set<String> INVISIBLE = Set.of("bare-redundant-set", "look-before-fence", "plain-state");

    private static final Set<String> QUICK = Set.of("waiter-rereads-flag", "interrupt-first");

    private static final List<String> FOUND = new ArrayList<>();
    private static final List<String> DETAILS = new ArrayList<>(List.of("bug\tscenario\tschedule\tfailure"));

    static List<PlantedBug> bugs() {
        List<PlantedBug> all = PlantedBugs.CORE.all();
        return Form.PRESENT.choose(
                all.stream().filter(bug -> QUICK.contains(bug.name())).toList(), all, all);
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void scenario_withABug_failsIfItIsVisible(PlantedBug bug) {
        Checker.Result result = find(bug);
        if (result != null) {
            FOUND.add(bug + "\tchecker\t" + result.scenario());
            DETAILS.add(String.join(
                    "\t",
                    bug.name(),
                    result.scenario(),
                    Long.toString(result.schedules()),
                    result.failure().lines().findFirst().orElseThrow()));
        }
        assertThat(result != null).as(bug + " is found").isEqualTo(!INVISIBLE.contains(bug.name()));
    }

    /** Most bugs need one preemption or two, at the right place: so those are tried first. */
    private static Checker.Result find(PlantedBug bug) {
        List<Scenario> scenarios = new Weaver(bug.compile()).scenarios();
        for (int bound : List.of(0, 1, 2, Checker.ALL)) {
            for (Scenario scenario : scenarios) {
                if (bug.small() || !scenario.small()) {
                    Checker.Result result = Checker.check(scenario, bound, SCHEDULES);
                    if (result.failure() != null) {
                        return result;
                    }
                }
            }
            if (bound == 1 && INVISIBLE.contains(bug.name())) {
                break;
            }
        }
        return null;
    }

    @AfterAll
    static void writeTables() throws IOException {
        Files.write(Path.of("target", "bugs-found.tsv"), FOUND);
        Files.write(Path.of("target", "bugs-found-details.tsv"), DETAILS);
        Form.PRESENT.tell("checker", "%d of %d planted bugs found".formatted(FOUND.size(), bugs().size()));
    }
}
