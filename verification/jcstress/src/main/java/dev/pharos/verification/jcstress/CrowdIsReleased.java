// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/**
 * All of a crowd are released by one set, although the caller of {@code set} wakes only the first and counts on them to wake the
 * others. So the first of them are the ones that withdraw at the same time, or have much else to do.
 */
@Outcome(expect = ACCEPTABLE, id = "TERMINATED", desc = "Everybody was released.")
@Outcome(expect = FORBIDDEN, id = "STALE", desc = "Somebody sleeps for ever.")
@Outcome(expect = FORBIDDEN, id = "ERROR", desc = "Somebody was neither released nor interrupted.")
public class CrowdIsReleased {
    /** Twice as many as the caller wakes. */
    private static final int CROWD = 16;

    private CrowdIsReleased() {}

    @JCStressTest(Mode.Termination)
    @JCStressMeta(CrowdIsReleased.class)
    @State
    public static class Simple {
        private final CountDownLatch latch = new CountDownLatch(1);

        @Actor
        public void crowd() throws InterruptedException {
            Crowd crowd = new Crowd();
            crowd.join(CROWD, latch::await);
            crowd.end();
        }

        @Signal
        public void setter() {
            latch.countDown();
        }
    }

    /** Nobody withdraws. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(CrowdIsReleased.class)
    @State
    public static class ShippedStaying {
        private final Event event = new ThreadEvent();

        @Actor
        public void crowd() throws InterruptedException {
            Crowd crowd = new Crowd();
            crowd.join(CROWD, event::await);
            crowd.end();
        }

        @Signal
        public void setter() {
            Blocked.until(event, CROWD);
            Blocked.pulse(event);
        }
    }

    /** The last to come, who are the first to be woken, are interrupted while the event is set. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(CrowdIsReleased.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private final Crowd crowd = new Crowd();

        @Actor
        public void crowd() throws InterruptedException {
            crowd.join(CROWD / 2, event::await);
            Blocked.until(event, CROWD / 2);
            crowd.join(CROWD / 2, event::await);
            crowd.end();
        }

        @Signal
        public void setter() throws InterruptedException {
            Blocked.until(event, CROWD);
            Thread interrupter = Blocked.start(() -> crowd.interruptLast(CROWD / 2));
            Blocked.pulse(event);
            interrupter.join();
        }
    }

    /** The same, while those who withdraw have a limit, so that they may come back late. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(CrowdIsReleased.class)
    @State
    public static class ShippedWithdrawingTimed {
        private final Event event = new ThreadEvent();
        private final Crowd crowd = new Crowd();

        @Actor
        public void crowd() throws InterruptedException {
            crowd.join(2, event::await);
            Blocked.until(event, 2);
            crowd.join(CROWD - 2, () -> event.await(Long.MAX_VALUE - 1, TimeUnit.NANOSECONDS));
            crowd.end();
        }

        @Signal
        public void setter() throws InterruptedException {
            Blocked.until(event, CROWD);
            Thread interrupter = Blocked.start(() -> crowd.interruptLast(CROWD - 2));
            Blocked.pulse(event);
            interrupter.join();
        }
    }

    /** Futures, whose tasks are slow, are the first to be woken: they must not be counted on. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(CrowdIsReleased.class)
    @State
    public static class ShippedBehindFutures {
        private final Event event = new ThreadEvent();
        private final CountDownLatch free = new CountDownLatch(1);

        @Actor
        public void crowd() throws InterruptedException {
            Crowd crowd = new Crowd();
            crowd.join(2, event::await);
            Blocked.until(event, 2);
            List<CompletableFuture<Void>> slow = new ArrayList<>();
            for (int i = 0; i < CROWD; i++) {
                slow.add(event.whenSet().thenRun(() -> Blocked.await(free)));
            }
            crowd.end();
            free.countDown();
            slow.forEach(CompletableFuture::join);
        }

        @Signal
        public void setter() {
            Blocked.until(event, CROWD + 2);
            Blocked.pulse(event);
        }
    }

    /** Nobody but futures: none of them can wake the others. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(CrowdIsReleased.class)
    @State
    public static class ShippedFutures {
        private final Event event = new ThreadEvent();

        @Actor
        public void crowd() {
            List<CompletableFuture<Void>> crowd = new ArrayList<>();
            for (int i = 0; i < CROWD; i++) {
                crowd.add(event.whenSet());
            }
            crowd.forEach(CompletableFuture::join);
        }

        @Signal
        public void setter() {
            Blocked.until(event, CROWD);
            Blocked.pulse(event);
        }
    }

    /** Nobody but futures, half of which are cancelled at the same time: they must not be counted on either. */
    @JCStressTest(Mode.Termination)
    @JCStressMeta(CrowdIsReleased.class)
    @State
    public static class ShippedCancelled {
        private final Event event = new ThreadEvent();
        private final List<CompletableFuture<Void>> staying = new ArrayList<>();
        private final List<CompletableFuture<Void>> leaving = new ArrayList<>();

        public ShippedCancelled() {
            staying.add(event.whenSet());
            for (int i = 0; i < CROWD; i++) {
                leaving.add(event.whenSet());
                staying.add(event.whenSet());
            }
        }

        @Actor
        public void crowd() {
            staying.forEach(CompletableFuture::join);
        }

        @Signal
        public void setter() throws InterruptedException {
            CountDownLatch ready = new CountDownLatch(1);
            Thread canceller = Blocked.start(() -> {
                ready.countDown();
                leaving.forEach(future -> future.cancel(false));
            });
            ready.await();
            Blocked.pulse(event);
            canceller.join();
        }
    }
}
