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
    private final @Nullable Executor executor;

    /**
     * Creates a future; for implementations of events.
     *
     * @param executor where dependents run; null if that is not specified
     */
    protected WithdrawableFuture(@Nullable Executor executor) {
        this.executor = executor;
    }

    /**
     * Returns where dependents run: as specified, or else that of {@link CompletableFuture}, or, if it is a pool with
     * only one thread, which a dependent that blocks would keep from completing any other future, a new thread for each
     * task.
     */
    @Override
    public Executor defaultExecutor() {
        return executor == null ? commonExecutor() : executor;
    }

    /**
     * Returns where dependents run if that is not specified. Unlike an executor of the caller, it runs no task in the
     * thread that hands it over, and is never shut down.
     *
     * @return the executor
     */
    protected final Executor commonExecutor() {
        Executor usual = super.defaultExecutor();
        boolean single = usual instanceof ForkJoinPool pool && pool.getParallelism() == 1;
        return single ? task -> ThreadPerTask.FACTORY.newThread(task).start() : usual;
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
        RuntimeException failure = null;
        for (CompletableFuture<?> future : futures) {
            try {
                future.cancel(false);
            } catch (RuntimeException e) { // of another class: the others are to be cancelled all the same
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
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
     * Completes this future in its default executor, or if that fails, in the common one.
     *
     * @param failure the failure of the wait; null if it was released
     */
    protected final void submit(@Nullable RuntimeException failure) {
        if ((executor == null || !isSubmitted(failure, executor)) && !isSubmitted(failure, commonExecutor())) {
            end(failure); // no thread available: run dependents here rather than never
        }
    }

    /** Hands the completion over to an executor; false if that rejects it, or fails in another way. */
    private boolean isSubmitted(@Nullable RuntimeException failure, Executor to) {
        try {
            if (failure == null) {
                completeAsync(() -> null, to); // a task that a pool of the JDK need not wrap
            } else {
                to.execute(() -> end(failure));
            }
            return true;
        } catch (Throwable e) { // also one that the method of an executor in another language does not declare
            return false;
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
