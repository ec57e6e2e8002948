// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.EventException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pharos list}: prints the events in a directory. */
@Command(
        name = "list",
        description =
                "Prints every event in a directory, or under a root on servers: its state, the number of its holds (- if it"
                        + " is not a held event), the time of its last change, and its name; ? stands for an unknown value.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all events were printed, if there are any",
            "2:the command line is wrong",
            "3:the directory, or an event in it, cannot be read",
            "141:the reader closed the output"
        },
        footer = {"", "Example: pharos list /run/app"})
final class ListVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Option(names = "--json", description = "Print a JSON object for each event, one per line.")
    private boolean json;

    @Parameters(arity = "1", paramLabel = "DIR", description = "The directory, or zk://HOST:PORT,.../ROOT.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Address.Directory directory;

    ListVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        List<Status> statuses = new ArrayList<>();
        ExitCode code = messages.each(List.of(directory), place -> read(place.list(), statuses));
        if (json) {
            statuses.forEach(status -> messages.terminal.out.println(status.json()));
        } else if (!statuses.isEmpty() && !messages.isQuiet()) {
            printTable(statuses);
        }
        return code.status;
    }

    private ExitCode read(List<? extends Address> addresses, List<Status> statuses) {
        return messages.each(addresses, address -> {
            try {
                statuses.add(address.status());
            } catch (EventException.NotAnEvent e) {
                messages.tell(address, "not an event");
            } catch (EventException.Corrupt e) {
                if (!address.isEmpty()) {
                    throw e;
                }
                messages.warn(address, e.reason());
            }
            return ExitCode.DONE;
        });
    }

    private void printTable(List<Status> statuses) {
        String row = "%-5s  %-7s  %-20s  %s%n";
        messages.terminal.out.printf(row, "STATE", "HELD BY", "SINCE", "NAME");
        for (Status status : statuses) {
            String state = status.word();
            String padding = " ".repeat(5 - state.length());
            messages.terminal.out.printf(
                    row,
                    messages.terminal.colour(status.set(), state) + padding,
                    status.held(),
                    status.time(),
                    Terminal.plain(status.address().name()));
        }
    }
}
