// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.TimeUnit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Whoever finds the event set sees what was done before {@code set}. */
@Outcome(expect = ACCEPTABLE, id = "set, seen", desc = "Finds the event set, and sees the item.")
@Outcome(expect = ACCEPTABLE, id = "not yet, .*", desc = "Does not find the event set: nothing is promised.")
@Outcome(expect = FORBIDDEN, id = "set, unseen", desc = "Finds the event set, but does not see the item.")
public class SetPublishes {
    private SetPublishes() {}

    @JCStressTest
    @JCStressMeta(SetPublishes.class)
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
            r.r1 = changed ? "set" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To {@code isSet}. */
    @JCStressTest
    @JCStressMeta(SetPublishes.class)
    @State
    public static class ShippedToIsSet {
        private final Event event = new ThreadEvent();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.set();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = event.isSet() ? "set" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To {@code isSet}, of an event that has a round from the beginning. */
    @JCStressTest
    @JCStressMeta(SetPublishes.class)
    @State
    public static class ShippedToIsSetNamed {
        private final Event event = new ThreadEvent("named");
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.set();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = event.isSet() ? "set" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To a wait that polls. */
    @JCStressTest
    @JCStressMeta(SetPublishes.class)
    @State
    public static class ShippedToPoll {
        private final Event event = new ThreadEvent();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.set();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = Waits.poll(event) ? "set" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To a wait that registers. */
    @JCStressTest
    @JCStressMeta(SetPublishes.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.set();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = Waits.await(event).equals("released") ? "set" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To a wait with a limit that registers. */
    @JCStressTest
    @JCStressMeta(SetPublishes.class)
    @State
    public static class ShippedToTimedAwait {
        private final Event event = new ThreadEvent();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.set();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = Waits.interrupted(() -> event.await(1L, TimeUnit.DAYS)).equals("released") ? "set" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }

    /** To a future that can no longer be cancelled. */
    @JCStressTest
    @JCStressMeta(SetPublishes.class)
    @State
    public static class ShippedToFuture {
        private final Event event = new ThreadEvent();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.set();
        }

        @Actor
        public void consumer(LL_Result r) {
            r.r1 = !event.whenSet().cancel(false) ? "set" : "not yet";
            r.r2 = item == 1 ? "seen" : "unseen";
        }
    }
}
