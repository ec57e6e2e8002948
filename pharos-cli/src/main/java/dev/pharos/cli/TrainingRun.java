// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.IOException;
import java.nio.file.Path;

/** Runs each subcommand once, so that Java archives the classes that are loaded; called by the launcher, see pharos. */
final class TrainingRun {
    private TrainingRun() {}

    /**
     * Runs them on events in a directory.
     *
     * @param args the directory
     * @throws IOException if a process cannot be started
     */
    public static void main(String[] args) throws IOException {
        Main.nameNativeLibrary();
        String directory = args[0];
        String event = Path.of(directory, "event").toString();
        String held = Path.of(directory, "held").toString();
        Terminal terminal = Terminal.of(System.out, System.err);
        String[][] lines = {
            {"wait", "-v", "-t", "10ms", event},
            {"set", "-v", event},
            {"status", "-v", event},
            {"wait", "--json", "--any", event, event},
            {"clear", event},
            {"wait", "-t", "10ms", "--all", event, event},
            {"wait", "-t", "10ms", "--held", held},
            {"hold", held, "--", Path.of(directory, "missing").toString()},
            {"status", "--json", held},
            {"list", directory},
            {"rm", event, held},
            {"watch", directory},
            {"timeline", "--json", event},
            {"wait"},
            {"--help"},
        };
        for (String[] line : lines) {
            int unused = Main.run(terminal, line);
        }
        Process command = new ProcessBuilder("cat").start(); // until the end of its input
        new Thread(() -> endWhenHeld(command, held)).start();
        new HolderProcess(held, new Mode(), false).holdWhileRunning(command.pid());
    }

    private static void endWhenHeld(Process command, String held) {
        int unused = Main.run(Terminal.of(System.out, System.err), "wait", "-t", "5s", "--held", held);
        command.destroy();
    }
}
