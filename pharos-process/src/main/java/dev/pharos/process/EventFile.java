// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.EventException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The file that is an event, mapped. Its layout is in docs/process.md, the meaning of its word in the overview of
 * {@link ProcessEvent}.
 */
final class EventFile {
    static final int SIZE = 4096;
    static final short VERSION = 1;
    static final int BYTE_ORDER_MARK = 0x0A0B0C0D;

    /** Eight letters, as a number in the byte order of this machine. */
    static final long MAGIC = ByteBuffer.wrap("PHAROSEV".getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.nativeOrder())
            .getLong();

    /** The kinds. */
    static final short FLAG = 0;

    static final short HELD = 1;

    /** Where things are. */
    static final int VERSION_AT = 8;

    static final int KIND_AT = 10;
    static final int BYTE_ORDER_AT = 12;
    static final int ID_AT = 16;
    static final int CREATED_AT = 24;
    static final int WORD_AT = 64;
    private static final int FLAGS_AT = 72;

    /** When the event was last set and last cleared: a time and the epoch to which it belongs; see noteTime. */
    static final int SET_AT = 128;

    static final int CLEARED_AT = 136;

    /** How many bytes a reader needs. */
    static final int HEADER = CLEARED_AT + Long.BYTES;

    /** In the flags: a process may change the word that cannot wake the sleepers on it. */
    private static final int POLLED = 1;

    /** In the word: the count, which is 0 if the event is clear. The bits above it are the epoch. */
    private static final int COUNT = 1023;

    /** In a noted time: the epoch. The bits above it are milliseconds since 1970. */
    private static final int EPOCH = (1 << 22) - 1;

    /** What is added to set the event: one to the epoch, one to the count. */
    private static final int SET = COUNT + 2;

    /** How long a change assumes, without checking, that the path still leads here. */
    private static final long TRUSTED_NANOS = 100_000_000L;

    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final VarHandle COPIED = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /**
     * Whether a read of a page that has gone throws. Before JDK 21 compiled code goes on with what is in the register.
     */
    private static final boolean READS_THROW = Runtime.version().feature() >= 21;

    /** Keeps the allocation in {@code throwErrorOfAccess} from being optimised away. */
    @SuppressWarnings("unused")
    private static volatile byte @Nullable [][] sink;

    /** What there is to do at a read of the word: nothing; first to check the file, since a second has passed. */
    private static final int NOTHING = 0;

    private static final int CHECK = 1;

    /** To read the file, afresh and by its path, since the mapping may be one of other content. Then for ever. */
    private static final int AFRESH = 2;

    /** To throw, since the file was removed. Then for ever. */
    private static final int REMOVED = 3;

    private static final VarHandle DUTY = dutyHandle();

    final Path path;
    final EventFiles.Key key;

    /** The holds, if this is a held event. */
    final @Nullable Holds holds;

    /** How many handles are open. Guarded by the lock of EventFiles. */
    int handles;

    private final Listener listener = new Listener(this);
    private final short kind;
    private final long id;

    /** Why this could not be opened for writing, if that was tried. */
    private final @Nullable String readOnlyReason;

    /** The mapping. Only the kernel writes through it; or, where that cannot be called, change(). */
    private final ByteBuffer memory;

    /** The mapping, for reading. */
    private final ByteBuffer view;

    /** The address of the word, for the kernel. Valid while the memory can be reached. */
    private final long word;

    /** Taken by the one thread of this process that changes the word, for the time of a system call. */
    private final AtomicBoolean turn = new AtomicBoolean();

    /** When the path was last seen to lead here. Of the thread whose turn it is. */
    private long trustedFrom = System.nanoTime();

    /**
     * What there is to do at a read of the word. If it is NOTHING, the Clock has this file, or is about to be given it.
     */
    private volatile int duty;

