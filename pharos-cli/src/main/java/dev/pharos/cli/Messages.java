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

/** The options that all subcommands share, and their messages: lines of the form {@code pharos: EVENT: reason}. */
final class Messages {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print no messages; see the exit status.")
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void setQuiet(boolean wanted) {
        quiet = wanted;
        if (wanted) {
            terminal.silenceLibraries();
        }
    }

    @Option(
            names = {"-v", "--verbose"},
            description = "Print what was done.")
    private boolean verbose;

    final Terminal terminal;

    private boolean quiet;

    Messages(Terminal terminal) {
        this.terminal = terminal;
    }

    /** For the messages of another process of a subcommand. */
    Messages(Terminal terminal, boolean quiet) {
        this.terminal = terminal;
        this.quiet = quiet;
    }

    /** An operation of a subcommand on an event, or on several. */
    interface Action<T> {
        ExitCode apply(T address) throws IOException;
    }

    /** Performs it for each address; reports a failure, and continues with the others. */
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

    /** An operation on a file that is not an event. */
    interface Attempt {
        ExitCode perform() throws IOException;
    }

    /** Performs it; if it fails, reports the reason for that file. */
    ExitCode attempt(Object file, Attempt attempt) {
        try {
            return attempt.perform();
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

    /** Reports what was done, if verbose. */
    void tell(Object what, String done) {
        if (isVerbose()) {
            say(what, done);
        }
    }

    /** Reports why something failed. */
    ExitCode fail(Object what, String reason) {
        warn(what, reason);
        return ExitCode.FAILED;
    }

    /** Reports a warning about something that was done. */
    void warn(Object what, String reason) {
        if (!quiet) {
            say(what, reason);
        }
    }

    /** Reports a failure in a whole sentence. */
    ExitCode fail(String sentence) {
        if (!quiet) {
            terminal.err.println("pharos: " + Terminal.plain(sentence));
        }
        return ExitCode.FAILED;
    }

    /** Reports why something failed for an event or a file. */
    ExitCode fail(Object what, Exception e) {
        fail(what, reason(e));
        return e instanceof EventException.OutcomeUnknown ? ExitCode.UNKNOWN : ExitCode.FAILED;
    }

    /** The reason of a failure, without the event or file. */
    static String reason(Exception e) {
        if (e instanceof EventException.Removed) {
            return "removed or replaced while in use; run the command again to use what is there now";
        } else if (e instanceof EventException failure) {
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
