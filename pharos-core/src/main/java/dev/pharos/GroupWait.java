// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import dev.pharos.jfr.Recorder;
import dev.pharos.spi.NegatedEvent;
import dev.pharos.spi.PoolWait;
import dev.pharos.spi.WithdrawableFuture;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The wait of one thread for any or all of several events.
 *
 * <p>In each {@link ThreadEvent} it has a waiter, whose target is this object; of each event of another reach it has a
 * future. Each event that was set is counted down once: by whoever wakes the waiter, by the dependent of the future, or,
 * if the event was set already, by the waiting thread. The count does no more than end the parking. The result is what
 * the thread finds when it then withdraws from each event: as in a wait for one event, the end of a round decides
 * whether its waiter was released. So whatever runs late, the events that were set are those whose rounds have ended.
 *
 * <p>The setter of a {@code ThreadEvent} may rely on a woken thread to wake the other waiters of the round (see "Waking"
 * in {@code ThreadEvent}), so a thread does not block between its registration and its withdrawal other than by parking.
 * Asking an event of another reach may block. Therefore, if there is one, no setter relies on this thread.
 */
final class GroupWait {
    private static final VarHandle MISSING = ThreadEvent.handle(MethodHandles.lookup(), "missing", int.class);

    private final Thread thread = Thread.currentThread();

    /** Whether each event is a ThreadEvent, or the view of one. */
    private final boolean near;

    /** How many of the events have still to be set; zero or less: the thread need not park. */
    private volatile int missing;

    private GroupWait(boolean near, int missing) {
        this.near = near;
        this.missing = missing;
    }

    /** Waits for any event, and returns the first that was set; null if the time elapsed first. */
    static @Nullable Event awaitAny(long nanos, Event... group) throws InterruptedException {
        return await(false, nanos, group);
    }

    /** Waits for all events; false if the time elapsed first. */
    static boolean awaitAll(long nanos, Event... group) throws InterruptedException {
        return await(true, nanos, group) != null;
    }

    private static @Nullable Event await(boolean all, long nanos, Event... group) throws InterruptedException {
        List<Event> events = List.of(group); // a copy; throws if one is null
        if (events.isEmpty()) {
            throw new IllegalArgumentException("no events specified");
        }
        return Recorder.recordsWaits()
                ? Recorder.awaitGroup(() -> await(all, nanos, events), all, nanos, events)
                : await(all, nanos, events);
    }

    /** Returns the first event that was set, if enough were; null if the time elapsed first. */
    private static @Nullable Event await(boolean all, long nanos, List<Event> events) throws InterruptedException {
        if (!ForkJoinTask.inForkJoinPool()) {
            return registerAndPark(all, nanos, events);
        }
        @Nullable Event[] result = new Event[1];
        PoolWait.await(() -> {
            result[0] = registerAndPark(all, nanos, events);
            return result[0] != null;
        });
        return result[0];
    }

    private static @Nullable Event registerAndPark(boolean all, long nanos, List<Event> events)
            throws InterruptedException {
        int enough = all ? events.size() : 1;
        GroupWait group = new GroupWait(areNear(events), enough);
        Object[] places = new Object[events.size()]; // for each event a Waiter or a future; null if it was not asked
        boolean interrupted = false;
        boolean opened;
        try {
            group.register(events, places);
            interrupted = group.park(events, nanos);
            opened = group.missing <= 0; // enough were set, or one has failed
            withdraw(places, !opened);
        } catch (Throwable e) { // an event has failed at once, or no stack is left
            for (Object place : places) {
                if (place instanceof Waiter waiter) {
                    waiter.target = null; // not by a call, for which there may be no stack left either
                }
            }
            withdrawAfter(e, places);
            if (interrupted) {
                Thread.currentThread().interrupt(); // as it was
            }
            throw e;
        }
        return result(events, places, enough, opened, interrupted);
    }

    private static boolean areNear(List<Event> events) {
        for (Event event : events) {
            if (near(event) == null) {
                return false;
            }
        }
        return true;
    }

    /** The event in this JVM that an event is, or is a view of; null if it is neither. */
    private static @Nullable ThreadEvent near(Event event) {
        Event viewed = event instanceof NegatedEvent view ? view.event() : event;
        return viewed instanceof ThreadEvent near ? near : null;
    }

