// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the benchmarks of all tables, or of those named, and records what JMH says in {@code jdk17.json}, {@code
 * jdk25.json} and so on, with the JDK, the processor, the commit and the command. The other tables of that file stay.
 */
public final class Publish {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private Publish() {}

    /**
     * Runs and records.
     *
     * @param args the directory for the record, then the tables; all if none is named
     * @throws Exception if a benchmark or the disk fails
     */
    public static void main(String... args) throws Exception {
        if (args.length == 0) {
            System.err.println("usage: Publish DIRECTORY [TABLE...], where a table is one of "
                    + Stream.of(Table.values()).map(table -> table.title).toList());
            System.exit(2);
        }
        try {
            List<Table> tables = (args.length == 1
                            ? Stream.of(Table.values())
                            : Arrays.stream(args).skip(1).map(Table::named))
                    .filter(Table::runs)
                    .toList();
            Path file = Path.of(args[0]).resolve("jdk" + Runtime.version().feature() + ".json");
            publish(tables, file);
        } catch (IllegalArgumentException e) {
            System.err.println("Publish: " + e.getMessage());
            System.exit(2);
        }
    }

    private static void publish(List<Table> tables, Path file) throws Exception {
        double minutes = tables.stream().mapToDouble(table -> table.minutes).sum();
        System.out.printf("%d tables in about %.0f minutes, to %s%n", tables.size(), Math.ceil(minutes), file);
        JsonObject record = read(file);
        for (Table table : tables) {
            System.out.printf("%n%s: about %.1f minutes%n", table.title, table.minutes);
            JsonObject entry = provenance();
            List<String> commands = new ArrayList<>();
            JsonArray results = new JsonArray();
            for (List<String> arguments : table.runsOfJmh()) {
                commands.add("java -jar benchmarks/target/benchmarks.jar " + String.join(" ", arguments));
                results.addAll(runJmh(arguments));
            }
            if (table == Table.FOOTPRINT) {
                commands.add("java -cp benchmarks/target/benchmarks.jar " + Footprint.class.getName());
                results = Footprint.measure();
            } else if (table == Table.PROCESSES) {
                commands.add("java -cp benchmarks/target/benchmarks.jar " + Processes.class.getName());
                results = Processes.measure();
            } else if (table == Table.CLUSTERS) {
                commands.add("java -cp benchmarks/target/benchmarks.jar " + Clusters.class.getName());
                results = Clusters.measure();
            }
            entry.add("commands", GSON.toJsonTree(commands));
            entry.add("results", results);
            record.add(table.title, entry);
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, text(record)); // after each, so that an interrupted run is not lost
        }
    }

    /** A table in a line each: there are too many numbers for a line of their own. */
    private static String text(JsonObject record) {
        return record.entrySet().stream()
                .map(entry -> GSON.toJson(entry.getKey()) + ":" + GSON.toJson(entry.getValue()))
                .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
    }

    private static JsonObject read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return new JsonObject();
        }
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw new IllegalArgumentException(file + " is there but is not a record of Publish", e);
        }
    }

    private static JsonArray runJmh(List<String> arguments)
            throws IOException, CommandLineOptionException, RunnerException {
        Path raw = Files.createTempFile("jmh", ".json");
        try {
            new Runner(new OptionsBuilder()
                            .parent(new CommandLineOptions(arguments.toArray(String[]::new)))
                            .resultFormat(ResultFormatType.JSON)
                            .result(raw.toString())
                            .build())
                    .run();
            JsonArray results = JsonParser.parseString(Files.readString(raw)).getAsJsonArray();
            for (JsonElement result : results) {
                result.getAsJsonObject().remove("jvm"); // where this machine has its JDK is nobody's business
            }
            return results;
        } finally {
            Files.delete(raw);
        }
    }

    private static JsonObject provenance() throws IOException, InterruptedException {
        JsonObject entry = new JsonObject();
        entry.addProperty("jdk", System.getProperty("java.vm.version") + ", " + System.getProperty("java.vm.vendor"));
        entry.addProperty("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        entry.addProperty("cpu", cpu());
        entry.addProperty("processors", Runtime.getRuntime().availableProcessors());
        String changes = git("status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/results")
                .orElse("");
        entry.addProperty(
                "commit", git("rev-parse", "HEAD").orElse("unknown") + (changes.isEmpty() ? "" : ", changed"));
        return entry;
    }

    private static String cpu() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.exists(info)) {
            return System.getProperty("os.arch");
        }
        try (Stream<String> lines = Files.lines(info)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }

    private static Optional<String> git(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        Process git = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return git.waitFor() == 0 ? Optional.of(output) : Optional.empty();
    }
}
