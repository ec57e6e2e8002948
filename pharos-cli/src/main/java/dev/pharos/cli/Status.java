// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.cli.timeline.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The status of an event, and its printed forms.
 *
 * @param kind {@code flag} or {@code held} if it is a file, or {@code cluster}
 * @param holders the number of holds; empty if unknown, or if it is not a held event
 * @param since the time of its last change; empty if unknown
 */
record Status(Address address, String kind, boolean set, OptionalInt holders, Optional<Instant> since) {
    String word() {
        return set ? "set" : "clear";
    }

    /** The number of holds; or "?" if unknown, or "-" if it is not a held event. */
    String held() {
        if (holders.isPresent()) {
            return Integer.toString(holders.getAsInt());
        }
        return kind.equals("flag") ? "-" : "?";
    }

    /** The time of its last change, to the second; or "?" if unknown. */
    String time() {
        return since.isPresent() ? since.get().truncatedTo(ChronoUnit.SECONDS).toString() : "?";
    }

    /** As in "db-ready: set"; or, verbose, "db-up: set, held by 2, since 2026-11-22T10:15:30Z". */
    String line(Terminal terminal, boolean verbose) {
        String line = Terminal.plain(address) + ": " + terminal.colour(set, word());
        if (verbose) {
            line += kind.equals("flag") ? "" : ", held by " + held();
            line += since.isPresent() ? ", since " + time() : "";
        }
        return line;
    }

    String json() {
        Json json = new Json().put("path", address).put("kind", kind).put("state", word());
        if (holders.isPresent()) {
            json.put("holders", holders.getAsInt());
        }
        if (since.isPresent()) {
            json.put("since", since.get());
        }
        return json.toString();
    }
}
