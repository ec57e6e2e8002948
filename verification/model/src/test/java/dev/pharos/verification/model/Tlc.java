// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tlc2.TLC;

/** A run of the model checker, over the model that is named like its configuration or else RoundProtocol, in a JVM of its own, since it keeps its state in static fields. */
final class Tlc {
    private static final String MODEL = "RoundProtocol";
    private static final Pattern STATES =
            Pattern.compile("(\\d+) states generated, (\\d+) distinct states found, 0 states");
    private static final Pattern DEPTH = Pattern.compile("depth of the complete state graph search is (\\d+)");

    private final String configuration;
    private final String output;
    private final Duration time;

    private Tlc(String configuration, String output, Duration time) {
        this.configuration = configuration;
        this.output = output;
        this.time = time;
    }

    /** Checks all that the configuration asks for. */
    static Tlc check(String configuration) throws IOException, InterruptedException {
        return run(configuration, configuration, read(configuration), List.of("-XX:+UseParallelGC"));
    }

    /** Checks one property, with a bug planted in the model. */
    static Tlc check(String configuration, String bug, String property) throws IOException, InterruptedException {
        String text = read(configuration).replace("BUG = \"none\"", "BUG = \"" + bug + "\"");
        String kind = isOfSteps(property) ? "PROPERTIES " : "INVARIANTS ";
        String one = text.replaceAll("(?s)\\n(INVARIANTS|PROPERTIES)\\n.*", "\n") + kind + property + "\n";
        return run(configuration, bug, one, List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    }

    /** The properties that a configuration asks for. */
    static List<String> properties(String configuration) throws IOException {
        String text = read(configuration);
        Matcher lists = Pattern.compile("(?:INVARIANTS|PROPERTIES)\\n((?:    \\w+\\n)+)")
                .matcher(text);
        return lists.results()
                .flatMap(list -> Stream.of(list.group(1).strip().split("\\s+")))
                .toList();
    }

    boolean finds(String property) {
        return output.contains(
                        isOfSteps(property)
                                ? "emporal properties were violated"
                                : "Invariant " + property + " is violated")
                || output.contains("Action property " + property + " is violated");
    }

    /** True if all states were visited and nothing is wrong. */
    boolean passes() {
        return output.contains("Model checking completed. No error has been found.")
                && STATES.matcher(output).find();
    }

    /** As a row of the table in the README. */
    String row() {
        MatchResult states = found(STATES);
        return String.format(
                "| %s | %,d | %,d | %s | %d s |",
                configuration,
                Long.parseLong(states.group(2)),
                Long.parseLong(states.group(1)),
                found(DEPTH).group(1),
                time.toSeconds());
    }

    String output() {
        return output;
    }

    private MatchResult found(Pattern pattern) {
        Matcher matcher = pattern.matcher(output);
        if (!matcher.find()) {
            throw new IllegalStateException(pattern + " not in " + output);
        }
        return matcher.toMatchResult();
    }

    /** Whether TLC calls it a property and not an invariant: it speaks of more than one state. */
    private static boolean isOfSteps(String property) {
        return List.of("EndedForEver", "ReleasedReturn", "SetNeverWaits").contains(property);
    }

    private static String read(String configuration) throws IOException {
        return Files.readString(Path.of(configuration + ".cfg"));
    }

    private static Tlc run(String configuration, String name, String text, List<String> options)
            throws IOException, InterruptedException {
        Path directory = Path.of("target", "model", name).toAbsolutePath();
        Files.createDirectories(directory);
        String model = (Files.exists(Path.of(configuration + ".tla")) ? configuration : MODEL) + ".tla";
        Files.writeString(directory.resolve(model), Files.readString(Path.of(model)));
        Files.writeString(directory.resolve("run.cfg"), text);
        Path log = directory.resolve("output.txt");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String jar = Path.of(TLC.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .getPath())
                .toString();
        List<String> command = Stream.of(
                        List.of(java, "-Djava.io.tmpdir=" + directory, "-cp", jar),
                        options,
                        List.of("tlc2.TLC", "-workers", "auto", "-cleanup", "-config", "run.cfg", model))
                .flatMap(List::stream)
                .toList();
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            process.waitFor();
        } finally {
            process.destroy();
        }
        return new Tlc(configuration, Files.readString(log), Duration.ofNanos(System.nanoTime() - start));
    }
}
