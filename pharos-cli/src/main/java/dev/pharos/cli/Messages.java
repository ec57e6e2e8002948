// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.EventException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that all verbs share, and how a verb speaks: a line {@code pharos: EVENT: reason} for what went wrong. */
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

    /** For what is said in the name of a verb. */
    Messages(Terminal terminal, boolean quiet) {
        this.terminal = terminal;
        this.quiet = quiet;
    }

    /** What a verb does with an event, or with several. */
    interface Action<T> {
        ExitCode apply(T address) throws IOException;
    }

    /** Does it with each address: one that fails is told of, and does not keep the others from it. */
    <T> ExitCode each(List<? extends T> addresses, Action<T> action) {
        ExitCode code = ExitCode.DONE;
        for (T address : addresses) {
            try {
                code = code.or(action.apply(address));
            } catch (EventException | IOException e) {
                code = code.or(fail(address, e));
            }
        }
        return code;
    }

    /** What is done with a file that is not an event. */
    interface Attempt {
        ExitCode make() throws IOException;
    }

    /** Does it; if it fails, tells why, as of that file. */
    ExitCode attempt(Object file, Attempt attempt) {
        try {
            return attempt.make();
        } catch (IOException e) {
            return fail(file, reason(e));
        }
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

    /** Tells why something failed, by a sentence that says what. */
    ExitCode fail(String sentence) {
        if (!quiet) {
            terminal.err.println("pharos: " + Terminal.plain(sentence));
        }
        return ExitCode.FAILED;
    }

    /** Tells why something failed with an event or a file. */
    ExitCode fail(Object what, Exception e) {
        fail(what, reason(e));
        return e instanceof EventException.OutcomeUnknown ? ExitCode.UNKNOWN : ExitCode.FAILED;
    }

    /** Why something failed, without what it failed with. */
    static String reason(Exception e) {
        if (e instanceof EventException failure) {
            return failure.reason();
        } else if (e instanceof NoSuchFileException) {
            return "does not exist";
        } else if (e instanceof AccessDeniedException) {
            return "no permission";
        } else if (e instanceof NotDirectoryException) {
            return "not a directory";
        }
        return e instanceof FileSystemException f && f.getReason() != null
                ? f.getReason()
                : String.valueOf(e.getMessage());
    }

    private void say(Object what, String text) {
        terminal.err.println("pharos: " + Terminal.plain(what) + ": " + Terminal.plain(text));
    }
}
