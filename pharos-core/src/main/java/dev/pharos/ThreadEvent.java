// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import dev.pharos.jfr.Recorder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Event} for the threads of one JVM, platform threads and virtual ones. It differs from a
 * {@link java.util.concurrent.CountDownLatch} of one in that it can be cleared, and from a latch that is built on
 * {@link java.util.concurrent.locks.AbstractQueuedSynchronizer} and reset in that no waiter misses a set that is
 * cleared at once.
 *
 * <p>Workers that can be paused and stopped:
 * <pre>{@code
 * ThreadEvent running = ThreadEvent.initiallySet();
 * ThreadEvent stop = new ThreadEvent();
 *
 * void work() throws InterruptedException {
 *     while (!stop.isSet()) {
 *         running.await();          // pause: running.clear();  resume: running.set();
 *         doOnePiece();
 *     }
 * }
 * }</pre>
 *
 * <p>Nothing depends on the reach: no method fails, only the wait methods block, and exactly one of several competing
 * calls returns {@code true}.
 *
 * <p><b>Progress.</b> {@code isSet} is wait-free; {@code set} and {@code clear} are lock-free, and wake a bounded
 * number of waiters themselves, however many there are: woken threads wake the others. {@code await} on a set event
 * reads one field. No method holds a lock while it calls foreign code, and no virtual thread is pinned.
 *
 * <p><b>Memory.</b> An event without a name is 16 bytes on a 64-bit JVM with compressed references; a thread that waits
 * adds 24 bytes, and all waiting threads together another 32.
 *
 * <p>The idea of the class is that of {@code threading.Event} in Python and of {@code ManualResetEvent} in .NET; that
 * woken threads help to wake others is the idea of {@link java.util.concurrent.Phaser} and {@link CompletableFuture}.
 */
public final class ThreadEvent implements Event {
    /*
     * Overview.
     *
     * The life of an event is a sequence of rounds: periods in which the flag does not change. To wait is to wait for
     * the end of the present round, whatever comes after it. So a set that is cleared at once is not lost: the round
     * has ended, and ended it stays, while a waiter that read the flag again would find it clear. And a wait for
     * clear is a wait for the end of the other kind of round: all code here takes the flag to wait for as an argument.
     *
     * A round is an object only while a thread waits, or if the event has a name. All state is in one field:
     *
     *   state                  flag    left by
     *   ---------------------  ------  ------------------------------------------------------------------------
     *   null                   clear   set: to SET. The first waiter: to a running clear round.
     *   SET                    set     clear: to null. The first waiter for clear: to a running set round.
     *   running clear round    clear   set ends the round: the next row.
     *   ended clear round      set     set, having ended it: to SET. clear: to null. A waiter for clear: to a
     *                                  running set round.
     *   running set round      set     clear ends the round: the next row.
     *   ended set round        clear   clear, having ended it: to null. set: to SET. A waiter: to a running
     *                                  clear round.
     *
     * An event with a name has a running round, which keeps the name, in the place of null and of SET.
     *
     * Ending. Round.head is a Treiber stack of the waiters while the round runs. One CAS replaces the stack by a mark
     * that carries it, and that one step flips the flag, releases all waiters of the round and publishes whom to wake.
     * None of the three can be a step of its own:
     *   - If state moved to SET first and the round ended next, a second set could return in between, a clear follow,
     *     and a waiter's deadline pass: it would report a timeout although a set had returned in time.
     *   - If the list were published after the mark, a waiter that happened to wake in between would find nobody to
     *     help and return, and those it was to wake would sleep for ever. If it were published before the mark, two
     *     setters could overwrite each other's.
     *
     * Invariants.
     *   1. A round that has ended never runs again: its flag is the opposite of Round.set for ever.
     *   2. state leaves a round only after that has ended. So a running round that state has held is the present one.
     *   3. From Round.head, then from Ended.frontier, each live waiter that the frontier has not passed can be reached:
     *      waiters are added at the top only, and a sweep only skips dead ones.
     *   4. While the frontier is not null, some platform thread that is sure to run is about to move it on.
     *
     * No set is lost and none invented: a wait returns normally if and only if its round ended. It checks that after it
     * has pushed its waiter and before each park, and an unpark in between makes the park return; it checks again, with
     * its waiter dead, before it reports a timeout or an interrupt.
     *
     * Waking. The mark's list is a shared frontier: whoever moves it past a waiter wakes that one. The caller of set
     * wakes a few, or one of many, since a thread that wakes another may lose the processor to it; every check of a
     * waiter that finds its round ended wakes all that are left. Invariant 4 needs care, since the caller stops early
     * and counts on a platform thread that it has woken. That thread may be about to time out. But it makes its waiter
     * dead before it reads the round, and the caller reads the waiter after the round has ended: so either the caller
     * finds the waiter dead and does not count it, or the thread finds the round ended and helps. A virtual thread may
     * lack a carrier, and a future a thread of its executor, so they do not count; if all those woken are of these
     * kinds, a platform thread is started to wake the others.
     *
     * Publication. A redundant set changes nothing, but has a full fence between what its caller did before and its
     * read of the flag; and a clear has one between its CAS and its return. So if the set found the flag as it was
     * before the clear, the caller of clear sees what the caller of set did. A bare read would not do: the caller's
     * writes could still be in its store buffer when the other thread has cleared the event and reads them. The CAS is
     * that fence where it is a locked instruction of x86; but not where it is made of load-linked and store-
     * conditional, as on ARM before version 8.1, since later loads may pass that.
     *
     * Recording. Waits and changes write records for JDK Flight Recorder around all this, and change nothing of it. A
     * wait checks whether it is recorded only once it has to wait, so the fast path knows nothing of it. The number
     * released is counted just before the change: waiters that come or go in between are missed.
     *
     * All shared fields are volatile; Waiter.next is plain, see there.
     */

