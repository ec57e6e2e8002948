// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.EventException;
import dev.pharos.spi.WithdrawableFuture;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A future that waits for an event. Whether it was released is decided by its waiter, not by which call completes it
 * first.
 */
final class ClusterFuture extends WithdrawableFuture {
    /** The thread that waits until the wait is in effect. */
    final Thread creator = Thread.currentThread();

    private final Waiter waiter;

    /** The read that decides, if {@link #startWithdraw} has begun it, for the thread that has. */
    private @Nullable Reply<Engine.Reading> recheck;

    /** Whether this future may have been returned: then an executor completes it. */
    private volatile boolean given;

    ClusterFuture(ClusterEvent event, boolean set, @Nullable Executor executor) {
        super(executor);
        waiter = new Waiter(event, set, this);
        waiter.register(System.nanoTime() + event.operationNanos(), false);
        given = true;
        settle(); // what came before had no executor
    }

    /** Completes this future in its executor. */
    void finish(@Nullable EventException failure) {
        if (given) {
            submit(failure);
        }
    }

    /** Completes this future if its wait has ended. */
    private void settle() {
        EventException failure = waiter.failure();
        if (failure != null || waiter.isReleased()) {
            end(failure);
        }
    }

    /** Not in the timer thread of all futures of the JVM, which must not wait for a server. */
    @Override
    public CompletableFuture<Void> orTimeout(long timeout, TimeUnit unit) {
        return after(timeout, unit, () -> completeExceptionally(new TimeoutException()));
    }

    @Override
    public CompletableFuture<Void> completeOnTimeout(@Nullable Void value, long timeout, TimeUnit unit) {
        return after(timeout, unit, () -> complete(null));
    }

    private CompletableFuture<Void> after(long timeout, TimeUnit unit, Runnable end) {
        Objects.requireNonNull(unit, "unit");
        CompletableFuture<Void> timer = new CompletableFuture<Void>().completeOnTimeout(null, timeout, unit);
        CompletableFuture<Void> unused = timer.thenRunAsync(end, commonExecutor()); // the other may not run it
        unused = whenComplete((nothing, failure) -> timer.cancel(false));
        return this;
    }

    @Override
    protected void startWithdraw(boolean checkOutcome) {
        if (!checkOutcome) {
            waiter.withdraw();
        } else if (!waiter.isOver()) {
            recheck = waiter.startRecheck();
        }
    }

    @Override
    protected void withdraw() {
        if (isDone()) {
            return;
        }
        if (!waiter.isOver()) {
            waiter.awaitRecheck(recheck != null ? recheck : waiter.startRecheck());
            waiter.withdraw();
        }
        settle();
    }
}
