// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.cli.timeline.Json;
import dev.pharos.cluster.ClusterEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
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

    /** How long reaching the servers of a cluster may take, at the least. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

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

    @Parameters(arity = "1..*", paramLabel = "EVENT", description = Address.HELP)
    private List<Address> addresses = List.of();

    WaitVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() throws InterruptedException {
        if (any && all) {
            throw new ParameterException(spec.commandLine(), "--any and --all exclude each other: give one of them");
        }
        long start = System.nanoTime();
        List<Address> seen = look();
        if (!seen.isEmpty()) {
            return end(seen, "", start).status;
        }
        List<Event> events = new ArrayList<>();
        ExitCode code = opener.await(addresses, messages, events);
        if (code != ExitCode.DONE) {
            return code.status;
        }
        List<Address> released;
        String unreached;
        try (Progress progress = Progress.ofWait(messages, subject(), timeout)) {
            progress.start();
            released = await(events, start);
            unreached = released.isEmpty() ? unreached(events) : "";
        } catch (EventException e) {
            return messages.fail(failed(e, events), e).status;
        }
        return end(released, unreached, start).status;
    }

    /** What a look at the files tells to have happened: enough of them to end the wait, or none. */
    private List<Address> look() {
        List<Address> found = new ArrayList<>();
        for (Address address : addresses) {
            try {
                if (address instanceof FileAddress && address.look().set() != clear) {
                    found.add(address);
                    if (any) {
                        return found;
                    }
                }
            } catch (EventException | IOException e) {
                return List.of(); // missing, perhaps: what to do then is for the opener to say
            }
        }
        return found.size() == addresses.size() ? found : List.of();
    }

    /** Waits, and returns those that were released: enough of them, or none if the time was over. */
    private List<Address> await(List<Event> events, long start) throws InterruptedException {
        Duration limit = timeout == null ? FOR_EVER : timeout.duration();
        if (limit.compareTo(PATIENCE) < 0 && reach(events, start)) {
            limit = limit.minusNanos(System.nanoTime() - start);
            if (limit.isNegative() || limit.isZero()) {
                return lookOnce(events);
            }
        }
        Event[] awaited = new Event[events.size()];
        for (int i = 0; i < awaited.length; i++) {
            awaited[i] = clear ? new Inverse(events.get(i)) : events.get(i);
        }
        if (any) {
            Event first = Event.awaitAny(limit, awaited);
            return first == null
                    ? List.of()
                    : List.of(addresses.get(List.of(awaited).indexOf(first)));
        }
        boolean released = awaited.length == 1 ? awaited[0].await(limit) : Event.awaitAll(limit, awaited);
        return released ? addresses : List.of();
    }

    /**
     * Gives the servers of clusters a while, so that a short time does not end before they were asked; false if there are
     * none.
     */
    private static boolean reach(List<Event> events, long start) throws InterruptedException {
        boolean found = false;
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i) instanceof Reaching reaching) {
                ClusterEvent event = reaching.within(PATIENCE.minusNanos(System.nanoTime() - start));
                events.set(i, event == null ? reaching : event);
                found = true;
            }
        }
        return found;
    }

    /** What a look at the events tells when the time is over: enough of them, or none. */
    private List<Address> lookOnce(List<Event> events) {
        List<Address> found = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            if (!(events.get(i) instanceof Reaching) && events.get(i).isSet() != clear) {
                found.add(addresses.get(i));
                if (any) {
                    return found;
                }
            }
        }
        return found.size() == addresses.size() ? found : List.of();
    }

    /** What there is to say of events that were never in reach. */
    private String unreached(List<Event> events) throws InterruptedException {
        for (Event event : events) {
            if (event instanceof Reaching reaching && reaching.within(Duration.ZERO) == null) {
                return "; " + reaching.servers() + " could not be reached";
            }
        }
        return "";
    }

    private ExitCode end(List<Address> released, String addition, long start) {
        long millis = (System.nanoTime() - start) / 1_000_000L;
        String word = clear ? "clear" : "set";
        if (json) {
            messages.terminal.out.println(new Json()
                    .put("result", released.isEmpty() ? "timeout" : word)
                    .put("paths", released)
                    .put("waited_ms", millis));
        }
        if (!released.isEmpty()) {
            for (Address address : released) {
                messages.tell(address, word + String.format(Locale.ROOT, " after %.1f s", millis / 1e3));
            }
            return ExitCode.DONE;
        }
        messages.fail(subject(), "not " + word + " within " + (timeout == null ? "ever" : timeout.text()) + addition);
        return ExitCode.TIMED_OUT;
    }

    /** What has failed: the event, as it was written; or the address of what all events of some servers share. */
    private Object failed(EventException e, List<Event> events) {
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i).name().equals(e.address())) {
                return addresses.get(i);
            }
        }
        return addresses.size() == 1 ? addresses.get(0) : e.address();
    }

    /** What is waited for. */
    private Object subject() {
        return addresses.size() == 1 ? addresses.get(0) : (any ? "any of " : "all of ") + addresses.size() + " events";
    }
}
