// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/** A blocked wait comes to its end when the event is set, even for a moment. */
@Outcome(expect = ACCEPTABLE, id = "TERMINATED", desc = "The waiter was released.")
@Outcome(expect = FORBIDDEN, id = "STALE", desc = "The waiter sleeps for ever.")
@Outcome(expect = FORBIDDEN, id = "ERROR", desc = "The wait ended in another way, or did not publish.")
public class BlockedIsReleased {
    private BlockedIsReleased() {}

    @JCStressTest(Mode.Termination)
    @JCStressMeta(BlockedIsReleased.class)
    @State
    public static class Simple {
        private final Semaphore permit = new Semaphore(0);

        @Actor
        public void waiter() throws InterruptedException {
            permit.acquire();
        }

        @Signal
        public void setter() {
            permit.release();
        }
    }

    /** Set while the waiter registers. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(BlockedIsReleased.class)
    @State
    public static class ShippedSet {
        private final Event event = new ThreadEvent();
        private volatile boolean together;
        private int item;

        @Actor
        public void waiter() throws InterruptedException {
            while (!together) {
                Thread.onSpinWait();
            }
            event.await();
            Blocked.check(item == 1);
        }

        @Signal
        public void setter() {
            item = 1;
            together = true;
            event.set();
        }
    }

    /** Set and cleared at once, when the waiter has registered. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(BlockedIsReleased.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private int item;

        @Actor
        public void waiter() throws InterruptedException {
            event.await();
            Blocked.check(item == 1);
        }

        @Signal
        public void setter() {
            Blocked.until(event, 1);
            item = 1;
            event.set();
            event.clear();
        }
    }

    /** The same, with a limit that is too far away to matter, and with stray unparks. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(BlockedIsReleased.class)
    @State
    public static class ShippedTimedPulse {
        private final Event event = new ThreadEvent("named");
        private int item;

        @Actor
        public void waiter() throws InterruptedException {
            Blocked.check(event.await(Long.MAX_VALUE - 1, TimeUnit.NANOSECONDS) && item == 1);
        }

        @Signal
        public void setter(Thread waiter) {
            Blocked.until(event, 1);
            for (int i = 0; i < 100; i++) {
                LockSupport.unpark(waiter);
                Thread.onSpinWait();
            }
            item = 1;
            event.set();
            event.clear();
        }
    }

    /** The mirror image. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(BlockedIsReleased.class)
    @State
    public static class ShippedClearPulse {
        private final Event event = ThreadEvent.initiallySet();
        private int item;

        @Actor
        public void waiter() throws InterruptedException {
            event.awaitClear();
            Blocked.check(item == 1);
        }

        @Signal
        public void setter() {
            Blocked.until(event, 1);
            item = 1;
            event.clear();
            event.set();
        }
    }

    /** A wait for any of two events, both set and cleared at once by two threads. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(BlockedIsReleased.class)
    @State
    public static class ShippedAny {
        private final Event first = new ThreadEvent();
        private final Event second = new ThreadEvent();

        @Actor
        public void waiter() throws InterruptedException {
            Event released = Event.awaitAny(first, second);
            Blocked.check(released == first || released == second);
        }

        @Signal
        public void setter() throws InterruptedException {
            Blocked.until(first, 1);
            Blocked.until(second, 1);
            Thread other = Blocked.start(() -> Blocked.pulse(second));
            Blocked.pulse(first);
            other.join();
            Blocked.until(first, 0);
            Blocked.until(second, 0);
        }
    }

    /** A wait for two events, both set and cleared at once by two threads. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(BlockedIsReleased.class)
    @State
    public static class ShippedAll {
        private final Event first = new ThreadEvent();
        private final Event second = new ThreadEvent();

        @Actor
        public void waiter() throws InterruptedException {
            Event.awaitAll(first, second);
        }

        @Signal
        public void setter() throws InterruptedException {
            Blocked.until(first, 1);
            Blocked.until(second, 1);
            Thread other = Blocked.start(() -> Blocked.pulse(second));
            Blocked.pulse(first);
            other.join();
        }
    }
}
