// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;

/** A filter of system calls (seccomp) for all threads of this process: it refuses an operation of futex on shared words. */
final class Filter {
    private static final int NO_NEW_PRIVILEGES = 38;
    private static final long SECCOMP = 317;
    private static final int SET_FILTER = 1;
    private static final int ALL_THREADS = 1;

    /** Instructions. */
    private static final int LOAD = 0x20;

    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;

    /** What is loaded, and what is returned. */
    private static final int NUMBER = 0;

    private static final int SECOND_ARGUMENT = 24;
    private static final int ERROR = 0x00050000;
    private static final int ALLOW = 0x7fff0000;

    private static final int FUTEX = 202;

    private Filter() {}

    static boolean isSupported() {
        return System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64");
    }

    /** Refuses from now on, as in "0 38": operation 0 with error 38. */
    static void refuse(String operationAndError) {
        String[] numbers = operationAndError.split(" ", -1);
        int[][] program = {
            {LOAD, 0, 0, NUMBER},
            {JUMP_IF_EQUAL, 0, 3, FUTEX},
            {LOAD, 0, 0, SECOND_ARGUMENT},
            {JUMP_IF_EQUAL, 0, 1, Integer.parseInt(numbers[0])},
            {RETURN, 0, 0, ERROR | Integer.parseInt(numbers[1])},
            {RETURN, 0, 0, ALLOW},
        };
        Memory instructions = new Memory(8L * program.length);
        for (int i = 0; i < program.length; i++) {
            instructions.setShort(8L * i, (short) program[i][0]);
            instructions.setByte(8L * i + 2, (byte) program[i][1]);
            instructions.setByte(8L * i + 3, (byte) program[i][2]);
            instructions.setInt(8L * i + 4, program[i][3]);
        }
        Memory filter = new Memory(16);
        filter.clear();
        filter.setShort(0, (short) program.length);
        filter.setPointer(8, instructions);
        Function prctl = NativeLibrary.getInstance("c").getFunction("prctl");
        Function syscall = NativeLibrary.getInstance("c").getFunction("syscall");
        if (prctl.invokeInt(new Object[] {NO_NEW_PRIVILEGES, 1L, 0L, 0L, 0L}) != 0
                || syscall.invokeLong(new Object[] {SECCOMP, SET_FILTER, ALL_THREADS, filter}) != 0) {
            throw new IllegalStateException("no filter");
        }
    }
}
