// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pharos clear}: clears events. */
@Command(
        name = "clear",
        description = "Clears each event, so that later waits last until it is set again. Waiters that were already"
                + " released stay released.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every event is clear",
            "2:the command line is wrong",
            "3:an event could not be cleared",
            "4:the outcome for an event is unknown"
        },
        footer = {"", "Example: pharos clear /run/app/db-ready"})
final class ClearVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Parameters(arity = "1..*", paramLabel = "EVENT", description = Address.HELP)
    private List<Address> addresses = List.of();

    ClearVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        return messages.each(addresses, address -> {
                    messages.tell(address, address.clear() ? "cleared" : "was already clear");
                    return ExitCode.DONE;
                })
                .status;
    }
}
