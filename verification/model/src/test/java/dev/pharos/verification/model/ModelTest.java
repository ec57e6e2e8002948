// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.PlantedBug;
import dev.pharos.verification.bugs.PlantedBugs;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Visits every state of the model: as it is, where all must hold, and with bugs, each of which must be found. */
class ModelTest {
    /** An event, and the memory under it. */
    private static final List<String> SMALLEST = List.of("NoThread", "Publication");

    private static final List<String> SMALL =
            List.of("Small", "Three", "Crowd", "NoThread", "EachAccess", "Progress", "Alone", "Sweep", "Publication");
    private static final List<String> LARGE =
            List.of("EachAccessBothWays", "LargeProgress", "Named", "LargeSweep", "EachAccessTwo", "BothWays", "Large");

    private static final List<PlantedBug> BUGS = Stream.of(PlantedBugs.CORE, PlantedBugs.MODEL)
            .flatMap(some -> some.detectedBy("model").stream())
            .toList();

    /** A bug for each of the smallest. */
    private static final List<PlantedBug> QUICK = PlantedBugs.CORE.allNamed("no-waker", "bare-redundant-set");

    @BeforeAll
    static void start() {
        Form.PRESENT.tell(
                "model",
                "%d of %d configurations, %d of %d planted bugs"
                        .formatted(configurations().size(), SMALL.size() + LARGE.size(), bugs().size(), BUGS.size()));
    }

    static List<String> configurations() {
        return Form.PRESENT.choose(
                SMALLEST, SMALL, Stream.of(SMALL, LARGE).flatMap(List::stream).toList());
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void model_asItIs_hasAllProperties(String configuration) throws Exception {
        Tlc run = Tlc.check(configuration);
        assertThat(run.passes()).as(run.output()).isTrue();
        System.out.println(run.row());
    }

    static List<PlantedBug> bugs() {
        return Form.PRESENT.choose(QUICK, BUGS, BUGS);
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void model_withBug_violatesProperty(PlantedBug bug) throws Exception {
        Tlc run = Tlc.check(configuration(bug), bug.name(), property(bug));
        assertThat(run.finds(property(bug))).as(run.output()).isTrue();
    }

    @Test
    void properties_all_areViolatedByABug() throws Exception {
        Set<String> properties = new HashSet<>();
        for (String configuration : SMALL) {
            properties.addAll(Tlc.properties(configuration));
        }
        assertThat(BUGS).extracting(ModelTest::property).containsAll(properties);
        for (String configuration : LARGE) {
            assertThat(properties).containsAll(Tlc.properties(configuration));
        }
        for (PlantedBug bug : BUGS) {
            assertThat(Tlc.properties(configuration(bug))).contains(property(bug));
        }
    }

    private static String configuration(PlantedBug bug) {
        return bug.detectors().get("model").replaceFirst("\\..*", "");
    }

    private static String property(PlantedBug bug) {
        return bug.detectors().get("model").replaceFirst(".*\\.", "");
    }
}
