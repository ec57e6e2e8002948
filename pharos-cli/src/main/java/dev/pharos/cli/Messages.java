// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.cluster.ClusterEventException;
import dev.pharos.process.ProcessEventException;
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

    /** What a verb does with an event. */
    interface Action {
        ExitCode apply(Address address) throws IOException;
    }

    /** Does it with each path: one that fails is told of, and does not keep the others from it. */
    ExitCode each(List<? extends Address> addresses, Action action) {
        ExitCode code = ExitCode.DONE;
        for (Address address : addresses) {
            try {
                code = code.or(action.apply(address));
            } catch (ProcessEventException | ClusterEventException | IOException e) {
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

    /** Why a file cannot be read or written. */
    static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "does not exist";
        } else if (e instanceof AccessDeniedException) {
            return "no permission";
        } else if (e instanceof NotDirectoryException) {
            return "not a folder";
        }
        return e instanceof FileSystemException f && f.getReason() != null
                ? f.getReason()
                : String.valueOf(e.getMessage());
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

    /** Tells why something failed with an event. */
    ExitCode fail(Address address, Exception e) {
        fail(address, address.reason(e));
        return e instanceof ClusterEventException.OutcomeUnknown ? ExitCode.UNKNOWN : ExitCode.FAILED;
    }

    private void say(Object what, String text) {
        terminal.err.println("pharos: " + Terminal.plain(what) + ": " + Terminal.plain(text));
    }
}
