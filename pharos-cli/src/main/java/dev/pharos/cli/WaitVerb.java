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
        description =
                "Waits until each event has been set, or with --any one of them; returns at once if they are already"
                        + " set. An event that is set counts, even if it is cleared at once. Creates an event that does not exist,"
                        + " so that set and wait may run in any order.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the events were set; with --clear, clear",
            "2:the command line is wrong",
            "3:an event cannot be waited for, or was removed",
            "124:the timeout elapsed",
            "130:terminated by Ctrl-C",
            "141:the reader closed the output",
            "143:terminated by SIGTERM"
        },
        footer = {"", "Example: pharos wait -t 30s /run/app/db-ready && ./start"})
final class WaitVerb implements Callable<Integer> {
    private static final Duration FOR_EVER = Duration.ofNanos(Long.MAX_VALUE);

    /** The minimum time to allow for connecting to servers. */
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
            description = "The maximum time to wait: 250ms, 30s, 5m, 1h30m; a number without a unit is seconds, 0 polls"
                    + " (default: for ever).")
    private @Nullable TimeSpan timeout;

    @Option(names = "--clear", description = "Wait for clear instead of set.")
    private boolean clear;

    @Option(names = "--all", description = "Wait for all events (the default).")
    private boolean all;

    @Option(names = "--any", description = "Wait for any one event.")
    private boolean any;

    @Option(names = "--json", description = "Print the result as a JSON object.")
    private boolean json;

    @Parameters(arity = "1..*", paramLabel = "EVENT", description = Address.HELP)
    private List<Address> addresses = List.of();

    WaitVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() throws InterruptedException {
        if (any && all) {
            throw new ParameterException(spec.commandLine(), "--any and --all exclude each other: specify one of them");
        }
        long start = System.nanoTime();
        List<Address> seen = poll();
        if (!seen.isEmpty()) {
            return end(seen, "", start).status;
        }
        List<Event> events = new ArrayList<>();
        ExitCode code = opener.await(addresses, messages, events);
        if (code != ExitCode.DONE) {
            return code.status;
        }
        List<Address> released;
        String unconnected;
        try (Progress progress = Progress.ofWait(messages, subject(), timeout)) {
            progress.start();
            released = await(events, start);
            unconnected = released.isEmpty() ? unconnected(events) : "";
        } catch (EventException e) {
            return messages.fail(failed(e, events), e).status;
        }
        return end(released, unconnected, start).status;
    }

    /** The files that are already as waited for: enough of them to end the wait, or none. */
    private List<Address> poll() {
        List<Address> found = new ArrayList<>();
        for (Address address : addresses) {
            try {
                if (address instanceof FileAddress && address.status().set() != clear) {
                    found.add(address);
                    if (any) {
                        return found;
                    }
                }
            } catch (EventException | IOException e) {
                return List.of(); // it may not exist: the opener handles that
            }
        }
        return found.size() == addresses.size() ? found : List.of();
    }

    /** Waits, and returns those that were released: enough of them, or none if the timeout elapsed. */
    private List<Address> await(List<Event> events, long start) throws InterruptedException {
        Duration limit = timeout == null ? FOR_EVER : timeout.duration();
        if (limit.compareTo(PATIENCE) < 0 && connect(events, start)) {
            limit = limit.minusNanos(System.nanoTime() - start);
            if (limit.isNegative() || limit.isZero()) {
                return pollOnce(events);
            }
        }
        Event[] awaited = new Event[events.size()];
        for (int i = 0; i < awaited.length; i++) {
            awaited[i] = clear ? events.get(i).negated() : events.get(i);
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
     * Allows time to connect to servers, so that a short timeout does not elapse before that; false if there are none.
     */
    private static boolean connect(List<Event> events, long start) throws InterruptedException {
        boolean found = false;
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i) instanceof ConnectingEvent connecting) {
                ClusterEvent event = connecting.within(PATIENCE.minusNanos(System.nanoTime() - start));
                events.set(i, event == null ? connecting : event);
                found = true;
            }
        }
        return found;
    }

    /** The events that are as waited for when the timeout has elapsed: enough of them, or none. */
    private List<Address> pollOnce(List<Event> events) {
        List<Address> found = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            if (!(events.get(i) instanceof ConnectingEvent) && events.get(i).isSet() != clear) {
                found.add(addresses.get(i));
                if (any) {
                    return found;
                }
            }
        }
        return found.size() == addresses.size() ? found : List.of();
    }

    /** The message about servers that were never connected, or are not any more. */
    private String unconnected(List<Event> events) throws InterruptedException {
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i) instanceof ConnectingEvent connecting && connecting.within(Duration.ZERO) == null) {
                return "; " + connecting.unreachable();
            } else if (addresses.get(i) instanceof ZooKeeperAddress address && !address.isConnected()) {
                return "; the connection to " + address.servers() + " is lost, so it may have been " + word();
            }
        }
        return "";
    }

    private String word() {
        return clear ? "clear" : "set";
    }

    private ExitCode end(List<Address> released, String addition, long start) {
        long millis = (System.nanoTime() - start) / 1_000_000L;
        String word = word();
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

    /** What has failed: the event, as given; or the address of the connection that several events share. */
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