    /** Begins to wait for each event in turn, until enough are set. */
    private void register(List<Event> events, Object[] places) {
        for (int i = 0; i < places.length && missing > 0; i++) {
            ThreadEvent event = near(events.get(i));
            if (event != null) {
                boolean set = events.get(i) == event; // else it is the view of one that is to be clear
                Waiter waiter = new Waiter(event.roundUntil(set), this);
                places[i] = waiter; // first, so that it is withdrawn whatever happens
                if (!waiter.round.push(waiter)) {
                    countDown();
                }
            } else {
                // Not in a pool, all of whose threads may be blocked: the dependent does no more than wake this thread.
                CompletableFuture<Void> future = events.get(i).whenSet(Runnable::run);
                places[i] = future;
                var unused = future.whenComplete((nothing, failure) -> {
                    if (failure == null) {
                        countDown();
                    } else {
                        fail();
                    }
                });
            }
        }
    }

    /**
     * Parks until enough events are set, one has failed, the time has elapsed, or this thread is interrupted. True if it
     * was: its status is clear then, so that what runs in this thread until the result is known cannot change it.
     */
    private boolean park(List<Event> events, long nanos) {
        boolean timed = nanos != Long.MAX_VALUE;
        long deadline = timed ? System.nanoTime() + nanos : 0L; // may wrap: only differences are used
        while (missing > 0) {
            if (Thread.interrupted()) {
                return true;
            } else if (nanos <= 0L) {
                return false;
            } else if (timed) {
                LockSupport.parkNanos(events, nanos);
                nanos = deadline - System.nanoTime();
            } else {
                LockSupport.park(events);
            }
        }
        return false;
    }

    /** One event less to wait for. True if that has woken a platform thread which will withdraw without blocking. */
    boolean countDown() {
        return (int) MISSING.getAndAdd(this, -1) == 1 && Waiter.unpark(thread) && near;
    }

    private void fail() {
        missing = 0;
        LockSupport.unpark(thread);
    }

    /** Stops waiting for each event. In the place of each waiter that was released is its round from then on. */
    private static void withdraw(Object[] places, boolean checkOutcome) {
        for (int i = 0; i < places.length; i++) {
            if (places[i] instanceof Waiter waiter && !waiter.round.withdraw(waiter)) {
                places[i] = waiter.round;
            }
        }
        List<CompletableFuture<?>> futures = new ArrayList<>(0);
        for (Object place : places) {
            if (place instanceof CompletableFuture<?> future) {
                futures.add(future);
            }
        }
        WithdrawableFuture.cancelAll(futures, checkOutcome); // last, since it may block
    }

    /** Stops waiting for each event since the wait fails. */
    private static void withdrawAfter(Throwable failure, Object[] places) {
        try {
            withdraw(places, false);
        } catch (Throwable e) {
            if (e != failure) {
                failure.addSuppressed(e);
            }
        }
    }

    private static @Nullable Event result(
            List<Event> events, Object[] places, int enough, boolean opened, boolean interrupted)
            throws InterruptedException {
        int released = 0;
        Event first = null;
        RuntimeException failure = null;
        for (int i = places.length - 1; i >= 0; i--) {
            boolean set = places[i] instanceof Round;
            if (places[i] instanceof CompletableFuture<?> future && future.isDone() && !future.isCancelled()) {
                try {
                    future.join(); // is done, so does not wait
                    set = true;
                } catch (CompletionException e) {
                    failure = failure(events.get(i), e.getCause());
                }
            }
            if (set) {
                released++;
                first = events.get(i);
            }
        }
        if (released < enough && failure == null && !opened && interrupted) {
            throw new InterruptedException();
        }
        if (interrupted) {
            Thread.currentThread().interrupt(); // as it was
        }
        if (released >= enough) {
            return first;
        } else if (failure != null) {
            throw failure;
        } else if (opened) { // by a future that was cancelled, and not from here
            throw new IllegalStateException("one of these events cancelled the future that it returned: " + events);
        }
        return null;
    }

    /** The exception to throw when an event has failed, with the stack trace of the wait. */
    private static RuntimeException failure(Event event, @Nullable Throwable cause) {
        return cause instanceof EventException failure
                ? failure.forThisThread()
                : new CompletionException(event.name() + ": " + cause, cause);
    }
}
