// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/** A thread that does nothing but look at the flag sees the event set in the end. */
@Outcome(expect = ACCEPTABLE, id = "TERMINATED", desc = "The set was seen.")
@Outcome(expect = FORBIDDEN, id = "STALE", desc = "The loop has read the flag once, and never again.")
public class SpinnerSeesSet {
    private SpinnerSeesSet() {}

    @JCStressTest(Mode.Termination)
    @JCStressMeta(SpinnerSeesSet.class)
    @State
    public static class Simple {
        private volatile boolean set;

        @Actor
        public void spinner() {
            while (!set) {} // no onSpinWait: it might hide what the compiler does to the loop
        }

        @Signal
        public void setter() {
            set = true;
        }
    }

    @JCStressTest(Mode.Termination)
    @JCStressMeta(SpinnerSeesSet.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();

        @Actor
        public void spinner() {
            while (!event.isSet()) {} // as above
        }

        @Signal
        public void setter() {
            event.set();
        }
    }
}
