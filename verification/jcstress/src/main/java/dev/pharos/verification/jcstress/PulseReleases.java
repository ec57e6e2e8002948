// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A set that is cleared at once releases whoever waited before it. */
@Outcome(expect = ACCEPTABLE, id = "released, undone", desc = "Released, although the event is as it was before.")
@Outcome(expect = FORBIDDEN, id = "lost, .*", desc = "The set was lost on the waiter.")
@Outcome(expect = FORBIDDEN, id = ".*, left", desc = "The last change was not the one that was made last.")
public class PulseReleases {
    private PulseReleases() {}

    /** A set ends the round that the waiter is in, and the next round is another one. */
    @JCStressTest
    @JCStressMeta(PulseReleases.class)
    @State
    public static class Simple {
        private final CountDownLatch waited = new CountDownLatch(1);
        private final AtomicReference<CountDownLatch> round = new AtomicReference<>(waited);

        @Actor
        public void first(LL_Result r) {
            round.getAndSet(new CountDownLatch(1)).countDown();
            r.r1 = waited.getCount() == 0L ? "released" : "lost";
        }

        @Actor
        public void second() {
            round.get();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = round.get() != waited ? "undone" : "left";
        }
    }

    /** Two who change the event at once. */
    @JCStressTest
    @JCStressMeta(PulseReleases.class)
    @State
    public static class ShippedAgainstClear {
        private final Event event = new ThreadEvent();
        private final CompletableFuture<Void> future = event.whenSet();

        @Actor
        public void first(LL_Result r) {
            event.set();
            event.clear();
            r.r1 = future.cancel(false) ? "lost" : "released";
        }

        @Actor
        public void second() {
            event.clear();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = !event.isSet() ? "undone" : "left";
        }
    }

    /** Two who set it and clear it at once. */
    @JCStressTest
    @JCStressMeta(PulseReleases.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private final CompletableFuture<Void> future = event.whenSet();

        @Actor
        public void first(LL_Result r) {
            event.set();
            event.clear();
            r.r1 = future.cancel(false) ? "lost" : "released";
        }

        @Actor
        public void second() {
            event.set();
            event.clear();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = !event.isSet() ? "undone" : "left";
        }
    }

    /** The same, of an event that has a name. */
    @JCStressTest
    @JCStressMeta(PulseReleases.class)
    @State
    public static class ShippedNamed {
        private final Event event = new ThreadEvent("named");
        private final CompletableFuture<Void> future = event.whenSet();

        @Actor
        public void first(LL_Result r) {
            event.set();
            event.clear();
            r.r1 = future.cancel(false) ? "lost" : "released";
        }

        @Actor
        public void second() {
            event.set();
            event.clear();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = event.toString().endsWith("[named, clear, 0 waiting]") ? "undone" : "left";
        }
    }

    /** The mirror image. */
    @JCStressTest
    @JCStressMeta(PulseReleases.class)
    @State
    public static class ShippedClear {
        private final Event event = ThreadEvent.initiallySet();
        private final CompletableFuture<Void> future = event.whenClear();

        @Actor
        public void first(LL_Result r) {
            event.clear();
            event.set();
            r.r1 = future.cancel(false) ? "lost" : "released";
        }

        @Actor
        public void second() {
            event.clear();
            event.set();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = event.isSet() ? "undone" : "left";
        }
    }
}
