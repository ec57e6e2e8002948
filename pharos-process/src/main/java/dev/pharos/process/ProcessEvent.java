// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.jfr.Recorder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An {@link Event} for the processes of one machine: a small file is the event, its path is its name, and its
 * permissions determine who may set it and who may wait for it. Unlike a named event of Windows, it stays set when no
 * process has it open; unlike a semaphore or a condition in shared memory, it leaves no process waiting for ever when
 * another is killed, at whatever moment; and unlike a watch on a directory, it misses no change.
 *
 * <p>One process waits for another, in whichever order they start:
 * <pre>{@code
 * try (ProcessEvent ready = ProcessEvent.open(Path.of("/run/user/1000/db-ready"))) {
 *     ready.await();
 * }
 *
 * try (ProcessEvent ready = ProcessEvent.open(Path.of("/run/user/1000/db-ready"))) {
 *     ready.set();
 * }
 * }</pre>
 *
 * <p>The contract is that of {@link Event}, between threads of all processes that have the file open. Of the points
 * that {@code Event} leaves to the reach, these apply:
 * <ul>
 *   <li><b>Failures.</b> The methods throw an {@link EventException} if the handle is closed, if it may not change the
 *       event, or if the file is truncated, overwritten or removed while in use. All methods detect the last within a
 *       second, waits included.
 *   <li><b>Blocking.</b> Within a process, calls of {@code set()} and {@code clear()} take turns, each for the duration
 *       of one system call. They wait for nothing else, and may be called from anywhere. Only while the file system is
 *       frozen, as for a snapshot, or the disk of the file does not respond, do they block until it is available again.
 *   <li><b>Competing calls.</b> If calls of several processes change the event at the same moment and in the same
 *       direction, each of them may return {@code true}; within a process exactly one does.
 *   <li><b>Number of sets during a wait.</b> A wait misses exactly 4,194,304 sets, each followed by a clear, if its
 *       process does not run meanwhile.
 * </ul>
 * The others do not apply.
 *
 * <p>On Linux, for each event that has waiters, up to 1,024 events, a daemon thread of this class sleeps in the kernel:
 * no thread that calls {@code await} is ever blocked in native code, and no virtual thread is pinned. For further
 * events, and where native access is unavailable, which is logged once to {@code dev.pharos.process}, one daemon thread
 * polls all events that have waiters, every 10 ms unless they are very many.
 *
 * <p><b>Progress.</b> {@code isSet} is wait-free; about once a second it makes a system call, to check the file.
 * {@code set} and {@code clear} make one system call, in turn with
 * other threads of the process, which wakes one thread of each waiting process; if there is nothing to change, they
 * make none. They never wait for another process. {@code open}, {@code close} and {@code hold} make several system
 * calls, and acquire a lock of this process.
 *
 * <p><b>Memory consistency effects</b> are those of {@link Event}, also for memory that the processes share.
 */
