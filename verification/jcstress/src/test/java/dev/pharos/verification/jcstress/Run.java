// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;

/**
 * What came of a run of jcstress.
 *
 * @param results a result for each test and configuration of the JVM
 * @param log where the output of the run is
 */
record Run(List<TestResult> results, Path log) {
    private static final Path TARGET = Path.of("target").toAbsolutePath();

    /** So many that futures are completed by a pool, and not by a thread that is started for each, on two CPUs too. */
    private static final String COMMON = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2";

    /**
     * Runs jcstress in a JVM of its own, which starts one more for each test and configuration.
     *
     * @param name of the directory for what it writes
     * @param core where the class files of the core are; null for those in the jar
     * @param tests a regular expression
     * @param options of jcstress
     */
    static Run of(String name, Path core, String tests, List<String> options) throws Exception {
        Path directory = TARGET.resolve("jcstress").resolve(name);
        delete(directory);
        Files.createDirectories(directory);
        Path log = directory.resolve("output.txt");
        String jar = TARGET.resolve("jcstress.jar").toString();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                core == null ? jar : core + File.pathSeparator + jar,
                "org.openjdk.jcstress.Main",
                "-t",
                tests,
                "-r",
                "report",
                "-jvmArgsPrepend",
                COMMON));
        command.addAll(options);
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            process.waitFor();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        List<TestResult> results = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            Path blob = files.filter(file -> file.toString().endsWith(".bin.gz"))
                    .findAny()
                    .orElseThrow(() -> new IllegalStateException("nothing was run: see " + log));
            DiskReadCollector collector = new DiskReadCollector(blob.toString(), results::add);
            collector.dump();
            collector.close();
        }
        return new Run(List.copyOf(results), log);
    }

    /** The tests with a forbidden outcome or an error, each with what it has seen. */
    TreeSet<String> failures() {
        return results.stream()
                .filter(r -> r.status() != Status.NORMAL || !r.grading().isPassed)
                .map(r -> shortName(r) + ": " + r.status() + " " + r.grading().failureMessages)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names of the tests with a forbidden outcome. */
    TreeSet<String> rejections() {
        return results.stream()
                .filter(r -> r.status() == Status.NORMAL && !r.grading().isPassed)
                .map(Run::shortName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What has been run, in one line. */
    String summary() {
        long tests = results.stream().map(TestResult::getName).distinct().count();
        long samples = results.stream().mapToLong(TestResult::getTotalCount).sum();
        return "%d tests, %d configurations, %,d samples".formatted(tests, results.size(), samples);
    }

    private static String shortName(TestResult result) {
        return result.getName().substring(Run.class.getPackageName().length() + 1);
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
