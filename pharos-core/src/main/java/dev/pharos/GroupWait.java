// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import dev.pharos.far.FarFuture;
import dev.pharos.jfr.Recorder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The wait of one thread for any or all of several events, made of what each of them offers: a future of each, and an
 * event of its own, the gate, that they set when enough of them are complete. In the end each future is cancelled, and
 * {@code set()} has decided which can no longer be: those, and nothing that runs late, are the events that were set. If
 * enough are complete, it does not matter what became of others that are far away, and they are not asked; nor whether
 * others have failed.
 */
final class GroupWait {
    private GroupWait() {}

    /** Waits for any event, and returns it; or for all, and returns the first; null if the time ran out. */
    static @Nullable Event await(boolean all, boolean timed, long nanos, Event... group) throws InterruptedException {
        List<Event> events = List.of(group); // a copy; throws if one is null
        if (events.isEmpty()) {
            throw new IllegalArgumentException("no events to wait for: give at least one");
        }
        long timeout = timed ? nanos : Long.MAX_VALUE;
        return Recorder.recordsWaits()
                ? Recorder.await(() -> await(all, timed, nanos, events), true, timeout, all, events)
                : await(all, timed, nanos, events);
    }

    private static @Nullable Event await(boolean all, boolean timed, long nanos, List<Event> events)
            throws InterruptedException {
        AtomicInteger missing = new AtomicInteger(all ? events.size() : 1);
        ThreadEvent gate = new ThreadEvent();
        List<CompletableFuture<Void>> futures = new ArrayList<>();
        boolean failed = false;
        try {
            for (int i = 0; i < events.size() && !gate.isSet(); i++) {
                CompletableFuture<Void> future = events.get(i) instanceof ThreadEvent near
                        ? new EventFuture(near.roundUntil(true), Runnable::run) // only the gate depends on it
                        : events.get(i).whenSet();
                futures.add(future);
                var unused = future.whenComplete((nothing, failure) -> {
                    if (failure != null || missing.decrementAndGet() == 0) {
                        gate.change(true); // and no record of it
                    }
                });
            }
            new Waiter(gate.roundUntil(true), Thread.currentThread()).await(events, timed, nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // whether it counts is decided below
        } finally {
            boolean decide = missing.get() > 0; // else enough are complete, and the others only leave
            failed = decide && gate.isSet();
            for (CompletableFuture<Void> future : futures) {
                if (future instanceof FarFuture far) {
                    far.beginToEnd(decide);
                }
            }
            futures.forEach(future -> future.cancel(false));
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
        if (released >= (all ? events.size() : 1)) {
            return first;
        } else if (failure != null) {
            throw failure;
        } else if (failed) {
            throw new IllegalStateException("an event has cancelled its own future");
        } else if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return null;
    }

    /** What a wait throws since an event has failed: with the stack trace of the wait. */
    private static RuntimeException failure(Event event, @Nullable Throwable cause) {
        return cause instanceof EventException failure
                ? failure.forThisThread()
                : new CompletionException(event.name() + ": " + cause, cause);
    }
}
