// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/** A blocked wait that is set and interrupted at the same time ends, and the interrupt is spent once or not at all. */
@Outcome(
        expect = ACCEPTABLE,
        id = "TERMINATED",
        desc = "Released with the interrupt status set, or interrupted with the status spent.")
@Outcome(expect = FORBIDDEN, id = "STALE", desc = "The waiter sleeps for ever.")
@Outcome(
        expect = FORBIDDEN,
        id = "ERROR",
        desc = "Released, but the interrupt is lost; or interrupted, but the status is left.")
public class InterruptAgainstPulse {
    private InterruptAgainstPulse() {}

    /** As long as nothing is set, there is one outcome. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(InterruptAgainstPulse.class)
    @State
    public static class Simple {
        private final Semaphore permit = new Semaphore(0);

        @Actor
        public void waiter() {
            try {
                permit.acquire();
                throw new IllegalStateException();
            } catch (InterruptedException e) {
                Blocked.check(!Thread.interrupted());
            }
        }

        @Signal
        public void interrupter(Thread waiter) {
            waiter.interrupt();
        }
    }

    /** As shipped. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(InterruptAgainstPulse.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private final CountDownLatch interrupted = new CountDownLatch(1);

        @Actor
        public void waiter() {
            boolean thrown = false;
            try {
                event.await();
            } catch (InterruptedException e) {
                thrown = true;
            }
            while (interrupted.getCount() != 0L) {
                Thread.onSpinWait();
            }
            Blocked.check(thrown != Thread.interrupted());
        }

        @Signal
        public void setter(Thread waiter) throws InterruptedException {
            Blocked.until(event, 1);
            Thread interrupter = Blocked.start(() -> {
                waiter.interrupt();
                interrupted.countDown();
            });
            Blocked.pulse(event);
            interrupter.join();
        }
    }

    /** Interrupted by somebody who has seen the event set: too late, whatever became of the event since. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(InterruptAgainstPulse.class)
    @State
    public static class ShippedAfterwards {
        private final Event event = new ThreadEvent();

        @Actor
        public void waiter() throws InterruptedException {
            event.await();
        }

        @Signal
        public void setter(Thread waiter) throws InterruptedException {
            Blocked.until(event, 1);
            CountDownLatch ready = new CountDownLatch(1);
            Thread interrupter = Blocked.start(() -> {
                ready.countDown();
                while (!event.isSet()) {
                    LockSupport.unpark(waiter); // so that it is between two parks when the event is set
                }
                event.clear();
                waiter.interrupt();
            });
            ready.await();
            event.set();
            interrupter.join();
        }
    }

    /** The same of a wait for any of two events, whose gate is set a step later than the event. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(InterruptAgainstPulse.class)
    @State
    public static class ShippedAnyAfterwards {
        private final Event first = new ThreadEvent();
        private final Event second = new ThreadEvent();

        @Actor
        public void waiter() throws InterruptedException {
            Blocked.check(Event.awaitAny(first, second) == first);
        }

        @Signal
        public void setter(Thread waiter) throws InterruptedException {
            Blocked.until(second, 1);
            CountDownLatch ready = new CountDownLatch(1);
            Thread interrupter = Blocked.start(() -> {
                ready.countDown();
                while (!first.isSet()) {
                    Thread.onSpinWait();
                }
                waiter.interrupt();
            });
            ready.await();
            first.set();
            interrupter.join();
        }
    }
}
