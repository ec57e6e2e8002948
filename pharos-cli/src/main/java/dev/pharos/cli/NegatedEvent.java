// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The negation of an event: set while the event is clear. So code that waits for set can also wait for clear. */
record NegatedEvent(Event event) implements Event {
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
    public String name() {
        return event.name();
    }

    @Override
    public CompletableFuture<Void> whenSet() {
        return event.whenClear();
    }

    @Override
    public CompletableFuture<Void> whenClear() {
        return event.whenSet();
    }
}
