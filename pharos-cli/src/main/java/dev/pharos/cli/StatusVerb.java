// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pharos status}: prints whether events are set. */
@Command(
        name = "status",
        description =
                "Prints whether each event is set or clear; with -v also the number of its holds, and the time of its last"
                        + " change. Never creates an event.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every event is set",
            "1:an event is clear",
            "2:the command line is wrong",
            "3:an event does not exist or cannot be read",
            "141:the reader closed the output"
        },
        footer = {"", "Example: pharos status -q /run/app/maintenance && exit"})
final class StatusVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Option(names = "--json", description = "Print a JSON object for each event, one per line.")
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
        Status status = address.status();
        if (!messages.isQuiet()) {
            Terminal terminal = messages.terminal;
            terminal.out.println(json ? status.json() : status.line(terminal, messages.isVerbose()));
        }
        return status.set() ? ExitCode.DONE : ExitCode.NO;
    }
}
