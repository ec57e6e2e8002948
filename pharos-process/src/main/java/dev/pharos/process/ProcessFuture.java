// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.EventException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A future that waits for an event. Whether it was released is told by the word, not by who completes it first. */
final class ProcessFuture extends CompletableFuture<Void> {
    private final Waiter waiter;

    ProcessFuture(ProcessEvent event, boolean set) {
        int ticket = event.word();
        waiter = new Waiter(event, set, ticket, this);
        if (event.file().isSet(ticket) == set) {
            super.complete(null);
            return;
        }
        event.file().listener().add(waiter);
        if (waiter.isReleased()) { // perhaps before it was added
            withdraw();
        } else if (event.isClosed()) {
            withdraw();
            super.completeExceptionally(event.closed());
        }
    }

    /** Has this future completed, by its executor. */
    void submit(@Nullable EventException failure) {
        try {
            defaultExecutor().execute(() -> end(failure));
        } catch (RuntimeException | OutOfMemoryError e) {
            end(failure); // no thread is to be had: better a dependent that runs here than one that never does
        }
    }

    private void end(@Nullable EventException failure) {
        if (failure == null) {
            super.complete(null);
        } else {
            super.completeExceptionally(failure);
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        withdraw();
        return super.cancel(mayInterruptIfRunning);
    }

    @Override
    public boolean complete(@Nullable Void value) {
        withdraw();
        return super.complete(null);
    }

    @Override
    public boolean completeExceptionally(Throwable e) {
        Objects.requireNonNull(e, "e");
        withdraw();
        return super.completeExceptionally(e);
    }

    /** Ends the wait; if it was released, or has failed, completes this future before anything else can. */
    private void withdraw() {
        waiter.event.file().listener().remove(waiter);
        if (isDone()) {
            return;
        }
        try {
            if (waiter.isReleased()) {
                super.complete(null);
            }
        } catch (EventException e) {
            super.completeExceptionally(e);
        }
    }
}
