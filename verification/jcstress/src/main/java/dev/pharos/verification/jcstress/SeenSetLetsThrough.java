// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** Whoever has seen the event set is let through by every wait, whatever the interrupt status, as long as nobody clears it. */
@Outcome(expect = ACCEPTABLE, id = "clear, .*", desc = "Not seen set before: either may be.")
@Outcome(expect = ACCEPTABLE, id = "set, released, complete", desc = "Seen set, and let through.")
@Outcome(expect = FORBIDDEN, id = "set, .*", desc = "Seen set, and then not let through.")
public class SeenSetLetsThrough {
    private SeenSetLetsThrough() {}

    /** A flag that is read twice does not go back. */
    @JCStressTest
    @JCStressMeta(SeenSetLetsThrough.class)
    @State
    public static class Simple {
        private volatile boolean set;

        @Actor
        public void waiter(LLL_Result r) {
            r.r1 = set ? "set" : "clear";
            r.r2 = set ? "released" : "interrupted";
            r.r3 = set ? "complete" : "incomplete";
        }

        @Actor
        public void setter() {
            set = true;
        }
    }

    /** As shipped. */
    @JCStressTest
    @JCStressMeta(SeenSetLetsThrough.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();

        @Actor
        public void waiter(LLL_Result r) {
            r.r1 = event.isSet() ? "set" : "clear";
            r.r2 = Waits.await(event);
            r.r3 = event.whenSet().isDone() ? "complete" : "incomplete";
        }

        @Actor
        public void setter() {
            event.set();
        }
    }

    /** Of an event that somebody waits for, so that it goes through an ended round. */
    @JCStressTest
    @JCStressMeta(SeenSetLetsThrough.class)
    @State
    public static class ShippedWaitedFor {
        private final Event event = new ThreadEvent();

        public ShippedWaitedFor() {
            var unused = event.whenSet();
        }

        @Actor
        public void waiter(LLL_Result r) {
            r.r1 = event.isSet() ? "set" : "clear";
            r.r3 = event.whenSet().isDone() ? "complete" : "incomplete";
            r.r2 = Waits.await(event);
        }

        @Actor
        public void setter() {
            event.set();
        }
    }

    /** The mirror image. */
    @JCStressTest
    @JCStressMeta(SeenSetLetsThrough.class)
    @State
    public static class ShippedClear {
        private final Event event = ThreadEvent.initiallySet();

        @Actor
        public void waiter(LLL_Result r) {
            r.r1 = event.isSet() ? "clear" : "set";
            r.r2 = Waits.awaitClear(event);
            r.r3 = event.whenClear().isDone() ? "complete" : "incomplete";
        }

        @Actor
        public void setter() {
            event.clear();
        }
    }
}
