// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.lincheck;

import dev.pharos.verification.bugs.Form;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.opentest4j.TestAbortedException;

/**
 * What came of a scenario.
 *
 * @param failed whether Lincheck has found an interleaving that is wrong
 * @param log where it is told
 */
record Run(boolean failed, Path log) {
    private static final int ATTEMPTS = 3;

    /**
     * Explores a scenario, in a JVM of its own: after a failure, Lincheck may hang in the next one.
     *
     * @param name of the file for its output
     * @param core where the class files of the core are; null for those on the class path
     */
    static Run of(String name, Path core, Scenario scenario, int invocations) throws Exception {
        Path directory = Files.createDirectories(Path.of("target", "lincheck").toAbsolutePath());
        Path log = directory.resolve(name + "-" + scenario + ".txt");
        String classPath = System.getProperty("java.class.path");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--add-exports=java.base/jdk.internal.util=ALL-UNNAMED",
                "--add-exports=java.base/sun.security.action=ALL-UNNAMED",
                // A thread for each task: a pool that outlives the scenario would be part of the next one.
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=1",
                "-cp",
                core == null ? classPath : core + File.pathSeparator + classPath,
                Scenario.class.getName(),
                scenario.name(),
                String.valueOf(invocations));
        boolean hung = false;
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            int code;
            try {
                code = process.waitFor();
            } finally {
                process.destroyForcibly();
            }
            String output = Files.readString(log);
            if (code == 0) {
                return new Run(false, log);
            } else if (output.contains("The following interleaving leads to the error")) {
                return new Run(true, log);
            }
            hung = output.contains(" has hung");
            // No interleaving to show: one of them took longer than the 30 s that Lincheck gives each.
        }
        if (hung && Form.PRESENT == Form.QUICK) {
            Form.PRESENT.tell("lincheck", name + " is left out, since this machine has too much to do: see " + log);
            throw new TestAbortedException("Lincheck has reached its limit of time");
        }
        throw new IllegalStateException("neither passed nor failed: see " + log);
    }
}
