// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** What {@code set} and {@code clear} return at the same time, and what they leave, fits one of the two orders. */
@Outcome(expect = ACCEPTABLE, id = "changed, changed, clear", desc = "Set, then cleared.")
@Outcome(expect = ACCEPTABLE, id = "changed, found, set", desc = "The clear found nothing to do, then came the set.")
@Outcome(expect = FORBIDDEN, id = ".*", desc = "No order explains it.")
public class SetAgainstClear {
    private SetAgainstClear() {}

    @JCStressTest
    @JCStressMeta(SetAgainstClear.class)
    @State
    public static class Simple {
        private final AtomicBoolean flag = new AtomicBoolean();

        @Actor
        public void setter(LLL_Result r) {
            r.r1 = flag.compareAndSet(false, true) ? "changed" : "found";
        }

        @Actor
        public void clearer(LLL_Result r) {
            r.r2 = flag.compareAndSet(true, false) ? "changed" : "found";
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r3 = flag.get() ? "set" : "clear";
        }
    }

    /** As shipped. */
    @JCStressTest
    @JCStressMeta(SetAgainstClear.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();

        @Actor
        public void setter(LLL_Result r) {
            r.r1 = event.set() ? "changed" : "found";
        }

        @Actor
        public void clearer(LLL_Result r) {
            r.r2 = event.clear() ? "changed" : "found";
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r3 = event.isSet() ? "set" : "clear";
        }
    }

    /** Of an event that has a round from the beginning. */
    @JCStressTest
    @JCStressMeta(SetAgainstClear.class)
    @State
    public static class ShippedNamed {
        private final Event event = new ThreadEvent("named");

        @Actor
        public void setter(LLL_Result r) {
            r.r1 = event.set() ? "changed" : "found";
        }

        @Actor
        public void clearer(LLL_Result r) {
            r.r2 = event.clear() ? "changed" : "found";
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r3 = event.isSet() ? "set" : "clear";
        }
    }

    /** Of an event that somebody waits for. */
    @JCStressTest
    @JCStressMeta(SetAgainstClear.class)
    @State
    public static class ShippedWaitedFor {
        private final Event event = new ThreadEvent();

        public ShippedWaitedFor() {
            var unused = event.whenSet();
        }

        @Actor
        public void setter(LLL_Result r) {
            r.r1 = event.set() ? "changed" : "found";
        }

        @Actor
        public void clearer(LLL_Result r) {
            r.r2 = event.clear() ? "changed" : "found";
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r3 = event.isSet() ? "set" : "clear";
        }
    }
}
