// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A flag, set or clear, that threads can wait for: {@link #set} releases all waiting threads and lets later callers
 * through, {@link #clear} makes later callers wait again. Unlike a {@link java.util.concurrent.CountDownLatch} an event
 * can be cleared and used again; unlike a {@link java.util.concurrent.locks.Condition} it needs no lock and no loop,
 * and remembers that it was set. It is the {@code Event} of Python's {@code threading} module, with a written contract.
 *
 * <pre>{@code
 * Event ready = new ThreadEvent("ready");
 *
 * Thread server = new Thread(() -> {
 *     bind();
 *     ready.set();                  // releases all waiters, present and future
 *     serve();
 * });
 * server.start();
 *
 * if (!ready.await(Duration.ofSeconds(10))) {
 *     throw new IllegalStateException("the server did not come up in 10 s");
 * }
 * }</pre>
 *
 * <p>The implementations differ in their reach: {@link ThreadEvent} serves the threads of one JVM, {@code ProcessEvent}
 * the processes of one machine, {@code ClusterEvent} the machines of a cluster. Code written against this interface
 * works with any of them, if it allows for the differences in the second list below.
 *
 * <h2>What every event promises</h2>
 * <ol>
 *   <li><b>No lost set.</b> A thread that is waiting when {@code set} is called is released by it, even if
 *       {@code clear} follows at once and the thread runs only later.
 *   <li><b>No spurious wakeup.</b> {@code await} returns normally only if the event was set at some moment between its
 *       call and its return.
 *   <li><b>Every set publishes,</b> even a redundant one. After {@code clear()} has returned, the calling thread sees
 *       everything that other threads did before any {@code set()} that this {@code clear()} undid, including those
 *       that found the event already set. So a consumer may loop over {@code await(); clear(); drain();} while
 *       producers call {@code add(x); set();}, and no item is left behind. The same holds with {@code set} and
 *       {@code clear} exchanged.
 *   <li><b>Timed waits.</b> A timeout of zero or less polls; any timeout is accepted. The clock is
 *       {@link System#nanoTime}. However late the waiting thread runs, a wait does not report a timeout if a
 *       {@code set()} observably returned before its deadline.
 *   <li><b>Interrupts.</b> A wait that was released returns normally and leaves the interrupt status alone. An
 *       {@code await} that finds the event set does not check the status.
 *   <li><b>Progress.</b> Only the wait methods wait for the event to change, and no method waits for a released thread
 *       to run.
 *   <li><b>No residue.</b> Waits that time out, fail, or are interrupted or cancelled retain no memory beyond a
 *       constant factor of that of the waits in progress.
 *   <li><b>Waits are visible in thread dumps.</b> A waiting thread is shown as parked for its event, or for the list of
 *       its events.
 * </ol>
 *
 * <p>Every statement about {@code set} and {@code await} applies to {@code clear} and {@code awaitClear} with set and
 * clear exchanged.
 *
 * <h2>What depends on the reach</h2>
 *
 * <p>None of the following applies to a {@link ThreadEvent}. Every other implementation documents which of these points
 * apply, and within which limits:
 * <ul>
 *   <li><b>Failures.</b> Any method except {@code name} and {@code toString} may throw an {@link EventException}, for
 *       example if the event is closed or unavailable; a future completes exceptionally with it. A {@code ThreadEvent}
 *       does not fail.
 *   <li><b>Blocking.</b> {@code set}, {@code clear}, {@code isSet}, {@code whenSet}, {@code whenClear}, and cancelling
 *       a future may block until the server or file system that stores the event responds, up to a limit. Those of a
 *       {@code ThreadEvent} do not block, and may be called from anywhere: shutdown hooks, cleaners, completion
 *       callbacks.
 *   <li><b>Competing calls.</b> If several calls of {@code set} compete, exactly one returns {@code true}, unless the
 *       implementation documents when several may.
 *   <li><b>When a wait begins.</b> At the latest when its thread is shown as parked for the event, or when
 *       {@code whenSet} returns; later only while the event is unavailable.
 *   <li><b>Timeouts and interrupts while unavailable.</b> A wait whose timeout elapses, or that is interrupted, while
 *       its event is unavailable reports the timeout or the interrupt, even if a {@code set()} returned before.
 *   <li><b>Number of sets during a wait.</b> Unlimited, unless the implementation documents a number of sets, each
 *       followed by a clear, that a wait may miss.
 *   <li><b>Memory.</b> Only memory that the threads share is published.
 * </ul>
 *
 * <p><b>Memory consistency effects.</b> Actions in a thread before a {@code set()} that set the event
 * <i>happen-before</i> actions in another thread after a wait that this {@code set()} released, after a wait or an
 * {@code isSet()} that returned because it found the event set by it, and actions of dependents of a {@code whenSet()}
 * future. Nothing is promised to a thread whose wait timed out or failed.
 *
 * <p><b>What an event is not.</b> Waiting for an event is not mutual exclusion: all waiters are released together, and
 * what they then do with shared data requires a lock or an atomic variable, as it would anywhere.
 *
 * <p>{@code toString} returns the identity of an event, its name if it has one, its state as last known in this JVM,
 * and the number of waiters, as in {@code dev.pharos.ThreadEvent@5ca881b5[orders-ready, clear, 3 waiting]}. It never
 * blocks and does not throw.
 *
 * <p>Passing a {@code null} argument causes a {@link NullPointerException} to be thrown.
 */
public interface Event {
    /**
     * Sets this event and releases all threads that are waiting for it to be set. They stay released, even if
     * {@link #clear} follows at once. Setting an event that is already set changes nothing, but still publishes.
     *
     * @return {@code true} if this call changed the event, {@code false} if it was already set
     * @throws EventException if the event cannot be set; it was not, unless this is an
     *     {@link EventException.OutcomeUnknown}
     */
    boolean set();

    /**
     * Clears this event, so that later calls of {@link #await()} wait, and releases all threads that are waiting for it
     * to be clear. Does not undo the release of a thread by an earlier {@link #set}.
     *
     * @return {@code true} if this call changed the event, {@code false} if it was already clear
     * @throws EventException if the event cannot be cleared; it was not, unless this is an
     *     {@link EventException.OutcomeUnknown}
     */
    boolean clear();

    /**
     * Returns whether this event is set. Prefer a wait if the result decides what happens next: by the time the caller
     * uses it, the event may have changed.
     *
     * @return {@code true} if this event is set
     * @throws EventException if the state cannot be determined
     */
    boolean isSet();

    /**
     * Waits until this event is set.
     *
     * <ul>
     *   <li>If it is already set, returns at once, whatever the interrupt status.
     *   <li>If it is set while this thread waits, returns, even if it has been cleared again by then.
     *   <li>If this thread is interrupted before that, on entry or while waiting, throws.
     *   <li>If the event fails before that, for example because it is closed, throws.
     * </ul>
     *
     * @throws EventException if the event fails before it is set
     * @throws InterruptedException if this thread was interrupted before the event was set; its interrupt status is
     *     cleared
     */
    void await() throws InterruptedException;

    /**
     * Waits until this event is set, or the timeout elapses. The cases are those of {@link #await()}, and:
     *
     * <ul>
     *   <li>If the timeout elapses first, returns {@code false}, which means that no {@code set()} returned before the
     *       deadline; or that the event is unavailable, as described above.
     *   <li>If the timeout is zero or less, does not wait at all.
     * </ul>
     *
     * @param timeout the maximum time to wait, capped at {@code Long.MAX_VALUE} nanoseconds, which are 292 years
     * @param unit the unit of {@code timeout}
     * @return {@code true} if this event was set, {@code false} if the timeout elapsed
     * @throws EventException if the event fails before it is set and before the timeout elapses
     * @throws InterruptedException if this thread was interrupted before the event was set and before the timeout
     *     elapsed; its interrupt status is cleared
     */
    boolean await(long timeout, TimeUnit unit) throws InterruptedException;

    /**
     * Waits until this event is set, or the timeout elapses: {@link #await(long, TimeUnit)} for a {@link Duration}.
     *
     * @param timeout the maximum time to wait
     * @return {@code true} if this event was set, {@code false} if the timeout elapsed
     * @throws EventException as in {@link #await(long, TimeUnit)}
     * @throws InterruptedException as in {@link #await(long, TimeUnit)}
     */
    default boolean await(Duration timeout) throws InterruptedException {
        return await(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
    }

    /**
     * Waits until this event is clear: the mirror image of {@link #await()}.
     *
     * @throws EventException if the event fails before it is clear
     * @throws InterruptedException if this thread was interrupted before the event was clear; its interrupt status is
     *     cleared
     */
    void awaitClear() throws InterruptedException;

    /**
     * Waits until this event is clear, or the timeout elapses: the mirror image of {@link #await(long, TimeUnit)}.
     *
     * @param timeout the maximum time to wait
     * @param unit the unit of {@code timeout}
     * @return {@code true} if this event was clear, {@code false} if the timeout elapsed
     * @throws EventException as in {@link #await(long, TimeUnit)}
     * @throws InterruptedException as in {@link #await(long, TimeUnit)}
     */
    boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException;

    /**
     * Waits until this event is clear, or the timeout elapses: {@link #awaitClear(long, TimeUnit)} for a
     * {@link Duration}.
     *
     * @param timeout the maximum time to wait
     * @return {@code true} if this event was clear, {@code false} if the timeout elapsed
     * @throws EventException as in {@link #await(long, TimeUnit)}
     * @throws InterruptedException as in {@link #await(long, TimeUnit)}
     */
    default boolean awaitClear(Duration timeout) throws InterruptedException {
        return awaitClear(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
    }

    /**
     * Returns the name of this event, for use in messages: the name given to it; its path or address, if it is a file
     * or a node; otherwise its identity, as in {@code dev.pharos.ThreadEvent@5ca881b5}.
     *
     * @return the name
     */
    default String name() {
        return getClass().getName() + "@" + Integer.toHexString(System.identityHashCode(this));
    }

    /**
     * Returns a future that completes with {@code null} once this event is set. The wait begins with this call, not
     * with the first use of the future: the next {@code set()} completes it, even if {@code clear()} follows.
     *
     * <p>If the event is already set, the future is complete. Otherwise a task of
     * {@link CompletableFuture#defaultExecutor() the default executor} of completable futures completes it, one task
     * for each future. So dependents never run inside {@code set()}, and a dependent that throws or blocks delays no
     * waiting thread. A dependent that blocks occupies one of that executor's threads, which may be few: specify
     * another executor, as with {@code thenRunAsync}. Only if the executor rejects the task because no thread can be
     * started do the dependents run in the thread that releases the future.
     *
     * <p>Cancelling it, or completing it ({@code complete}, {@code completeExceptionally}, and with them
     * {@link CompletableFuture#orTimeout orTimeout} and the like, but not {@code completeAsync} and {@code obtrude}),
     * ends the wait. Whether {@code cancel} or {@code orTimeout} came before {@code set()} is decided by {@code set()},
     * not by the task: once {@code set()} has released the future they no longer have an effect, and the future
     * completes normally.
     *
     * <p>If the event fails before it is set, the future completes with the {@link EventException}.
     *
     * @return a new future
     * @throws EventException if the event is already closed, or cannot be waited for
     */
    CompletableFuture<Void> whenSet();

    /**
     * Returns a future that completes with {@code null} once this event is clear: the mirror image of
     * {@link #whenSet}.
     *
     * @return a new future
     * @throws EventException as in {@link #whenSet}
     */
    CompletableFuture<Void> whenClear();

    /**
     * Waits until one of several events is set. The events may be of different reaches, there may be any number of
     * them, and the same event may occur more than once. When this method returns, none of its waits remains.
     *
     * <p>All events are waited for at the same time: one that is set and cleared again while this thread waits
     * releases it. If several are set, the first of them in the order of the arguments is returned.
     *
     * <p>If an event fails before one is set, this method throws its failure, the
     * {@link EventException#address address} of which is that of the event; if several fail, that of the first of them
     * in the order of the arguments. If the future of an event of another implementation completes with any other
     * exception, this method throws a {@link java.util.concurrent.CompletionException}, as
     * {@link CompletableFuture#join} does.
     *
     * @param events the events
     * @return an event that was set
     * @throws IllegalArgumentException if no events are specified
     * @throws EventException if an event fails before one is set
     * @throws java.util.concurrent.CompletionException if the future of an event completes with another exception,
     *     which is the cause
     * @throws IllegalStateException if an event cancelled the future that it returned
     * @throws InterruptedException if this thread was interrupted before one was set; its interrupt status is cleared
     */
    static Event awaitAny(Event... events) throws InterruptedException {
        return Objects.requireNonNull(GroupWait.awaitAny(Long.MAX_VALUE, events)); // not null: there is no limit
    }

    /**
     * Waits until one of several events is set, or the timeout elapses: {@link #awaitAny(Event...)} with a limit. As in
     * {@link #await(long, TimeUnit)}, returns {@code null} only if no {@code set()} of any of the events returned
     * before the deadline.
     *
     * @param timeout the maximum time to wait
     * @param events the events
     * @return an event that was set, or {@code null} if the timeout elapsed
     * @throws IllegalArgumentException if no events are specified
     * @throws EventException as in {@link #awaitAny(Event...)}
     * @throws java.util.concurrent.CompletionException as in {@link #awaitAny(Event...)}
     * @throws IllegalStateException if an event cancelled the future that it returned
     * @throws InterruptedException if this thread was interrupted before one was set and before the timeout elapsed;
     *     its interrupt status is cleared
     */
    static @Nullable Event awaitAny(Duration timeout, Event... events) throws InterruptedException {
        return GroupWait.awaitAny(TimeUnit.NANOSECONDS.convert(timeout), events);
    }

    /**
     * Waits until each of several events has been set. All events are waited for at the same time: one that was set
     * and cleared again while this thread waited for another counts as set.
     *
     * @param events the events
     * @throws IllegalArgumentException if no events are specified
     * @throws EventException if an event fails before it is set; which one, and what else may be thrown, is as in
     *     {@link #awaitAny(Event...)}
     * @throws java.util.concurrent.CompletionException as in {@link #awaitAny(Event...)}
     * @throws IllegalStateException if an event cancelled the future that it returned
     * @throws InterruptedException if this thread was interrupted before that; its interrupt status is cleared
     */
    static void awaitAll(Event... events) throws InterruptedException {
        GroupWait.awaitAll(Long.MAX_VALUE, events);
    }

    /**
     * Waits until each of several events has been set, or the timeout elapses: {@link #awaitAll(Event...)} with a
     * limit.
     *
     * @param timeout the maximum time to wait for all of them together
     * @param events the events
     * @return {@code true} if each was set, {@code false} if the timeout elapsed
     * @throws IllegalArgumentException if no events are specified
     * @throws EventException as in {@link #awaitAll(Event...)}
     * @throws java.util.concurrent.CompletionException as in {@link #awaitAny(Event...)}
     * @throws IllegalStateException if an event cancelled the future that it returned
     * @throws InterruptedException if this thread was interrupted before that and before the timeout elapsed; its
     *     interrupt status is cleared
     */
    static boolean awaitAll(Duration timeout, Event... events) throws InterruptedException {
        return GroupWait.awaitAll(TimeUnit.NANOSECONDS.convert(timeout), events);
    }
}
