// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.EventException;
import dev.pharos.spi.WithdrawableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A future that waits for an event. Whether it was released depends on the word, not on which call completes it first.
 */
final class ProcessFuture extends WithdrawableFuture {
    private final Waiter waiter;

    ProcessFuture(ProcessEvent event, boolean set, @Nullable Executor executor) {
        super(executor);
        int ticket = event.word();
        waiter = new Waiter(event, set, ticket, this);
        if (event.file().isSet(ticket) == set) {
            end(null);
            return;
        }
        try {
            event.file().listener().add(waiter);
            if (waiter.isReleased()) { // perhaps before it was added
                withdraw();
            } else if (event.isClosed()) {
                withdraw();
                end(event.closed());
            }
        } catch (Throwable e) { // no thread can be started, or the file was removed
            event.file().listener().remove(waiter);
            throw e;
        }
    }

    /** Completes this future in its executor. */
    void finish(@Nullable EventException failure) {
        submit(failure);
    }

    @Override
    protected void withdraw() {
        waiter.event.file().listener().remove(waiter);
        if (isDone()) {
            return;
        }
        try {
            if (waiter.isReleased()) {
                end(null);
            }
        } catch (EventException e) {
            end(e);
        }
    }
}
