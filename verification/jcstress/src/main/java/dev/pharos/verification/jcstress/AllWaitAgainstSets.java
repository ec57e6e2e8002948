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
import org.openjdk.jcstress.infra.results.LL_Result;

/** A wait for two events is over only if both were set, and sees what was done before either. */
@Outcome(expect = ACCEPTABLE, id = "interrupted, .*", desc = "One of the two was not set in time.")
@Outcome(expect = ACCEPTABLE, id = "released, seen", desc = "Both were set.")
@Outcome(
        expect = FORBIDDEN,
        id = "released, unseen",
        desc = "Released, although one of the two had not been set or had not been seen.")
@Outcome(expect = FORBIDDEN, id = ".*", desc = "An answer that makes no sense.")
public class AllWaitAgainstSets {
    private AllWaitAgainstSets() {}

    @JCStressTest
    @JCStressMeta(AllWaitAgainstSets.class)
    @State
    public static class Simple {
        private int item;
        private volatile boolean first;
        private volatile boolean second;

        @Actor
        public void waiter(LL_Result r) {
            r.r1 = first && second ? "released" : "interrupted";
            r.r2 = item == 2 ? "seen" : "unseen";
        }

        @Actor
        public void setter() {
            item = 1;
            first = true;
            item = 2;
            second = true;
        }
    }

    /** As shipped. */
    @JCStressTest
    @JCStressMeta(AllWaitAgainstSets.class)
    @State
    public static class Shipped {
        private final Event first = new ThreadEvent();
        private final Event second = new ThreadEvent();
        private int item;

        @Actor
        public void waiter(LL_Result r) {
            r.r1 = Waits.interrupted(() -> {
                Event.awaitAll(first, second);
                return true;
            });
            r.r2 = item == 2 ? "seen" : "unseen";
        }

        @Actor
        public void setter() {
            item = 1;
            first.set();
            first.clear();
            item = 2;
            second.set();
        }
    }
}
