// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** However many come and go at the same time, those who stay are in the round, and nobody else, and are released with it. */
@Outcome(expect = ACCEPTABLE, id = "who stays, released", desc = "As many wait as have not left, and all are released.")
@Outcome(expect = FORBIDDEN, id = ".*", desc = "Somebody is lost, or somebody who has left is kept.")
public class WaitersComeAndGo {
    private WaitersComeAndGo() {}

    private static void end(Event event, LL_Result r, CompletableFuture<?>... stayed) {
        r.r1 = event.toString().endsWith("[clear, " + stayed.length + " waiting]") ? "who stays" : "another number";
        event.set();
        r.r2 = "released";
        for (CompletableFuture<?> future : stayed) {
            r.r2 = future.cancel(false) ? "lost" : r.r2;
        }
    }

    /** A counter. */
    @JCStressTest
    @JCStressMeta(WaitersComeAndGo.class)
    @State
    public static class Simple {
        private final AtomicInteger waiting = new AtomicInteger();

        @Actor
        public void first() {
            waiting.getAndIncrement();
            waiting.getAndDecrement();
        }

        @Actor
        public void second() {
            waiting.getAndIncrement();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r1 = waiting.get() == 1 ? "who stays" : "another number";
            r.r2 = "released";
        }
    }

    /** One comes and goes, one comes. */
    @JCStressTest
    @JCStressMeta(WaitersComeAndGo.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private CompletableFuture<Void> future = new CompletableFuture<>();

        @Actor
        public void first() {
            Waits.await(event);
        }

        @Actor
        public void second() {
            future = event.whenSet();
        }

        @Arbiter
        public void end(LL_Result r) {
            WaitersComeAndGo.end(event, r, future);
        }
    }

    /** Two come. */
    @JCStressTest
    @JCStressMeta(WaitersComeAndGo.class)
    @State
    public static class ShippedComing {
        private final Event event = new ThreadEvent();
        private CompletableFuture<Void> first = new CompletableFuture<>();
        private CompletableFuture<Void> second = new CompletableFuture<>();

        @Actor
        public void first() {
            first = event.whenSet();
        }

        @Actor
        public void second() {
            second = event.whenSet();
        }

        @Arbiter
        public void end(LL_Result r) {
            WaitersComeAndGo.end(event, r, first, second);
        }
    }

    /** Two come and go, beside one who stays. */
    @JCStressTest
    @JCStressMeta(WaitersComeAndGo.class)
    @State
    public static class ShippedGoing {
        private final Event event = new ThreadEvent();
        private final CompletableFuture<Void> stays = event.whenSet();

        @Actor
        public void first() {
            Waits.await(event);
        }

        @Actor
        public void second() {
            Waits.await(event);
        }

        @Arbiter
        public void end(LL_Result r) {
            WaitersComeAndGo.end(event, r, stays);
        }
    }

    /** So many go that the dead are swept, between one who came before them and one who came after. */
    @JCStressTest
    @JCStressMeta(WaitersComeAndGo.class)
    @State
    public static class ShippedSwept {
        private static final int GOING = 20;

        private final Event event = new ThreadEvent();
        private final CompletableFuture<Void> before = event.whenSet();
        private final CompletableFuture<?>[] going = new CompletableFuture<?>[2 * GOING];
        private final CompletableFuture<Void> after;

        public ShippedSwept() {
            for (int i = 0; i < going.length; i++) {
                going[i] = event.whenSet();
            }
            after = event.whenSet();
        }

        @Actor
        public void first() {
            for (int i = 0; i < GOING; i++) {
                going[i].cancel(false);
            }
        }

        @Actor
        public void second() {
            for (int i = GOING; i < 2 * GOING; i++) {
                going[i].cancel(false);
            }
        }

        @Arbiter
        public void end(LL_Result r) {
            WaitersComeAndGo.end(event, r, before, after);
        }
    }
}
