// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.process.ProcessEvent;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The path of a file that is an event. */
final class FileAddress extends Address {
    private final Path path;

    FileAddress(Path path) {
        super(path.toString());
        this.path = path;
    }

    @Override
    boolean set() {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            return event.set();
        }
    }

    @Override
    boolean clear() {
        try (ProcessEvent event = ProcessEvent.open(path, ProcessEvent.Option.MUST_EXIST)) {
            return event.clear();
        }
    }

    @Override
    Status status() {
        ProcessEvent.Status status = ProcessEvent.status(path);
        return new Status(this, status.held() ? "held" : "flag", status.set(), status.holders(), status.since());
    }

    @Override
    Event open(boolean held) {
        return held ? ProcessEvent.open(path, ProcessEvent.Option.HELD) : ProcessEvent.open(path);
    }

    @Override
    Event await(boolean held) {
        return open(held);
    }

    /** It is never lost. */
    @Override
    Hold hold() {
        try (ProcessEvent event = ProcessEvent.open(path, ProcessEvent.Option.HELD)) {
            return new FileHold(event.hold(), new CompletableFuture<>());
        }
    }

    private record FileHold(ProcessEvent.Hold hold, CompletableFuture<Void> onLost) implements Hold {
        @Override
        public void close() {
            hold.close();
        }
    }

    @Override
    void remove() throws IOException {
        try {
            ProcessEvent.Status unused = ProcessEvent.status(path); // throws if it is not an event
        } catch (EventException.Corrupt e) {
            // What a power failure has left of one: its removal is the cure.
        }
        Files.delete(path);
    }

    @Override
    boolean isEmpty() throws IOException {
        return Files.size(path) == 0;
    }

    @Override
    String name() {
        return String.valueOf(path.getFileName());
    }

    /** The path of a directory with events in it. */
    record FileDirectory(Path path) implements Directory {
        @Override
        public List<FileAddress> list() throws IOException {
            List<FileAddress> files = new ArrayList<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
                for (Path entry : entries) {
                    if (!entry.getFileName().toString().startsWith(".pharos-")) { // an event that is being created
                        files.add(new FileAddress(entry));
                    }
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
            files.sort(Comparator.comparing(file -> file.path));
            return files;
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }
}
