// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.cli.timeline.Timeline;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pharos timeline}: draws the waits in a recording. */
@Command(
        name = "timeline",
        description =
                "Draws the waits of a program that uses Pharos, from a flight recording. If no option specifies an output,"
                        + " writes an HTML page beside the recording and prints its name. Create a recording with java"
                        + " -XX:StartFlightRecording:filename=app.jfr, or with jcmd.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all outputs were written",
            "2:the command line is wrong",
            "3:the recording cannot be read or contains no events, or an output cannot be written",
            "130:terminated by Ctrl-C",
            "141:the reader closed the output",
            "143:terminated by SIGTERM"
        },
        footer = {"", "Example: pharos timeline app.jfr -o app.html"})
final class TimelineVerb implements Callable<Integer> {
    /** Writes a timeline in one of its forms. */
    interface Form {
        void write(Timeline timeline, Writer out) throws IOException;
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Mixin
    private final Messages messages;

    @Option(
            names = {"-o", "--page"},
            paramLabel = "FILE",
            description = "Write an HTML page for a browser, in a single file.")
    private @Nullable Path page;

    @Option(names = "--perfetto", paramLabel = "FILE", description = "Write a trace for ui.perfetto.dev.")
    private @Nullable Path perfetto;

    @Option(names = "--svg", paramLabel = "FILE", description = "Write an SVG picture.")
    private @Nullable Path svg;

    @Option(names = "--text", description = "Draw on the terminal, and print a summary.")
    private boolean text;

    @Option(names = "--json", description = "Print the summary: a JSON object for each event, one per line.")
    private boolean json;

    @Parameters(arity = "1", paramLabel = "RECORDING", description = "The recording, usually a .jfr file.")
    private Path recording = Path.of("");

    private volatile double read;

    TimelineVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        if (text && json) {
            throw new ParameterException(
                    spec.commandLine(), "--text and --json exclude each other: specify one of them");
        }
        return messages.attempt(recording, this::draw).status;
    }

    private ExitCode draw() throws IOException {
        if (!Timeline.canRecord()) {
            return messages.fail(
                    recording, "this Java installation has no module jdk.jfr, which reads recordings; use a full JDK");
        }
        boolean beside = page == null && perfetto == null && svg == null && !text && !json;
        Map<Path, Form> files = new LinkedHashMap<>();
        put(files, beside ? besideRecording() : page, Timeline::writePage);
        put(files, perfetto, Timeline::writePerfetto);
        put(files, svg, Timeline::writeSvg);

        Timeline timeline;
        try (Progress progress = Progress.ofWork(messages, "reading ", recording, () -> read)) {
            progress.start();
            timeline = Timeline.read(recording, share -> read = share);
        }
        for (String gap : timeline.gaps()) {
            messages.warn(recording, gap);
        }
        if (timeline.isEmpty()) {
            return messages.fail(
                    recording,
                    "contains no wait, set or clear of an event; record the program"
                            + " with java -XX:StartFlightRecording:filename=app.jfr");
        }
        if (text) {
            timeline.print(messages.terminal.canvas());
        }
        if (json) {
            timeline.summary().forEach(messages.terminal.out::println);
        }
        ExitCode code = ExitCode.DONE;
        for (Map.Entry<Path, Form> file : files.entrySet()) {
            code = code.or(messages.attempt(file.getKey(), () -> {
                write(timeline, file.getKey(), file.getValue());
                return ExitCode.DONE;
            }));
        }
        if (beside && code == ExitCode.DONE && !messages.isQuiet()) {
            messages.terminal.out.println(Terminal.plain(besideRecording()));
        }
        return code;
    }

    private void put(Map<Path, Form> files, @Nullable Path file, Form form) throws IOException {
        if (file == null) {
            return;
        }
        if (files.put(file, form) != null) {
            throw new ParameterException(
                    spec.commandLine(), "two outputs cannot be written to one file: specify another");
        }
        if (Files.exists(file) && Files.exists(recording) && Files.isSameFile(file, recording)) {
            throw new ParameterException(
                    spec.commandLine(), "this would overwrite the recording: specify another file");
        }
    }

    /** As in app.html for app.jfr. */
    private Path besideRecording() {
        String name = String.valueOf(recording.getFileName());
        return recording.resolveSibling(
                (name.endsWith(".jfr") ? name.substring(0, name.length() - 4) : name) + ".html");
    }

    /** Writes a file, overwriting an existing one, and leaves no incomplete file. */
    static void write(Timeline timeline, Path file, Form form) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new FileSystemException(file.toString(), null, "not a regular file; specify another");
        }
        boolean whole = false;
        Writer out;
        try {
            out = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new FileSystemException(file.toString(), null, "parent directory does not exist; create it first");
        }
        try (out) {
            form.write(timeline, out);
            out.flush();
            whole = true;
        } finally {
            if (!whole) {
                Files.deleteIfExists(file);
            }
        }
    }
}
