// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Tells one thread when each of a crowd has done something. Each counts in one of many cache lines, so that this is no
 * bottleneck that would hide how the rivals differ; it parks and unparks one thread, once.
 */
final class Countdown {
    private static final int STRIPES = 64;

    /** In ints: two cache lines of 64 bytes, since they are fetched in pairs. */
    private static final int DISTANCE = 32;

    private final AtomicIntegerArray left = new AtomicIntegerArray(STRIPES * DISTANCE);
    private final AtomicInteger stripesLeft = new AtomicInteger();
    private volatile Thread counter;

    /** Starts from a number; the calling thread is the one that is going to wait. */
    void reset(int count) {
        counter = Thread.currentThread();
        for (int i = 0; i < STRIPES; i++) {
            left.set(i * DISTANCE, count / STRIPES + (i < count % STRIPES ? 1 : 0));
        }
        stripesLeft.set(Math.min(count, STRIPES));
    }

    /** Counts the one with this number, from 0. */
    void count(int number) {
        if (left.decrementAndGet(number % STRIPES * DISTANCE) == 0 && stripesLeft.decrementAndGet() == 0) {
            LockSupport.unpark(counter);
        }
    }

    /** Waits until all have been counted. */
    void await() throws InterruptedException {
        while (stripesLeft.get() > 0) {
            LockSupport.park(this);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }
}