public final class ProcessEvent implements Event, AutoCloseable {
    /*
     * Overview.
     *
     * The event is one 32-bit word in a mapped file: [epoch : 22][count : 10].
     *
     *   count                  0 if the event is clear, otherwise how many calls of set found it clear and set it
     *   epoch                  how many of those there ever were
     *   epoch - count          the epoch when it was last clear
     *
     *   set, if count is 0     adds 1 to both
     *   clear, if it is not    makes the count 0
     *
     * Each change is one system call, FUTEX_WAKE_OP, which changes the word and wakes all who sleep on it. A process
     * that is killed has made both or neither. Java only reads: were it to change the word itself, a kill between that
     * and the wake-up would leave sleepers beside a set flag; and a compare-and-set on a file that was truncated kills
     * the JVM, where a read throws and a system call fails. The call cannot compare, and does not return what it found.
     * So several processes may find the event clear and each add 1; that is why there is a count, and not a bit, and
     * why each of them believes that it changed the event. Within a process they take turns.
     *
     * Waiting. A waiter takes the word as its ticket and is released once
     *
     *   for set                the count is not 0, or the epoch is not that of the ticket
     *   for clear              the count is 0, or epoch - count is not that of the ticket
     *
     * No set is lost and none invented: the epoch moves with each set that took effect and with nothing else; epoch -
     * count moves with each clear that took effect and with nothing else, since set adds to both. So whether a waiter
     * is released is a function of its ticket and the word, and once true stays true, for four million sets. It is
     * decided by the system call of set, in all processes at once, however late a thread gets to run: a wait reads the
     * word after its deadline has passed, and after it has seen an interrupt, before it reports either. There is no
     * local flag that could lag behind, and nothing that a waiter writes: read permission is enough to wait.
     *
     * Tempting and wrong: one epoch for both directions. Of two sets that overlap, the second moves the epoch of an
     * event that was not clear in between, and a waiter for clear would be released by it.
     *
     * Listening. A thread adds its waiter to the list of the listener, ensures that a thread listens, reads the word,
     * and parks. The listener reads the word, notifies the waiters in the list that this releases, and sleeps in the
     * kernel until the word is not the one it read. It notices a change after the read of the waiter: if it read the
     * word before the change, the kernel does not let it sleep, or wakes it; if after, it goes through the list after
     * that too, and finds the waiter, added before the change. The permit of an unpark makes the next park return. That
     * it always compares with the word of which it has notified everybody, and not with one that it has read in
     * between, is what makes it right: a first version lost wake-ups there. Whether a waiter is released it finds out
     * by another read for each: the first may be older than the ticket, and show a set that was over before the wait
     * began; a version that judged all by the first released some for nothing. A listener ends when nobody has waited
     * for a while. It clears Listener.running first, then checks for waiters once more; a waiter adds itself first and
     * then checks whether one is running; so one of them sees the other. If it fails, it clears that and then notifies
     * all waiters; a waiter ensures that one is running before each read.
     *
     * It also wakes each second, to check whether the path still leads to this file and the file is whole, since
     * neither a removal nor a plain write wakes a sleeper. No promise of an event depends on that, and the tests switch
     * it off. A process that cannot call the kernel and has the file open for changing sets a flag in the file, and the
     * others then wake each hundredth of a second. If the kernel refuses a sleep, the process polls from then on; if it
     * refuses a change, the process makes that and all later ones itself.
     *
     * Checks. A read of the word also reads EventFile.duty, which says that there is nothing else to do, or that the
     * file is to be checked first, since a second has passed. That a second has passed is for the Clock to say, one
     * thread for all files: to look at a clock would take longer than the read. The reader that changes CHECK to NOTHING
     * checks the file, and gives it to the Clock. The Clock changes NOTHING to CHECK, or drops the file if it was CHECK
     * still. While it is NOTHING, the Clock has the file or is about to be given it: a reader gives it after the change,
     * and the Clock reads duty again after it has dropped the file. So no file is read for long without a check, and
     * none costs anything that is not read. The Clock touches no file, which might hold it up; it only says.
     *
     * Layers. On an overlay file system, the first who opens a file of a lower layer for writing gets a copy of it, with
     * the same name and the same number. A mapping of before that is one of the original, for ever, and so is the word
     * on which its owner sleeps. Only one for reading can be: so there, a process that may only read reads the word by
     * the path instead, and wakes each hundredth of a second.
     *
     * Turns. Within a process, changes of the word take turns. Who waits for a turn polls it, with growing pauses: the
     * turn is given to nobody, so that none who was given it can fail to take it, for want of a carrier, while others
     * wait. A hold waits for the lock of a file in the same way, since a call that waits would keep a carrier.
     *
     * Publication. A set that finds the event set has a full fence before its read, and a clear has one after its
     * change; so if the set found the flag as it was before the clear, the caller of clear sees what was done before
     * the set. The kernel's change of the word is atomic, and in order with what the caller did before: a system call.
     *
     * Holds. A held event is set while a lock stands on one byte of its file. Each hold is a read lock of an open file
     * description of its own: the kernel drops it when the holder dies, and nothing else in the process can, where a
     * FileLock is released when any thread closes the same file. Locks wake no sleeper on the word, so the word records
     * them as well: a hold sets it, once it has its lock; its release clears it, under a write lock, which is available
     * only without holders. A holder that dies does not. So the event is set if the word says so and a read lock
     * stands; the next holder takes a write lock first, if it can, clears what is left, and turns it into the read lock
     * in one step. If there are waiters for clear, a thread waits for the write lock, in the kernel, and then clears
     * the word, which wakes all of them. A process without write permission polls each hundredth of a second. That the
     * word is set only under a read lock and cleared only under a write lock is why no live hold is ever cleared away.
     *
     * Times. After a change of the word the process notes the time, for display, in another place of the file, with the
     * epoch that it belongs to. A process that is killed in between leaves the time of an earlier epoch, which does not
     * count for this one. It is the one thing that Java writes; a plain write to a file that was truncated throws.
     *
     * Closing. Each handle has its own flag. Threads see it after their read of the word, futures are failed.
     */

    /** How to open an event. */
    public enum Option {
        /** The file must exist: it is not created. */
        MUST_EXIST,

