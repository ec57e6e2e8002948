// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Visits every state of the model: as it is, where all must hold, and with bugs, each of which must be found. */
class ModelTest {
    private static final List<String> SMALL =
            List.of("Small", "Three", "Crowd", "NoThread", "EachAccess", "Progress", "Alone", "Sweep", "Publication");
    private static final List<String> LARGE = List.of(
            "EachAccessBothWays",
            "LargeProgress",
            "Named",
            "LargeSweep",
            "EachAccessTwo",
            "BothWays",
            "Large");

    private static final Path FOUND = Path.of("target", "bugs-found.tsv");
    private static final Set<String> found = new ConcurrentSkipListSet<>();

    @BeforeAll
    static void start() throws IOException {
        Files.deleteIfExists(FOUND);
    }

    @AfterAll
    static void end() throws IOException {
        Files.write(FOUND, found);
    }

    static List<String> configurations() {
        return "full".equals(System.getProperty("verification.form"))
                ? Stream.of(SMALL, LARGE).flatMap(List::stream).toList()
                : SMALL;
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void model_asItIs_hasAllProperties(String configuration) throws Exception {
        Tlc run = Tlc.check(configuration);
        assertThat(run.passes()).as(run.output()).isTrue();
        System.out.println(run.row());
    }

    record Bug(String name, String configuration, String property) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Bug> bugs() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("bugs.tsv"))) {
            return lines.filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t"))
                    .map(fields -> new Bug(fields[0], fields[1], fields[2]))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void model_withBug_violatesProperty(Bug bug) throws Exception {
        Tlc run = Tlc.check(bug.configuration, bug.name, bug.property);
        assertThat(run.finds(bug.property)).as(run.output()).isTrue();
        found.add(bug.name + "\tmodel\t" + bug.property);
    }

    @Test
    void properties_all_areViolatedByABug() throws Exception {
        Set<String> properties = new HashSet<>();
        for (String configuration : SMALL) {
            properties.addAll(Tlc.properties(configuration));
        }
        assertThat(bugs()).extracting(Bug::property).containsAll(properties);
        for (String configuration : LARGE) {
            assertThat(properties).containsAll(Tlc.properties(configuration));
        }
        for (Bug bug : bugs()) {
            assertThat(Tlc.properties(bug.configuration)).contains(bug.property);
        }
    }
}
