// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.PlantedBug;
import dev.pharos.verification.bugs.PlantedBugs;
import java.nio.file.Path;
import java.util.List;
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

    /** Those that show on real hardware. */
    private static final List<PlantedBug> BUGS = PlantedBugs.CORE.detectedBy("jcstress");

    /** The one that no other gate can find: it needs a store buffer. */
    private static final List<PlantedBug> SHORT = PlantedBugs.CORE.allNamed("bare-redundant-set");

    /** How often a run is repeated for a bug that is a matter of luck. */
    private static final int ATTEMPTS = 5;

    @BeforeAll
    static void start() {
        Form.PRESENT.tell(
                "jcstress",
                Form.PRESENT.choose(
                        "does not run, since it needs minutes: its tests are compiled, with those for " + BUGS.size()
                                + " planted bugs",
                        "the tests of the core as shipped one way, " + SHORT.size() + " of " + BUGS.size()
                                + " planted bugs",
                        "all tests, " + BUGS.size() + " planted bugs"));
    }

    /** Of each, the processor of jcstress has made something to be run. */
    @Test
    void bugs_all_haveATest() {
        String prefix = JcstressTest.class.getPackageName() + ".";
        assertThat(TestList.tests())
                .containsAll(BUGS.stream().map(bug -> prefix + test(bug)).toList());
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

    static List<PlantedBug> bugs() {
        return FULL ? BUGS : SHORT;
    }

    @DisabledIfSystemProperty(named = "verification.form", matches = "quick", disabledReason = "takes long")
    @ParameterizedTest
    @MethodSource("bugs")
    void core_withBug_isRejected(PlantedBug bug) throws Exception {
        String test = test(bug);
        Path core = bug.compile();
        boolean found = false;
        for (int i = 0; i < ATTEMPTS && !found; i++) {
            Run run = Run.of(bug.name(), core, "\\." + test.replace(".", "\\.") + "$", CALIBRATION);
            System.out.println("jcstress, " + bug + ": " + run.summary() + ", rejected by " + run.rejections());
            found = run.rejections().contains(test);
        }
        assertThat(found).as(bug + " is found by " + test).isTrue();
    }

    private static String test(PlantedBug bug) {
        return bug.detectors().get("jcstress");
    }
}
