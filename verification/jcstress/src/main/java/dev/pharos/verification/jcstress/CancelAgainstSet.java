// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** Whether {@code cancel} or {@code set} came first is decided once, for everybody. */
@Outcome(expect = ACCEPTABLE, id = "cancelled, cancelled, .*", desc = "Cancelled first.")
@Outcome(
        expect = ACCEPTABLE,
        id = "released, released, seen",
        desc = "Set first: the future completes normally, and publishes.")
@Outcome(
        expect = FORBIDDEN,
        id = "released, released, unseen",
        desc = "Released, but what came before the set is not seen.")
@Outcome(
        expect = FORBIDDEN,
        id = "cancelled, released, .*",
        desc = "cancel() has returned true, but the future is not cancelled.")
@Outcome(
        expect = FORBIDDEN,
        id = "released, cancelled, .*",
        desc = "cancel() has returned false, but the future is cancelled.")
public class CancelAgainstSet {
    private CancelAgainstSet() {}

    @JCStressTest
    @JCStressMeta(CancelAgainstSet.class)
    @State
    public static class Simple {
        private final AtomicReference<String> outcome = new AtomicReference<>();
        private int item;

        @Actor
        public void canceller(LLL_Result r) {
            r.r1 = outcome.compareAndSet(null, "cancelled") ? "cancelled" : "released";
            r.r3 = item == 1 ? "seen" : "unseen";
        }

        @Actor
        public void setter() {
            item = 1;
            outcome.compareAndSet(null, "released");
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r2 = outcome.get();
        }
    }

    /** As shipped. */
    @JCStressTest
    @JCStressMeta(CancelAgainstSet.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private final CompletableFuture<Void> future = event.whenSet();
        private int item;

        @Actor
        public void canceller(LLL_Result r) {
            r.r1 = future.cancel(false) ? "cancelled" : "released";
            r.r3 = item == 1 ? "seen" : "unseen";
        }

        @Actor
        public void setter() {
            item = 1;
            event.set();
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r2 = future.cancel(false) ? "cancelled" : "released";
        }
    }

    /** Completed by somebody else instead. */
    @JCStressTest
    @JCStressMeta(CancelAgainstSet.class)
    @State
    public static class ShippedComplete {
        private final Event event = new ThreadEvent();
        private final CompletableFuture<Void> future = event.whenSet();
        private int item;

        @Actor
        public void canceller(LLL_Result r) {
            r.r1 = future.completeExceptionally(new IllegalStateException()) ? "cancelled" : "released";
            r.r3 = item == 1 ? "seen" : "unseen";
        }

        @Actor
        public void setter() {
            item = 1;
            event.set();
        }

        @Arbiter
        public void end(LLL_Result r) {
            future.cancel(false);
            r.r2 = future.isCompletedExceptionally() ? "cancelled" : "released";
        }
    }

    /** The mirror image. */
    @JCStressTest
    @JCStressMeta(CancelAgainstSet.class)
    @State
    public static class ShippedClear {
        private final Event event = ThreadEvent.initiallySet();
        private final CompletableFuture<Void> future = event.whenClear();
        private int item;

        @Actor
        public void canceller(LLL_Result r) {
            r.r1 = future.cancel(false) ? "cancelled" : "released";
            r.r3 = item == 1 ? "seen" : "unseen";
        }

        @Actor
        public void setter() {
            item = 1;
            event.clear();
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r2 = future.cancel(false) ? "cancelled" : "released";
        }
    }
}
