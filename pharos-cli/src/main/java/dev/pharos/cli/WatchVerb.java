// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.cli.timeline.Json;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pharos watch}: prints changes of events. */
@Command(
        name = "watch",
        description =
                "Prints one line with the state of each event, then one line for every change, until interrupted: the time,"
                        + " set or clear, and the event. Changes that follow each other too quickly are reported as one. Creates an"
                        + " event that does not exist.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "2:the command line is wrong",
            "3:no event can be watched, or all were removed",
            "130:terminated by Ctrl-C",
            "141:the reader closed the output",
            "143:terminated by SIGTERM"
        },
        footer = {"", "Example: pharos watch --json /run/app/db-ready /run/app/maintenance"})
final class WatchVerb implements Callable<Integer> {
    /** To the millisecond, with as many digits each time. */
    private static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    @Mixin
    private final Messages messages;

    @Mixin
    private final Opener opener = new Opener();

    @Option(names = "--json", description = "Print JSON objects, one per line.")
    private boolean json;

    @Parameters(arity = "1..*", paramLabel = "EVENT", description = Address.HELP)
    private List<Address> addresses = List.of();

    WatchVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    /** A report on an event: its state since a time, or the failure of the watch. */
    private record News(
            Address address,
            boolean set,
            Instant time,
            @Nullable EventException failure) {}

    @Override
    public Integer call() throws InterruptedException {
        List<Event> events = new ArrayList<>();
        ExitCode code = opener.open(addresses, messages, events);
        if (code != ExitCode.DONE) {
            return code.status;
        }
        BlockingQueue<News> news = new LinkedBlockingQueue<>();
        for (int i = 0; i < events.size(); i++) {
            Event event = events.get(i);
            Address address = addresses.get(i);
            Thread thread = new Thread(() -> watch(event, address, news), "pharos-watch " + address);
            thread.setDaemon(true);
            thread.start();
        }
        int watched = events.size();
        while (watched > 0 && !messages.terminal.out.checkError()) {
            News next = news.poll(1, TimeUnit.SECONDS);
            if (next == null) {
                if (messages.terminal.isUnread()) {
                    return ExitCode.OUTPUT_CLOSED.status;
                }
                continue;
            }
            EventException failure = next.failure;
            if (failure == null) {
                print(next);
            } else {
                messages.fail(next.address, failure);
                watched--;
            }
        }
        return ExitCode.FAILED.status;
    }

    private static void watch(Event event, Address address, BlockingQueue<News> news) {
        try {
            boolean set = event.isSet();
            while (true) {
                news.add(new News(address, set, Instant.now(), null));
                if (set) {
                    event.awaitClear();
                } else {
                    event.await();
                }
                set = !set;
            }
        } catch (EventException e) {
            news.add(new News(address, false, Instant.now(), e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // by nobody
        }
    }

    private void print(News news) {
        String time = TIME.format(news.time);
        String state = news.set ? "set" : "clear";
        Terminal terminal = messages.terminal;
        if (json) {
            terminal.out.println(
                    new Json().put("time", time).put("path", news.address).put("state", state));
        } else {
            terminal.out.println(time + "  " + terminal.colour(news.set, state) + " ".repeat(7 - state.length())
                    + Terminal.plain(news.address));
        }
    }
}
