// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.PlantedBugs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs every schedule of every scenario; or if they are too many, as many as there is time for, and then all with so
 * few preemptions that they are not too many. Writes to target/schedules.tsv what was run.
 */
class ScenariosTest {
    private static final long SCHEDULES = Form.PRESENT.choose(300L, 10_000L, 1_000_000L);
    private static final List<Checker.Result> RESULTS = new ArrayList<>();

    @BeforeAll
    static void start() {
        Form.PRESENT.tell("checker", "at most %,d schedules of each scenario".formatted(SCHEDULES));
    }

    private static final List<Scenario> SCENARIOS = Stream.concat(
                    new Weaver(PlantedBugs.CORE.shipped()).scenarios().stream().filter(scenario -> !scenario.small()),
                    new Weaver(PlantedBugs.CORE.small()).scenarios().stream().filter(Scenario::small))
            .toList();

    static Stream<Scenario> scenarios() {
        return SCENARIOS.stream();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void scenario_everySchedule_holds(Scenario scenario) {
        Checker.Result result = check(scenario, Checker.ALL);
        for (int bound = 3; bound > 0 && !result.exhausted(); bound--) {
            result = check(scenario, bound);
        }
    }

    private static Checker.Result check(Scenario scenario, int bound) {
        Checker.Result result = Checker.check(scenario, bound, SCHEDULES);
        RESULTS.add(result);
        assertThat(result.failure()).as(scenario.name()).isNull();
        return result;
    }

    @AfterAll
    static void writeTable() throws IOException {
        List<String> lines = new ArrayList<>(List.of("scenario\tpreemptions\tschedules\tabandoned\texhausted\tms"));
        for (Checker.Result r : RESULTS) {
            lines.add("%s\t%s\t%d\t%d\t%s\t%d"
                    .formatted(
                            r.scenario(),
                            r.bound() == Checker.ALL ? "all" : r.bound(),
                            r.schedules(),
                            r.abandoned(),
                            r.exhausted() ? "yes" : "no",
                            r.millis()));
        }
        Files.write(Path.of("target", "schedules.tsv"), lines);
        System.out.printf(
                "%d scenarios, %d exhausted, %,d schedules%n",
                RESULTS.stream().map(Checker.Result::scenario).distinct().count(),
                RESULTS.stream()
                        .filter(r -> r.bound() == Checker.ALL && r.exhausted())
                        .count(),
                RESULTS.stream().mapToLong(Checker.Result::schedules).sum());
    }
}
