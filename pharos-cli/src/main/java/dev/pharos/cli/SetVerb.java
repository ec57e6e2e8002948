// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.process.ProcessEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pharos set}: sets events. */
@Command(
        name = "set",
        description = "Sets each event, and so releases all who wait for it, now or later. Makes it if it is missing.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:every event is set", "2:the command line is wrong", "3:one could not be set"},
        footer = {"", "Example: pharos set /run/app/db-ready"})
final class SetVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Parameters(arity = "1..*", paramLabel = "PATH", description = "The file that is the event.")
    private List<Path> paths = List.of();

    SetVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        return messages.each(paths, path -> {
                    try (ProcessEvent event = ProcessEvent.open(path)) {
                        messages.tell(path, event.set() ? "set" : "was set already");
                    }
                    return ExitCode.DONE;
                })
                .status;
    }
}
