// SPDX-License-Identifier: Apache-2.0
package dev.pharos.spi;

import dev.pharos.Event;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The view that {@link Event#negated} returns, with set and clear exchanged.
 *
 * @param event the event, which is not such a view itself
 */
public record NegatedEvent(Event event) implements Event {
    @Override
    public boolean set() {
        return event.clear();
    }

    @Override
    public boolean clear() {
        return event.set();
    }

    @Override
    public boolean isSet() {
        return !event.isSet();
    }

    @Override
    public void await() throws InterruptedException {
        event.awaitClear();
    }

    @Override
    public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        return event.awaitClear(timeout, unit);
    }

    @Override
    public void awaitClear() throws InterruptedException {
        event.await();
    }

    @Override
    public boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException {
        return event.await(timeout, unit);
    }

    @Override
    public Event negated() {
        return event;
    }

    @Override
    public String name() {
        return event.name();
    }

    @Override
    public int waiterCount() {
        return event.waiterCount();
    }

    @Override
    public CompletableFuture<Void> whenSet() {
        return event.whenClear();
    }

    @Override
    public CompletableFuture<Void> whenSet(Executor executor) {
        return event.whenClear(executor);
    }

    @Override
    public CompletableFuture<Void> whenClear() {
        return event.whenSet();
    }

    @Override
    public CompletableFuture<Void> whenClear(Executor executor) {
        return event.whenSet(executor);
    }

    @Override
    public String toString() {
        return "not " + event;
    }
}
