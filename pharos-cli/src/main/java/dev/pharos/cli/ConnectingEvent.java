// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.cluster.ClusterEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An event of a cluster that is not connected yet. A thread opens it, repeatedly if no server is available, but not if
 * waiting does not help; a wait that has begun before continues as one for the event itself.
 */
final class ConnectingEvent implements Event {
    /** The pause after an attempt that has failed. */
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final ZooKeeperAddress address;
    private final CompletableFuture<ClusterEvent> connected = new CompletableFuture<>();

    /** Why the last attempt has failed. */
    private volatile @Nullable String failure;

    ConnectingEvent(ZooKeeperAddress address) {
        this.address = address;
        Thread thread = new Thread(this::connect, "pharos-connect " + address);
        thread.setDaemon(true);
        thread.start();
    }

    private void connect() {
        while (!connected.isDone()) {
            try {
                connected.complete(address.open());
            } catch (EventException.Unavailable e) {
                failure = e.reason();
                pause();
            } catch (IOException e) {
                connected.completeExceptionally(new EventException.Unavailable(name(), Messages.reason(e), e));
            } catch (RuntimeException | Error e) {
                connected.completeExceptionally(e);
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            connected.completeExceptionally(e); // by nobody
        }
    }

    /** The event itself, if it is connected within a time; or null. Throws if it never will be. */
    @Nullable
    ClusterEvent within(Duration time) throws InterruptedException {
        try {
            return connected.get(TimeUnit.NANOSECONDS.convert(time), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EventException failure) {
                throw failure.forThisThread();
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Why it is not connected, as far as is known. */
    String unreachable() {
        String reason = failure;
        return address.servers() + " could not be reached" + (reason == null ? "" : ": " + reason);
    }

    @Override
    public String name() {
        return address.eventName();
    }

    @Override
    public CompletableFuture<Void> whenSet() {
        return new DelegatingFuture(connected, ClusterEvent::whenSet);
    }

    @Override
    public CompletableFuture<Void> whenClear() {
        return new DelegatingFuture(connected, ClusterEvent::whenClear);
    }

    @Override
    public CompletableFuture<Void> whenSet(Executor executor) {
        return new DelegatingFuture(connected, event -> event.whenSet(executor));
    }

    @Override
    public CompletableFuture<Void> whenClear(Executor executor) {
        return new DelegatingFuture(connected, event -> event.whenClear(executor));
    }

    /** A future that becomes one of the event itself. That decides whether it was released in time. */
    private static final class DelegatingFuture extends CompletableFuture<Void> {
        private volatile @Nullable CompletableFuture<Void> joined;

        DelegatingFuture(
                CompletableFuture<ClusterEvent> connected, Function<ClusterEvent, CompletableFuture<Void>> future) {
            var unused = connected.whenComplete((event, failure) -> {
                if (failure != null) {
                    completeExceptionally(failure);
                } else if (!isDone()) {
                    join(future.apply(event));
                }
            });
        }

        private void join(CompletableFuture<Void> future) {
            joined = future;
            var unused = future.whenComplete(this::end);
            if (isDone()) {
                future.cancel(false);
            }
        }

        private void end(@Nullable Void nothing, @Nullable Throwable failure) {
            if (failure == null) {
                complete(null);
            } else {
                completeExceptionally(failure);
            }
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            CompletableFuture<Void> future = joined;
            if (future != null && !future.cancel(false)) {
                var unused = future.whenComplete(this::end); // at once, since it was complete before
            }
            return super.cancel(mayInterruptIfRunning);
        }
    }

    // These wait until the event itself is connected.

    private ClusterEvent event() {
        try {
            return connected.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof EventException failure ? failure.forThisThread() : e;
        }
    }

    @Override
    public boolean set() {
        return event().set();
    }

    @Override
    public boolean clear() {
        return event().clear();
    }

    @Override
    public boolean isSet() {
        return event().isSet();
    }

    @Override
    public int waiterCount() {
        return event().waiterCount();
    }

    @Override
    public void await() throws InterruptedException {
        Event.awaitAny(this);
    }

    @Override
    public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        return Event.awaitAny(timeout, unit, this) != null;
    }

    @Override
    public void awaitClear() throws InterruptedException {
        Event.awaitAny(negated());
    }

    @Override
    public boolean awaitClear(long timeout, TimeUnit unit) throws InterruptedException {
        return Event.awaitAny(timeout, unit, negated()) != null;
    }
}
