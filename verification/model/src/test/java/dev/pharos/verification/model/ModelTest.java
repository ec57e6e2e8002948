// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
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
    /** An event, and the memory under it. */
    private static final List<String> SMALLEST = List.of("NoThread", "Publication");

    private static final List<String> SMALL =
            List.of("Small", "Three", "Crowd", "NoThread", "EachAccess", "Progress", "Alone", "Sweep", "Publication");
    private static final List<String> LARGE =
            List.of("EachAccessBothWays", "LargeProgress", "Named", "LargeSweep", "EachAccessTwo", "BothWays", "Large");

    /** A bug for each of the smallest. */
    private static final Set<String> QUICK = Set.of("no-waker", "bare-redundant-set");

    private static final Path FOUND = Path.of("target", "bugs-found.tsv");
    private static final Set<String> found = new ConcurrentSkipListSet<>();

    @BeforeAll
    static void start() throws IOException {
        Files.deleteIfExists(FOUND);
        Form.PRESENT.tell(
                "model",
                "%d of %d configurations, %d of %d planted bugs"
                        .formatted(
                                configurations().size(),
                                SMALL.size() + LARGE.size(),
                                bugs().size(),
                                allBugs().size()));
    }

    @AfterAll
    static void end() throws IOException {
        Files.write(FOUND, found);
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

    record Bug(String name, String configuration, String property) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Bug> bugs() throws IOException {
        List<Bug> all = allBugs();
        return Form.PRESENT.choose(
                all.stream().filter(bug -> QUICK.contains(bug.name)).toList(), all, all);
    }

    private static List<Bug> allBugs() throws IOException {
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
        assertThat(allBugs()).extracting(Bug::property).containsAll(properties);
        for (String configuration : LARGE) {
            assertThat(properties).containsAll(Tlc.properties(configuration));
        }
        for (Bug bug : allBugs()) {
            assertThat(Tlc.properties(bug.configuration)).contains(bug.property);
        }
    }
}