    private static final VarHandle STATE = handle(MethodHandles.lookup(), "state", Object.class);
    private static final Object SET = new Object();
    private static final boolean CAS_IS_FENCE = "amd64 x86_64".contains(System.getProperty("os.arch", "?"));

    private volatile @Nullable Object state;

    /** Creates an event that is clear. */
    public ThreadEvent() {}

    /**
     * Creates an event that is clear and has a name, which is part of {@code toString}, and so of whatever prints the
     * {@link java.util.concurrent.locks.LockSupport#getBlocker blocker} of a thread. The name need not be unique. Each
     * change of an event with a name allocates a small object.
     *
     * @param name the name
     */
    public ThreadEvent(String name) {
        state = idle(false, Objects.requireNonNull(name, "name"));
    }

    /**
     * Creates an event that is set.
     *
     * @return a new event
     */
    public static ThreadEvent initiallySet() {
        ThreadEvent event = new ThreadEvent();
        event.state = SET; // and not by set(), which would be recorded
        return event;
    }

    @Override
    public boolean set() {
        return Recorder.recordsChanges(true) ? recordChange(true) : change(true);
    }

    @Override
    public boolean clear() {
        return Recorder.recordsChanges(false) ? recordChange(false) : change(false);
    }

    @Override
    public boolean isSet() {
        return flag(state);
    }

    @Override
    public void await() throws InterruptedException {
        await(true, Long.MAX_VALUE);
    }

    @Override
    public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        return await(true, unit.toNanos(timeout));
    }

    @Override
    public void awaitClear() throws InterruptedException {
        await(false, Long.MAX_VALUE);
    }

    @Override
    public boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException {
        return await(false, unit.toNanos(timeout));
    }

    @Override
    public CompletableFuture<Void> whenSet() {
        return new EventFuture(roundUntil(true), null);
    }

    @Override
    public CompletableFuture<Void> whenClear() {
        return new EventFuture(roundUntil(false), null);
    }

    @Override
    public String name() {
        String name = name(state);
        return name == null ? Event.super.name() : name;
    }

    @Override
    public String toString() {
        Object s = state;
        String name = name(s) == null ? "" : name(s) + ", ";
        int waiting = s instanceof Round round ? round.sweep() : 0;
        return super.toString() + "[" + name + (flag(s) ? "set, " : "clear, ") + waiting + " waiting]";
    }

    /** Gives the flag this value. True if this call changed it. */
    boolean change(boolean set) {
        while (true) {
            Object s = state;
            if (s instanceof Round round && round.set != set && round.end()) {
                moveOn(s, set); // the flag has changed with the end of the round, whoever moves the state on
                break;
            }
            if (flag(s) != set && moveOn(s, set)) {
                break; // nobody waited, or the round had ended before
            }
            VarHandle.fullFence(); // see "Publication"
            if (isSet() == set) {
                return false;
            }
        }
        if (!CAS_IS_FENCE) { // see "Publication"
            VarHandle.fullFence();
        }
        return true;
    }

    /** Leaves a state for the idle one of a flag; false if another thread has left it. */
    private boolean moveOn(@Nullable Object from, boolean set) {
        return STATE.compareAndSet(this, from, idle(set, name(from)));
    }

    private boolean recordChange(boolean set) {
        int waiting = state instanceof Round round && round.set != set ? round.sweep() : 0;
        return Recorder.change(this, set, waiting, () -> change(set));
    }

    /** Every wait: the fast path, and the way to the slow one. {@code Long.MAX_VALUE} is no limit. */
    private boolean await(boolean set, long nanos) throws InterruptedException {
        if (flag(state) == set) {
            return true;
        }
        if (nanos <= 0L && !Thread.currentThread().isInterrupted()) {
            return false; // a poll; if interrupted, the slow path decides whether it throws
        }
        return Recorder.recordsWaits() ? recordWait(set, nanos) : waitFor(set, nanos);
    }

    private boolean waitFor(boolean set, long nanos) throws InterruptedException {
        return new Waiter(roundUntil(set), Thread.currentThread()).await(this, nanos);
    }

    private boolean recordWait(boolean set, long nanos) throws InterruptedException {
        Recorder.Waiting waiting = () -> waitFor(set, nanos) ? this : null;
        return Recorder.await(waiting, set, nanos, false, List.of(this)) != null;
    }

    /** The round whose end gives the flag this value; one that has ended if the flag already has it. */
    Round roundUntil(boolean set) {
        while (true) {
            Object s = state;
            if (s instanceof Round round && round.set != set) {
                return round; // running, and the one to wait for; or ended, and the flag is as asked for
            }
            Round round = new Round(!set, name(s));
            if (flag(s) == set ? round.end() : STATE.compareAndSet(this, s, round)) {
                return round;
            }
        }
    }

    private static boolean flag(@Nullable Object state) {
        return state == SET || (state instanceof Round round && round.flag());
    }

    private static @Nullable String name(@Nullable Object state) {
        return state instanceof Round round ? round.name : null;
    }

    /** The state of an event that nobody waits for. */
    private static @Nullable Object idle(boolean set, @Nullable String name) {
        if (name != null) {
            return new Round(set, name);
        }
        return set ? SET : null;
    }

    /** Access to a volatile field of the class of the lookup. */
    static VarHandle handle(MethodHandles.Lookup lookup, String field, Class<?> type) {
        try {
            return lookup.findVarHandle(lookup.lookupClass(), field, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
