// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.bugs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which gate detects which bug, and by which test: as a table in a page of the documentation, from the entries of the
 * bugs.
 *
 * @param page the name of the page
 * @param bugs its rows
 * @param gates its columns, after those for the bug and for what is broken
 */
record BugTable(String page, List<PlantedBug> bugs, List<String> gates) {
    static final List<BugTable> ALL = List.of(
            new BugTable(
                    "design.md",
                    Stream.of(PlantedBugs.CORE, PlantedBugs.MODEL)
                            .flatMap(some -> some.all().stream())
                            .toList(),
                    List.of("contract", "jcstress", "lincheck", "checker", "model")),
            new BugTable("cluster.md", PlantedBugs.CLUSTER.all(), List.of("test")));

    private static final String START = "<!-- planted bugs: written by BugTable, see verification/README.md -->\n";
    private static final String END = "<!-- end of planted bugs -->\n";

    /** Writes each table into its page. */
    public static void main(String[] args) throws IOException {
        for (BugTable table : ALL) {
            Files.writeString(table.file(), table.in(Files.readString(table.file())));
        }
    }

    Path file() {
        return PlantedBugs.inCheckout("docs", page);
    }

    /** The text of a page with this table in the place of the one that it has. */
    String in(String text) {
        int start = text.indexOf(START) + START.length();
        int end = text.indexOf(END);
        if (start < START.length() || end < start) {
            throw new IllegalArgumentException(page + " has no place for the table of planted bugs");
        }
        return text.substring(0, start) + this + text.substring(end);
    }

    /** Returns the table in Markdown. */
    @Override
    public String toString() {
        StringBuilder rows = new StringBuilder("| bug | what is broken | ")
                .append(String.join(" | ", gates))
                .append(" |\n")
                .append("| --- ".repeat(gates.size() + 2))
                .append("|\n");
        for (PlantedBug bug : bugs) {
            List<String> cells = new ArrayList<>(List.of(bug.name(), bug.summary()));
            gates.forEach(gate -> cells.add(bug.detectors().getOrDefault(gate, "")));
            cells.forEach(cell -> rows.append(cell.isEmpty() ? "| " : "| " + cell.replace("|", "\\|") + " "));
            rows.append("|\n");
        }
        return rows.toString();
    }
}
