// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.PlantedBugs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jcstress.infra.runners.TestList;

/** Runs the tests of this module: against the core as it is, which must pass, and with bugs, which must be found. */
class JcstressTest {
    private static final boolean FULL = Form.PRESENT == Form.FULL;

    /** One way to compile, a fifth of a second for each test and configuration. */
    private static final List<String> QUICK =
            List.of("-m", "quick", "-iters", "1", "-sc", "false", "-jvmArgs", "-XX:+UseSerialGC");

    /** What depends on the numbers for crowds. */
    private static final String CROWDS =
            "\\.(CrowdIsReleased\\.Shipped|WaitersComeAndGo\\.ShippedSwept)" + (FULL ? "" : "$");

    /** The interpreter and the compilers in eight ways, half a second for each test and each of them. */
    private static final List<String> THOROUGH = List.of("-m", "quick", "-iters", "2", "-sc", "false");

    /** Against a bug, one way to compile, but for longer. */
    private static final List<String> CALIBRATION =
            List.of("-m", "quick", "-sc", "false", "-jvmArgs", "-XX:+UseSerialGC");

    /** The bugs that show on real hardware, and for each a test that finds it. */
    private static final Map<String, String> BUGS = new TreeMap<>(Map.ofEntries(
            Map.entry("any-leaves-losers", "AnyWaitAgainstSets.ShippedAgainstOrder"),
            Map.entry("bare-redundant-set", "RedundantSetPublishes.Shipped"),
            Map.entry("cancel-leaves-waiter", "WaitersComeAndGo.ShippedSwept"),
            Map.entry("cancel-wins", "PulseReleases.Shipped"),
            Map.entry("change-by-write", "RegistrationAgainstSet.Shipped"),
            Map.entry("change-gives-up", "RegistrationAgainstSet.Shipped"),
            Map.entry("clear-drops-waiters", "PulseReleases.ShippedAgainstClear"),
            Map.entry("clocks-compared", "BlockedIsReleased.ShippedTimedPulse"),
            Map.entry("dead-count-as-woken", "CrowdIsReleased.ShippedCancelled"),
            Map.entry("end-by-write", "SetAgainstSet.ShippedNamed"),
            Map.entry("frontier-skips", "CrowdIsReleased.ShippedStaying"),
            Map.entry("future-inside-set", "DependentsRunElsewhere.Shipped"),
            Map.entry("future-not-looked-at", "SeenSetLetsThrough.Shipped"),
            Map.entry("futures-count-as-woken", "CrowdIsReleased.ShippedBehindFutures"),
            Map.entry("interrupt-first", "SeenSetLetsThrough.Shipped"),
            Map.entry("interrupt-returns", "InterruptAgainstSet.Shipped"),
            Map.entry("interrupt-swallowed", "InterruptAgainstSet.Shipped"),
            Map.entry("look-before-fence", "RedundantSetPublishes.Shipped"),
            Map.entry("name-forgotten", "PulseReleases.ShippedNamed"),
            Map.entry("no-waker", "CrowdIsReleased.ShippedFutures"),
            Map.entry("plain-state", "SpinnerSeesSet.Shipped"),
            Map.entry("push-by-write", "WaitersComeAndGo.ShippedComing"),
            Map.entry("round-over-running", "WaitersComeAndGo.ShippedComing"),
            Map.entry("sweep-cuts", "WaitersComeAndGo.ShippedSwept"),
            Map.entry("sweep-drops-futures", "WaitersComeAndGo.ShippedSwept"),
            Map.entry("waiter-rereads-flag", "BlockedIsReleased.Shipped"),
            Map.entry("wake-up-is-timeout", "BlockedIsReleased.ShippedTimedPulse"),
            Map.entry("withdraw-pops-by-write", "WaitersComeAndGo.Shipped"),
            Map.entry("withdraw-stays-alive", "WaitersComeAndGo.ShippedSwept"),
            Map.entry("withdraw-without-look", "PulseReleases.Shipped"),
            Map.entry("woken-does-not-help", "CrowdIsReleased.ShippedStaying")));

    /** The one that no other gate can find: it needs a store buffer. */
    private static final List<String> SHORT = List.of("bare-redundant-set");

    /** How often a run is repeated for a bug that is a matter of luck. */
    private static final int ATTEMPTS = 5;

    private static final List<String> FOUND = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        Files.deleteIfExists(Path.of("target", "bugs-found.tsv"));
        Form.PRESENT.tell(
                "jcstress",
                Form.PRESENT.choose(
                        "does not run, since it needs minutes: its tests are compiled, with those for " + BUGS.size()
                                + " planted bugs",
                        "the tests of the core as shipped one way, " + SHORT.size() + " of " + BUGS.size()
                                + " planted bugs",
                        "all tests, " + BUGS.size() + " planted bugs"));
    }

    @AfterAll
    static void end() throws Exception {
        Files.write(Path.of("target", "bugs-found.tsv"), FOUND);
    }

    /** Of each, the processor of jcstress has made something to be run. */
    @Test
    void bugs_all_haveATest() {
        String prefix = JcstressTest.class.getPackageName() + ".";
        assertThat(TestList.tests())
                .containsAll(BUGS.values().stream().map(prefix::concat).toList());
    }

    @DisabledIfSystemProperty(named = "verification.form", matches = "quick", disabledReason = "takes long")
    @Test
    void core_withSmallNumbers_hasNoForbiddenOutcome() throws Exception {
        Run run = Run.of("small", PlantedBugs.CORE.small(), CROWDS, QUICK);
        System.out.println("jcstress, the core with small numbers: " + run.summary());
        assertThat(run.failures()).as("see " + run.log()).isEmpty();
    }

    @DisabledIfSystemProperty(named = "verification.form", matches = "quick", disabledReason = "takes long")
    @Test
    void core_asShipped_hasNoForbiddenOutcome() throws Exception {
        Run run = FULL ? Run.of("shipped", null, ".", THOROUGH) : Run.of("shipped", null, "\\.Shipped$", QUICK);
        System.out.println("jcstress, the core as shipped: " + run.summary());
        assertThat(run.failures()).as("see " + run.log()).isEmpty();
    }

    static List<String> bugs() {
        return FULL ? List.copyOf(BUGS.keySet()) : SHORT;
    }

    @DisabledIfSystemProperty(named = "verification.form", matches = "quick", disabledReason = "takes long")
    @ParameterizedTest
    @MethodSource("bugs")
    void core_withBug_isRejected(String bug) throws Exception {
        String test = BUGS.get(bug);
        Path core = PlantedBugs.CORE.named(bug).compile();
        boolean found = false;
        for (int i = 0; i < ATTEMPTS && !found; i++) {
            Run run = Run.of(bug, core, "\\." + test.replace(".", "\\.") + "$", CALIBRATION);
            System.out.println("jcstress, " + bug + ": " + run.summary() + ", rejected by " + run.rejections());
            found = run.rejections().contains(test);
        }
        assertThat(found).as(bug + " is found by " + test).isTrue();
        FOUND.add(bug + "\tjcstress\t" + test);
    }
}
