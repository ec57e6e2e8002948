// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pharos rm}: removes events. */
@Command(
        name = "rm",
        description = "Removes each event. Its waits fail within a second. A file that is not an event is not removed,"
                + " unless it is empty or a damaged event.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every event is removed",
            "2:the command line is wrong",
            "3:an event could not be removed",
            "4:the outcome for an event is unknown"
        },
        footer = {"", "Example: pharos rm /run/app/db-ready"})
final class RmVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Parameters(arity = "1..*", paramLabel = "EVENT", description = Address.HELP)
    private List<Address> addresses = List.of();

    RmVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        return messages.each(addresses, address -> {
                    address.remove();
                    messages.tell(address, "removed");
                    return ExitCode.DONE;
                })
                .status;
    }
}