        /** Open only for reading and waiting: the file must exist, and {@code set} and {@code clear} throw. */
        READ_ONLY,

        /** The event is a held event: if the file does not exist, a held event is created. */
        HELD
    }

    private static final Set<PosixFilePermission> PRIVATE =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private static final VarHandle CLOSED = closedHandle();

    private final EventFile file;

    private volatile boolean closed;

    private ProcessEvent(EventFile file) {
        this.file = file;
    }

    /**
     * Opens the event at a path, creating the file if it does not exist: clear, and accessible to this user only.
     *
     * @param path the path of the file, on a local file system; its parent directory must exist
     * @param options how to open the event; usually none
     * @return a handle, to be closed after use
     * @throws EventException if the file is not an event, or cannot be opened or created
     */
    public static ProcessEvent open(Path path, Option... options) {
        return open(path, PRIVATE, options);
    }

    /**
     * Opens the event at a path, creating the file if it does not exist: clear, with the specified permissions. Users
     * who may read the file may wait, users who may write it may set and clear. The permissions of an existing file are
     * not checked or changed.
     *
     * <p>A file that this process may read but not write is opened for waiting; {@code set} and {@code clear} then
     * throw {@link EventException.NotPermitted}, or {@link EventException.Unavailable} if the reason is not a missing
     * permission but, for example, a file system that is mounted read-only.
     *
     * @param path the path of the file, on a local file system; its parent directory must exist
     * @param permissions the permissions of a newly created file, whatever the umask; ignored where files have none
     * @param options how to open the event
     * @return a handle, to be closed after use
     * @throws EventException if the file is not an event, or cannot be opened or created
     */
    public static ProcessEvent open(Path path, Set<PosixFilePermission> permissions, Option... options) {
        Set<Option> chosen = EnumSet.noneOf(Option.class);
        chosen.addAll(List.of(options));
        return new ProcessEvent(EventFiles.open(path, Set.copyOf(permissions), chosen));
    }