    /**
     * The file is mapped, and verified.
     *
     * @param afresh whether others may come to write to a file other than the one that is mapped
     * @param readOnlyReason why this could not be opened for writing, if that was tried
     */
    EventFile(Path path, EventFiles.Key key, ByteBuffer memory, boolean afresh, @Nullable String readOnlyReason) {
        this.path = path;
        this.key = key;
        this.memory = memory;
        this.readOnlyReason = readOnlyReason;
        duty = afresh ? AFRESH : CHECK;
        view = memory.asReadOnlyBuffer().order(ByteOrder.nativeOrder());
        word = Kernel.get() == null ? 0L : Kernel.address(memory) + WORD_AT;
        try {
            kind = view.getShort(KIND_AT);
            id = view.getLong(ID_AT);
            mappedWord(); // checks that what was just read was there
            if (key.writable() && Kernel.get() == null) {
                markPolledIfPossible();
            }
        } catch (InternalError e) {
            throw corrupt(e);
        }
        Kernel kernel = Kernel.get();
        if (kind == HELD && kernel == null) {
            throw unavailable(
                    "a held event, which requires native access; see the log for why it is unavailable", null);
        }
        holds = kind == HELD && kernel != null ? new Holds(this, kernel) : null;
    }

    Listener listener() {
        return listener;
    }

    boolean isRemoved() {
        return duty == REMOVED;
    }

    void stop() {
        listener.stop();
    }

    // Reading

    /** The word. Throws if the file is no longer the one that was opened. */
    int word() {
        try {
            int now = (int) INT.getVolatile(view, WORD_AT);
            if (magic() == MAGIC && duty == NOTHING) { // read after the word: so that was still there
                return now;
            }
            return wordAfterDuty();
        } catch (InternalError e) { // the page is gone
            throw corrupt(e);
        }
    }

    private int wordAfterDuty() {
        int now = duty;
        if (now == REMOVED) {
            throw remove(null);
        } else if (now == AFRESH) {
            return wordAfresh();
        } else if (now == CHECK && DUTY.compareAndSet(this, CHECK, NOTHING)) {
            boolean checked = false;
            try {
                check();
                checked = Clock.add(this);
            } finally {
                if (!checked) { // the next read is to throw as well
                    DUTY.compareAndSet(this, NOTHING, CHECK);
                }
            }
        }
        return mappedWord();
    }

    private int mappedWord() {
        try {
            int now = (int) INT.getVolatile(view, WORD_AT);
            if (magic() == MAGIC) {
                return now;
            }
            throw corrupt(null);
        } catch (InternalError e) {
            throw corrupt(e);
        }
    }

    /** The word of the file to which the path leads now. Throws if that is another event, or none. */
    private int wordAfresh() {
        try {
            ByteBuffer file = EventFiles.read(path);
            if (file == null || file.getLong(0) != MAGIC) {
                throw corrupt(null);
            } else if (!isStart(file)) {
                throw remove(null);
            }
            return file.getInt(WORD_AT);
        } catch (NoSuchFileException e) {
            throw remove(e);
        } catch (IOException e) {
            throw unavailable("cannot be read (" + EventFiles.reason(e) + "); fix that", e);
        }
    }

    /** Whether the file that begins so is this event, of which it may be a copy. */
    boolean isStart(ByteBuffer header) {
        return header.getLong(0) == MAGIC
                && header.getShort(VERSION_AT) == VERSION
                && header.getShort(KIND_AT) == kind
                && header.getInt(BYTE_ORDER_AT) == BYTE_ORDER_MARK
                && header.getLong(ID_AT) == id;
    }

    /** Called by the Clock. False if the word was not read for a second, or is always read afresh. */
    boolean checkAtNextRead() {
        return DUTY.compareAndSet(this, NOTHING, CHECK);
    }

    /** Whether the Clock must have this file. */
    boolean needsClock() {
        return duty == NOTHING;
    }

    /** The magic, or another number if the page is gone: a copy that fails leaves the array as it was, on any JDK. */
    private long magic() {
        if (READS_THROW) {
            return (long) LONG.getOpaque(view, 0);
        }
        byte[] copy = new byte[2 * Long.BYTES]; // of a few bytes each would be read for itself
        view.get(0, copy);
        return (long) COPIED.get(copy, 0);
    }

    /**
     * The exception to throw if the file is no longer what it was. The error of a read that did not throw is awaited
     * here.
     */
    EventException corrupt(@Nullable InternalError cause) {
        InternalError failure = cause;
        if (!READS_THROW) {
            try {
                throwErrorOfAccess();
            } catch (InternalError e) {
                failure = e;
            }
        }
        return new EventException.Corrupt(
                path.toString(),
                "truncated or overwritten while in use; remove the file, then open the event again everywhere",
                failure);
    }

