// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.lang.System.Logger.Level;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that events are made of. A word is specified by its address; the caller keeps its memory mapped.
 * Methods return 0 or an error number, and never throw. {@code sleep} and {@code lock} when free block; so does a change
 * of a word while the file system is frozen.
 */
final class Kernel {
    /** Kinds of locks. */
    static final short READ_LOCK = 0;

    static final short WRITE_LOCK = 1;
    static final short NO_LOCK = 2;

    /** The byte whose locks are the holds of an event: the first after the end of the file. */
    private static final long LOCKED_BYTE = EventFile.SIZE;

    /** Commands to fcntl, for the locks of a descriptor. */
    private static final int GET_LOCK = 36;

    private static final int SET_LOCK = 37;
    private static final int SET_LOCK_WHEN_FREE = 38;

    private static final int OPEN_TO_READ = 0;
    private static final int OPEN_TO_READ_AND_WRITE = 2;
    private static final int CLOSE_ON_EXEC = 02000000;

    /** So that the open of a pipe that has come in place of the file does not wait for a peer. */
    private static final int NON_BLOCKING = 04000;

    /** Error numbers. */
    private static final int INTERRUPTED = 4;

    private static final int AGAIN = 11;
    private static final int ACCESS_DENIED = 13;
    private static final int BAD_ADDRESS = 14;
    private static final int TIMED_OUT = 110;

    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;
    private static final int FUTEX_WAKE_OP = 5;

    /** What FUTEX_WAKE_OP does to the word, and a comparison, "less than 0", whose outcome does not count. */
    private static final int ADD = 1 << 28 | 2 << 24;

    private static final int AND_NOT = 3 << 28 | 2 << 24;

    /** Whether it was logged that events are polled. */
    private static final AtomicBoolean logged = new AtomicBoolean();

    /** Once null, for ever. */
    private static volatile @Nullable Kernel instance = load();

    /** The number of the system call. */
    private final long futex;

    /** The limits in the form that the kernel takes: seconds and nanoseconds. */
    private final ByteBuffer times = ByteBuffer.allocateDirect(6 * Long.BYTES).order(ByteOrder.nativeOrder());

    /** Whether threads can sleep on a word. Once false, for ever. */
    private volatile boolean sleeps;

    private Kernel(long futex) {
        this.futex = futex;
        times.putLong(Limit.TICK.at + Long.BYTES, 10_000_000L);
        times.putLong(Limit.SECOND.at, 1L);
    }

    /** The kernel, or null if it cannot be called from here. */
    static @Nullable Kernel get() {
        return instance;
    }

    private static @Nullable Kernel load() {
        String reason = "the system property dev.pharos.process.polling is true";
        if (!Boolean.getBoolean("dev.pharos.process.polling")) {
            String machine = System.getProperty("os.arch") + " " + System.getProperty("os.name");
            reason = "there is no futex with FUTEX_WAKE_OP on " + machine;
            long futex = futexNumber(machine);
            try {
                Kernel kernel = new Kernel(futex);
                if (futex > 0 && kernel.canChange()) {
                    return kernel;
                }
            } catch (Error | RuntimeException e) {
                // No JNA, no place for its library, native access denied; an Error if another JNA's library is found.
                reason = "native access is unavailable (" + oneLine(e) + ")";
            }
        }
        logPolling(reason);
        return null;
    }

    private static void logPolling(String reason) {
        if (logged.compareAndSet(false, true)) {
            System.getLogger("dev.pharos.process")
                    .log(
                            Level.WARNING,
                            "Process events are polled, which is slower and uses processor time: " + reason);
        }
    }

    /** What was thrown, in one line: messages of JNA have several. */
    private static String oneLine(Throwable e) {
        return e.toString().strip().replaceAll("\\s+", " ");
    }

    /** Whether threads can sleep on words. If not, waits are polled. */
    boolean canSleep() {
        return sleeps;
    }

    /**
     * Judges the outcome of a sleep: after a refusal, no thread of this process sleeps again. False if the address was
     * bad, which is the fault of a file that was truncated.
     */
    boolean judgeSleep(int error) {
        if (error != 0 && error != AGAIN && error != INTERRUPTED && error != TIMED_OUT && error != BAD_ADDRESS) {
            sleeps = false;
            logPolling(refused("FUTEX_WAIT", error));
        }
        return error != BAD_ADDRESS;
    }

    /** Judges the error of a change: after a refusal, which is true, this process makes no more calls. */
    boolean judgeChange(int error) {
        if (error == BAD_ADDRESS) {
            return false;
        }
        sleeps = false;
        instance = null;
        logPolling(refused("FUTEX_WAKE_OP", error));
        return true;
    }

    private static String refused(String call, int error) {
        return "the system refuses " + call + " (error " + error + ")";
    }

    /** The number of the system call, or 0 where it is not known. */
    private static long futexNumber(String machine) {
        return switch (machine) {
            case "amd64 Linux" -> 202;
            case "aarch64 Linux", "riscv64 Linux", "loongarch64 Linux" -> 98;
            case "ppc64le Linux" -> 221;
            case "s390x Linux" -> 238;
            default -> 0;
        };
    }

