// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.process.ProcessEvent;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** The path of a file that is an event. */
final class FileAddress extends Address {
    private final Path path;

    FileAddress(String text, Path path) {
        super(text);
        this.path = path;
    }

    @Override
    boolean set(Mode mode) {
        try (ProcessEvent event = ProcessEvent.open(path, mode.permissions())) {
            return change(event, ProcessEvent::set);
        }
    }

    @Override
    boolean clear() {
        try (ProcessEvent event = ProcessEvent.open(path, ProcessEvent.Option.MUST_EXIST)) {
            return change(event, ProcessEvent::clear);
        }
    }

    private static <T> T change(ProcessEvent event, Function<ProcessEvent, T> operation) {
        try {
            return operation.apply(event);
        } catch (EventException.NotPermitted e) {
            throw new EventException.NotPermitted(
                    e.address(), "this user may wait for it, but has no permission to change it", e);
        }
    }

    @Override
    Status status() {
        ProcessEvent.Status status = ProcessEvent.status(path);
        return new Status(this, status.held() ? "held" : "flag", status.set(), status.holders(), status.since());
    }

    @Override
    Event open(Mode mode, boolean held) {
        return held ? openHeld(mode) : ProcessEvent.open(path, mode.permissions());
    }

    private ProcessEvent openHeld(Mode mode) {
        try {
            return ProcessEvent.open(path, mode.permissions(), ProcessEvent.Option.HELD);
        } catch (EventException.WrongKind e) {
            throw new EventException.WrongKind(
                    e.address(),
                    "not a held event, since set, or wait or watch without --held, created it;"
                            + " remove it with pharos rm, and use --held there",
                    e);
        }
    }

    @Override
    Event await(Mode mode, boolean held) {
        return open(mode, held);
    }

    /** It is never lost. */
    @Override
    Hold hold(Mode mode) {
        try (ProcessEvent event = openHeld(mode)) {
            return new FileHold(change(event, ProcessEvent::hold), new CompletableFuture<>());
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
        return FileName.text(path);
    }

    /** The path of a directory with events in it. */
    record FileDirectory(String text, Path path) implements Directory {
        @Override
        public List<FileAddress> list() throws IOException {
            if (Files.exists(path) && !Files.isDirectory(path)) {
                throw new NotDirectoryException(text); // the open of a pipe would wait for a writer
            }
            List<FileAddress> files = new ArrayList<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
                for (Path entry : entries) {
                    if (!entry.getFileName().toString().startsWith(".pharos-")) { // an event that is being created
                        String name = FileName.text(entry);
                        files.add(new FileAddress(text.endsWith("/") ? text + name : text + "/" + name, entry));
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
            return text;
        }
    }
}
