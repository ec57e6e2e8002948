// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.process.ProcessEvent;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Opens the events that a verb waits for, and makes those that are missing; of what kind is an option. */
final class Opener {
    @Option(names = "--held", description = "If an event is missing, make one that is held: see pharos hold.")
    private boolean held;

    /** Opens each, and adds it to the events, in the order of the paths; tells why, if one cannot be opened. */
    ExitCode open(List<Path> paths, Messages messages, List<ProcessEvent> events) {
        return messages.each(paths, path -> {
            events.add(held ? ProcessEvent.open(path, ProcessEvent.Option.HELD) : ProcessEvent.open(path));
            return ExitCode.DONE;
        });
    }
}
