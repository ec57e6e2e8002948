// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A wait that is set and interrupted at the same time has one of the two outcomes, and spends the interrupt only once. */
@Outcome(
        expect = ACCEPTABLE,
        id = "released, no residue",
        desc = "The set came first, and the interrupt status is left alone.")
@Outcome(
        expect = ACCEPTABLE,
        id = "interrupted, no residue",
        desc = "The interrupt came first, and its status is spent.")
@Outcome(expect = FORBIDDEN, id = ".*", desc = "Both or neither, or a waiter is left behind.")
public class InterruptAgainstSet {
    private InterruptAgainstSet() {}

    /** The first of the two decides. */
    @JCStressTest
    @JCStressMeta(InterruptAgainstSet.class)
    @State
    public static class Simple {
        private final AtomicReference<String> outcome = new AtomicReference<>();

        @Actor
        public void waiter(LL_Result r) {
            outcome.compareAndSet(null, "interrupted");
            r.r1 = outcome.get();
        }

        @Actor
        public void setter() {
            outcome.compareAndSet(null, "released");
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = "no residue";
        }
    }

    /** As shipped. */
    @JCStressTest
    @JCStressMeta(InterruptAgainstSet.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();

        @Actor
        public void waiter(LL_Result r) {
            r.r1 = Waits.await(event);
        }

        @Actor
        public void setter() {
            event.set();
        }

        @Arbiter
        public void end(LL_Result r) {
            boolean changed = event.isSet();
            r.r2 = !changed ? "lost" : event.toString().endsWith(", 0 waiting]") ? "no residue" : "residue";
        }
    }

    /** With a limit. */
    @JCStressTest
    @JCStressMeta(InterruptAgainstSet.class)
    @State
    public static class ShippedTimed {
        private final Event event = new ThreadEvent();

        @Actor
        public void waiter(LL_Result r) {
            r.r1 = Waits.interrupted(() -> event.await(Long.MAX_VALUE - 1, TimeUnit.NANOSECONDS));
        }

        @Actor
        public void setter() {
            event.set();
        }

        @Arbiter
        public void end(LL_Result r) {
            boolean changed = event.isSet();
            r.r2 = !changed ? "lost" : event.toString().endsWith(", 0 waiting]") ? "no residue" : "residue";
        }
    }

    /** The mirror image. */
    @JCStressTest
    @JCStressMeta(InterruptAgainstSet.class)
    @State
    public static class ShippedClear {
        private final Event event = ThreadEvent.initiallySet();

        @Actor
        public void waiter(LL_Result r) {
            r.r1 = Waits.awaitClear(event);
        }

        @Actor
        public void setter() {
            event.clear();
        }

        @Arbiter
        public void end(LL_Result r) {
            boolean changed = !event.isSet();
            r.r2 = !changed ? "lost" : event.toString().endsWith(", 0 waiting]") ? "no residue" : "residue";
        }
    }
}
