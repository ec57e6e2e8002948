// SPDX-License-Identifier: Apache-2.0
package dev.pharos.spi;

import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The future that an {@link dev.pharos.Event} of any reach returns. Until it is complete it waits for the event, and
 * completing or cancelling it first ends that wait. So {@code set()} decides whether it completes normally, not which
 * call completes it first.
 *
 * <p>{@code completeAsync}, {@code obtrudeValue} and {@code obtrudeException} do not end the wait, which then continues
 * without effect until the event releases it.
 */
public abstract class WithdrawableFuture extends CompletableFuture<Void> {
    /** Creates a future; for implementations of events. */
    protected WithdrawableFuture() {}

    /**
     * Returns where dependents run: that of {@link CompletableFuture}, or, if it is a pool with only one thread, which a
     * dependent that blocks would keep from completing any other future, a new thread for each task.
     */
    @Override
    public Executor defaultExecutor() {
        Executor executor = super.defaultExecutor();
        boolean single = executor instanceof ForkJoinPool pool && pool.getParallelism() == 1;
        return single ? task -> ThreadPerTask.FACTORY.newThread(task).start() : executor;
    }

    /** In a class of its own, which is loaded only if it is needed: from JDK 25 on, on one or two processors. */
    private static final class ThreadPerTask {
        static final ThreadFactory FACTORY = factory();

        private ThreadPerTask() {}

        /** Makes virtual threads, which the JDK has that needs them. */
        private static ThreadFactory factory() {
            try {
                Class<?> builder = Class.forName("java.lang.Thread$Builder");
                Object virtual = Thread.class.getMethod("ofVirtual").invoke(null);
                virtual = builder.getMethod("inheritInheritableThreadLocals", boolean.class)
                        .invoke(virtual, false);
                return (ThreadFactory) builder.getMethod("factory").invoke(virtual);
            } catch (ReflectiveOperationException e) {
                return task -> {
                    Thread thread = new Thread(null, task, "pharos-dependents", 0L, false);
                    thread.setDaemon(true);
                    return thread;
                };
            }
        }
    }

    /** Ends the wait. If the event has released it, or has failed, completes this future before anything else can. */
    protected abstract void withdraw();

    /**
     * Starts the operation that {@link #withdraw} would wait for, so that several futures are cancelled in the time of
     * one. Called for all of them by the thread that then cancels them. Does not block.
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
     * @param failure the failure of the wait; null if it was released
     */
    protected final void end(@Nullable RuntimeException failure) {
        if (failure == null) {
            super.complete(null);
        } else {
            super.completeExceptionally(failure);
        }
    }

    /**
     * Completes this future in an executor.
     *
     * @param failure the failure of the wait; null if it was released
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
