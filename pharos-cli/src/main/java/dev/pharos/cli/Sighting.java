// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.process.ProcessEvent;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;

/** An event as somebody saw it, in words. */
record Sighting(Path path, ProcessEvent.State state) {
    String word() {
        return state.set() ? "set" : "clear";
    }

    /** How many hold it: a number, or "?" if that cannot be told, or "-" if it is none that is held. */
    String holders() {
        if (!state.held()) {
            return "-";
        }
        return state.holders().isPresent() ? Integer.toString(state.holders().getAsInt()) : "?";
    }

    /** Since when it is so, to the second; or "?". */
    String since() {
        return state.since().isPresent()
                ? state.since().get().truncatedTo(ChronoUnit.SECONDS).toString()
                : "?";
    }

    /** As in "db-ready: set"; or, with all there is to say, "db-up: set, held by 2, since 2026-11-22T10:15:30Z". */
    String line(Terminal terminal, boolean verbose) {
        String line = Terminal.plain(path) + ": " + terminal.colour(state.set(), word());
        if (verbose) {
            line += state.held() ? ", held by " + holders() : "";
            line += state.since().isPresent() ? ", since " + since() : "";
        }
        return line;
    }

    String json() {
        Json json = new Json()
                .put("path", path)
                .put("kind", state.held() ? "held" : "flag")
                .put("state", word());
        if (state.holders().isPresent()) {
            json.put("holders", state.holders().getAsInt());
        }
        if (state.since().isPresent()) {
            json.put("since", state.since().get());
        }
        return json.toString();
    }
}
