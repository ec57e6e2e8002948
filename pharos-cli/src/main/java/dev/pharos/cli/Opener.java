// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Opens the events that a subcommand waits for, and creates those that do not exist; an option selects the kind. */
final class Opener {
    @Option(names = "--held", description = "Create an event that does not exist as a held event; see pharos hold.")
    private boolean held;

    @Mixin
    private final Mode mode = new Mode();

    /** Opens each, and adds it to the events, in the order of the addresses; reports those that cannot be opened. */
    ExitCode open(List<Address> addresses, Messages messages, List<Event> events) {
        return messages.each(addresses, address -> {
            events.add(address.open(mode, held));
            return ExitCode.DONE;
        });
    }

    /** As open, for events that may not be available yet. */
    ExitCode await(List<Address> addresses, Messages messages, List<Event> events) {
        return messages.each(addresses, address -> {
            events.add(address.await(mode, held));
            return ExitCode.DONE;
        });
    }
}
