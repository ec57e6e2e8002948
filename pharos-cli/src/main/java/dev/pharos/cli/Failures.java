// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.PrintStream;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reports failures, in one line each: what happened, and what to do. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final PrintStream err;

    Failures(PrintStream err) {
        this.err = err;
    }

    /** The command line is wrong. */
    @Override
    public int handleParseException(ParameterException e, String[] args) {
        boolean hold = e.getCommandLine().getCommandName().equals("hold"); // the command of which may have any status
        return fail(reason(e), hold ? ExitCode.NOT_HELD : ExitCode.USAGE);
    }

    /** A command threw. */
    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        return fail(command.getCommandSpec().qualifiedName() + " failed: " + e, ExitCode.FAILED);
    }

    /** Java itself failed. */
    int broken(Error e) {
        return fail("failed: " + e, ExitCode.FAILED);
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
        String help = ": see " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help";
        if (e instanceof UnmatchedArgumentException unmatched) {
            String argument = "'" + unmatched.getUnmatched().get(0) + "'";
            if (unmatched.isUnknownOption()) {
                return "unknown option " + argument + help;
            }
            boolean noCommand = e.getCommandLine().getParent() == null;
            return noCommand ? "unknown command " + argument + help : argument + " is an unexpected argument" + help;
        }
        String message = String.valueOf(e.getMessage());
        if (e instanceof MissingParameterException missing) {
            String what = missing.getMissing().get(0).paramLabel();
            return missing.getMissing().get(0).isOption() ? message + help : what + " is missing" + help;
        } else if (e.getArgSpec() == null) {
            return message;
        }
        return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1) + help;
    }
}
