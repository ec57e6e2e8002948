// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** An event that somebody else has written: the library knows it by the interface only. */
class DelegatingEvent implements Event {
    private final Event event;

    DelegatingEvent(Event event) {
        this.event = event;
    }

    @Override
    public boolean set() {
        return event.set();
    }

    @Override
    public boolean clear() {
        return event.clear();
    }

    @Override
    public boolean isSet() {
        return event.isSet();
    }

    @Override
    public void await() throws InterruptedException {
        event.await();
    }

    @Override
    public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        return event.await(timeout, unit);
    }

    @Override
    public void awaitClear() throws InterruptedException {
        event.awaitClear();
    }

    @Override
    public boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException {
        return event.awaitClear(timeout, unit);
    }

    @Override
    public CompletableFuture<Void> whenSet() {
        return event.whenSet();
    }

    @Override
    public CompletableFuture<Void> whenClear() {
        return event.whenClear();
    }

    @Override
    public CompletableFuture<Void> whenSet(Executor executor) {
        return event.whenSet(executor);
    }

    @Override
    public CompletableFuture<Void> whenClear(Executor executor) {
        return event.whenClear(executor);
    }

    @Override
    public int waiterCount() {
        return event.waiterCount();
    }

    @Override
    public String toString() {
        return event.toString();
    }
}
