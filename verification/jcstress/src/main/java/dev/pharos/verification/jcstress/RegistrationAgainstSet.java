// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressMeta;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Whoever registers while the event is set for good is released, whichever comes first. */
@Outcome(
        expect = ACCEPTABLE,
        id = "released, no residue",
        desc = "Registered in time to be released, or found the event set.")
@Outcome(expect = FORBIDDEN, id = ".*", desc = "A waiter that was registered and that nobody has released.")
public class RegistrationAgainstSet {
    private RegistrationAgainstSet() {}

    /** The registration is a store before a load, on both sides. */
    @JCStressTest
    @JCStressMeta(RegistrationAgainstSet.class)
    @State
    public static class Simple {
        private volatile boolean registered;
        private volatile boolean set;
        private volatile boolean released;

        @Actor
        public void waiter() {
            registered = true;
            if (set) {
                released = true;
            }
        }

        @Actor
        public void setter() {
            set = true;
            if (registered) {
                released = true;
            }
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r1 = released ? "released" : "lost";
            r.r2 = "no residue";
        }
    }

    /** A future. */
    @JCStressTest
    @JCStressMeta(RegistrationAgainstSet.class)
    @State
    public static class Shipped {
        private final Event event = new ThreadEvent();
        private CompletableFuture<Void> future = new CompletableFuture<>();

        @Actor
        public void waiter() {
            future = event.whenSet();
        }

        @Actor
        public void setter() {
            event.set();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r1 = future.cancel(false) ? "lost" : "released";
            r.r2 = event.toString().endsWith(", 0 waiting]") ? "no residue" : "residue";
        }
    }

    /** A future, of an event that has a round from the beginning. */
    @JCStressTest
    @JCStressMeta(RegistrationAgainstSet.class)
    @State
    public static class ShippedNamed {
        private final Event event = new ThreadEvent("named");
        private CompletableFuture<Void> future = new CompletableFuture<>();

        @Actor
        public void waiter() {
            future = event.whenSet();
        }

        @Actor
        public void setter() {
            event.set();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r1 = future.cancel(false) ? "lost" : "released";
            r.r2 = event.toString().endsWith(", 0 waiting]") ? "no residue" : "residue";
        }
    }

    /** The mirror image. */
    @JCStressTest
    @JCStressMeta(RegistrationAgainstSet.class)
    @State
    public static class ShippedClear {
        private final Event event = ThreadEvent.initiallySet();
        private CompletableFuture<Void> future = new CompletableFuture<>();

        @Actor
        public void waiter() {
            future = event.whenClear();
        }

        @Actor
        public void setter() {
            event.clear();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r1 = future.cancel(false) ? "lost" : "released";
            r.r2 = event.toString().endsWith(", 0 waiting]") ? "no residue" : "residue";
        }
    }
}
