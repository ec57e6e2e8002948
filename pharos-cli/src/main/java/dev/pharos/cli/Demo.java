// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.examples.Basic;
import dev.pharos.examples.SharedResource;
import dev.pharos.examples.Wait;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pharos demo}: runs the example programs that the guide begins with, and says what was measured. */
@Command(
        name = "demo",
        description = "Runs the two programs that the guide begins with, and ends with a line of fact for each: who"
                + " waited how long, whose set released them, and the final counter.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {"", "Exit status: 0 if the counter is right, 1 if not.", "", "Example: pharos demo basic --fast"})
final class Demo implements Callable<Integer> {
    /** How many threads increment the counter, once each. */
    private static final int THREADS = 5;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "DEMO",
            defaultValue = "all",
            description = "basic, shared-resource or all (default: ${DEFAULT-VALUE}).")
    private String demo = "all";

    @Option(names = "--fast", description = "Let a second of the programs be a tenth of a second.")
    private boolean fast;

    private final PrintStream out;

    Demo(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        return switch (demo) {
            case "basic" -> run(true, false);
            case "shared-resource" -> run(false, true);
            case "all" -> run(true, true);
            default ->
                throw new ParameterException(
                        spec.commandLine(), "there is no demo '" + demo + "': choose basic, shared-resource or all");
        };
    }

    private int run(boolean basic, boolean sharedResource) throws InterruptedException, ExecutionException {
        Duration second = fast ? Duration.ofMillis(100) : Duration.ofSeconds(1);
        List<String> facts = new ArrayList<>();
        ExitCode code = ExitCode.DONE;
        if (basic) {
            out.println("--- basic");
            facts.add("basic: " + fact(List.of(Basic.run(second, out))));
        }
        if (sharedResource) {
            out.println("--- shared-resource");
            SharedResource.Result result = SharedResource.run(second, out);
            facts.add("shared-resource: " + fact(result.waits()) + "; the counter is " + result.counter());
            code = result.counter() == THREADS ? ExitCode.DONE : ExitCode.NO;
        }
        out.println("--- measured");
        facts.forEach(out::println);
        return code.status;
    }

    /** As in "a waited 1.000 s, b waited 1.001 s; released by the set of main". */
    private static String fact(List<Wait> waits) {
        String times = waits.stream()
                .map(wait -> String.format(
                        Locale.ROOT,
                        "%s waited %.3f s",
                        wait.thread(),
                        wait.time().toNanos() / 1e9))
                .collect(Collectors.joining(", "));
        String setters = waits.stream().map(Wait::setBy).distinct().collect(Collectors.joining(" and "));
        return times + "; released by the set of " + setters;
    }
}
