// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request of a thread. The thread parks without a blocker, so that it is not taken for one that already
 * waits for an event.
 */
final class Reply<T> implements Consumer<Engine.Answer<T>> {
    private final Thread thread = Thread.currentThread();
    private volatile Engine.@Nullable Answer<T> answer;

    @Override
    public void accept(Engine.Answer<T> given) {
        answer = given;
        LockSupport.unpark(thread);
    }

    /** Waits for the answer, or until a time of {@code System.nanoTime}; then null. Leaves interrupts for later. */
    Engine.@Nullable Answer<T> await(long deadline) {
        boolean interrupted = false;
        long left = deadline - System.nanoTime();
        while (answer == null && left > 0) {
            LockSupport.parkNanos(left);
            interrupted |= Thread.interrupted();
            left = deadline - System.nanoTime();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return answer;
    }

    /** As the other, for any of these events. */
    static boolean await(long deadline, Event... events) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return Event.awaitAny(Duration.ofNanos(deadline - System.nanoTime()), events) != null;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits for an event, or until a time of {@code System.nanoTime}; then false. Leaves interrupts for later. */
    static boolean await(Event event, long deadline) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return event.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
