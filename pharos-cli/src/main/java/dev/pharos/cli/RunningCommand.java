// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A process that runs a command, as seen by another that is not its parent. {@link ProcessHandle#onExit} takes up to
 * five seconds to notice the end of such a process, and does not notice it while the parent has not waited for it.
 */
final class RunningCommand {
    /*
     * A pidfd, a descriptor of a process, refers to this process for ever, whatever programs it runs one after the other
     * and whatever becomes of its number; it is readable once all threads of the process have ended. Where there is none
     * (Linux before 5.3; a sandbox that refuses the system call), the same is read from /proc/PID/stat again and again:
     * a file that was opened while the process ran never shows another one.
     */

    /** The number of the system call, which is the same on all machines that Java supports. */
    private static final long PIDFD_OPEN = 434;

    private static final short POLLIN = 1;
    private static final int INTERRUPTED = 4;
    private static final int NOW = 0;
    private static final int FOR_EVER = -1;

    /** The pause between two reads of /proc/PID/stat, which take 0.1 % of a processor with it. */
    private static final long PAUSE = 50_000_000L;

    private final Function poll = NativeLibrary.getInstance("c").getFunction("poll");

    /** The pidfd, if the system has them. */
    private final int descriptor;

    /** Opened if the system has no pidfd. */
    private final @Nullable RandomAccessFile stat;

    private RunningCommand(long pid) throws IOException {
        Function call = NativeLibrary.getInstance("c").getFunction("syscall");
        descriptor = (int) call.invokeLong(new Object[] {PIDFD_OPEN, pid, 0L});
        // Some systems that pass for Linux have the call but cannot wait: then the process seems to have ended now.
        stat = descriptor >= 0 && !hasEnded(NOW) ? null : new RandomAccessFile("/proc/" + pid + "/stat", "r");
    }

    /** A process, which runs as long as the caller has not told its parent that it is found. */
    static RunningCommand of(long pid) throws IOException {
        return new RunningCommand(pid);
    }

    /** Waits until the process has ended, for whatever reason. Child processes of it may still run. */
    void awaitEnd() throws IOException {
        if (stat == null) {
            while (!hasEnded(FOR_EVER)) {
                // a signal, of which the JVM uses some
            }
        } else {
            while (isRunning(stat)) {
                LockSupport.parkNanos(PAUSE);
            }
        }
    }

    private boolean hasEnded(int timeout) throws IOException {
        byte[] found = new byte[8]; // a struct pollfd: the descriptor, the requested events, the returned events
        ByteBuffer.wrap(found)
                .order(ByteOrder.nativeOrder())
                .putInt(0, descriptor)
                .putShort(4, POLLIN);
        int count = poll.invokeInt(new Object[] {found, 1L, timeout});
        int error = Native.getLastError();
        if (count < 0 && error != INTERRUPTED) {
            throw new IOException("a process cannot be waited for (error " + error + ")");
        }
        return count > 0;
    }

    /** As in "4711 (its name) S 1 ...": the third field is the state, the twentieth the number of threads. */
    private static boolean isRunning(RandomAccessFile stat) {
        try {
            stat.seek(0);
            byte[] text = new byte[4096];
            String line = new String(text, 0, Math.max(0, stat.read(text)), StandardCharsets.UTF_8);
            String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
            // A zombie has ended, if it is not just its first thread that has.
            return fields.length > 17 && (!"ZX".contains(fields[0]) || Integer.parseInt(fields[17]) > 1);
        } catch (IOException e) { // no such process
            return false;
        }
    }
}
