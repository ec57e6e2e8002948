// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** What is waited for. All that is promised of one is promised of the other, with set and clear exchanged. */
public enum Direction {
    /** Waiting for an event to be set. */
    SET {
        @Override
        public boolean release(Event event) {
            return event.set();
        }

        @Override
        public boolean arm(Event event) {
            return event.clear();
        }

        @Override
        public boolean isReleased(Event event) {
            return event.isSet();
        }

        @Override
        public void await(Event event) throws InterruptedException {
            event.await();
        }

        @Override
        public boolean await(Event event, long timeout, TimeUnit unit) throws InterruptedException {
            return event.await(timeout, unit);
        }

        @Override
        public boolean await(Event event, Duration timeout) throws InterruptedException {
            return event.await(timeout);
        }

        @Override
        public CompletableFuture<Void> when(Event event) {
            return event.whenSet();
        }

        @Override
        public CompletableFuture<Void> when(Event event, Executor executor) {
            return event.whenSet(executor);
        }
    },

    /** Waiting for an event to be clear. */
    CLEAR {
        @Override
        public boolean release(Event event) {
            return event.clear();
        }

        @Override
        public boolean arm(Event event) {
            return event.set();
        }

        @Override
        public boolean isReleased(Event event) {
            return !event.isSet();
        }

        @Override
        public void await(Event event) throws InterruptedException {
            event.awaitClear();
        }

        @Override
        public boolean await(Event event, long timeout, TimeUnit unit) throws InterruptedException {
            return event.awaitClear(timeout, unit);
        }

        @Override
        public boolean await(Event event, Duration timeout) throws InterruptedException {
            return event.awaitClear(timeout);
        }

        @Override
        public CompletableFuture<Void> when(Event event) {
            return event.whenClear();
        }

        @Override
        public CompletableFuture<Void> when(Event event, Executor executor) {
            return event.whenClear(executor);
        }
    };

    /** What this is the mirror image of. */
    public final Direction opposite() {
        return this == SET ? CLEAR : SET;
    }

    /** Makes the event what is waited for: {@code set} or {@code clear}. */
    public abstract boolean release(Event event);

    /** Makes the event such that one has to wait: {@code clear} or {@code set}. */
    public abstract boolean arm(Event event);

    /** Tells whether the event is what is waited for. */
    public abstract boolean isReleased(Event event);

    /** {@code await} or {@code awaitClear}. */
    public abstract void await(Event event) throws InterruptedException;

    /** {@code await} or {@code awaitClear}. */
    public abstract boolean await(Event event, long timeout, TimeUnit unit) throws InterruptedException;

    /** {@code await} or {@code awaitClear}. */
    public abstract boolean await(Event event, Duration timeout) throws InterruptedException;

    /** {@code whenSet} or {@code whenClear}. */
    public abstract CompletableFuture<Void> when(Event event);

    /** A future for it, with a default executor. */
    public abstract CompletableFuture<Void> when(Event event, Executor executor);
}
