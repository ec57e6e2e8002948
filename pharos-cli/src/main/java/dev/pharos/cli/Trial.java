// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

/** A program that the launcher runs to find out whether Java runs, see pharos. */
final class Trial {
    /** An exit status that Java itself never has. */
    private static final int RUNS = 77;

    private Trial() {}

    /**
     * Ends.
     *
     * @param args none
     */
    public static void main(String[] args) {
        System.exit(RUNS);
    }
}