    /**
     * Returns the path of the file.
     *
     * @return the absolute path
     */
    public Path path() {
        return file.path;
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is closed, may not change the event, or its file was removed or damaged
     */
    @Override
    public boolean set() {
        return change(true);
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is closed, may not change the event, or its file was removed or damaged
     */
    @Override
    public boolean clear() {
        return change(false);
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is closed, or its file was removed or damaged
     */
    @Override
    public boolean isSet() {
        return file.isSet(word());
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is or becomes closed, or its file is removed or damaged
     */
    @Override
    public void await() throws InterruptedException {
        await(true, Long.MAX_VALUE);
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is or becomes closed, or its file is removed or damaged
     */
    @Override
    public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        return await(true, unit.toNanos(timeout));
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is or becomes closed, or its file is removed or damaged
     */
    @Override
    public void awaitClear() throws InterruptedException {
        await(false, Long.MAX_VALUE);
    }

    /**
     * {@inheritDoc}
     *
     * @throws EventException if this handle is or becomes closed, or its file is removed or damaged
     */
    @Override
    public boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException {
        return await(false, unit.toNanos(timeout));
    }

    /**
     * {@inheritDoc} If this handle is closed first, or its file is removed or damaged, it completes exceptionally with
     * an {@link EventException}.
     */
    @Override
    public CompletableFuture<Void> whenSet() {
        return new ProcessFuture(this, true, null);
    }

    /**
     * {@inheritDoc} If this handle is closed first, or its file is removed or damaged, it completes exceptionally with
     * an {@link EventException}.
     */
    @Override
    public CompletableFuture<Void> whenSet(Executor executor) {
        return new ProcessFuture(this, true, Objects.requireNonNull(executor, "executor"));
    }

    /**
     * {@inheritDoc} If this handle is closed first, or its file is removed or damaged, it completes exceptionally with
     * an {@link EventException}.
     */
    @Override
    public CompletableFuture<Void> whenClear() {
        return new ProcessFuture(this, false, null);
    }

    /**
     * {@inheritDoc} If this handle is closed first, or its file is removed or damaged, it completes exceptionally with
     * an {@link EventException}.
     */
    @Override
    public CompletableFuture<Void> whenClear(Executor executor) {
        return new ProcessFuture(this, false, Objects.requireNonNull(executor, "executor"));
    }

    /**
     * {@inheritDoc} Of a handle that is closed it is zero.
     *
     * @throws EventException if the file was removed or damaged
     */
    @Override
    public int waiterCount() {
        return closed ? 0 : file.listener().count(waiter -> waiter.event == this && !waiter.isReleased());
    }

    /**
     * Holds this event: it is set from now on, until this hold and all others are released. A hold is released when it
     * is closed and when its process terminates, for whatever reason, {@code kill -9} and lack of memory included. Only
     * an event that was created with {@link Option#HELD} can be held; it can be neither set nor cleared.
     *
     * <p>Waits for another process only if that is stopped while it releases a hold; a virtual thread then leaves its
     * carrier.
     *
     * @return the hold, independent of this handle: closing the handle does not release it
     * @throws EventException if this handle is closed, if it may not change the event, if the event is not a held
     *     event, or if its file was removed or damaged
     */
    public Hold hold() {
        word(); // throws if closed
        if (file.holds == null) {
            throw file.wrongKind("not a held event; set it instead");
        }
        file.mustBeWritable();
        return new Hold(file.holds, file.holds.hold());
    }

    /**
     * The status of an event at a moment, as read from its file.
     *
     * @param held whether it is a held event
     * @param set whether it is set
     * @param holders the number of holds; empty if the system does not provide it
     * @param since the time of the last change of this state; empty if it was not recorded
     */
    public record Status(boolean held, boolean set, OptionalInt holders, Optional<Instant> since) {}

    /**
     * Returns the status of an event without opening it, for display: no native code is loaded, except for a held event
     * whose holders the system does not list. The files of a directory may be tried in turn, whether they are events or
     * not. {@link Status#since} is the time of the last change by a process that uses this class, if no other change
     * came after that.
     *
     * @param path the path of the file
     * @return its status
     * @throws EventException if the file does not exist, is not an event, or cannot be read
     */
    public static Status status(Path path) {
        return EventFiles.status(path);
    }

    /** A hold of an event, which is set while there is at least one hold. */
    public static final class Hold implements AutoCloseable {
        private final Holds holds;
        private final int descriptor;
        private final AtomicBoolean released = new AtomicBoolean();

        private Hold(Holds holds, int descriptor) {
            this.holds = holds;
            this.descriptor = descriptor;
        }

        /**
         * Releases this hold. If there is no other, the event is clear, and all waiters for that are released. Closing
         * again has no effect.
         */
        @Override
        public void close() {
            if (released.compareAndSet(false, true)) {
                holds.release(descriptor);
            }
        }
    }

    /**
     * Closes this handle: its waits fail with an {@link EventException.Closed}, unless they were released before. The
     * event and other handles, also those of this process, are not affected. Closing again has no effect.
     */
    @Override
    public void close() {
        if (CLOSED.compareAndSet(this, false, true)) {
            file.listener().fail(this);
            EventFiles.close(file);
        }
    }

    /** Returns the path of the file, as a string. */
    @Override
    public String name() {
        return file.path.toString();
    }

    @Override
    public String toString() {
        String state;
        try {
            int word = file.word();
            state = (file.isSet(word) ? "set, " : "clear, ") + waiterCount() + " waiting";
        } catch (EventException e) {
            state = e.getClass().getSimpleName();
        }
        return super.toString() + "[" + file.path + ", " + (closed ? "closed" : state) + "]";
    }

    private boolean change(boolean set) {
        word(); // throws if closed
        return Recorder.recordsChanges(set) ? recordChange(set) : file.change(set);
    }

    private boolean recordChange(boolean set) {
        int waiting = file.listener().count(waiter -> waiter.set == set);
        return Recorder.change(this, set, waiting, () -> file.change(set));
    }

    /** Every wait: the fast path, and the way to the slow one. {@code Long.MAX_VALUE} is no limit. */
    private boolean await(boolean set, long nanos) throws InterruptedException {
        int ticket = word();
        if (file.isSet(ticket) == set) {
            return true;
        }
        if (nanos <= 0L && !Thread.currentThread().isInterrupted()) {
            return false; // a poll; if interrupted, the slow path decides whether it throws
        }
        return await(new Waiter(this, set, ticket, Thread.currentThread()), nanos);
    }

    private boolean await(Waiter waiter, long nanos) throws InterruptedException {
        if (!Recorder.recordsWaits()) {
            return waiter.await(nanos);
        }
        return Recorder.await(() -> waiter.await(nanos), waiter.set, nanos, this);
    }

    /** The word, for a handle that is open. */
    int word() {
        if (closed) {
            throw closed();
        }
        return file.word();
    }

    EventException closed() {
        return new EventException.Closed(name(), "this handle was closed; open the event again", null);
    }

    EventFile file() {
        return file;
    }

    boolean isClosed() {
        return closed;
    }

    private static VarHandle closedHandle() {
        try {
            return MethodHandles.lookup().findVarHandle(ProcessEvent.class, "closed", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
