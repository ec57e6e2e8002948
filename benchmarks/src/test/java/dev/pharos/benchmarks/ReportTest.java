// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The report of two small records, in which all figures are round. */
class ReportTest {
    @TempDir
    private Path root;

    private Path docs;

    private Path page;

    @BeforeEach
    void writePage() throws Exception {
        docs = Files.createDirectories(root.resolve("docs"));
        page = docs.resolve("benchmarks.md");
        Files.writeString(root.resolve("README.md"), "# Readme\n\n<!-- figures -->\nold\n<!-- end -->\n\nAfter.\n");
        StringBuilder text = new StringBuilder("# Benchmarks\n\nBefore.\n");
        for (Table table : Table.values()) {
            text.append("\n<!-- table: ").append(table.title).append(" -->\nold\n<!-- end -->\n\nBetween.\n");
        }
        Files.writeString(page, text);
    }

    private String report() throws Exception {
        Report.write(List.of(record("jdk25.json"), record("jdk17.json")), root);
        return Files.readString(page);
    }

    private Path record(String name) throws Exception {
        Path record = docs.resolve(name);
        try (InputStream in = ReportTest.class.getResourceAsStream(name)) {
            Files.write(record, in.readAllBytes());
        }
        return record;
    }

    @Test
    void write_twoJdks_ratiosSideBySide() throws Exception {
        assertThat(report())
                .contains(
                        "| | await set, JDK 17 | await set, JDK 25 |",
                        "| ThreadEvent | 0.500 ± 0.010 ns | 0.250 ± 0.005 ns |",
                        "| CountDownLatch, a new one per round | 2.00 ± 0.06x | 2.00 ± 0.06x |",
                        "| a volatile read (limit) | 0.800 ± 0.016x | 0.800 ± 0.016x |");
    }

    @Test
    void write_sizes_oneTableForEachView() throws Exception {
        assertThat(report())
                .contains(
                        "**Until the last is awake**\n\n| | 10, JDK 17 | 10, JDK 25 | 1,000, JDK 17 | 1,000, JDK 25 |",
                        "| ThreadEvent | 100 µs | 50 µs | 10 ms | 5 ms |",
                        "| monitor | 2x | 2x | 2x | 2x |",
                        "**Inside set**",
                        "| monitor | 0.500x | 0.500x | 0.500x | 0.500x |");
    }

    @Test
    void write_growth_ratiosToTheFirstColumn() throws Exception {
        assertThat(report())
                .contains(
                        "**Reader, 2 beside 2**\n\n| | idle, JDK 17 | idle, JDK 25 | here, JDK 17 | here, JDK 25 |",
                        "| ThreadEvent | 1 ns | 1 ns | 1.10x | 1.10x |",
                        "**Processor time**",
                        "| ThreadEvent | 6 µs | 6 µs | 1.50x | 1.50x |");
    }

    @Test
    void write_manyFutures_timeOfOne() throws Exception {
        assertThat(report()).contains("| ThreadEvent | 100 ns | 100 ns |");
    }

    @Test
    void write_bytes_asTheyAre() throws Exception {
        assertThat(report()).contains("| ThreadEvent | 16 | 16 |");
    }

    @Test
    void write_countsBesideTimes_asTheyAre() throws Exception {
        assertThat(report())
                .contains(
                        "**Until await returns**\n\n| | 99th percentile, JDK 17 | 99th percentile, JDK 25 |",
                        "| ClusterEvent | 5 ms | 2.50 ms |",
                        "| ZooKeeper, a raw watch (limit) | 0.800x | 0.800x |",
                        "**Notifications of clear**\n\n| | 1,000, JDK 17 | 1,000, JDK 25 |",
                        "| ClusterEvent | 0 | 0 |",
                        "| ClusterEvent | 1000 | 1000 |");
    }

    @Test
    void write_tableWithoutRecord_saysSo() throws Exception {
        assertThat(report()).contains("<!-- table: AnyWait -->\n\nNot measured yet.\n\n<!-- end -->");
    }

    @Test
    void write_twice_givesTheSame() throws Exception {
        String once = report();
        assertThat(report()).isEqualTo(once).contains("Before.", "Between.").doesNotContain("old");
    }

    @Test
    void write_charts_areWellFormedAndKnowTheDark() throws Exception {
        report();
        for (String name : List.of("Uncontended", "PlatformCrowdWakeUp")) {
            Path chart = docs.resolve("images/benchmark-" + name + ".svg");
            assertThat(Files.readString(chart)).contains("prefers-color-scheme: dark", "<rect class=\"ours\"");
            assertThat(DocumentBuilderFactory.newInstance()
                            .newDocumentBuilder()
                            .parse(chart.toFile())
                            .getDocumentElement()
                            .getTagName())
                    .isEqualTo("svg");
        }
    }

    @Test
    void write_readme_ratiosOfWhatUsersCareAbout() throws Exception {
        report();
        assertThat(Files.readString(root.resolve("README.md")))
                .startsWith("# Readme\n\n<!-- figures -->\n\n| relative to | JDK 17 | JDK 25 |\n")
                .contains("| `CountDownLatch`, to wait for what is set |"
                        + " [0.500 ± 0.015x](docs/benchmarks.md) | [0.500 ± 0.015x](docs/benchmarks.md) |\n")
                .endsWith("<!-- end -->\n\nAfter.\n")
                .doesNotContain("old");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no JSON at all | is not JSON",
                "[1] | is not a record of Publish",
                "{\"Nothing\": {}} | is not a record of Publish: there is no table Nothing",
                "{\"AnyWait\": {\"results\": [{}]}} | is not a record of Publish: benchmark is missing",
            })
    void write_badRecord_oneSentence(String content, String message) throws Exception {
        Path record = Files.writeString(docs.resolve("jdk17.json"), content);
        assertThatThrownBy(() -> Report.write(List.of(record), root))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void write_recordMissing_oneSentence() {
        assertThatThrownBy(() -> Report.write(List.of(docs.resolve("jdk17.json")), root))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no file ");
    }
}
