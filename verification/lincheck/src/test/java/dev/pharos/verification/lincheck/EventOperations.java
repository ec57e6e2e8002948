// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.lincheck;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.TimeUnit;
import org.jetbrains.lincheck.datastructures.Operation;

/**
 * Everything that an event can be asked and that does not block. A wait with the interrupt status set is one: it
 * registers, looks whether it was released, and leaves.
 */
public class EventOperations {
    private final Event event = new ThreadEvent();
    private final Event never = new ThreadEvent();

    @Operation
    public boolean set() {
        return event.set();
    }

    @Operation
    public boolean clear() {
        return event.clear();
    }

    @Operation
    public boolean isSet() {
        return event.isSet();
    }

    @Operation
    public boolean poll() throws InterruptedException {
        return event.await(0L, TimeUnit.NANOSECONDS);
    }

    @Operation
    public boolean pollClear() throws InterruptedException {
        return event.awaitClear(0L, TimeUnit.NANOSECONDS);
    }

    @Operation
    public boolean interruptedAwait() {
        return interrupted(event::await);
    }

    @Operation
    public boolean interruptedAwaitClear() {
        return interrupted(event::awaitClear);
    }

    @Operation
    public boolean interruptedAny() {
        return interrupted(() -> Event.awaitAny(never, event));
    }

    @Operation
    public boolean whenSetUnlessCancelled() {
        return !event.whenSet().cancel(false);
    }

    private static boolean interrupted(Scenario.Task wait) {
        Thread.currentThread().interrupt();
        try {
            wait.run();
        } catch (InterruptedException e) {
            return false;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        if (!Thread.interrupted()) {
            throw new IllegalStateException("a wait that was released has to leave the interrupt status alone");
        }
        return true;
    }

    /** The same in one thread: every wait is a look at the flag. */
    public static class Specification {
        private boolean set;

        public boolean set() {
            boolean changed = !set;
            set = true;
            return changed;
        }

        public boolean clear() {
            boolean changed = set;
            set = false;
            return changed;
        }

        public boolean isSet() {
            return set;
        }

        public boolean poll() {
            return set;
        }

        public boolean pollClear() {
            return !set;
        }

        public boolean interruptedAwait() {
            return set;
        }

        public boolean interruptedAwaitClear() {
            return !set;
        }

        public boolean interruptedAny() {
            return set;
        }

        public boolean whenSetUnlessCancelled() {
            return set;
        }
    }
}
