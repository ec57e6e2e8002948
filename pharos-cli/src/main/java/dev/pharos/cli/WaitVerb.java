// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.process.ProcessEvent;
import dev.pharos.process.ProcessEventException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pharos wait}: waits for events. */
@Command(
        name = "wait",
        description = "Waits until each event has been set, or with --any one of them; returns at once if it is so"
                + " already. An event that is set counts, even if it is cleared at once. Makes an event that is missing,"
                + " so it does not matter who comes first.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:what was waited for has happened",
            "2:the command line is wrong",
            "3:an event cannot be waited for, or no longer",
            "124:the time is over",
            "130:ended by Ctrl-C",
            "141:nobody reads the output any more",
            "143:ended by SIGTERM"
        },
        footer = {"", "Example: pharos wait -t 30s /run/app/db-ready && ./start"})
final class WaitVerb implements Callable<Integer> {
    private static final Duration FOR_EVER = Duration.ofNanos(Long.MAX_VALUE);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Mixin
    private final Messages messages;

    @Mixin
    private final Opener opener = new Opener();

    @Option(
            names = {"-t", "--timeout"},
            paramLabel = "TIME",
            converter = TimeSpan.Converter.class,
            description = "Wait no longer than this: 250ms, 30s, 5m, 1h30m; a bare number is seconds, 0 looks once"
                    + " (default: for ever).")
    private @Nullable TimeSpan timeout;

    @Option(names = "--clear", description = "Wait for clear instead of set.")
    private boolean clear;

    @Option(names = "--all", description = "Wait for all events (the default).")
    private boolean all;

    @Option(names = "--any", description = "Wait for any one event.")
    private boolean any;

    @Option(names = "--json", description = "Print how it ended as an object.")
    private boolean json;

    @Parameters(arity = "1..*", paramLabel = "PATH", description = "The file that is the event.")
    private List<Path> paths = List.of();

    WaitVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() throws InterruptedException {
        if (any && all) {
            throw new ParameterException(spec.commandLine(), "--any and --all exclude each other: give one of them");
        }
        long start = System.nanoTime();
        List<Path> seen = look();
        if (!seen.isEmpty()) {
            return end(seen, start).status;
        }
        List<ProcessEvent> events = new ArrayList<>();
        ExitCode code = opener.open(paths, messages, events);
        if (code != ExitCode.DONE) {
            return code.status;
        }
        List<Path> released;
        try (Progress progress = Progress.ofWait(messages, subject(), timeout)) {
            progress.start();
            released = await(events);
        } catch (ProcessEventException e) {
            return fail(e).status;
        } catch (CompletionException e) {
            if (e.getCause() instanceof ProcessEventException failure) {
                return fail(failure).status;
            }
            throw e;
        }
        return end(released, start).status;
    }

    /** What a look at the files tells to have happened: enough of them to end the wait, or none. */
    private List<Path> look() {
        List<Path> found = new ArrayList<>();
        for (Path path : paths) {
            try {
                if (ProcessEvent.look(path).set() != clear) {
                    found.add(path);
                    if (any) {
                        return found;
                    }
                }
            } catch (ProcessEventException e) {
                return List.of(); // missing, perhaps: what to do then is for open to say
            }
        }
        return found.size() == paths.size() ? found : List.of();
    }

    /** Waits, and returns those that were released: enough of them, or none if the time was over. */
    private List<Path> await(List<ProcessEvent> events) throws InterruptedException {
        Event[] awaited = new Event[events.size()];
        for (int i = 0; i < awaited.length; i++) {
            awaited[i] = clear ? new Inverse(events.get(i)) : events.get(i);
        }
        Duration limit = timeout == null ? FOR_EVER : timeout.duration();
        if (any) {
            Event first = Event.awaitAny(limit, awaited);
            return first == null
                    ? List.of()
                    : List.of(paths.get(List.of(awaited).indexOf(first)));
        }
        boolean released = awaited.length == 1 ? awaited[0].await(limit) : Event.awaitAll(limit, awaited);
        return released ? paths : List.of();
    }

    private ExitCode end(List<Path> released, long start) {
        long millis = (System.nanoTime() - start) / 1_000_000L;
        String word = clear ? "clear" : "set";
        if (json) {
            messages.terminal.out.println(new Json()
                    .put("result", released.isEmpty() ? "timeout" : word)
                    .put("paths", released)
                    .put("waited_ms", millis));
        }
        if (!released.isEmpty()) {
            for (Path path : released) {
                messages.tell(path, word + String.format(Locale.ROOT, " after %.1f s", millis / 1e3));
            }
            return ExitCode.DONE;
        }
        messages.fail(subject(), "not " + word + " within " + (timeout == null ? "ever" : timeout.text()));
        return ExitCode.TIMED_OUT;
    }

    private ExitCode fail(ProcessEventException e) {
        for (Path path : paths) {
            String reason = Messages.reason(path, e);
            if (!reason.equals(e.getMessage())) {
                return messages.fail(path, reason);
            }
        }
        return messages.fail(subject(), String.valueOf(e.getMessage()));
    }

    /** What is waited for. */
    private Object subject() {
        return paths.size() == 1 ? paths.get(0) : (any ? "any of " : "all of ") + paths.size() + " events";
    }
}
