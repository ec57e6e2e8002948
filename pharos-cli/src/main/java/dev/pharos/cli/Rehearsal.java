// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.nio.file.Path;

/** Runs each verb once, for the launcher, which has Java archive the classes that were loaded: see pharos. */
final class Rehearsal {
    private Rehearsal() {}

    /**
     * Runs them, on events in a folder.
     *
     * @param args the folder
     */
    public static void main(String[] args) {
        String folder = args[0];
        String event = Path.of(folder, "event").toString();
        String held = Path.of(folder, "held").toString();
        Terminal terminal = Terminal.of(System.out, System.err);
        String[][] lines = {
            {"wait", "-v", "-t", "10ms", event},
            {"set", "-v", event},
            {"status", "-v", event},
            {"wait", "--json", "--any", event, event},
            {"clear", event},
            {"wait", "-t", "10ms", "--all", event, event},
            {"wait", "-t", "10ms", "--held", held},
            {"hold", held, "--", Path.of(folder, "missing").toString()},
            {"status", "--json", held},
            {"list", folder},
            {"rm", event, held},
            {"watch", folder},
            {"timeline", "--json", event},
            {"wait"},
            {"--help"},
        };
        for (String[] line : lines) {
            int unused = Main.run(terminal, line);
        }
    }
}
