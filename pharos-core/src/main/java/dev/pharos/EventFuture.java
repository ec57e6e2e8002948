// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import dev.pharos.spi.WithdrawableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A future that waits in a round. The end of the round, and nothing later, decides that it completes normally. */
final class EventFuture extends WithdrawableFuture {
    private final Waiter waiter;

    /** A future for the end of a round, with this default executor; with that of all futures if null. */
    EventFuture(Round round, @Nullable Executor executor) {
        super(executor);
        waiter = new Waiter(round, this);
        round.push(waiter);
        if (round.hasEnded()) {
            end(null);
        }
    }

    /** Completes this future in its executor. */
    void submit() {
        submit(null);
    }

    @Override
    protected void withdraw() {
        if (!waiter.round.withdraw(waiter)) {
            end(null);
        }
    }
}
