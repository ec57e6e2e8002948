// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.PlantedBugs;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the checker leaves out is what it may. */
class CheckerTest {
    private static final long SCHEDULES = Form.PRESENT.choose(100L, 500L, 500L);

    /** Those that come to an end within the limit, and have more than one schedule. */
    static Stream<Scenario> scenarios() {
        return ScenariosTest.scenarios().filter(scenario -> {
            Checker.Result result = Checker.check(scenario, Checker.ALL, SCHEDULES);
            return result.exhausted() && result.schedules() > 1;
        });
    }

    /** Sleep sets leave one schedule of those that differ in the order of commuting steps; so must what is faster. */
    @ParameterizedTest
    @MethodSource("scenarios")
    void check_byRaces_runsAsManySchedulesAsBySleepSetsOnly(Scenario scenario) {
        Checker.Result fast = Checker.check(scenario, Search.ALL, SCHEDULES);
        Checker.Result slow = Checker.check(scenario, Search.SLEEPING, 50 * SCHEDULES);
        assertThat(fast.schedules()).isEqualTo(slow.schedules());
        assertThat(slow.exhausted()).isTrue();
    }

    /** With a bound no schedule is left out: so none of its ends may be missing without one. */
    @ParameterizedTest
    @MethodSource("scenarios")
    void check_byRaces_seesEveryEndThatIsSeenWithABound(Scenario scenario) {
        Set<String> fast = outcomes(scenario, Checker.ALL);
        Set<String> bounded = outcomes(scenario, 2);
        assertThat(fast).containsAll(bounded);
    }

    private static Set<String> outcomes(Scenario scenario, int bound) {
        Set<String> outcomes = new HashSet<>();
        Checker.check(scenario, bound, SCHEDULES, run -> outcomes.add(run.outcome()));
        return outcomes;
    }

    @Test
    void check_failure_comesWithTheStepsThatLedThere() {
        List<Scenario> scenarios =
                new Weaver(PlantedBugs.CORE.named("end-by-write").compile()).scenarios();
        Scenario scenario = scenarios.stream()
                .filter(s -> s.name().equals("[await] | set | set"))
                .findAny()
                .orElseThrow();
        Checker.Result result = Checker.check(scenario, Checker.ALL, SCHEDULES);
        assertThat(result.failure())
                .startsWith("not so: one of them changed the event")
                .contains("\n  b writes head");
    }
}
