// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/**
 * A wait never reports a time-out if a set returned before the deadline, however late the waiter runs, and leaves
 * nothing behind. There is no assumption about speed here: both clocks are read, and only their order counts.
 */
@Outcome(
        expect = ACCEPTABLE,
        id = "released, .*, no residue",
        desc = "Set before the deadline, or before the waiter looked at it.")
@Outcome(
        expect = ACCEPTABLE,
        id = "timed out, too late, no residue",
        desc = "The set returned after the deadline, or does not claim to have been earlier.")
@Outcome(
        expect = FORBIDDEN,
        id = "timed out, in time, .*",
        desc = "A time-out, although the set had returned before the deadline.")
@Outcome(expect = FORBIDDEN, id = ".*, residue", desc = "A waiter is left behind.")
public class SetAgainstTimeout {
    private static final long LIMIT_NANOS = 1_000L;

    private SetAgainstTimeout() {}

    /** A volatile flag that is looked at once more after the deadline. */
    @JCStressTest
    @JCStressMeta(SetAgainstTimeout.class)
    @State
    public static class Simple {
        private volatile boolean set;
        private long deadline;
        private long returned;

        @Actor
        public void waiter(LLL_Result r) {
            deadline = System.nanoTime() + LIMIT_NANOS;
            while (!set && System.nanoTime() - deadline < 0L) {
                Thread.onSpinWait();
            }
            r.r1 = set ? "released" : "timed out";
        }

        @Actor
        public void setter() {
            set = true;
            returned = System.nanoTime();
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r2 = returned - deadline < 0L ? "in time" : "too late";
            r.r3 = "no residue";
        }
    }

    /** As shipped. */
    @JCStressTest
    @JCStressMeta(SetAgainstTimeout.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private long deadline;
        private long returned;

        @Actor
        public void waiter(LLL_Result r) {
            deadline = System.nanoTime() + LIMIT_NANOS;
            r.r1 = Waits.undisturbed(() -> event.await(LIMIT_NANOS, TimeUnit.NANOSECONDS)) ? "released" : "timed out";
        }

        @Actor
        public void setter() {
            event.set();
            returned = System.nanoTime();
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r2 = returned - deadline < 0L ? "in time" : "too late";
            r.r3 = event.toString().endsWith(", 0 waiting]") ? "no residue" : "residue";
        }
    }

    /** The wait for any of two events, whose gate is set a step later than the event. */
    @JCStressTest
    @JCStressMeta(SetAgainstTimeout.class)
    @State
    public static class ShippedAny {
        private final Event first = new ThreadEvent();
        private final Event second = new ThreadEvent();
        private long deadline;
        private long returned;

        @Actor
        public void waiter(LLL_Result r) {
            deadline = System.nanoTime() + LIMIT_NANOS;
            Duration limit = Duration.ofNanos(LIMIT_NANOS);
            r.r1 = Waits.undisturbed(() -> Event.awaitAny(limit, first, second) != null) ? "released" : "timed out";
        }

        @Actor
        public void setter() {
            second.set();
            returned = System.nanoTime();
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r2 = returned - deadline < 0L ? "in time" : "too late";
            r.r3 = (first + " " + second).matches(".* 0 waiting. .* 0 waiting.") ? "no residue" : "residue";
        }
    }
}
