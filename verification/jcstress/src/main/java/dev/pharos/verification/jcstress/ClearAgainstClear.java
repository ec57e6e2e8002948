// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Of two that {@code clear} an event at the same time, exactly one has changed it. */
@Outcome(expect = ACCEPTABLE, id = "changed, found", desc = "The first came first.")
@Outcome(expect = ACCEPTABLE, id = "found, changed", desc = "The second came first.")
@Outcome(expect = FORBIDDEN, id = "changed, changed", desc = "One change was claimed by two.")
@Outcome(expect = FORBIDDEN, id = "found, found", desc = "A change that nobody has made.")
public class ClearAgainstClear {
    private ClearAgainstClear() {}

    @JCStressTest
    @JCStressMeta(ClearAgainstClear.class)
    @State
    public static class Simple {
        private final AtomicBoolean flag = new AtomicBoolean();

        @Actor
        public void first(LL_Result r) {
            r.r1 = flag.compareAndSet(false, true) ? "changed" : "found";
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = flag.compareAndSet(false, true) ? "changed" : "found";
        }
    }

    /** As shipped. */
    @JCStressTest
    @JCStressMeta(ClearAgainstClear.class)
    @State
    public static class Shipped {
        private final Event event = ThreadEvent.initiallySet();

        @Actor
        public void first(LL_Result r) {
            r.r1 = event.clear() ? "changed" : "found";
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = event.clear() ? "changed" : "found";
        }
    }

    /** Of an event that has a round from the beginning. */
    @JCStressTest
    @JCStressMeta(ClearAgainstClear.class)
    @State
    public static class ShippedNamed {
        private final Event event = new ThreadEvent("named");

        public ShippedNamed() {
            event.set();
        }

        @Actor
        public void first(LL_Result r) {
            r.r1 = event.clear() ? "changed" : "found";
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = event.clear() ? "changed" : "found";
        }
    }

    /** Of an event that somebody waits for. */
    @JCStressTest
    @JCStressMeta(ClearAgainstClear.class)
    @State
    public static class ShippedWaitedFor {
        private final Event event = ThreadEvent.initiallySet();

        public ShippedWaitedFor() {
            var unused = event.whenClear();
        }

        @Actor
        public void first(LL_Result r) {
            r.r1 = event.clear() ? "changed" : "found";
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = event.clear() ? "changed" : "found";
        }
    }
}
