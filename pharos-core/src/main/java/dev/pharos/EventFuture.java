// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A future that waits in a round. The end of the round, and nothing later, decides that it completes normally. */
final class EventFuture extends CompletableFuture<Void> {
    private final @Nullable Executor executor;
    private final Waiter waiter;

    /** A future for the end of a round, completed by an executor: its default one if null. */
    EventFuture(Round round, @Nullable Executor executor) {
        this.executor = executor;
        waiter = new Waiter(round, this);
        round.push(waiter);
        if (round.hasEnded()) {
            super.complete(null);
        }
    }

    /** Has this future completed by its executor. */
    void submit() {
        try {
            completeAsync(() -> null, executor == null ? defaultExecutor() : executor);
        } catch (RuntimeException | OutOfMemoryError e) {
            super.complete(null); // no thread is to be had: better a dependent that runs here than one that never does
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

    /** Leaves the round; if it has ended, completes this future before anything else can. */
    private void withdraw() {
        if (!waiter.round.withdraw(waiter)) {
            super.complete(null);
        }
    }
}
