// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.bugs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BugTableTest {
    static List<BugTable> tables() {
        return BugTable.ALL;
    }

    @ParameterizedTest
    @MethodSource("tables")
    void in_pageAsItIs_changesNothing(BugTable table) throws Exception {
        String text = Files.readString(table.file());
        assertThat(table.in(text))
                .as("java -cp verification/bugs/target/classes %s writes the table", BugTable.class.getName())
                .isEqualTo(text);
    }

    @Test
    void in_pageWithoutATable_throws() {
        assertThatThrownBy(() -> BugTable.ALL.get(0).in("# Design\n")).hasMessageContainingAll("design.md", "table");
    }

    @Test
    void toString_barInATestAndNoTestOfAGate_isEscapedAndAnEmptyCell() {
        PlantedBug bug = new PlantedBug(
                "pharos-core", "one", "All is lost: so is time.", false, Map.of("checker", "await | set"), List.of());
        assertThat(new BugTable("page.md", List.of(bug), List.of("contract", "checker")).toString())
                .endsWith("\n| one | All is lost | | await \\| set |\n");
    }
}
