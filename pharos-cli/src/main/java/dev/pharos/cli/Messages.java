// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.process.ProcessEventException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that all verbs share, and how a verb speaks: a line {@code pharos: PATH: reason} for what went wrong. */
final class Messages {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Option(
            names = {"-q", "--quiet"},
            description = "Say nothing: the exit status tells.")
    private boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "Say more.")
    private boolean verbose;

    final Terminal terminal;

    Messages(Terminal terminal) {
        this.terminal = terminal;
    }

    /** What a verb does with a path. */
    interface Action {
        ExitCode apply(Path path) throws IOException;
    }

    /** Does it with each path: one that fails is told of, and does not keep the others from it. */
    ExitCode each(List<Path> paths, Action action) {
        ExitCode code = ExitCode.DONE;
        for (Path path : paths) {
            try {
                code = code.or(action.apply(path));
            } catch (ProcessEventException | IOException e) {
                code = code.or(fail(path, reason(path, e)));
            }
        }
        return code;
    }

    boolean isQuiet() {
        return quiet;
    }

    boolean isVerbose() {
        return verbose && !quiet;
    }

    /** Tells what was done, to those who want to hear more. */
    void tell(Object what, String done) {
        if (isVerbose()) {
            say(what, done);
        }
    }

    /** Tells why something failed. */
    ExitCode fail(Object what, String reason) {
        warn(what, reason);
        return ExitCode.FAILED;
    }

    /** Tells what a person should know of something that was done all the same. */
    void warn(Object what, String reason) {
        if (!quiet) {
            say(what, reason);
        }
    }

    private void say(Object what, String text) {
        terminal.err.println("pharos: " + Terminal.plain(what) + ": " + Terminal.plain(text));
    }

    /** Why something failed with a path, without the path. */
    static String reason(Path path, Exception e) {
        String message = String.valueOf(e.getMessage());
        String prefix = path.toAbsolutePath() + ": ";
        if (message.startsWith(prefix)) {
            return message.substring(prefix.length());
        } else if (e instanceof NoSuchFileException) {
            return "does not exist";
        } else if (e instanceof AccessDeniedException) {
            return "no permission";
        } else if (e instanceof NotDirectoryException) {
            return "not a folder";
        }
        return e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : message;
    }
}
