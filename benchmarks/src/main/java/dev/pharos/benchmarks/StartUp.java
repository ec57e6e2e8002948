// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import javax.tools.ToolProvider;

/**
 * How long does {@code pharos status} take, from the start of the process to its end, beside a Java program that does
 * nothing, and beside one with picocli, as published, and as many verbs that do nothing? All take turns in the same run.
 */
public final class StartUp {
    private static final int WARM_UP = 5;

    /** The flags of the launcher that bear on the start. */
    private static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData", "-XX:-MaxFDLimit");

    private static final List<String> VERBS =
            List.of("set", "clear", "status", "wait", "hold", "watch", "list", "rm", "demo");

    private StartUp() {}

    /**
     * Measures and prints.
     *
     * @param args the folder in which the archive of the command is unpacked; the jar of picocli; how many rounds
     * @throws Exception if a program fails
     */
    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory("pharos-start-up");
        Path pharos = Path.of(args[0], "bin", "pharos").toAbsolutePath();
        Path event = folder.resolve("event");
        run(List.of(pharos.toString(), "set", event.toString()));
        Map<String, List<String>> commands = new LinkedHashMap<>();
        commands.put("hello", hello(folder));
        commands.put("picocli", picocli(folder, Path.of(args[1]).toAbsolutePath()));
        commands.put("pharos status", List.of(pharos.toString(), "status", event.toString()));
        commands.put("pharos wait, set already", List.of(pharos.toString(), "wait", event.toString()));
        commands.put("pharos set", List.of(pharos.toString(), "set", event.toString()));

        Map<String, List<Double>> times = new LinkedHashMap<>();
        for (int round = -WARM_UP; round < Integer.parseInt(args[2]); round++) {
            for (Map.Entry<String, List<String>> command : commands.entrySet()) {
                double time = run(command.getValue());
                if (round >= 0) {
                    times.computeIfAbsent(command.getKey(), name -> new ArrayList<>())
                            .add(time);
                }
            }
        }
        Median hello = median(times, "hello");
        Median picocli = median(times, "picocli");
        System.out.printf("Java %s; medians of %s rounds%n", Runtime.version(), args[2]);
        System.out.printf("| %-24s | %14s | %14s | %14s |%n", "", "ms", "to hello", "to picocli");
        for (String name : times.keySet()) {
            Median time = median(times, name);
            System.out.printf(
                    Locale.ROOT, "| %-24s | %14s | %14s | %14s |%n", name, time, time.over(hello), time.over(picocli));
        }
    }

    private static Median median(Map<String, List<Double>> times, String name) {
        return Median.of(Objects.requireNonNull(times.get(name)).stream()
                .mapToDouble(Double::doubleValue)
                .toArray());
    }

    private static List<String> hello(Path folder) throws IOException {
        compile(folder, "Hello", "class Hello { public static void main(String[] args) {} }");
        return java(folder.toString(), "Hello");
    }

    private static List<String> picocli(Path folder, Path jar) throws IOException {
        StringBuilder source = new StringBuilder("import java.util.List; import picocli.CommandLine.*;\n");
        StringBuilder classes = new StringBuilder();
        for (String verb : VERBS) {
            String name = "Verb" + verb;
            source.append("@Command(name = \"").append(verb).append("\", mixinStandardHelpOptions = true)\nclass ");
            source.append(name).append(" implements Runnable { @Option(names = \"--json\") boolean json;\n");
            source.append("@Parameters List<String> paths; public void run() {} }\n");
            classes.append(classes.length() == 0 ? "" : ", ").append(name).append(".class");
        }
        source.append("@Command(name = \"minimal\", subcommands = {")
                .append(classes)
                .append("})\nclass Minimal {\n");
        source.append("public static void main(String[] args) {\n");
        source.append("System.exit(new picocli.CommandLine(new Minimal()).execute(args)); } }\n");
        compile(folder, "Minimal", source.toString(), "-cp", jar.toString());
        List<String> command = java(jar + ":" + folder, "Minimal");
        command.addAll(List.of("status", "event"));
        return command;
    }

    private static List<String> java(String classPath, String main) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(List.of("-cp", classPath, main));
        return command;
    }

    private static void compile(Path folder, String name, String source, String... options) throws IOException {
        Path file = Files.writeString(folder.resolve(name + ".java"), source);
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.addAll(List.of("-proc:none", "-d", folder.toString(), file.toString()));
        int status = ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(new String[0]));
        if (status != 0) {
            throw new IllegalStateException(name + " does not compile");
        }
    }

    /** Runs a command, and returns how long it took in milliseconds. */
    private static double run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        long start = System.nanoTime();
        int status = builder.start().waitFor();
        long end = System.nanoTime();
        if (status != 0) {
            throw new IllegalStateException(command + " has ended with " + status);
        }
        return (end - start) / 1e6;
    }
}
