// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.lincheck;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/**
 * What a few threads do at the same time. Lincheck runs it in one interleaving after the other; a thread that is left
 * parked, and an exception, fail it. A park returns without reason there, and the clock stands still.
 */
enum Scenario {
    AWAIT_SET {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            Worker waiter = start(event::await);
            event.set();
            waiter.end();
        }
    },

    AWAIT_CLEAR_CLEAR {
        @Override
        void run() throws Exception {
            ThreadEvent event = ThreadEvent.initiallySet();
            Worker waiter = start(event::awaitClear);
            event.clear();
            waiter.end();
        }
    },

    AWAIT_AWAIT_SET {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            Worker first = start(event::await);
            Worker second = start(event::await);
            event.set();
            first.end();
            second.end();
        }
    },

    AWAIT_SET_SET {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent("named");
            Worker waiter = start(event::await);
            boolean[] changed = new boolean[1];
            Worker setter = start(() -> changed[0] = event.set());
            boolean here = event.set();
            waiter.end();
            setter.end();
            check(changed[0] != here, "exactly one set changes the event");
            check(event.toString().endsWith("[named, set, 0 waiting]"), "set, with its name");
        }
    },

    /** The waiter has registered before the event is set for a moment. */
    PULSE {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            Worker waiter = start(event::await);
            until(event, 1);
            event.set();
            event.clear();
            waiter.end();
        }
    },

    /** The time that this one has is never over, for all that it wakes up. */
    TIMED_PULSE {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            Worker waiter = start(() -> check(event.await(Long.MAX_VALUE - 1, TimeUnit.NANOSECONDS), "released"));
            until(event, 1);
            event.set();
            event.clear();
            waiter.end();
        }
    },

    /** One is set by another thread while a third comes to wait, and the last change makes it set. */
    AWAIT_CLEAR_SET {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            Worker first = start(event::await);
            Worker clearer = start(event::clear);
            clearer.end();
            event.set();
            first.end();
        }
    },

    AWAIT_INTERRUPT_SET {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            boolean[] thrown = new boolean[1];
            boolean[] status = new boolean[1];
            Worker waiter = start(() -> {
                try {
                    event.await();
                } catch (InterruptedException e) {
                    thrown[0] = true;
                }
                status[0] = Thread.interrupted();
            });
            Worker setter = start(event::set);
            waiter.interrupt();
            waiter.end();
            setter.end();
            check(!thrown[0] || !status[0], "an interrupt is spent once");
            check(event.isSet(), "set");
            check(event.toString().endsWith(", 0 waiting]"), "nobody waits");
        }
    },

    /** Two set it; the one that returns first finds the event set, clears it, and interrupts the waiter: too late. */
    SET_SET_CLEAR_INTERRUPT {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            Worker waiter = start(event::await);
            until(event, 1);
            Worker setter = start(event::set);
            event.set();
            event.clear();
            waiter.interrupt();
            waiter.end();
            setter.end();
        }
    },

    /** With small numbers, the caller of set wakes the thread and counts on it to wake the future. */
    CROWD {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            CompletableFuture<Void> future = event.whenSet();
            Worker waiter = start(() -> {
                event.await();
                future.join(); // a thread that is gone is not counted on, and when it is gone is up to the JVM
            });
            until(event, 2);
            event.set();
            waiter.end();
        }
    },

    /** The same, but the thread is interrupted: it may be gone when it is counted on. */
    CROWD_INTERRUPTED {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            CompletableFuture<Void> future = event.whenSet();
            Worker waiter = start(() -> {
                Thread.currentThread().interrupt();
                try {
                    event.await();
                } catch (InterruptedException e) {
                    // as good as released
                }
            });
            event.set();
            waiter.end();
            future.join();
        }
    },

    /** Futures wake nobody, and one of them is cancelled. */
    CROWD_OF_FUTURES {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            CompletableFuture<Void> first = event.whenSet();
            CompletableFuture<Void> second = event.whenSet();
            CompletableFuture<Void> third = event.whenSet();
            Worker canceller = start(() -> second.cancel(false));
            event.set();
            canceller.end();
            first.join();
            third.join();
        }
    },

    /** One comes while another, who is interrupted from the beginning, comes and goes. */
    COME_AND_GO {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            Worker comes = start(event::await);
            Thread.currentThread().interrupt();
            try {
                event.await();
                check(false, "not released, since nothing is set");
            } catch (InterruptedException e) {
                check(!Thread.interrupted(), "an interrupt is spent");
            }
            event.set();
            comes.end();
        }
    },

    ANY {
        @Override
        void run() throws Exception {
            ThreadEvent first = new ThreadEvent();
            ThreadEvent second = new ThreadEvent();
            Event[] released = new Event[1];
            Worker waiter = start(() -> released[0] = Event.awaitAny(first, second));
            Worker setter = start(first::set);
            second.set();
            waiter.end();
            setter.end();
            check(released[0] == first || released[0] == second, "one of the two");
            check(first.toString().endsWith(", 0 waiting]"), "nothing is left with the first");
            check(second.toString().endsWith(", 0 waiting]"), "nothing is left with the second");
        }
    },

    /** The loser is not set at all. */
    ANY_LOSER {
        @Override
        void run() throws Exception {
            ThreadEvent first = new ThreadEvent();
            ThreadEvent second = new ThreadEvent();
            Event[] released = new Event[1];
            Worker waiter = start(() -> released[0] = Event.awaitAny(first, second));
            second.set();
            waiter.end();
            check(released[0] == second, "the one that was set");
            check(first.toString().endsWith(", 0 waiting]"), "nothing is left with the first");
        }
    },

    ALL {
        @Override
        void run() throws Exception {
            ThreadEvent first = new ThreadEvent();
            ThreadEvent second = new ThreadEvent();
            Worker waiter = start(() -> {
                Event.awaitAll(first, second);
                check(first.isSet() && second.isSet(), "both set");
            });
            Worker setter = start(first::set);
            second.set();
            waiter.end();
            setter.end();
        }
    },

    /** Interrupted by one who has seen the event set. */
    ANY_INTERRUPTED_LATE {
        @Override
        void run() throws Exception {
            ThreadEvent first = new ThreadEvent();
            ThreadEvent second = new ThreadEvent();
            Worker waiter = start(() -> check(Event.awaitAny(first, second) == first, "the one that was set"));
            Worker setter = start(first::set);
            if (first.isSet()) {
                waiter.interrupt();
            }
            waiter.end();
            setter.end();
        }
    },

    CANCEL_SET {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            CompletableFuture<Void> future = event.whenSet();
            boolean[] set = new boolean[1];
            Worker setter = start(() -> {
                event.set();
                set[0] = true;
            });
            boolean late = set[0];
            boolean cancelled = future.cancel(false);
            setter.end();
            check(cancelled == future.isCancelled(), "as cancel() said");
            check(!(late && cancelled), "not cancelled after the set");
        }
    },

    WHEN_SET_SET {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent();
            CompletableFuture<?>[] future = new CompletableFuture<?>[1];
            Worker waiter = start(() -> {
                future[0] = event.whenSet();
                future[0].join();
            });
            event.set();
            waiter.end();
            check(!future[0].isCancelled(), "complete");
        }
    },

    /** A future has to be woken: it does not look again by itself, as a thread does. */
    WHEN_SET_SET_SET {
        @Override
        void run() throws Exception {
            ThreadEvent event = new ThreadEvent("named");
            Worker waiter = start(() -> event.whenSet().join());
            Worker setter = start(event::set);
            event.set();
            setter.end();
            waiter.end();
        }
    },

    /** Everything that does not block, against a specification. */
    LINEARIZABLE {
        @Override
        void explore(int invocations) {
            int iterations = Math.max(5, invocations / 500);
            new ModelCheckingOptions()
                    .iterations(iterations)
                    .invocationsPerIteration(invocations / iterations)
                    .threads(3)
                    .actorsPerThread(3)
                    .actorsBefore(1)
                    .actorsAfter(1)
                    .sequentialSpecification(EventOperations.Specification.class)
                    .check(EventOperations.class);
        }

        @Override
        void run() {
            throw new UnsupportedOperationException();
        }
    };

    /** Something that may block. */
    interface Task {
        void run() throws Exception;
    }

    /** Runs a scenario: its name, then the number of interleavings. */
    public static void main(String[] args) {
        valueOf(args[0]).explore(Integer.parseInt(args[1]));
    }

    abstract void run() throws Exception;

    void explore(int invocations) {
        Lincheck.runConcurrentTest(invocations, () -> {
            try {
                run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    static Worker start(Task task) {
        Worker worker = new Worker(task);
        worker.thread.start();
        return worker;
    }

    /** A thread whose failure is that of the scenario. Not a Thread itself: Lincheck would not know its join(). */
    static final class Worker {
        final Thread thread;
        private volatile Exception failure;

        Worker(Task task) {
            thread = new Thread(() -> {
                try {
                    task.run();
                } catch (Exception e) {
                    failure = e;
                }
            });
        }

        void interrupt() {
            thread.interrupt();
        }

        /** Waits for the end of the thread. */
        void end() throws Exception {
            thread.join();
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** Returns when so many wait for the event. */
    static void until(Event event, int waiting) {
        while (!event.toString().endsWith(" " + waiting + " waiting]")) {
            Thread.onSpinWait();
        }
    }

    static void check(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException("expected: " + what);
        }
    }
}
