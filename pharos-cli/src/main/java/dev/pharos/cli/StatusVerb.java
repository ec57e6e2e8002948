// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pharos status}: tells whether events are set. */
@Command(
        name = "status",
        description =
                "Prints whether each event is set or clear; with -v also by how many it is held, and since when it"
                        + " is so. Never makes one.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every event is set",
            "1:one is clear",
            "2:the command line is wrong",
            "3:one is missing, or cannot be told of",
            "141:nobody reads the output any more"
        },
        footer = {"", "Example: pharos status -q /run/app/maintenance && exit"})
final class StatusVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Option(names = "--json", description = "Print an object for each event, in a line.")
    private boolean json;

    @Parameters(arity = "1..*", paramLabel = "EVENT", description = Address.HELP)
    private List<Address> addresses = List.of();

    StatusVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        return messages.each(addresses, this::print).status;
    }

    private ExitCode print(Address address) throws IOException {
        Sighting sighting = address.look();
        if (!messages.isQuiet()) {
            Terminal terminal = messages.terminal;
            terminal.out.println(json ? sighting.json() : sighting.line(terminal, messages.isVerbose()));
        }
        return sighting.set() ? ExitCode.DONE : ExitCode.NO;
    }
}
