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

/** Whoever finds the event clear sees what was done before {@code clear}. */
@Outcome(expect = ACCEPTABLE, id = "clear, seen", desc = "Finds the event clear, and sees the item.")
@Outcome(expect = ACCEPTABLE, id = "not yet, .*", desc = "Does not find the event clear: nothing is promised.")
@Outcome(expect = FORBIDDEN, id = "clear, unseen", desc = "Finds the event clear, but does not see the item.")
public class ClearPublishes {
    private ClearPublishes() {}

    @JCStressTest
    @JCStressMeta(ClearPublishes.class)
    @State
    public static class Simple {
        private int item;
        private volatile boolean changed;

        @Actor
        public void producer() {
            item = 1;
            changed = true;
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = changed ? "clear" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To {@code isSet}. */
    @JCStressTest
    @JCStressMeta(ClearPublishes.class)
    @State
    public static class ShippedToIsSet {
        private final Event event = ThreadEvent.initiallySet();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.clear();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = !event.isSet() ? "clear" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To a wait that polls. */
    @JCStressTest
    @JCStressMeta(ClearPublishes.class)
    @State
    public static class ShippedToPoll {
        private final Event event = ThreadEvent.initiallySet();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.clear();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = Waits.pollClear(event) ? "clear" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To a wait that registers. */
    @JCStressTest
    @JCStressMeta(ClearPublishes.class)
    @State
    public static class Shipped {
        private final Event event = ThreadEvent.initiallySet();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.clear();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = Waits.awaitClear(event).equals("released") ? "clear" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To a future that can no longer be cancelled. */
    @JCStressTest
    @JCStressMeta(ClearPublishes.class)
    @State
    public static class ShippedToFuture {
        private final Event event = ThreadEvent.initiallySet();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.clear();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = !event.whenClear().cancel(false) ? "clear" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }
}
