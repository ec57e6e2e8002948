// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the tests of this module: against the core as it is, which must pass, and with bugs, which must be found. */
class JcstressTest {
    private static final boolean FULL = "full".equals(System.getProperty("verification.form"));

    /** One way to compile, a fifth of a second for each test and configuration. */
    private static final List<String> QUICK =
            List.of("-m", "quick", "-iters", "1", "-sc", "false", "-jvmArgs", "-XX:+UseSerialGC");

    /** All combinations of interpreter and compilers for the actors, a second for each. */
    private static final List<String> THOROUGH = List.of("-m", "quick");

    /** Against a bug, one way to compile, but for longer. */
    private static final List<String> CALIBRATION =
            List.of("-m", "quick", "-sc", "false", "-jvmArgs", "-XX:+UseSerialGC");

    /** The bugs that are told by what blocks or by what an interleaving does, and the test that is sure to find each. */
    private static final Map<String, String> BUGS =
            new TreeMap<>(Map.ofEntries(Map.entry("bare-redundant-set", "RedundantSetPublishes.Shipped")));

    private static final List<String> SHORT = List.of("bare-redundant-set");

    private static final List<String> FOUND = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        Files.deleteIfExists(Path.of("target", "bugs-found.tsv"));
    }

    @AfterAll
    static void end() throws Exception {
        Files.write(Path.of("target", "bugs-found.tsv"), FOUND);
    }

    @Test
    void core_asShipped_hasNoForbiddenOutcome() throws Exception {
        Run run = FULL ? Run.of("shipped", null, ".", THOROUGH) : Run.of("shipped", null, "\\.Shipped", QUICK);
        System.out.println("jcstress, the core as shipped: " + run.summary());
        assertThat(run.failures()).as("see " + run.log()).isEmpty();
    }

    static List<String> bugs() {
        return FULL ? List.copyOf(BUGS.keySet()) : SHORT;
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void core_withBug_isRejected(String bug) throws Exception {
        String test = BUGS.get(bug);
        Run run = Run.of(bug, PlantedBugs.named(bug).compile(), "\\." + test.replace(".", "\\.") + "$", CALIBRATION);
        System.out.println("jcstress, " + bug + ": " + run.summary() + ", " + run.rejections());
        assertThat(run.rejections()).as("see " + run.log()).contains(test);
        FOUND.add(bug + "\tjcstress\t" + test);
    }
}
