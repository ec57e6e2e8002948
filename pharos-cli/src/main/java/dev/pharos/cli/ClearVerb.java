// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.process.ProcessEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pharos clear}: clears events. */
@Command(
        name = "clear",
        description = "Clears each event, so that those who wait from now on wait until it is set again. Never takes"
                + " back the release of one who waited before.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:every event is clear", "2:the command line is wrong", "3:one could not be cleared"},
        footer = {"", "Example: pharos clear /run/app/db-ready"})
final class ClearVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Parameters(arity = "1..*", paramLabel = "PATH", description = "The file that is the event.")
    private List<Path> paths = List.of();

    ClearVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        return messages.each(paths, path -> {
                    try (ProcessEvent event = ProcessEvent.open(path, ProcessEvent.Option.MUST_EXIST)) {
                        messages.tell(path, event.clear() ? "cleared" : "was clear already");
                    }
                    return ExitCode.DONE;
                })
                .status;
    }
}
