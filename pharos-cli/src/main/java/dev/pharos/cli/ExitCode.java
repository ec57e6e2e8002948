// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

/** What the exit status of the command means. The table is in docs/cli.md. */
enum ExitCode {
    /** The command did what it was asked, or the answer is yes. */
    DONE(0),
    /** The command ran, and the answer is no. */
    NO(1),
    /** The command line is wrong. */
    USAGE(2),
    /** The command could not do its work, or could not tell. */
    FAILED(3),
    /** The connection was lost during a change, and whether that was made has not become known. */
    UNKNOWN(4),
    /** The time to wait was over. */
    TIMED_OUT(124),
    /** {@code hold} failed before it came to its command. */
    NOT_HELD(125),
    /** The command of {@code hold} is there and cannot be run. */
    CANNOT_RUN(126),
    /** The command of {@code hold} is not there. */
    NOT_FOUND(127),
    /** Ended by SIGINT, as by Ctrl-C: 128 and its number. */
    INTERRUPTED(130),
    /** Nobody reads the output any more: 128 and the number of SIGPIPE. */
    OUTPUT_CLOSED(141),
    /** Ended by SIGTERM: 128 and its number. */
    TERMINATED(143);

    final int status;

    ExitCode(int status) {
        this.status = status;
    }

    /** The graver of two: what several paths come to. */
    ExitCode or(ExitCode other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
