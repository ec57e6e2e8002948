// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.process.ProcessEvent;
import dev.pharos.process.ProcessEventException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pharos list}: tells of every event in a folder. */
@Command(
        name = "list",
        description =
                "Prints every event in a folder: whether it is set, by how many it is held (- if it is none that is"
                        + " held), since when it is so, and its name. Where that cannot be told there is a ?.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all events were printed, if there are any",
            "2:the command line is wrong",
            "3:the folder, or a file in it, cannot be told of",
            "141:nobody reads the output any more"
        },
        footer = {"", "Example: pharos list /run/app"})
final class ListVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Option(names = "--json", description = "Print an object for each event, in a line.")
    private boolean json;

    @Parameters(arity = "1", paramLabel = "DIR", description = "The folder.")
    private Path folder = Path.of("");

    ListVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        List<Sighting> sightings = new ArrayList<>();
        ExitCode code = messages.each(List.of(folder), ignored -> look(sightings));
        if (json) {
            sightings.forEach(sighting -> messages.terminal.out.println(sighting.json()));
        } else if (!sightings.isEmpty() && !messages.isQuiet()) {
            printTable(sightings);
        }
        return code.status;
    }

    private ExitCode look(List<Sighting> sightings) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(files::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(files);
        return messages.each(files, file -> {
            try {
                if (!file.getFileName().toString().startsWith(".pharos-")) { // an event that is being made
                    sightings.add(new Sighting(file, ProcessEvent.look(file)));
                }
            } catch (ProcessEventException.NotAnEvent e) {
                messages.tell(file, "not an event");
            }
            return ExitCode.DONE;
        });
    }

    private void printTable(List<Sighting> sightings) {
        String row = "%-5s  %-7s  %-20s  %s%n";
        messages.terminal.out.printf(row, "STATE", "HELD BY", "SINCE", "NAME");
        for (Sighting sighting : sightings) {
            String state = sighting.word();
            String padding = " ".repeat(5 - state.length());
            messages.terminal.out.printf(
                    row,
                    messages.terminal.colour(sighting.state().set(), state) + padding,
                    sighting.holders(),
                    sighting.since(),
                    Terminal.plain(sighting.path().getFileName()));
        }
    }
}
