// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import java.util.List;
import picocli.CommandLine.Option;

/** Opens the events that a verb waits for, and makes those that are missing; of what kind is an option. */
final class Opener {
    @Option(names = "--held", description = "If an event is missing, make one that is held: see pharos hold.")
    private boolean held;

    /** Opens each, and adds it to the events, in the order of the addresses; tells why, if one cannot be opened. */
    ExitCode open(List<Address> addresses, Messages messages, List<Event> events) {
        return messages.each(addresses, address -> {
            events.add(address.open(held));
            return ExitCode.DONE;
        });
    }

    /** As open, of events that may be out of reach for now. */
    ExitCode await(List<Address> addresses, Messages messages, List<Event> events) {
        return messages.each(addresses, address -> {
            events.add(address.await(held));
            return ExitCode.DONE;
        });
    }
}
