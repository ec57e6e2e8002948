// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.bugs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.contentOf;

import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlantedBugsTest {
    private static final String CORE_TESTS = "pharos-core/src/test/java/dev/pharos/";
    private static final String CLUSTER_TESTS = "pharos-cluster/src/test/java/dev/pharos/cluster/";
    private static final String JCSTRESS = "verification/jcstress/src/main/java/dev/pharos/verification/jcstress/";
    private static final String LINCHECK = "verification/lincheck/src/test/java/dev/pharos/verification/lincheck/";
    private static final String CHECKER = "verification/checker/src/main/java/dev/pharos/verification/checker/";

    static List<PlantedBug> core() {
        return PlantedBugs.CORE.all();
    }

    static List<PlantedBug> compiled() {
        return Stream.of(PlantedBugs.CORE, PlantedBugs.CLUSTER)
                .flatMap(some -> some.all().stream())
                .toList();
    }

    static List<PlantedBug> all() {
        return Stream.concat(compiled().stream(), PlantedBugs.MODEL.all().stream())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("compiled")
    void check_everyBug_fitsTheSource(PlantedBug bug) {
        assertThat(bug.hunks()).isNotEmpty();
        bug.check();
    }

    @ParameterizedTest
    @MethodSource("all")
    void detectors_everyBug_exist(PlantedBug bug) {
        assertThat(bug.description()).endsWith(".");
        assertThat(bug.detectors())
                .allSatisfy((gate, test) ->
                        assertThat(exists(gate, test)).as(gate + ": " + test).isTrue());
    }

    @Test
    void all_detectedByTheModel_areInTheModel() {
        String model = read("verification/model/RoundProtocol.tla") + read("verification/model/Publication.tla");
        assertThat(all())
                .filteredOn(bug -> bug.detectors().containsKey("model"))
                .allMatch(bug -> model.contains('"' + bug.name() + '"'));
    }

    /** Looks into the source: no module has the tests of all gates, and no JDK runs all of them. */
    private static boolean exists(String gate, String test) {
        String first = test.replaceFirst("\\..*", "");
        String second = test.replaceFirst(".*\\.", "");
        return switch (gate) {
            case "contract" -> read(CORE_TESTS + first + ".java").contains(" void " + second + "(");
            case "jcstress" -> read(JCSTRESS + first + ".java").contains(" class " + second + " ");
            case "lincheck" -> read(LINCHECK + "Scenario.java").contains("\n    " + test + " {");
            case "checker" -> read(CHECKER + "Scenarios.java").contains('"' + test.replace(" (small)", "") + '"');
            case "model" -> read("verification/model/" + first + ".cfg").contains("\n    " + second + "\n");
            case "test" -> {
                boolean own = Files.exists(PlantedBugs.inCheckout(CLUSTER_TESTS).resolve(first + ".java"));
                yield read((own ? CLUSTER_TESTS : CORE_TESTS) + first + ".java").contains(" void " + second + "(");
            }
            default -> false;
        };
    }

    @Test
    void detectors_ofTheCore_areTwoGatesAtLeast() {
        assertThat(core()).allSatisfy(bug -> assertThat(bug.detectors()).hasSizeGreaterThanOrEqualTo(2));
    }

    @Test
    void detectors_ofTheOthers_areTheOneGateThatHasThem() {
        assertThat(PlantedBugs.CLUSTER.detectedBy("test")).isEqualTo(PlantedBugs.CLUSTER.all());
        assertThat(PlantedBugs.MODEL.detectedBy("model")).isEqualTo(PlantedBugs.MODEL.all());
    }

    private static String read(String file) {
        return contentOf(PlantedBugs.inCheckout(file).toFile());
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("core")
    void compile_everyBug_givesClassFiles(PlantedBug bug) {
        assertThat(bug.compile().resolve("dev/pharos/ThreadEvent.class")).isRegularFile();
    }

    @Tag("slow")
    @Test
    void compile_withoutABug_givesClassFiles() {
        assertThat(PlantedBugs.CORE.shipped().resolve("dev/pharos/ThreadEvent.class"))
                .isRegularFile();
        assertThat(PlantedBugs.CORE.small().resolve("dev/pharos/ThreadEvent.class"))
                .isRegularFile();
    }

    @Test
    void all_namesAreUnique() {
        assertThat(PlantedBugs.CORE.all()).hasSizeGreaterThanOrEqualTo(20);
        for (PlantedBugs some : List.of(PlantedBugs.CORE, PlantedBugs.CLUSTER, PlantedBugs.MODEL)) {
            assertThat(some.all()).extracting(PlantedBug::name).doesNotHaveDuplicates();
        }
    }

    @Test
    void compile_hunkDoesNotFit_saysWhich() {
        var hunk = new PlantedBug.Hunk("Round.java", List.of("no such line"), List.of());
        var bug = new PlantedBug("pharos-core", "stale", "Does not fit.", false, Map.of(), List.of(hunk));
        assertThatThrownBy(bug::compile).hasMessageContainingAll("stale", "nowhere", "Round.java", "no such line");
    }
}
