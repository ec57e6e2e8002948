// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pharos set}: sets events. */
@Command(
        name = "set",
        description = "Sets each event, and so releases all its waiters. Creates an event that does not exist.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every event is set",
            "2:the command line is wrong",
            "3:an event could not be set",
            "4:the outcome for an event is unknown"
        },
        footer = {"", "Example: pharos set /run/app/db-ready"})
final class SetVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Mixin
    private final Mode mode = new Mode();

    @Parameters(arity = "1..*", paramLabel = "EVENT", description = Address.HELP)
    private List<Address> addresses = List.of();

    SetVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        return messages.each(addresses, address -> {
                    messages.tell(address, address.set(mode) ? "set" : "was already set");
                    return ExitCode.DONE;
                })
                .status;
    }
}
