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

/** What depends on a future runs in no thread that calls {@code set}. */
@Outcome(expect = ACCEPTABLE, id = "elsewhere, elsewhere", desc = "Not yet, or in a thread of the executor.")
@Outcome(expect = FORBIDDEN, id = ".*", desc = "Inside of set().")
public class DependentsRunElsewhere {
    private DependentsRunElsewhere() {}

    /** Nothing runs anywhere. */
    @JCStressTest
    @JCStressMeta(DependentsRunElsewhere.class)
    @State
    public static class Simple {
        private volatile Thread ranIn;

        @Actor
        public void first(LL_Result r) {
            r.r1 = ranIn == Thread.currentThread() ? "inside" : "elsewhere";
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = ranIn == Thread.currentThread() ? "inside" : "elsewhere";
        }
    }

    /** As shipped. */
    @JCStressTest
    @JCStressMeta(DependentsRunElsewhere.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private volatile Thread ranIn;

        public Shipped() {
            var unused = event.whenSet().thenRun(() -> ranIn = Thread.currentThread());
        }

        @Actor
        public void first(LL_Result r) {
            event.set();
            r.r1 = ranIn == Thread.currentThread() ? "inside" : "elsewhere";
        }

        @Actor
        public void second(LL_Result r) {
            event.set();
            r.r2 = ranIn == Thread.currentThread() ? "inside" : "elsewhere";
        }
    }
}
