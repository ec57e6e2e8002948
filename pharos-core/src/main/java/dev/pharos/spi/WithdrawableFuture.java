// SPDX-License-Identifier: Apache-2.0
package dev.pharos.spi;

import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The future that an {@link dev.pharos.Event} gives out, of whatever reach: as long as it is not complete it waits for
 * the event, and whoever completes or cancels it ends that wait first. So it is {@code set()} that decides whether it
 * completes normally, and not who completes it first.
 *
 * <p>{@code completeAsync}, {@code obtrudeValue} and {@code obtrudeException} do not end the wait; it then goes on, and
 * has no effect, until the event releases it.
 */
public abstract class WithdrawableFuture extends CompletableFuture<Void> {
    /** For the implementations of events. */
    protected WithdrawableFuture() {}

    /** Ends the wait. If the event has released it, or has failed, completes this future before anything else can. */
    protected abstract void withdraw();

    /**
     * Starts what {@link #withdraw} would wait for, so that several waits end in the time of one. Called by the thread
     * that will cancel this future, once this has been called for the others. Does not block.
     *
     * @param checkOutcome whether it matters if the event was set by now; if not, {@code withdraw} need not find out
     */
    protected void startWithdraw(boolean checkOutcome) {}

    /**
     * Cancels futures, in the time of the slowest.
     *
     * @param futures the futures, which may be of other classes as well
     * @param checkOutcome whether it matters which events were set by now
     */
    public static void cancelAll(Collection<? extends CompletableFuture<?>> futures, boolean checkOutcome) {
        for (CompletableFuture<?> future : futures) {
            if (future instanceof WithdrawableFuture withdrawable) {
                withdrawable.startWithdraw(checkOutcome);
            }
        }
        futures.forEach(future -> future.cancel(false));
    }

    /**
     * Completes this future, whose wait has ended.
     *
     * @param failure how the wait has failed; null if it was released
     */
    protected final void end(@Nullable RuntimeException failure) {
        if (failure == null) {
            super.complete(null);
        } else {
            super.completeExceptionally(failure);
        }
    }

    /**
     * Has this future completed by an executor.
     *
     * @param failure how the wait has failed; null if it was released
     * @param executor where the dependents run
     */
    protected final void submit(@Nullable RuntimeException failure, Executor executor) {
        try {
            if (failure == null) {
                completeAsync(() -> null, executor); // a task that a pool of the JDK need not wrap
            } else {
                executor.execute(() -> end(failure));
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            end(failure); // no thread available: run dependents here rather than never
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
}
