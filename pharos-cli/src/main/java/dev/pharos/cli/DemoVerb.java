// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.cli.timeline.LiveRecording;
import dev.pharos.cli.timeline.Timeline;
import dev.pharos.examples.Basic;
import dev.pharos.examples.SharedResource;
import dev.pharos.examples.Wait;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pharos demo}: runs the example programs at the beginning of the guide, and prints what was measured. */
@Command(
        name = "demo",
        description =
                "Runs the two programs at the beginning of the guide, prints how long each thread waited, which set"
                        + " released it, and the final counter, and draws a timeline.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the counter is correct",
            "1:the counter is wrong",
            "2:the command line is wrong",
            "3:the page cannot be written",
            "141:the reader closed the output"
        },
        footer = {"", "Example: pharos demo basic --fast"})
final class DemoVerb implements Callable<Integer> {
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

    @Option(names = "--fast", description = "Run ten times faster.")
    private boolean fast;

    @Option(names = "--timeline", paramLabel = "FILE", description = "Write the timeline to an HTML page.")
    private @Nullable Path page;

    private final Terminal terminal;
    private final Messages messages;
    private final PrintStream out;

    DemoVerb(Terminal terminal) {
        this.terminal = terminal;
        messages = new Messages(terminal);
        out = terminal.out;
    }

    /** The programs of the demo. */
    interface Programs {
        void run() throws InterruptedException, ExecutionException;
    }

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        return switch (demo) {
            case "basic" -> run(true, false);
            case "shared-resource" -> run(false, true);
            case "all" -> run(true, true);
            default ->
                throw new ParameterException(
                        spec.commandLine(), "unknown demo '" + demo + "': specify basic, shared-resource or all");
        };
    }

    private int run(boolean basic, boolean sharedResource) throws InterruptedException, ExecutionException {
        Duration second = fast ? Duration.ofMillis(100) : Duration.ofSeconds(1);
        List<String> facts = new ArrayList<>();
        AtomicInteger counter = new AtomicInteger(THREADS);
        ExitCode drawn = draw(() -> {
            if (basic) {
                out.println("--- basic");
                facts.add("basic: " + fact(List.of(Basic.run(second, out))));
            }
            if (sharedResource) {
                out.println("--- shared-resource");
                SharedResource.Result result = SharedResource.run(second, out);
                facts.add("shared-resource: " + fact(result.waits()) + "; the counter is " + result.counter());
                counter.set(result.counter());
            }
            out.println("--- measured");
            facts.forEach(out::println);
        });
        return (counter.get() == THREADS ? drawn : drawn.or(ExitCode.NO)).status;
    }

    /**
     * Runs the programs, and draws them from a recording of what they did; without drawing if recording is not
     * possible.
     */
    private ExitCode draw(Programs programs) throws InterruptedException, ExecutionException {
        try (LiveRecording recording = startRecording()) {
            programs.run();
            if (recording == null) {
                return page == null ? ExitCode.DONE : ExitCode.FAILED;
            }
            out.println("--- timeline");
            Timeline timeline = recording.end("pharos demo");
            timeline.draw(terminal.canvas());
            Path file = page;
            return file == null
                    ? ExitCode.DONE
                    : messages.attempt(file, () -> {
                        TimelineVerb.write(timeline, file, Timeline::writePage);
                        return ExitCode.DONE;
                    });
        } catch (IOException e) {
            return messages.fail("demo", "no timeline: " + e.getMessage());
        }
    }

    private @Nullable LiveRecording startRecording() {
        try {
            if (Timeline.canRecord()) {
                return Timeline.record();
            }
            messages.warn("demo", "no timeline: this Java installation has no module jdk.jfr; use a full JDK");
        } catch (IOException e) {
            messages.warn("demo", "no timeline: " + e.getMessage());
        }
        return null;
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
