// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import dev.pharos.jfr.Recorder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Event} for the threads of one JVM, platform threads and virtual threads. Unlike a
 * {@link java.util.concurrent.CountDownLatch} with a count of one, it can be cleared. Unlike a resettable latch that is
 * built on {@link java.util.concurrent.locks.AbstractQueuedSynchronizer}, it releases every waiting thread even if
 * {@code clear} follows {@code set} at once.
 *
 * <p>Workers that can be paused and stopped; a paused worker stops once it is resumed:
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
 * <p>Of the points that {@code Event} leaves to the reach, none applies: no method throws an {@link EventException},
 * only the wait methods block, and of several threads that set a clear event at the same time, exactly one gets
 * {@code true}.
 *
 * <p><b>Progress.</b> {@code isSet} is wait-free. {@code set} and {@code clear} are lock-free; however many threads
 * wait, the caller wakes a bounded number of them, and these wake the others. {@code await} on a set event only reads
 * its state. No method calls code of the application while it holds a lock, and no virtual thread is pinned.
 *
 * <p><b>Memory.</b> An event without a name is 16 bytes on a 64-bit JVM with compressed references; a thread that waits
 * adds 24 bytes, and all waiting threads together another 32.
 *
 * <p>The class is modelled on {@code threading.Event} in Python and {@code ManualResetEvent} in .NET. As in
 * {@link java.util.concurrent.Phaser} and {@link CompletableFuture}, threads that were woken help to wake others.
 */
public final class ThreadEvent implements Event {
    /*
     * Overview.
     *
     * The life of an event is a sequence of rounds: periods in which the flag does not change. A waiter waits for the
     * end of the present round, whatever comes after it. So a set that is cleared at once is not lost: the round has
     * ended, and stays ended, whereas a waiter that read the flag again would find it clear. There are clear rounds and
     * set rounds; a wait for clear is a wait for the end of a set round. So the same code serves both: it takes the
     * flag to wait for as an argument.
     *
     * A round is an object only from its first waiter on, or if the event has a name. All state is in one field:
     *
     *   state                  flag    who replaces it, and by what
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
     * If the event has a name, a running round without waiters, which keeps the name, takes the place of null and SET.
     *
     * Ending. While the round runs, Round.head is the top of a Treiber stack of its waiters. One CAS replaces the top
     * by a mark, an object of class Ended that keeps the stack. This one step flips the flag, releases all waiters of
     * the round, and publishes which waiters to wake. None of the three may be a step of its own:
     *   - If state became SET before the round ended, then in between a second set could return, a clear could follow,
     *     and the deadline of a waiter could pass. It would report a timeout although a set had returned in time.
     *   - If the stack were published after the mark, a waiter that woke in between would find no other to wake, and
     *     return; those that it should have woken would sleep for ever. If the stack were published before the mark,
     *     two setters could each overwrite the stack of the other.
     *
     * Invariants. A waiter is live until it withdraws, because of a timeout, an interrupt or a cancellation; then it is
     * dead. The frontier, Ended.frontier, is the top of the waiters that are still to be woken.
     *   1. A round that has ended never runs again: its flag is the opposite of Round.set for ever.
     *   2. state is changed from a round to something else only after the round has ended. So if state has held a
     *      round, and the round is running, it is the present one.
     *   3. Each live waiter that is still to be woken can be reached from Round.head, and after the end of the round
     *      from the frontier: waiters are added at the top only, and a sweep unlinks only dead ones.
     *   4. While the frontier is not null, some platform thread that is sure to run will move it on.
     *
     * No set is lost and none invented: a wait returns normally if and only if its round ended. It checks this after it
     * has pushed its waiter and before each park; an unpark between check and park makes the park return. Before it
     * reports a timeout or an interrupt, it makes its waiter dead and checks once more.
     *
     * Waking. A thread that moves the frontier past a waiter wakes that waiter. The caller of set wakes only a few, and
     * if there are many, only one, since a thread that wakes another may lose the processor to it. A waiter that finds
     * its round ended wakes all that are left. For invariant 4, the caller relies on a platform thread that it has
     * woken, but that thread may be about to time out. If so, it makes its waiter dead before it reads the round, and
     * the caller reads the waiter after it has ended the round. So either the caller finds the waiter dead and does not
     * rely on it, or the thread finds the round ended and wakes the others. The caller does not rely on virtual threads
     * and futures, since a virtual thread may have no carrier, and the executor of a future no thread; if it has woken
     * no other kind of waiter, it starts a platform thread that wakes the rest.
     *
     * Publication. A redundant set changes nothing, but has a full fence between what its caller did before and its
     * read of the flag, and a clear has a full fence between its CAS and its return. So if the set found the flag as it
     * was before the clear, the caller of clear sees what the caller of set did before. A read without a fence would
     * not suffice: the writes of the setter could still be in its store buffer when the other thread has cleared the
     * event and reads the same variables. On x86 the CAS is a locked instruction, which is a full fence. On ARM before
     * version 8.1 it consists of a load-linked and a store-conditional, which later loads may pass; so it is not.
     *
     * Recording. Waits and changes write records for JDK Flight Recorder, which does not affect the above. A wait
     * checks whether it is recorded only once it has to wait, so the fast path does not include that check. The number
     * of released waiters is counted just before the change, so it is inexact if waiters come or go in between.
     *
     * All shared fields are volatile, except Waiter.next: its comment says why a plain field suffices.
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
     * change of an event with a name allocates two small objects.
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

    /**
     * Creates an event that is set and has a name: see {@link #ThreadEvent(String)}.
     *
     * @param name the name
     * @return a new event
     */
    public static ThreadEvent initiallySet(String name) {
        ThreadEvent event = new ThreadEvent();
        event.state = idle(true, Objects.requireNonNull(name, "name"));
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
    public CompletableFuture<Void> whenSet(Executor executor) {
        Objects.requireNonNull(executor, "executor");
        return new EventFuture(roundUntil(true), executor);
    }

    @Override
    public CompletableFuture<Void> whenClear() {
        return new EventFuture(roundUntil(false), null);
    }

    @Override
    public CompletableFuture<Void> whenClear(Executor executor) {
        Objects.requireNonNull(executor, "executor");
        return new EventFuture(roundUntil(false), executor);
    }

    @Override
    public int waiterCount() {
        return waiters(state);
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
        return super.toString() + "[" + name + (flag(s) ? "set, " : "clear, ") + waiters(s) + " waiting]";
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
        return Recorder.await(() -> waitFor(set, nanos), set, nanos, this);
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

    private static int waiters(@Nullable Object state) {
        return state instanceof Round round ? round.sweep() : 0;
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
