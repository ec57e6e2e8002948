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

/** {@code pharos list}: tells of every event in a folder. */
@Command(
        name = "list",
        description =
                "Prints every event in a folder, or under a root of servers: whether it is set, by how many it is held (- if it is none that is"
                        + " held), since when it is so, and its name. Where that cannot be told there is a ?.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all events were printed, if there are any",
            "2:the command line is wrong",
            "3:the folder, or an event in it, cannot be told of",
            "141:nobody reads the output any more"
        },
        footer = {"", "Example: pharos list /run/app"})
final class ListVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Option(names = "--json", description = "Print an object for each event, in a line.")
    private boolean json;

    @Parameters(arity = "1", paramLabel = "DIR", description = "The folder, or zk://HOST:PORT,.../ROOT.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Address.Folder folder;

    ListVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        List<Sighting> sightings = new ArrayList<>();
        ExitCode code = messages.each(List.of(folder), place -> look(place.list(), sightings));
        if (json) {
            sightings.forEach(sighting -> messages.terminal.out.println(sighting.json()));
        } else if (!sightings.isEmpty() && !messages.isQuiet()) {
            printTable(sightings);
        }
        return code.status;
    }

    private ExitCode look(List<? extends Address> addresses, List<Sighting> sightings) {
        return messages.each(addresses, address -> {
            try {
                sightings.add(address.look());
            } catch (EventException.NotAnEvent e) {
                messages.tell(address, "not an event");
            }
            return ExitCode.DONE;
        });
    }

    private void printTable(List<Sighting> sightings) {
        String row = "%-5s  %-7s  %-20s  %s%n";
        messages.terminal.out.printf(row, "STATE", "HELD BY", "SINCE", "NAME");
        for (Sighting sighting : sightings) {
            String state = sighting.word();
            String padding = " ".repeat(5 - state.length());
            messages.terminal.out.printf(
                    row,
                    messages.terminal.colour(sighting.set(), state) + padding,
                    sighting.held(),
                    sighting.time(),
                    Terminal.plain(sighting.address().name()));
        }
    }
}
