// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.cli.timeline.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An event as somebody saw it, and how to say that.
 *
 * @param kind {@code flag} or {@code held} if it is a file, or {@code cluster}
 * @param holders how many hold it; empty if that cannot be told, or it is none that is held
 * @param since since when it is so; empty if that cannot be told
 */
record Sighting(Address address, String kind, boolean set, OptionalInt holders, Optional<Instant> since) {
    String word() {
        return set ? "set" : "clear";
    }

    /** How many hold it: a number, or "?" if that cannot be told, or "-" if it is none that is held. */
    String held() {
        if (holders.isPresent()) {
            return Integer.toString(holders.getAsInt());
        }
        return kind.equals("flag") ? "-" : "?";
    }

    /** Since when it is so, to the second; or "?". */
    String time() {
        return since.isPresent() ? since.get().truncatedTo(ChronoUnit.SECONDS).toString() : "?";
    }

    /** As in "db-ready: set"; or, with all there is to say, "db-up: set, held by 2, since 2026-11-22T10:15:30Z". */
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
