// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

/** The meaning of the exit status of the command. The table is in docs/cli.md. */
enum ExitCode {
    /** Success, or the answer is yes. */
    DONE(0),
    /** The answer is no. */
    NO(1),
    /** The command line is wrong. */
    USAGE(2),
    /** Failure. */
    FAILED(3),
    /** The connection was lost during a change, the outcome of which is unknown. */
    UNKNOWN(4),
    /** The timeout elapsed. */
    TIMED_OUT(124),
    /** {@code hold} failed before it ran its command. */
    NOT_HELD(125),
    /** The command of {@code hold} exists but cannot be run. */
    CANNOT_RUN(126),
    /** The command of {@code hold} does not exist. */
    NOT_FOUND(127),
    /** Terminated by SIGINT, as by Ctrl-C: 128 plus its number. */
    INTERRUPTED(130),
    /** The reader closed the output: 128 plus the number of SIGPIPE. */
    OUTPUT_CLOSED(141),
    /** Terminated by SIGTERM: 128 plus its number. */
    TERMINATED(143);

    final int status;

    ExitCode(int status) {
        this.status = status;
    }

    /** The more severe of two: the result for several paths. */
    ExitCode or(ExitCode other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
