// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import dev.pharos.jfr.Recorder;
import dev.pharos.spi.WithdrawableFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The wait of one thread for any or all of several events, built on a future of each, and on an event of its own, the
 * gate, which they set when enough of them are complete. In the end each future is cancelled, and {@code set()} has
 * decided which can no longer be: their events, whatever runs late, are those that were set. If enough are complete,
 * the others are not asked, however far away they are, and whether they have failed does not matter.
 */
final class GroupWait {
    private GroupWait() {}

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
                ? Recorder.await(() -> await(all, nanos, events), true, nanos, all, events)
                : await(all, nanos, events);
    }

    /** Returns the first event that was set, if enough were; null if the time elapsed first. */
    private static @Nullable Event await(boolean all, long nanos, List<Event> events) throws InterruptedException {
        int enough = all ? events.size() : 1;
        AtomicInteger missing = new AtomicInteger(enough);
        ThreadEvent gate = new ThreadEvent();
        List<CompletableFuture<Void>> futures = new ArrayList<>();
        boolean opened;
        try {
            for (int i = 0; i < events.size() && !gate.isSet(); i++) {
                CompletableFuture<Void> future = whenSet(events.get(i));
                futures.add(future);
                var unused = future.whenComplete((nothing, failure) -> {
                    if (failure != null || missing.decrementAndGet() == 0) {
                        gate.change(true); // and no record of it
                    }
                });
            }
            new Waiter(gate.roundUntil(true), Thread.currentThread()).await(events, nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // whether it counts is decided below
        } finally {
            opened = gate.isSet(); // enough are complete, or one has failed
            WithdrawableFuture.cancelAll(futures, missing.get() > 0); // else the others only leave
        }
        int released = 0;
        Event first = events.get(0);
        RuntimeException failure = null;
        for (int i = futures.size() - 1; i >= 0; i--) {
            if (futures.get(i).isDone() && !futures.get(i).isCancelled()) {
                try {
                    futures.get(i).join(); // is done, so does not wait
                    released++;
                    first = events.get(i);
                } catch (CompletionException e) {
                    failure = failure(events.get(i), e.getCause());
                }
            }
        }
        if (released >= enough) {
            return first;
        } else if (failure != null) {
            throw failure;
        } else if (opened) { // by a future that was cancelled, and not from here
            throw new IllegalStateException("one of these events cancelled the future that it returned: " + events);
        } else if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return null;
    }

    private static CompletableFuture<Void> whenSet(Event event) {
        return event instanceof ThreadEvent near
                ? new EventFuture(near.roundUntil(true), Runnable::run) // only the gate depends on it
                : event.whenSet();
    }

    /** The exception to throw when an event has failed, with the stack trace of the wait. */
    private static RuntimeException failure(Event event, @Nullable Throwable cause) {
        return cause instanceof EventException failure
                ? failure.forThisThread()
                : new CompletionException(event.name() + ": " + cause, cause);
    }
}
