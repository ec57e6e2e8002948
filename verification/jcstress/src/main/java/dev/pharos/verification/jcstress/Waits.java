// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import dev.pharos.Event;
import java.util.concurrent.TimeUnit;

/** Waits that a continuous test can afford: it must not block. */
final class Waits {
    private Waits() {}

    /** A wait; false if the time ran out. */
    interface Wait {
        boolean await() throws InterruptedException;
    }

    /**
     * Waits with the interrupt status set. Such a wait registers as any other does, looks whether it was released, and
     * leaves: of the slow path only the park is missing. Tells what came of it: released or interrupted.
     */
    static String interrupted(Wait wait) {
        Thread.currentThread().interrupt();
        try {
            boolean released = wait.await();
            boolean status = Thread.interrupted();
            return !released ? "timed out" : status ? "released" : "released, status lost";
        } catch (InterruptedException e) {
            return Thread.interrupted() ? "interrupted, status left" : "interrupted";
        }
    }

    static String await(Event event) {
        return interrupted(() -> {
            event.await();
            return true;
        });
    }

    static String awaitClear(Event event) {
        return interrupted(() -> {
            event.awaitClear();
            return true;
        });
    }

    static boolean poll(Event event) {
        return undisturbed(() -> event.await(0L, TimeUnit.NANOSECONDS));
    }

    static boolean pollClear(Event event) {
        return undisturbed(() -> event.awaitClear(0L, TimeUnit.NANOSECONDS));
    }

    /** Waits where nobody interrupts. */
    static boolean undisturbed(Wait wait) {
        try {
            return wait.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