    /** Throws the error of an access to a page that has gone, or cannot be written to, if it did not throw then. */
    private static void throwErrorOfAccess() {
        // The runtime of the JVM throws it on its way back. Compiled code calls it to make an array of arrays; a native
        // method does not, and a plain array, however large, is often made without it.
        sink = new byte[64][0];
    }

    /** Whether the event is set, if this is its word. */
    boolean isSet(int now) {
        return flag(now) && (holds == null || holds.isHeld());
    }

    /** Whether the event is set according to the word; if held, whether it was at the last change by a holder. */
    boolean isMarked() {
        return flag(word());
    }

    static boolean flag(int word) {
        return (word & COUNT) != 0;
    }

    /** Whether the event was set, or was cleared, between two reads of the word. */
    static boolean moved(boolean set, int before, int after) {
        return set ? epoch(before) != epoch(after) : cleared(before) != cleared(after);
    }

    /** How often the event was set, to 22 bits. */
    static int epoch(int word) {
        return word >>> 10;
    }

    /** The epoch when the event was last clear, left of ten zeros. */
    private static int cleared(int word) {
        return (epoch(word) - (word & COUNT)) << 10;
    }

    /** Throws if the path no longer leads here, or the file is not what it was. */
    void check() {
        if (duty == AFRESH) {
            wordAfresh();
            return;
        }
        try {
            BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (file.fileKey() != null && !file.fileKey().equals(key.identity())) {
                throw remove(null);
            } else if (file.size() != SIZE
                    || view.getLong(ID_AT) != id
                    || view.getInt(BYTE_ORDER_AT) != BYTE_ORDER_MARK
                    || view.getShort(VERSION_AT) != VERSION
                    || view.getShort(KIND_AT) != kind) {
                throw corrupt(null);
            }
            mappedWord(); // checks that what was just read was there
        } catch (NoSuchFileException e) {
            throw remove(e);
        } catch (IOException e) {
            throw unavailable("its attributes cannot be read (" + EventFiles.reason(e) + "); fix that", e);
        } catch (InternalError e) {
            throw corrupt(e);
        }
    }

    EventException remove(@Nullable Exception cause) {
        duty = REMOVED;
        return new EventException.Removed(
                path.toString(), "removed or replaced while in use; open it again to use what is there now", cause);
    }

    EventException unavailable(String reason, @Nullable Exception cause) {
        return new EventException.Unavailable(path.toString(), reason, cause);
    }

    EventException wrongKind(String reason) {
        return new EventException.WrongKind(path.toString(), reason, null);
    }

    // Changing

    /** Sets or clears the event. True if it was not so; false if it was, and then this was a full fence. */
    boolean change(boolean set) {
        if (holds != null) {
            throw wrongKind("a held event, which cannot be set or cleared; hold it instead");
        }
        mustBeWritable();
        VarHandle.fullFence();
        if (flag(word()) == set) {
            return false;
        }
        takeTurn();
        try {
            return flag(word()) != set && changeInTurn(set);
        } catch (InternalError e) {
            throw corrupt(e);
        } finally {
            turn.set(false);
            VarHandle.fullFence();
        }
    }

    void mustBeWritable() {
        if (readOnlyReason != null) {
            throw unavailable("can be waited for, but not changed (" + readOnlyReason + "); fix that", null);
        } else if (!key.writable()) {
            throw new EventException.NotPermitted(
                    path.toString(), "open for waiting only; see its permissions and the options of open", null);
        }
    }

    /**
     * A lock that no thread is given, and for which none waits to be woken: its owner is about to return from a system
     * call, as a rule at once, and when the file system is frozen, after that.
     */
    private void takeTurn() {
        Pause pause = new Pause();
        while (!turn.compareAndSet(false, true)) {
            pause.once(this);
        }
    }

    private boolean changeInTurn(boolean set) {
        Kernel kernel = Kernel.get();
        long now = System.nanoTime();
        if (kernel == null || now - trustedFrom > TRUSTED_NANOS) {
            check();
            trustedFrom = now;
        }
        boolean changed = kernel != null ? changeByFutex(kernel, set) : changeByAtomic(set);
        listener.pollNow();
        return changed;
    }

