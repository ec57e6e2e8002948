// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.PrintStream;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reports failures, in one line each: what happened, and what to do. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final PrintStream err;

    /** The exit status of a failure that is not one of the command line. */
    private final ExitCode failed;

    Failures(PrintStream err, ExitCode failed) {
        this.err = err;
        this.failed = failed;
    }

    /** The command line is wrong. */
    @Override
    public int handleParseException(ParameterException e, String[] args) {
        return fail(reason(e), failed == ExitCode.NOT_HELD ? failed : ExitCode.USAGE);
    }

    /** A command threw. */
    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        return fail(command.getCommandSpec().qualifiedName() + " failed: " + e, failed);
    }

    /** Java itself failed. */
    int broken(Error e) {
        return fail("failed: " + e, failed);
    }

    /** The output was lost. That the reader of a pipe closes it is not a failure. */
    int outputLost(boolean pipe) {
        if (pipe) {
            return ExitCode.OUTPUT_CLOSED.status;
        }
        return fail("the output is incomplete: standard output is full or closed", ExitCode.FAILED);
    }

    private int fail(String reason, ExitCode code) {
        err.println("pharos: " + Terminal.plain(reason));
        return code.status;
    }

    private static String reason(ParameterException e) {
        CommandSpec command = e.getCommandLine().getCommandSpec();
        String help = ": see " + command.qualifiedName() + " --help";
        if (e instanceof UnmatchedArgumentException unmatched) {
            String argument = unmatched.getUnmatched().get(0);
            if (unmatched.isUnknownOption()) {
                return "unknown option '" + argument + "'"
                        + similar(argument, command.optionsMap().keySet()) + help;
            }
            return command.parent() == null
                    ? "unknown command '" + argument + "'" + similar(argument, Main.VERBS) + help
                    : "'" + argument + "' is an unexpected argument" + help;
        }
        String message = String.valueOf(e.getMessage());
        if (e instanceof MissingParameterException missing) {
            String what = missing.getMissing().get(0).paramLabel();
            return missing.getMissing().get(0).isOption() ? message + help : what + " is missing" + help;
        } else if (e.getArgSpec() == null) {
            return message;
        }
        String reason = message.replaceFirst("positional parameter at index \\S+ \\(([A-Z]+)\\)", "$1")
                .replaceFirst("^(\\D*option '\\S+') \\([A-Z]+\\)", "$1");
        return reason.substring(0, 1).toLowerCase(Locale.ROOT) + reason.substring(1) + help;
    }

    /** What may have been meant, if something is no more than two keys away, one if it is short. */
    private static String similar(String word, Collection<String> known) {
        return known.stream()
                .filter(other ->
                        other.length() > 2 || other.charAt(0) != '-') // an option of one letter is like any other
                .filter(other -> distance(word, other) <= (other.length() > 4 ? 2 : 1))
                .min(Comparator.comparing(other -> distance(word, other)))
                .map(other -> " (did you mean '" + other + "'?)")
                .orElse("");
    }

    /** How many characters to insert, delete, replace or swap with the next, to make one word of the other. */
    private static int distance(String from, String to) {
        int[][] steps = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                if (i == 0 || j == 0) {
                    steps[i][j] = i + j;
                    continue;
                }
                int replaced = steps[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                steps[i][j] = Math.min(replaced, Math.min(steps[i - 1][j], steps[i][j - 1]) + 1);
                if (i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1)) {
                    steps[i][j] = Math.min(steps[i][j], steps[i - 2][j - 2] + 1);
                }
            }
        }
        return steps[from.length()][to.length()];
    }
}
