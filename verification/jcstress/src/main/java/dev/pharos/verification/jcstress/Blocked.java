// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import dev.pharos.Event;
import java.util.concurrent.CountDownLatch;

/** What the tests with blocked threads have in common. */
final class Blocked {
    private Blocked() {}

    static void check(boolean condition) {
        if (!condition) {
            throw new IllegalStateException(); // not an Error: that would pass for a thread that sleeps for ever
        }
    }

    /** Returns when so many wait for the event. */
    static void until(Event event, int waiting) {
        while (!event.toString().endsWith(" " + waiting + " waiting]")) {
            Thread.onSpinWait();
        }
    }

    static void pulse(Event event) {
        event.set();
        event.clear();
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static Thread start(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