    /**
     * Has the kernel set the event, again if it is set; or clear it. Wakes all sleepers on the word. True, unless it
     * turns out that the kernel cannot be called, and the event was so already.
     */
    boolean changeByFutex(Kernel kernel, boolean set) {
        try {
            int error = set ? kernel.addAndWake(word, SET) : kernel.clearAndWake(word, COUNT);
            if (error == 0) {
                noteTime(set);
                return true;
            }
            check();
            if (kernel.judgeChange(error)) {
                return changeByAtomic(set);
            }
            throw unwritable(null);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    private EventException unwritable(@Nullable InternalError cause) {
        return new EventException.Unavailable(
                path.toString(), "could not be written to; check whether the disk is full or read-only", cause);
    }

    /**
     * Notes when a change was made, for display. Not in one step with the change: the time counts only with the epoch
     * that it was noted for, so one that came late or never came is not taken for that of another change.
     */
    private void noteTime(boolean set) {
        try {
            int now = (int) INT.getVolatile(view, WORD_AT);
            if (flag(now) == set) {
                LONG.setOpaque(memory, set ? SET_AT : CLEARED_AT, System.currentTimeMillis() << 22 | epoch(now));
                word(); // throws what the line above should have, if the file was truncated
            }
        } catch (InternalError | EventException e) {
            // The change was made: that the file is no longer what it was is for the next call to report.
        }
    }

    /** When a change was made after which the event had this word, by what was noted; 0 if that is not known. */
    static long time(long noted, int word) {
        return (noted & EPOCH) == epoch(word) ? noted >>> 22 : 0L;
    }

    /** The same where the kernel cannot be called. The file has just been checked to have its length. */
    private boolean changeByAtomic(boolean set) {
        makeWritable();
        markPolled();
        int before = (int) (set ? INT.getAndAdd(memory, WORD_AT, SET) : INT.getAndBitwiseAnd(memory, WORD_AT, ~COUNT));
        noteTime(set);
        return flag(before) != set;
    }

    /**
     * Throws if the page cannot be written to, as on a disk that is full if the file system has yet to find space for
     * the change. An atomic operation would end the JVM, where a plain write throws. After it, the page can be written
     * to until the system has written it to the disk.
     */
    private void makeWritable() {
        try {
            INT.setOpaque(memory, BYTE_ORDER_AT, BYTE_ORDER_MARK); // what is there
            throwErrorOfAccess(); // a write need not throw at once, on any JDK
        } catch (InternalError e) {
            check(); // throws another, if the file was truncated
            throw unwritable(e);
        }
    }

    private void markPolledIfPossible() {
        try {
            makeWritable();
            markPolled();
        } catch (EventException.Unavailable e) {
            // It can be waited for. A change would fail in the same way, or marks it.
        }
    }

    /** Lets the others know that there are changes that wake none of them. */
    private void markPolled() {
        if (((int) INT.getVolatile(view, FLAGS_AT) & POLLED) == 0) {
            INT.getAndBitwiseOr(memory, FLAGS_AT, POLLED);
        }
    }

    // Sleeping

    /**
     * Blocks until the word is not what was seen, or for no reason; at most for the time given. False if the word was
     * not there, as the next read will find.
     */
    boolean sleep(Kernel kernel, int seen, Kernel.Limit limit) {
        int mapped = duty == AFRESH ? (int) INT.getVolatile(view, WORD_AT) : seen; // what is awaited may be elsewhere
        try {
            return kernel.judgeSleep(kernel.sleep(word, mapped, limit));
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /** Wakes all threads of all processes that sleep. */
    void wake(Kernel kernel) {
        try {
            kernel.wake(word);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /** Whether there may be changes that wake no sleeper. */
    boolean isPolled() {
        return duty == AFRESH
                || (holds != null && !key.writable())
                || ((int) INT.getVolatile(view, FLAGS_AT) & POLLED) != 0;
    }

    private static VarHandle dutyHandle() {
        try {
            return MethodHandles.lookup().findVarHandle(EventFile.class, "duty", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
