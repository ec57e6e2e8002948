// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a thread does between attempts at something that is as a rule possible within a microsecond: it yields at first,
 * then parks, for longer and longer. So it never depends on another thread to be scheduled or to wake it, and uses
 * little of the processor, whatever it waits for. A virtual thread keeps no carrier.
 */
final class Pause {
    private static final int YIELDS = 100;
    private static final long SHORTEST_NANOS = 50_000L;
    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private int yields;
    private long nanos = SHORTEST_NANOS;

    /** Pauses once. An interrupt does not end it, and is kept. */
    @SuppressWarnings("ThreadPriorityCheck") // who is waited for may need the processor
    void once(Object blocker) {
        if (yields < YIELDS) {
            yields++;
            Thread.yield();
            return;
        }
        boolean interrupted = Thread.interrupted(); // else the park would not be one
        LockSupport.parkNanos(blocker, nanos);
        nanos = Math.min(2 * nanos, LONGEST_NANOS);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
