// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The wait of one thread for any or all of several events. It has a waiter with each; whichever is released unparks
 * the thread, which then looks at all of them. An event of another reach takes part with its {@link Event#whenSet}
 * future, whose cancellation is decided by {@code set()} in the same way.
 */
final class GroupWait implements Waiter {
    private final boolean all;
    private final List<Event> events;
    private final Waiter[] waiters;

    /** The waiters from 0 to count are registered and not withdrawn. */
    private int count;

    /** Wait for any: the first that was found released. Wait for all: the first that was not. */
    private int first;

    private GroupWait(boolean all, Event[] events) {
        this.all = all;
        this.events = List.of(events); // throws if one is null
        this.waiters = new Waiter[events.length];
        if (events.length == 0) {
            throw new IllegalArgumentException("no events to wait for: give at least one");
        }
    }

    static @Nullable Event any(boolean timed, long nanos, Event... events) throws InterruptedException {
        GroupWait wait = new GroupWait(false, events);
        return wait.await(timed, nanos) ? wait.events.get(wait.first) : null;
    }

    static boolean all(boolean timed, long nanos, Event... events) throws InterruptedException {
        return new GroupWait(true, events).await(timed, nanos);
    }

    private boolean await(boolean timed, long nanos) throws InterruptedException {
        Thread thread = Thread.currentThread();
        try {
            for (Event event : events) {
                Waiter waiter = event instanceof ThreadEvent near
                        ? near.register(true, thread)
                        : new Foreign(event.whenSet(), thread);
                waiters[count++] = waiter;
                if (!all && waiter.isReleased()) {
                    break;
                }
            }
            return Waiter.await(this, this, timed, nanos);
        } finally {
            withdraw();
        }
    }

    @Override
    public boolean isReleased() {
        int i = all ? first : 0;
        while (i < count && waiters[i].isReleased() == all) {
            i++;
        }
        first = i;
        return all == (i == count);
    }

    @Override
    public boolean withdraw() {
        boolean any = false;
        boolean every = true;
        while (count > 0) {
            boolean released = !waiters[--count].withdraw();
            any |= released;
            every &= released;
            first = released ? count : first;
        }
        return !(all ? every : any);
    }

    @Override
    public String toString() {
        return (all ? "all of " : "any of ") + events;
    }

    /** The waiter for an event of another reach. */
    private record Foreign(CompletableFuture<Void> future, CompletableFuture<?> wake) implements Waiter {
        Foreign(CompletableFuture<Void> future, Thread thread) {
            this(future, future.whenComplete((nothing, failure) -> LockSupport.unpark(thread)));
        }

        @Override
        public boolean isReleased() {
            return future.isDone() && future.join() == null; // done: does not wait, but throws if it has failed
        }

        @Override
        public boolean withdraw() {
            return future.cancel(false) || future.isCompletedExceptionally();
        }
    }
}
