// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.table;

import dev.pharos.verification.bugs.PlantedBug;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which gate finds which bug, and by which test: as a table in Markdown. */
final class BugTable {
    static final List<String> GATES = List.of("contract", "jcstress", "lincheck", "checker", "model");

    /** Between two cells; a bar in a cell is escaped. */
    private static final String BAR = "(?<!\\\\)\\|";

    private static final String START = "<!-- planted bugs: written by verification/table -->";
    private static final String END = "<!-- end of planted bugs -->";

    /** The tests, by bug and then by gate. */
    private final Map<String, Map<String, String>> tests = new TreeMap<>();

    private BugTable() {}

    /** Reads the table in a page. */
    static BugTable in(String page) {
        BugTable table = new BugTable();
        page.substring(start(page), end(page))
                .lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| bug |") && !line.startsWith("| ---"))
                .map(line -> line.split(BAR))
                .forEach(cells -> {
                    for (int i = 0; i < GATES.size(); i++) {
                        table.put(
                                cells[1].strip(),
                                GATES.get(i),
                                cells[i + 3].strip().replace("\\|", "|"));
                    }
                });
        return table;
    }

    /** Reads what a gate has written: a bug, the gate and a test in each line. */
    static BugTable of(List<String> lines) {
        BugTable table = new BugTable();
        lines.stream().map(line -> line.split("\t")).forEach(fields -> table.put(fields[0], fields[1], fields[2]));
        return table;
    }

    private void put(String bug, String gate, String test) {
        if (!test.isEmpty()) {
            tests.computeIfAbsent(bug, b -> new TreeMap<>()).put(gate, test);
        }
    }

    /** Forgets what this gate has found earlier, and takes what it has found now. */
    void replace(String gate, BugTable found) {
        tests.values().forEach(byGate -> byGate.remove(gate));
        found.tests.forEach((bug, byGate) -> put(bug, gate, byGate.getOrDefault(gate, "")));
    }

    /** The gates that find a bug. */
    List<String> gates(String bug) {
        return List.copyOf(tests.getOrDefault(bug, Map.of()).keySet());
    }

    /** The page with this table in the place of the one that it has. */
    String writeInto(String page, List<PlantedBug> bugs) {
        List<String> rows = new ArrayList<>();
        rows.add("| bug | what is broken | " + String.join(" | ", GATES) + " |");
        rows.add("| --- ".repeat(GATES.size() + 2) + "|");
        for (PlantedBug bug : bugs) {
            StringBuilder row =
                    new StringBuilder("| ").append(bug).append(" | ").append(bug.summary());
            for (String gate : GATES) {
                String test = tests.getOrDefault(bug.name(), Map.of()).getOrDefault(gate, "");
                row.append(test.isEmpty() ? " |" : " | ").append(test.replace("|", "\\|"));
            }
            rows.add(row.append(" |").toString());
        }
        return page.substring(0, start(page)) + "\n" + String.join("\n", rows) + "\n" + page.substring(end(page));
    }

    private static int start(String page) {
        return find(page, START) + START.length();
    }

    private static int end(String page) {
        return find(page, END);
    }

    private static int find(String page, String mark) {
        int at = page.indexOf(mark);
        if (at < 0) {
            throw new IllegalArgumentException("the page has no line " + mark);
        }
        return at;
    }
}
