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
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A redundant {@code set} publishes: a consumer that waits, {@code clear}s and drains leaves no item behind. The event is
 * set from the beginning, so the {@code set} of the producer finds nothing to do if it comes before the {@code clear}.
 * Its item must not be in its store buffer then.
 */
@Outcome(expect = ACCEPTABLE, id = "drained, silent", desc = "Undone by the consumer, which sees the item.")
@Outcome(
        expect = ACCEPTABLE,
        id = "drained, announced again",
        desc = "The item was seen early and is announced once more: harmless.")
@Outcome(
        expect = ACCEPTABLE,
        id = "missed, announced again",
        desc = "The item came too late for this round, and is announced for the next.")
@Outcome(expect = FORBIDDEN, id = "missed, silent", desc = "The item is left behind, and nobody will look for it.")
public class RedundantSetPublishes {
    private RedundantSetPublishes() {}

    /** A flag that is written even if it does not change. */
    @JCStressTest
    @JCStressMeta(RedundantSetPublishes.class)
    @State
    public static class Simple {
        private final AtomicBoolean flag = new AtomicBoolean(true);
        private int item;

        @Actor
        public void producer() {
            item = 1;
            flag.getAndSet(true);
        }

        @Actor
        public void consumer(LL_Result r) {
            flag.getAndSet(false);
            r.r1 = item == 1 ? "drained" : "missed";
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = flag.get() ? "announced again" : "silent";
        }
    }

    /** As shipped. */
    @JCStressTest
    @JCStressMeta(RedundantSetPublishes.class)
    @State
    public static class Shipped {
        private final Event event = ThreadEvent.initiallySet();
        private int item;

        @Actor
        public void producer() {
            item = 1;
            event.set();
        }

        @Actor
        public void consumer(LL_Result r) {
            Waits.poll(event);
            event.clear();
            r.r1 = item == 1 ? "drained" : "missed";
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = event.isSet() ? "announced again" : "silent";
        }
    }

    /** Of an event that has a round from the beginning. */
    @JCStressTest
    @JCStressMeta(RedundantSetPublishes.class)
    @State
    public static class ShippedNamed {
        private final Event event = new ThreadEvent("named");
        private int item;

        public ShippedNamed() {
            event.set();
        }

        @Actor
        public void producer() {
            item = 1;
            event.set();
        }

        @Actor
        public void consumer(LL_Result r) {
            Waits.poll(event);
            event.clear();
            r.r1 = item == 1 ? "drained" : "missed";
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = event.isSet() ? "announced again" : "silent";
        }
    }
}
