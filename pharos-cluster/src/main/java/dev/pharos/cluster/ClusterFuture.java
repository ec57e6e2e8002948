// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.EventException;
import dev.pharos.far.FarFuture;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A future that waits for an event. Whether it was released its waiter tells, not who completes it first. */
final class ClusterFuture extends CompletableFuture<Void> implements FarFuture {
    /** The thread that waits until the wait is in effect. */
    final Thread creator = Thread.currentThread();

    private final Waiter waiter;

    /** The look that decides, if {@link #beginToEnd} has begun it, for the thread that has. */
    private @Nullable Reply<Engine.Sight> decision;

    /** Whether somebody may have this future: then an executor completes it. */
    private volatile boolean given;

    ClusterFuture(ClusterEvent event, boolean set) {
        waiter = new Waiter(event, set, this);
        waiter.enter(System.nanoTime() + event.operationNanos(), false);
        given = true;
        settle(); // what came before had no executor
    }

    /** Has this future completed, by its executor. */
    void submit(@Nullable EventException failure) {
        if (!given) {
            return;
        }
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

    /** Completes this future if its wait has ended. */
    private void settle() {
        EventException failure = waiter.failure();
        if (failure != null || waiter.isReleased()) {
            end(failure);
        }
    }

    @Override
    public void beginToEnd(boolean decide) {
        if (!decide) {
            waiter.withdraw();
        } else if (!waiter.isOver()) {
            decision = waiter.beginDecision();
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

    /** Not by the thread that keeps the time for all futures of the JVM, since it must not wait for a server. */
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
        CompletableFuture<Void> unused = timer.thenRunAsync(end, defaultExecutor());
        unused = whenComplete((nothing, failure) -> timer.cancel(false));
        return this;
    }

    /** Ends the wait; if it was released, or has failed, completes this future before anything else can. */
    private void withdraw() {
        if (isDone()) {
            return;
        }
        if (!waiter.isOver()) {
            if (decision != null) {
                waiter.awaitDecision(decision);
            } else {
                waiter.decide();
            }
            waiter.withdraw();
        }
        settle();
    }
}
