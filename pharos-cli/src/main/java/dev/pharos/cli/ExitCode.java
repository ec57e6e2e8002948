// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

/** What the exit status of the command means. */
enum ExitCode {
    DONE(0),
    /** The command ran, and the answer is no. */
    NO(1),
    /** The command line is wrong. */
    USAGE(2),
    /** The command could not do its work. */
    FAILED(3);

    final int status;

    ExitCode(int status) {
        this.status = status;
    }
}