    /** Tests the calls on a word of its own: some systems that pass for Linux lack one of them, and filters refuse it. */
    private boolean canChange() {
        ByteBuffer word = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
        long address = address(word);
        try {
            if (addAndWake(address, 1025) != 0
                    || addAndWake(address, 1) != 0
                    || word.getInt(0) != 1026
                    || clearAndWake(address, 1023) != 0
                    || word.getInt(0) != 1024) {
                return false;
            }
            int other = trySleep(address, 1023);
            int same = trySleep(address, 1024);
            sleeps = other == AGAIN && same == TIMED_OUT;
            if (!sleeps) {
                logPolling(refused("FUTEX_WAIT", other == AGAIN ? same : other));
            }
            return true;
        } finally {
            Reference.reachabilityFence(word);
        }
    }

    private int trySleep(long word, int expected) {
        int error = INTERRUPTED;
        while (error == INTERRUPTED) { // a signal
            error = sleep(word, expected, Limit.NOTHING);
        }
        return error;
    }

    /** Adds to a word and wakes all sleepers on it, in one step. */
    int addAndWake(long word, int operand) {
        return error(Libc.syscall(futex, word, FUTEX_WAKE_OP, Integer.MAX_VALUE, 0L, word, ADD | operand << 12));
    }

    /** Clears bits of a word and wakes all sleepers on it, in one step. */
    int clearAndWake(long word, int bits) {
        return error(Libc.syscall(futex, word, FUTEX_WAKE_OP, Integer.MAX_VALUE, 0L, word, AND_NOT | bits << 12));
    }

    /** Wakes all sleepers on a word. Requires only memory that can be read. */
    int wake(long word) {
        return error(Libc.syscall(futex, word, FUTEX_WAKE, Integer.MAX_VALUE, 0L, 0L, 0L));
    }

    /** Sleeps until a word differs from the expected value, or it is woken, or the limit elapses; or for no reason. */
    int sleep(long word, int expected, Limit limit) {
        long time = limit == Limit.NONE ? 0L : Libc.address(times) + limit.at;
        return error(Libc.syscall(futex, word, FUTEX_WAIT, expected, time, 0L, 0L)); // this, and so times, is kept
    }

    /** The maximum time to sleep. */
    enum Limit {
        /** For ever. */
        NONE(-1),

        /** For a hundredth of a second. */
        TICK(0),

        /** For a second. */
        SECOND(2 * Long.BYTES),

        /** Not at all. */
        NOTHING(4 * Long.BYTES);

        /** Where it is among the times. */
        private final int at;

        Limit(int at) {
            this.at = at;
        }
    }

    /** The address of the first byte of a direct buffer. */
    static long address(ByteBuffer buffer) {
        return Libc.address(buffer);
    }

    /** Opens a file: a descriptor, or an error number made negative. */
    int open(Path path, boolean writable) {
        byte[] name = path.toString().getBytes(EventFiles.NAMES);
        int flags = (writable ? OPEN_TO_READ_AND_WRITE : OPEN_TO_READ) | CLOSE_ON_EXEC | NON_BLOCKING;
        int descriptor = Libc.open(Arrays.copyOf(name, name.length + 1), flags, 0);
        return descriptor < 0 ? -Native.getLastError() : descriptor;
    }

    /** Reads from the beginning of a file, as many bytes as an array has. */
    int read(int descriptor, byte[] bytes) {
        long count = Libc.pread(descriptor, bytes, bytes.length, 0L);
        return count == bytes.length ? 0 : count < 0 ? Native.getLastError() : BAD_ADDRESS;
    }

    /** Closes a descriptor, which releases its lock. */
    void close(int descriptor) {
        Libc.close(descriptor); // the descriptor is gone whatever this returns
    }

    /** Takes, changes or releases the lock of a descriptor; at once or, if asked to, when others allow it. */
    int lock(int descriptor, short kind, boolean whenFree) {
        int error = INTERRUPTED;
        while (error == INTERRUPTED) { // a signal, of which the JVM uses some
            error = error(Libc.fcntl(descriptor, whenFree ? SET_LOCK_WHEN_FREE : SET_LOCK, lock(kind)));
        }
        return error;
    }

    /** Whether this is why a lock is not available at once. */
    static boolean isLocked(int error) {
        return error == AGAIN || error == ACCESS_DENIED;
    }

    /** The kind of lock by which others would keep a descriptor from a write lock, or an error number made negative. */
    int lockedBy(int descriptor) {
        byte[] lock = lock(WRITE_LOCK);
        int error = error(Libc.fcntl(descriptor, GET_LOCK, lock));
        return error == 0 ? ByteBuffer.wrap(lock).order(ByteOrder.nativeOrder()).getShort(0) : -error;
    }

    /** A struct flock: kind, from where (the start of the file), start, length, process; see fcntl(2). */
    private static byte[] lock(short kind) {
        byte[] lock = new byte[32];
        ByteBuffer.wrap(lock)
                .order(ByteOrder.nativeOrder())
                .putShort(0, kind)
                .putLong(8, LOCKED_BYTE)
                .putLong(16, 1L);
        return lock;
    }

    /** What an error number means. */
    String text(int error) {
        return Libc.strerror(error);
    }

    private static int error(long result) {
        return result < 0 ? Native.getLastError() : 0;
    }

    /** The C library. A class of its own, so that it is loaded where its failure is handled. */
    private static final class Libc {
        static {
            Native.register(Libc.class, NativeLibrary.getInstance("c"));
        }

        private Libc() {}

        static long address(ByteBuffer buffer) {
            return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
        }

        static native int open(byte[] path, int flags, int mode);

        static native int close(int descriptor);

        static native String strerror(int error);

        static native long pread(int descriptor, byte[] bytes, long count, long from);

        static native int fcntl(int descriptor, int command, byte @Nullable [] lock);

        static native long syscall(long number, long a, long b, long c, long d, long e, long f);
    }
}
