// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import dev.pharos.spi.NegatedEvent;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A flag, set or clear, that threads can wait for: {@link #set} releases all waiting threads, and later waits return at
 * once; after {@link #clear} they wait again. Unlike a {@link java.util.concurrent.CountDownLatch}, an event can be
 * cleared and used again. Unlike a {@link java.util.concurrent.locks.Condition}, it needs no lock and no loop, and
 * remembers that it was set. It has the methods of {@code Event} in Python's {@code threading} module.
 *
 * <pre>{@code
 * Event ready = new ThreadEvent("ready");
 *
 * Thread server = new Thread(() -> {
 *     bind();
 *     ready.set();                  // releases all waiting threads; later waits return at once
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
 * works with any of them, if it allows for the differences in the second list below. What is said below of
 * {@code set} and {@code await} applies to {@code clear} and {@code awaitClear}, with set and clear exchanged.
 *
 * <h2>What every event promises</h2>
 * <ol>
 *   <li><b>No lost set.</b> A thread that is waiting when {@code set} is called is released by it, even if
 *       {@code clear} follows at once and the thread runs only later.
 *   <li><b>No spurious wakeup.</b> {@code await()} returns normally, and a timed {@code await} returns {@code true},
 *       only if the event was set at some moment between the call and the return.
 *   <li><b>Every set publishes,</b> even one that finds the event already set. A {@code clear()} that changes the event
 *       undoes all calls of {@code set()} since the event was last clear. After it has returned, the calling thread
 *       sees everything that other threads did before each of these calls. So a consumer may loop over
 *       {@code await(); clear(); drain();} while producers call {@code add(x); set();}, and no item is left behind.
 *   <li><b>Timed waits.</b> Any timeout is accepted; zero or less polls. The clock is {@link System#nanoTime}. However
 *       late the waiting thread runs, the wait does not report a timeout if a {@code set()} returned before the
 *       deadline by this clock.
 *   <li><b>Interrupts.</b> A wait that was released returns normally, and does not change the interrupt status. An
 *       {@code await} that finds the event set does not check the interrupt status.
 *   <li><b>Progress.</b> Only the wait methods wait for the event to change, and no method waits for a released thread
 *       to run.
 *   <li><b>No memory leak.</b> The memory that is retained for waits that timed out, failed, or were interrupted or
 *       cancelled is at most a constant factor of the memory of the waits in progress.
 *   <li><b>Waits are visible in thread dumps.</b> A waiting thread is shown as parked for its event, or for the list of
 *       its events.
 * </ol>
 *
 * <h2>What depends on the reach</h2>
 *
 * <p>None of the following restricts a {@link ThreadEvent}. Every other implementation documents which of these points
 * apply to it, and within which limits:
 * <ul>
 *   <li><b>Failures.</b> Any method except {@code name} and {@code toString} may throw an {@link EventException}, for
 *       example if the event is closed or unavailable. A future that was already returned completes exceptionally
 *       with it.
 *   <li><b>Blocking.</b> {@code set}, {@code clear}, {@code isSet}, {@code whenSet}, {@code whenClear}, and cancelling
 *       a future may block until the server or file system that stores the event responds, up to a limit. Those of a
 *       {@code ThreadEvent} do not block, and may be called from anywhere: shutdown hooks, cleaners, completion
 *       callbacks.
 *   <li><b>Competing calls.</b> If several threads call {@code set} on a clear event at the same time, exactly one of
 *       the calls returns {@code true}, unless the implementation documents when several may.
 *   <li><b>When a wait begins.</b> A wait for an unavailable event may begin only when the event is available again.
 *       Otherwise it has begun when its thread is shown as parked for the event, or when {@code whenSet} has returned.
 *       A set that is cleared before the wait begins does not release it.
 *   <li><b>Timeouts and interrupts while unavailable.</b> A wait whose timeout elapses, or that is interrupted, while
 *       its event is unavailable reports the timeout or the interrupt, even if a {@code set()} returned before.
 *   <li><b>Number of sets during a wait.</b> The number is unlimited, unless the implementation documents a number of
 *       sets, each followed by a clear, that a wait may miss.
 *   <li><b>Memory.</b> Memory consistency effects apply only to memory that the threads share.
 * </ul>
 *
 * <p><b>Memory consistency effects.</b> Actions in a thread before a {@code set()} that set the event
 * <i>happen-before</i> actions in another thread after it returns from a wait that this {@code set()} released, or from
 * a wait or an {@code isSet()} that found the event set by this {@code set()}; and they <i>happen-before</i> actions of
 * the dependents of a {@code whenSet()} future that this {@code set()} released. A wait that times out or fails has no
 * memory consistency effects.
 *
 * <p><b>What an event is not.</b> Waiting for an event is not mutual exclusion: all waiters are released together, and
 * what they then do with shared data requires a lock or an atomic variable, as it would anywhere.
 *
 * <p>{@code toString} returns the identity of an event, its name if it has one, its state as last known in this JVM,
 * and the number of waiters in this JVM, as in
 * {@code dev.pharos.ThreadEvent@5ca881b5[orders-ready, clear, 3 waiting]}. It never blocks and does not throw.
 *
 * <p>Passing a {@code null} argument causes a {@link NullPointerException} to be thrown.
 */
public interface Event {
    /**
     * Sets this event and releases all threads that are waiting for it to be set. They stay released, even if
     * {@link #clear} follows at once. Setting an event that is already set changes nothing, but has memory consistency
     * effects: see <i>Every set publishes</i> above.
     *
     * @return {@code true} if this call changed the event, {@code false} if it was already set
     * @throws EventException if the event cannot be set; this call did not change it, unless the exception is an
     *     {@link EventException.OutcomeUnknown}
     */
    boolean set();

    /**
     * Clears this event, so that later calls of {@link #await()} wait, and releases all threads that are waiting for it
     * to be clear. Does not undo the release of a thread by an earlier {@link #set}.
     *
     * @return {@code true} if this call changed the event, {@code false} if it was already clear
     * @throws EventException if the event cannot be cleared; this call did not change it, unless the exception is an
     *     {@link EventException.OutcomeUnknown}
     */
    boolean clear();

    /**
     * Returns whether this event is set. The event may change before the caller uses the result; so if the result
     * decides what happens next, prefer a wait.
     *
     * @return {@code true} if this event is set
     * @throws EventException if the state cannot be determined
     */
    boolean isSet();

    /**
     * Waits until this event is set.
     *
     * <ul>
     *   <li>If the event is already set, returns at once, whatever the interrupt status.
     *   <li>If the event is set while this thread waits, returns, even if it is cleared before this thread runs.
     *   <li>If this thread is interrupted before the event is set, whether before this call or during it, throws
     *       {@link InterruptedException}.
     *   <li>If the event fails before it is set, for example because it is closed, throws {@link EventException}.
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
     *   <li>If the timeout elapses first, returns {@code false}. This means that no {@code set()} returned between the
     *       call and the deadline, unless the event is unavailable at the deadline.
     *   <li>If the timeout is zero or less, does not wait at all.
     * </ul>
     *
     * @param timeout the maximum time to wait; a longer one than {@code Long.MAX_VALUE} nanoseconds (292 years) is
     *     reduced to that
     * @param unit the unit of {@code timeout}
     * @return {@code true} if this event was set, {@code false} if the timeout elapsed
     * @throws EventException if the event fails before it is set and before the timeout elapses
     * @throws InterruptedException if this thread was interrupted before the event was set and before the timeout
     *     elapsed; its interrupt status is cleared
     */
    boolean await(long timeout, TimeUnit unit) throws InterruptedException;

    /**
     * Waits until this event is set, or the timeout elapses, as {@link #await(long, TimeUnit)} does.
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
     * Waits until this event is clear: {@link #await()} with set and clear exchanged.
     *
     * @throws EventException if the event fails before it is clear
     * @throws InterruptedException if this thread was interrupted before the event was clear; its interrupt status is
     *     cleared
     */
    void awaitClear() throws InterruptedException;

    /**
     * Waits until this event is clear, or the timeout elapses: {@link #await(long, TimeUnit)} with set and clear
     * exchanged.
     *
     * @param timeout the maximum time to wait
     * @param unit the unit of {@code timeout}
     * @return {@code true} if this event was clear, {@code false} if the timeout elapsed
     * @throws EventException as in {@link #await(long, TimeUnit)}
     * @throws InterruptedException as in {@link #await(long, TimeUnit)}
     */
    boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException;

    /**
     * Waits until this event is clear, or the timeout elapses, as {@link #awaitClear(long, TimeUnit)} does.
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
     * Returns a view of this event that is set while this event is clear, and clear while this event is set. It serves to
     * wait for some events to be set and others to be clear in one call:
     * <pre>{@code
     * if (Event.awaitAny(stop, paused.negated()) == stop) {
     *     return;
     * }
     * }</pre>
     *
     * <p>Every method of the view does what this event does with set and clear exchanged: {@code set} clears this event,
     * and a wait for the view to be set is a wait for this event to be clear. The view has the name of this event. Two
     * views of one event are equal, and {@code negated()} of a view is the event.
     *
     * @return the view
     */
    default Event negated() {
        return new NegatedEvent(this);
    }

    /**
     * Returns the number of waits for this event that are in progress: of threads and of futures, for it to be set or to
     * be clear, by this object. Other objects for the same event, in this JVM or another, have waits of their own. The
     * number may be out of date when it is returned, and is no basis for the control of a program. It serves
     * monitoring, and tests that are to begin only once others wait.
     *
     * @return an estimate of the number of waiters
     * @throws EventException if it cannot be determined
     */
    int waiterCount();

    /**
     * Returns the name of this event, for use in messages: the path or address under which it is stored, or the name
     * that was given to it; if it has neither, its identity, as in {@code dev.pharos.ThreadEvent@5ca881b5}.
     *
     * @return the name
     */
    default String name() {
        return getClass().getName() + "@" + Integer.toHexString(System.identityHashCode(this));
    }

    /**
     * Returns a future that completes with {@code null} once this event is set. The wait begins with this call, not
     * with the first use of the future: the next {@code set()} releases it, even if {@code clear()} follows at once.
     *
     * <p>If the event is already set, the future is already complete. Otherwise, once {@code set()} has released the
     * future, a task of its {@link CompletableFuture#defaultExecutor() default executor} completes it, one task for
     * each future. So dependents do not run inside {@code set()}, and a dependent that throws or blocks delays no
     * waiting thread. The default executor is that of {@code CompletableFuture}; if that is a pool with only one
     * thread, each task has a thread of its own instead. If as many dependents block as the pool has threads, no other
     * future completes: if that is possible, specify another executor, as with {@code thenRunAsync}. There is one
     * exception: if the executor rejects the task because no thread can be started, the dependents run in the thread
     * that submitted it, which may be that of {@code set()}.
     *
     * <p>Cancelling or completing the future ends the wait; so do {@link CompletableFuture#orTimeout orTimeout} and
     * {@code completeOnTimeout}, but not {@code completeAsync}, {@code obtrudeValue} and {@code obtrudeException}. Only
     * this future ends its wait: if a stage that depends on it is cancelled or times out, such as the result of
     * {@code thenApply}, {@code copy} or {@code allOf}, or if {@code get} with a timeout does, the wait continues, and
     * its memory is retained until the event is set. So call {@code orTimeout} on this future, keep it to cancel it, and
     * obtain another for each caller, since what one caller cancels is cancelled for all. Once
     * {@code set()} has released the future, cancelling or completing it has no effect: the future completes normally,
     * even if its task has not run yet.
     *
     * <p>If the event fails before it is set, the future completes with the {@link EventException}.
     *
     * @return a new future
     * @throws EventException if the event is already closed, or cannot be waited for
     */
    CompletableFuture<Void> whenSet();

    /**
     * Returns a future that completes with {@code null} once this event is set, as {@link #whenSet()} does, with another
     * default executor: a task of this executor completes it. So dependents that were added before run there, and those of its
     * {@code Async} methods always, unless they specify another. They neither stop nor are stopped by those of a pool that
     * they would share. What depends on a dependent has the default executor of {@code CompletableFuture}.
     *
     * <p>{@code execute} is called by whichever thread finds that the event has released the future: that of
     * {@code set}, one that was released with it, or one of the library. So it must not block. If it rejects the task, or
     * fails in another way, the dependents run where those of {@link #whenSet()} do. An executor that runs tasks in the
     * calling thread makes each dependent a part of {@code set}, of other waits, and of the delivery of other events:
     * specify such an executor only if no dependent blocks or calls a method that may block.
     *
     * @param executor the default executor of the future
     * @return a new future
     * @throws EventException if the event is already closed, or cannot be waited for
     */
    CompletableFuture<Void> whenSet(Executor executor);

    /**
     * Returns a future that completes with {@code null} once this event is clear: {@link #whenSet()} with set and clear
     * exchanged.
     *
     * @return a new future
     * @throws EventException as in {@link #whenSet()}
     */
    CompletableFuture<Void> whenClear();

    /**
     * Returns a future that completes with {@code null} once this event is clear: {@link #whenSet(Executor)} with set and
     * clear exchanged.
     *
     * @param executor the default executor of the future
     * @return a new future
     * @throws EventException as in {@link #whenSet()}
     */
    CompletableFuture<Void> whenClear(Executor executor);

    /**
     * Waits until one of several events is set. The events may be of different reaches, there may be any number of
     * them, and the same event may occur more than once. When this method returns, it has ended its waits for all of
     * them.
     *
     * <p>All events are waited for at the same time: one that is set and cleared again while this thread waits
     * releases it. If several are set, the first of them in the order of the arguments is returned. To wait until an
     * event is clear, pass its {@link #negated negated} view.
     *
     * <p>If an event fails before one is set, this method throws the {@link EventException} of that event; if several
     * fail, that of the first of them in the order of the arguments. {@link EventException#address} says which event
     * it was. Events of other implementations are waited for with {@link #whenSet(Executor)}: if such a future completes with an
     * exception of another class, this method throws a {@link java.util.concurrent.CompletionException}, as
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
     * Waits until one of several events is set, or the timeout elapses. The cases are those of
     * {@link #awaitAny(Event...)}, and if the timeout elapses first, returns {@code null}: as in
     * {@link #await(long, TimeUnit)}, no {@code set()} of any of the events returned between the call and the deadline.
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
     * Waits until one of several events is set, or the timeout elapses, as {@link #awaitAny(Duration, Event...)} does.
     *
     * @param timeout the maximum time to wait
     * @param unit the unit of {@code timeout}
     * @param events the events
     * @return an event that was set, or {@code null} if the timeout elapsed
     * @throws IllegalArgumentException if no events are specified
     * @throws EventException as in {@link #awaitAny(Event...)}
     * @throws java.util.concurrent.CompletionException as in {@link #awaitAny(Event...)}
     * @throws IllegalStateException if an event cancelled the future that it returned
     * @throws InterruptedException as in {@link #awaitAny(Duration, Event...)}
     */
    static @Nullable Event awaitAny(long timeout, TimeUnit unit, Event... events) throws InterruptedException {
        return GroupWait.awaitAny(unit.toNanos(timeout), events);
    }

    /**
     * Waits until each of several events has been set. All events are waited for at the same time: one that was set
     * and cleared again while this thread waited for another counts as set.
     *
     * @param events the events
     * @throws IllegalArgumentException if no events are specified
     * @throws EventException if an event fails before it is set; if several fail, that of the first of them in the
     *     order of the arguments
     * @throws java.util.concurrent.CompletionException as in {@link #awaitAny(Event...)}
     * @throws IllegalStateException if an event cancelled the future that it returned
     * @throws InterruptedException if this thread was interrupted before the last event was set; its interrupt status
     *     is cleared
     */
    static void awaitAll(Event... events) throws InterruptedException {
        GroupWait.awaitAll(Long.MAX_VALUE, events);
    }

    /**
     * Waits until each of several events has been set, or the timeout elapses. The cases are those of
     * {@link #awaitAll(Event...)}, and if the timeout elapses first, returns {@code false}.
     *
     * @param timeout the maximum time to wait for all of them together
     * @param events the events
     * @return {@code true} if each was set, {@code false} if the timeout elapsed
     * @throws IllegalArgumentException if no events are specified
     * @throws EventException as in {@link #awaitAll(Event...)}
     * @throws java.util.concurrent.CompletionException as in {@link #awaitAny(Event...)}
     * @throws IllegalStateException if an event cancelled the future that it returned
     * @throws InterruptedException if this thread was interrupted before the last event was set and before the timeout
     *     elapsed; its interrupt status is cleared
     */
    static boolean awaitAll(Duration timeout, Event... events) throws InterruptedException {
        return GroupWait.awaitAll(TimeUnit.NANOSECONDS.convert(timeout), events);
    }

    /**
     * Waits until each of several events has been set, or the timeout elapses, as
     * {@link #awaitAll(Duration, Event...)} does.
     *
     * @param timeout the maximum time to wait for all of them together
     * @param unit the unit of {@code timeout}
     * @param events the events
     * @return {@code true} if each was set, {@code false} if the timeout elapsed
     * @throws IllegalArgumentException if no events are specified
     * @throws EventException as in {@link #awaitAll(Event...)}
     * @throws java.util.concurrent.CompletionException as in {@link #awaitAny(Event...)}
     * @throws IllegalStateException if an event cancelled the future that it returned
     * @throws InterruptedException as in {@link #awaitAll(Duration, Event...)}
     */
    static boolean awaitAll(long timeout, TimeUnit unit, Event... events) throws InterruptedException {
        return GroupWait.awaitAll(unit.toNanos(timeout), events);
    }
}
