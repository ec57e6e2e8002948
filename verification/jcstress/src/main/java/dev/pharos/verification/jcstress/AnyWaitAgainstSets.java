// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A wait for any of two events that are set while it begins: the first of those that were set is the answer. */
@Outcome(expect = ACCEPTABLE, id = "interrupted, no residue", desc = "Nothing was set in time.")
@Outcome(expect = ACCEPTABLE, id = "first, no residue", desc = "The first of the events in the order of the arguments.")
@Outcome(expect = ACCEPTABLE, id = "the earlier, no residue", desc = "The only one that was set in time.")
@Outcome(
        expect = ACCEPTABLE_INTERESTING,
        id = "second, no residue",
        desc = "Both were set after the interrupt had ended the wait for the first, and before that for the second.")
@Outcome(expect = FORBIDDEN, id = ".*, residue", desc = "Something is left behind with an event that was not set.")
@Outcome(expect = FORBIDDEN, id = ".*", desc = "An answer that makes no sense.")
public class AnyWaitAgainstSets {
    private AnyWaitAgainstSets() {}

    /** Two flags, read in the order in which they are not written. */
    @JCStressTest
    @JCStressMeta(AnyWaitAgainstSets.class)
    @State
    public static class Simple {
        private volatile boolean firstSet;
        private volatile boolean secondSet;

        @Actor
        public void waiter(LL_Result r) {
            boolean second = secondSet;
            r.r1 = firstSet ? "first" : second ? "second" : "interrupted";
        }

        @Actor
        public void setter() {
            firstSet = true;
            secondSet = true;
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = "no residue";
        }
    }

    /** Set in the order of the arguments. */
    @JCStressTest
    @JCStressMeta(AnyWaitAgainstSets.class)
    @State
    public static class Shipped {
        private final Event first = new ThreadEvent();
        private final Event second = new ThreadEvent();

        @Actor
        public void waiter(LL_Result r) {
            String outcome = Waits.interrupted(() -> {
                r.r1 = Event.awaitAny(first, second) == first ? "first" : "second";
                return true;
            });
            r.r1 = outcome.equals("released") ? r.r1 : outcome;
        }

        @Actor
        public void setter() {
            first.set();
            second.set();
        }

        @Arbiter
        public void end(LL_Result r) {
            boolean residue = !(first + " " + second).matches(".* 0 waiting. .* 0 waiting.");
            r.r2 = residue ? "residue" : "no residue";
        }
    }

    /** Set against the order of the arguments, each for a moment only. */
    @JCStressTest
    @JCStressMeta(AnyWaitAgainstSets.class)
    @State
    public static class ShippedAgainstOrder {
        private final Event first = new ThreadEvent();
        private final Event second = new ThreadEvent();

        @Actor
        public void waiter(LL_Result r) {
            String outcome = Waits.interrupted(() -> {
                r.r1 = Event.awaitAny(first, second) == first ? "first" : "the earlier";
                return true;
            });
            r.r1 = outcome.equals("released") ? r.r1 : outcome;
        }

        @Actor
        public void setter() {
            second.set();
            second.clear();
            first.set();
            first.clear();
        }

        @Arbiter
        public void end(LL_Result r) {
            boolean residue = !(first + " " + second).matches(".* 0 waiting. .* 0 waiting.");
            r.r2 = residue ? "residue" : "no residue";
        }
    }
}
