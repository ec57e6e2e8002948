// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** A future that waits in a round. The end of the round, and nothing later, decides that it completes normally. */
final class EventFuture extends CompletableFuture<Void> implements Runnable {
    private final Node node;

    EventFuture(Round round) {
        node = new Node(round, this);
        round.push(node);
        if (node.isReleased()) {
            run();
        }
    }

    /** Completes this future by a task of its own. */
    void completeElsewhere() {
        try {
            defaultExecutor().execute(this);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            // No thread is to be had. A dependent that runs here is better than one that never does.
            run();
        }
    }

    @Override
    public void run() {
        super.complete(null);
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
        withdraw();
        return super.completeExceptionally(e);
    }

    /** Leaves the round; if it has ended, completes this future before anything else can. */
    private void withdraw() {
        if (!node.withdraw()) {
            run();
        }
    }
}
