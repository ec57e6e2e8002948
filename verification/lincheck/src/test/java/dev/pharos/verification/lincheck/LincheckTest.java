// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.lincheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.PlantedBugs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
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

    /** The bugs that an interleaving tells, and a scenario that finds each. */
    private static final Map<String, Scenario> BUGS = new TreeMap<>(Map.ofEntries(
            Map.entry("any-leaves-losers", Scenario.ANY_LOSER),
            Map.entry("cancel-wins", Scenario.CANCEL_SET),
            Map.entry("clear-drops-waiters", Scenario.AWAIT_CLEAR_SET),
            Map.entry("clocks-compared", Scenario.TIMED_PULSE),
            Map.entry("end-by-write", Scenario.AWAIT_SET_SET),
            Map.entry("end-not-counted", Scenario.LINEARIZABLE),
            Map.entry("future-not-looked-at", Scenario.WHEN_SET_SET),
            Map.entry("futures-count-as-woken", Scenario.CROWD_OF_FUTURES),
            Map.entry("interrupt-first", Scenario.LINEARIZABLE),
            Map.entry("list-after-mark", Scenario.CROWD),
            Map.entry("list-before-mark", Scenario.WHEN_SET_SET_SET),
            Map.entry("look-before-dead", Scenario.CROWD_INTERRUPTED),
            Map.entry("name-forgotten", Scenario.AWAIT_SET_SET),
            Map.entry("no-waker", Scenario.CROWD_OF_FUTURES),
            Map.entry("push-by-write", Scenario.COME_AND_GO),
            Map.entry("round-over-running", Scenario.AWAIT_AWAIT_SET),
            Map.entry("waiter-rereads-flag", Scenario.PULSE),
            Map.entry("wake-up-is-timeout", Scenario.TIMED_PULSE),
            Map.entry("woken-does-not-help", Scenario.CROWD)));

    private static final Set<String> SHORT_BUGS = Set.of("waiter-rereads-flag");

    private static final String MISSES = "on JDKs other than 17 Lincheck 3.7 misses bugs that it finds there";

    private static final List<String> FOUND = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        Files.deleteIfExists(Path.of("target", "bugs-found.tsv"));
        boolean trusted = Runtime.version().feature() == 17;
        Form.PRESENT.tell("lincheck", trusted ? plan() : "does not run, since " + MISSES);
        assumeTrue(trusted, MISSES);
    }

    @AfterAll
    static void end() throws Exception {
        Files.write(Path.of("target", "bugs-found.tsv"), FOUND);
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

    static Set<String> bugs() {
        return Form.PRESENT.choose(SHORT_BUGS, SHORT_BUGS, BUGS.keySet());
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void core_withBug_isRejected(String bug) throws Exception {
        Scenario scenario = BUGS.get(bug);
        Run run = Run.of(bug, PlantedBugs.CORE.named(bug).compile(), scenario, CALIBRATION);
        assertThat(run.failed()).as("see " + run.log()).isTrue();
        FOUND.add(bug + "\tlincheck\t" + scenario);
    }
}
