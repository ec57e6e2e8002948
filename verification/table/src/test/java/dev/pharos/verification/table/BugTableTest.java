// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.PlantedBug;
import dev.pharos.verification.bugs.PlantedBugs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Holds the table in the design page against what the gates have found in this build: they may not find less. In the
 * full form the table is written anew, but for the gates that do not run on this JDK.
 */
class BugTableTest {
    private static final boolean FULL = Form.PRESENT == Form.FULL;
    private static final Path PAGE = Path.of("..", "..", "docs", "design.md");

    @Test
    void page_afterTheGates_tellsWhatTheyFindAndThatTwoFindEach() throws Exception {
        String page = Files.readString(PAGE);
        BugTable table = BugTable.in(page);
        for (String gate : BugTable.GATES) {
            Path file = Path.of("..", gate, "target", "bugs-found.tsv");
            if (Files.exists(file) && Files.size(file) > 0) {
                BugTable found = BugTable.of(Files.readAllLines(file));
                if (FULL) {
                    table.replace(gate, found);
                } else {
                    for (PlantedBug bug : PlantedBugs.CORE.all()) {
                        assertThat(table.gates(bug.name())).as(bug.name()).containsAll(found.gates(bug.name()));
                    }
                }
            }
        }
        assertThat(PlantedBugs.CORE.all())
                .allSatisfy(bug ->
                        assertThat(table.gates(bug.name())).as(bug.name()).hasSizeGreaterThanOrEqualTo(2));
        String written = table.writeInto(page, PlantedBugs.CORE.all());
        if (FULL) {
            Files.writeString(PAGE, written);
        } else {
            assertThat(page).isEqualTo(written);
        }
    }

    @Test
    void in_pageWithoutATable_saysWhatIsMissing() {
        assertThatThrownBy(() -> BugTable.in("# Design\n")).hasMessageContaining("planted bugs");
    }

    @Test
    void writeInto_barInATest_isReadAgain() {
        String page = "<!-- planted bugs: written by verification/table -->\n<!-- end of planted bugs -->\n";
        PlantedBug bug = PlantedBugs.CORE.all().get(0);
        BugTable table = BugTable.of(List.of(bug + "\tchecker\tawait | set"));
        String written = table.writeInto(page, List.of(bug));
        assertThat(written).contains("| await \\| set |");
        assertThat(BugTable.in(written).writeInto(page, List.of(bug))).isEqualTo(written);
    }

    @Test
    void replace_gateFindsLess_forgetsWhatItFoundBefore() {
        BugTable table = BugTable.of(List.of("one\tmodel\tA", "two\tmodel\tB", "two\tchecker\tC"));
        table.replace("model", BugTable.of(List.of("one\tmodel\tD")));
        assertThat(table.gates("one")).containsExactly("model");
        assertThat(table.gates("two")).containsExactly("checker");
    }
}
