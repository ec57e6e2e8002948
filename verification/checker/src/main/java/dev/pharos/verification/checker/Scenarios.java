// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * What is tried. The name of a scenario tells its threads, divided by bars; one in brackets waits before the others
 * start. In each, every thread must come to an end, and none may throw what it is not allowed to.
 */
public final class Scenarios {
    /** Something that one thread tells another. */
    private static final class Note {
        boolean written;
    }

    /** An event of another reach, which never changes, and answers a call only when another thread lets it. */
    private static final class FarEvent implements Event {
        final ThreadEvent answers = new ThreadEvent();

        @Override
        public CompletableFuture<Void> whenSet(Executor executor) {
            try {
                answers.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return new CompletableFuture<>();
        }

        private static UnsupportedOperationException unsupported() {
            return new UnsupportedOperationException("a far event is only waited for, with others");
        }

        @Override
        public boolean set() {
            throw unsupported();
        }

        @Override
        public boolean clear() {
            throw unsupported();
        }

        @Override
        public boolean isSet() {
            throw unsupported();
        }

        @Override
        public void await() {
            throw unsupported();
        }

        @Override
        public boolean await(long timeout, TimeUnit unit) {
            throw unsupported();
        }

        @Override
        public void awaitClear() {
            throw unsupported();
        }

        @Override
        public boolean awaitClear(long timeout, TimeUnit unit) {
            throw unsupported();
        }

        @Override
        public CompletableFuture<Void> whenClear() {
            throw unsupported();
        }

        @Override
        public CompletableFuture<Void> whenSet() {
            throw unsupported();
        }

        @Override
        public CompletableFuture<Void> whenClear(Executor executor) {
            throw unsupported();
        }

        @Override
        public int waiterCount() {
            throw unsupported();
        }
    }

    private final List<Scenario> list = new ArrayList<>();

    private Scenarios() {
        setAndClear();
        waits();
        timedWaits();
        interrupts();
        futures();
        groups();
        pools();
        crowds();
        residue();
    }

    /** All scenarios, for the core that has loaded this class. */
    public static List<Scenario> all() {
        return List.copyOf(new Scenarios().list);
    }

    private void setAndClear() {
        scenario("set | set", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor a = run.thread("a", () -> e.set());
            Actor b = run.thread("b", () -> e.set());
            run.check("one of them changed the event", () -> a.gave(true) != b.gave(true));
        });
        scenario("set | clear", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor setter = run.thread("setter", () -> e.set());
            Actor clearer = run.thread("clearer", () -> e.clear());
            run.check("set changed the event", () -> setter.gave(true));
            run.check("it is set unless it was cleared", () -> e.isSet() == clearer.gave(false));
        });
        scenario("[await] | set | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("waiter", () -> e.await());
            Actor a = run.thread("a", () -> e.set());
            Actor b = run.thread("b", () -> e.set());
            run.check("one of them changed the event", () -> a.gave(true) != b.gave(true));
            idle(run, e);
        });
        scenario("[await] | set | clear", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("waiter", () -> e.await());
            Actor setter = run.thread("setter", () -> e.set());
            Actor clearer = run.thread("clearer", () -> e.clear());
            run.check("set changed the event", () -> setter.gave(true));
            run.check("it is set unless it was cleared", () -> e.isSet() == clearer.gave(false));
            idle(run, e);
        });
        scenario("[await] | set | clear, on an event with a name", run -> {
            ThreadEvent e = new ThreadEvent("lamp");
            run.waiting("waiter", () -> e.await());
            run.thread("setter", () -> e.set());
            run.thread("clearer", () -> e.clear());
            run.check("it keeps its name", () -> e.toString().contains("[lamp, "));
            idle(run, e);
        });
        scenario("put, set | put, set | until both are there: await, clear, take", run -> {
            ThreadEvent e = new ThreadEvent();
            Note a = new Note();
            Note b = new Note();
            run.thread("a", () -> {
                a.written = true;
                e.set();
            });
            run.thread("b", () -> {
                b.written = true;
                e.set();
            });
            run.thread("taker", () -> {
                do {
                    e.await();
                    e.clear();
                } while (!(a.written && b.written));
            });
        });
    }

    private void waits() {
        scenario("await | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.thread("waiter", () -> e.await());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("await | set, on an event with a name", run -> {
            ThreadEvent e = new ThreadEvent("lamp");
            run.thread("waiter", () -> e.await());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("await by a virtual thread | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waitingVirtual("waiter", () -> e.await());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("[await] | set, clear", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("waiter", () -> e.await());
            run.thread("setter", () -> {
                e.set();
                e.clear();
            });
            idle(run, e);
        });
        scenario("[await] | clear, set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("waiter", () -> e.await());
            run.thread("setter", () -> {
                e.clear();
                e.set();
            });
            idle(run, e);
        });
        scenario("[await] | [await] | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.waiting("b", () -> e.await());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("[await] | await | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.thread("b", () -> e.await());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("await | set | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.thread("waiter", () -> e.await());
            run.thread("a", () -> e.set());
            run.thread("b", () -> e.set());
            idle(run, e);
        });
        scenario("await | set | set, on an event with a name", run -> {
            ThreadEvent e = new ThreadEvent("lamp");
            run.thread("waiter", () -> e.await());
            run.thread("a", () -> e.set());
            run.thread("b", () -> e.set());
            idle(run, e);
        });
        scenario("await | await | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.thread("a", () -> e.await());
            run.thread("b", () -> e.await());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("awaitClear | clear", run -> {
            ThreadEvent e = ThreadEvent.initiallySet();
            run.thread("waiter", () -> e.awaitClear());
            run.thread("clearer", () -> e.clear());
            idle(run, e);
        });
        scenario("[awaitClear] | clear, set", run -> {
            ThreadEvent e = ThreadEvent.initiallySet();
            run.waiting("waiter", () -> e.awaitClear());
            run.thread("clearer", () -> {
                e.clear();
                e.set();
            });
            idle(run, e);
        });
        scenario("[await] | awaitClear | set, clear", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.thread("b", () -> e.awaitClear());
            run.thread("setter", () -> {
                e.set();
                e.clear();
            });
            idle(run, e);
        });
        scenario("await, clear, await | set, awaitClear, set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.thread("a", () -> {
                e.await();
                e.clear();
                e.await();
            });
            run.thread("b", () -> {
                e.set();
                e.awaitClear();
                e.set();
            });
            idle(run, e);
        });
    }

    private void timedWaits() {
        scenario("await 5 ns", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor waiter = run.thread("waiter", () -> e.await(5, NANOSECONDS));
            run.check("the time ran out", () -> waiter.gave(false));
            idle(run, e);
        });
        scenario("await 0 ns | set", run -> {
            ThreadEvent e = new ThreadEvent();
            Note done = new Note();
            Note late = new Note();
            Actor waiter = run.thread("waiter", () -> {
                late.written = done.written;
                return e.await(0, NANOSECONDS);
            });
            run.thread("setter", () -> {
                e.set();
                done.written = true;
            });
            run.check("a poll after the set finds it", () -> !late.written || waiter.gave(true));
            idle(run, e);
        });
        scenario("await 5 ns | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.thread("waiter", () -> e.await(5, NANOSECONDS));
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("[await 5 ns] | set | set, clear", run -> {
            ThreadEvent e = new ThreadEvent();
            long start = run.now();
            Note early = new Note();
            Actor waiter = run.waiting("waiter", () -> e.await(5, NANOSECONDS));
            run.thread("a", () -> e.set());
            run.thread("b", () -> {
                e.set();
                early.written = run.now() - start < 5;
                e.clear();
            });
            run.check("no time-out if a set returned in time", () -> !early.written || waiter.gave(true));
            idle(run, e);
        });
        scenario("[awaitClear 5 ns] | clear | clear, set", run -> {
            ThreadEvent e = ThreadEvent.initiallySet();
            long start = run.now();
            Note early = new Note();
            Actor waiter = run.waiting("waiter", () -> e.awaitClear(5, NANOSECONDS));
            run.thread("a", () -> e.clear());
            run.thread("b", () -> {
                e.clear();
                early.written = run.now() - start < 5;
                e.set();
            });
            run.check("no time-out if a clear returned in time", () -> !early.written || waiter.gave(true));
            idle(run, e);
        });
        scenario("[await] | [await 5 ns] | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.waiting("b", () -> e.await(5, NANOSECONDS));
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("[await 5 ns] | await | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await(5, NANOSECONDS));
            run.thread("b", () -> e.await());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("[await 5 ns] | stray unpark", run -> {
            ThreadEvent e = new ThreadEvent();
            long start = run.now();
            Actor waiter = run.waiting("waiter", () -> !e.await(5, NANOSECONDS) && run.now() - start >= 5);
            run.thread("other", () -> run.unpark(waiter));
            run.check("it waited for as long as it was told to", () -> waiter.gave(true));
            idle(run, e);
        });
        scenario("[await for ever and a day] | stray unpark | set", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor waiter = run.waiting("waiter", () -> e.await(Long.MAX_VALUE - 1, NANOSECONDS));
            run.thread("other", () -> run.unpark(waiter));
            run.thread("setter", () -> e.set());
            run.check("the time did not run out", () -> waiter.gave(true));
            idle(run, e);
        });
    }

    private void interrupts() {
        scenario("await | interrupt", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor waiter = run.thread("waiter", () -> e.await()).mayThrow(InterruptedException.class);
            run.thread("other", () -> run.interrupt(waiter));
            run.check("it did not return normally", () -> !waiter.returned());
            idle(run, e);
        });
        scenario("await | interrupt | set", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor waiter = run.thread("waiter", () -> e.await()).mayThrow(InterruptedException.class);
            run.thread("other", () -> run.interrupt(waiter));
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("await for ever and a day | interrupt | set", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor waiter = run.thread("waiter", () -> e.await(Long.MAX_VALUE - 1, NANOSECONDS))
                    .mayThrow(InterruptedException.class);
            run.thread("other", () -> run.interrupt(waiter));
            run.thread("setter", () -> e.set());
            run.check("the time did not run out", () -> !waiter.gave(false));
            idle(run, e);
        });
        scenario("await, look at status | set, interrupt", run -> {
            ThreadEvent e = new ThreadEvent();
            Note done = new Note();
            Note lost = new Note();
            Actor waiter = run.thread("waiter", () -> {
                e.await();
                lost.written = done.written && !Thread.currentThread().isInterrupted();
            });
            run.thread("setter", () -> {
                e.set();
                run.interrupt(waiter);
                done.written = true;
            });
            run.check("the status is left alone", () -> !lost.written);
            idle(run, e);
        });
        scenario("interrupt itself, await an event that is set", run -> {
            ThreadEvent e = ThreadEvent.initiallySet();
            Actor waiter = run.thread("waiter", () -> {
                Thread.currentThread().interrupt();
                e.await();
                return Thread.currentThread().isInterrupted();
            });
            run.check("the status is left alone", () -> waiter.gave(true));
        });
        scenario("[await 5 ns] | interrupt | set", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor waiter = run.waiting("waiter", () -> e.await(5, NANOSECONDS)).mayThrow(InterruptedException.class);
            run.thread("other", () -> run.interrupt(waiter));
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
    }

    private void futures() {
        scenario("whenSet, join | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.thread("waiter", () -> e.whenSet().join());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        scenario("whenClear, join | clear", run -> {
            ThreadEvent e = ThreadEvent.initiallySet();
            run.thread("waiter", () -> e.whenClear().join());
            run.thread("clearer", () -> e.clear());
            idle(run, e);
        });
        scenario("(whenSet, then look at the thread) set, clear", run -> {
            ThreadEvent e = new ThreadEvent();
            List<Thread> threads = new ArrayList<>();
            CompletableFuture<Void> look = e.whenSet().thenRun(() -> threads.add(Thread.currentThread()));
            Actor setter = run.thread("setter", () -> {
                e.set();
                e.clear();
            });
            run.check("what depends on the future was run", () -> look.isDone() && threads.size() == 1);
            run.check("it was not run in set()", () -> !setter.is(threads.get(0)));
            idle(run, e);
        });
        scenario("(whenSet) cancel", run -> {
            ThreadEvent e = new ThreadEvent();
            CompletableFuture<Void> future = e.whenSet();
            Actor other = run.thread("other", () -> future.cancel(false));
            run.check("it is cancelled", () -> other.gave(true) && future.isCancelled());
            idle(run, e);
        });
        scenario("(whenSet) cancel | set", run -> {
            ThreadEvent e = new ThreadEvent();
            CompletableFuture<Void> future = e.whenSet();
            Note done = new Note();
            Note late = new Note();
            Actor other = run.thread("other", () -> {
                late.written = done.written;
                return future.cancel(false);
            });
            run.thread("setter", () -> {
                e.set();
                done.written = true;
            });
            run.check("it is complete", () -> future.isDone() && other.gave(future.isCancelled()));
            run.check("it is not cancelled after the set", () -> !late.written || !future.isCancelled());
            idle(run, e);
        });
        scenario(
                "(whenSet) time-out | set, clear",
                run -> { // what orTimeout does when the time is over
                    ThreadEvent e = new ThreadEvent();
                    CompletableFuture<Void> future = e.whenSet();
                    Note done = new Note();
                    Note late = new Note();
                    run.thread("timer", () -> {
                        late.written = done.written;
                        future.completeExceptionally(new TimeoutException());
                    });
                    run.thread("setter", () -> {
                        e.set();
                        done.written = true;
                        e.clear();
                    });
                    run.check("no time-out after the set", () -> !late.written || !future.isCompletedExceptionally());
                    idle(run, e);
                });
        scenario("(whenSet, whenSet) cancel | cancel | set", run -> {
            ThreadEvent e = new ThreadEvent();
            CompletableFuture<Void> a = e.whenSet();
            CompletableFuture<Void> b = e.whenSet();
            run.thread("a", () -> a.cancel(false));
            run.thread("b", () -> b.cancel(false));
            run.thread("setter", () -> e.set());
            run.check("both are complete", () -> a.isDone() && b.isDone());
            idle(run, e);
        });
    }

    private void groups() {
        scenario("awaitAny of a and b | set a", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = new ThreadEvent();
            Actor waiter = run.thread("waiter", () -> Event.awaitAny(a, b) == a);
            run.thread("setter", () -> a.set());
            run.check("it got a", () -> waiter.gave(true));
            idle(run, a);
            idle(run, b);
        });
        scenario("[awaitAny of a and b] | set b | set a", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = new ThreadEvent();
            run.waiting("waiter", () -> List.of(a, b).indexOf(Event.awaitAny(a, b)));
            run.thread("b", () -> b.set());
            run.thread("a", () -> a.set());
            idle(run, a);
            idle(run, b);
        });
        scenario("awaitAny of a and not b, look at the note | write the note, clear b", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = ThreadEvent.initiallySet();
            Note note = new Note();
            Actor waiter = run.thread("waiter", () -> {
                Event.awaitAny(a, b.negated());
                return note.written;
            });
            run.thread("b", () -> {
                note.written = true;
                b.clear();
            });
            run.check("it waited until b was clear", () -> waiter.gave(true));
            idle(run, a);
            idle(run, b);
        });
        scenario("[awaitAll of a and not b] | clear b, set b | set a, clear a", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = ThreadEvent.initiallySet();
            run.waiting("waiter", () -> Event.awaitAll(a, b.negated()));
            run.thread("b", () -> {
                b.clear();
                b.set();
            });
            run.thread("a", () -> {
                a.set();
                a.clear();
            });
            idle(run, a);
            idle(run, b);
        });
        scenario("[awaitAny of one, 5 ns] | set | set, look at the clock", run -> {
            ThreadEvent e = new ThreadEvent();
            long start = run.now();
            Note early = new Note();
            Actor waiter = run.waiting("waiter", () -> Event.awaitAny(Duration.ofNanos(5), e) == e);
            run.thread("one", () -> e.set());
            run.thread("two", () -> {
                e.set();
                early.written = run.now() - start < 5;
            });
            run.check("no time-out if a set returned in time", () -> !early.written || waiter.gave(true));
            idle(run, e);
        });
        scenario("[awaitAny of one] | set | set, interrupt", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor waiter = run.waiting("waiter", () -> Event.awaitAny(e) == e);
            run.thread("one", () -> e.set());
            run.thread("two", () -> {
                e.set();
                run.interrupt(waiter);
            });
            run.check("it was released before it was interrupted", () -> waiter.gave(true));
            idle(run, e);
        });
        scenario("[awaitAny of a and b] | interrupt", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = new ThreadEvent();
            Actor waiter = run.waiting("waiter", () -> Event.awaitAny(a, b)).mayThrow(InterruptedException.class);
            run.thread("other", () -> run.interrupt(waiter));
            run.check("it threw", () -> !waiter.returned());
            idle(run, a);
            idle(run, b);
        });
        scenario("[awaitAll of a and b] | set a, clear a | set b", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = new ThreadEvent();
            run.waiting("waiter", () -> Event.awaitAll(a, b));
            run.thread("one", () -> {
                a.set();
                a.clear();
            });
            run.thread("two", () -> b.set());
            idle(run, a);
            idle(run, b);
        });
        scenario("awaitAll of a and b | set a | set b", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = new ThreadEvent();
            run.thread("waiter", () -> Event.awaitAll(a, b));
            run.thread("one", () -> a.set());
            run.thread("two", () -> b.set());
            idle(run, a);
            idle(run, b);
        });
        scenario("[awaitAny of a and a] | set", run -> {
            ThreadEvent a = new ThreadEvent();
            run.waiting("waiter", () -> Event.awaitAny(a, a) == a);
            run.thread("setter", () -> a.set());
            idle(run, a);
        });
        scenario("[awaitAny of a and a far event, 5 ns] | set a", run -> {
            ThreadEvent a = new ThreadEvent();
            FarEvent far = new FarEvent();
            far.answers.set();
            run.waiting("waiter", () -> Event.awaitAny(Duration.ofNanos(5), a, far) == a);
            run.thread("setter", () -> a.set());
            idle(run, a);
        });
        crowd("[await a] | [awaitAny of a and b, 5 ns] | set a", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = new ThreadEvent();
            run.waiting("one", () -> a.await());
            run.waiting("group", () -> Event.awaitAny(Duration.ofNanos(5), a, b) == a);
            run.thread("setter", () -> a.set());
            idle(run, a);
            idle(run, b);
        });
        crowd("[await a] | [awaitAny of a and b] | set a | set b", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = new ThreadEvent();
            run.waiting("one", () -> a.await());
            run.waiting("group", () -> List.of(a, b).indexOf(Event.awaitAny(a, b)));
            run.thread("a", () -> a.set());
            run.thread("b", () -> b.set());
            idle(run, a);
            idle(run, b);
        });
        crowd("[await a, then set b] | [awaitAll of a and b] | set a", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = new ThreadEvent();
            run.waiting("one", () -> {
                a.await();
                b.set();
            });
            run.waiting("group", () -> Event.awaitAll(a, b));
            run.thread("setter", () -> a.set());
            idle(run, a);
            idle(run, b);
        });
        crowd("[await a, then let the far event answer] | awaitAny of a and a far event | set a", run -> {
            ThreadEvent a = new ThreadEvent();
            FarEvent far = new FarEvent();
            run.waiting("one", () -> {
                a.await();
                far.answers.set();
            });
            run.thread("group", () -> Event.awaitAny(a, far) == a);
            run.thread("setter", () -> a.set());
            idle(run, a);
        });
    }

    private void pools() {
        scenario("await, then set, by tasks of a pool of one", run -> {
            ThreadEvent e = new ThreadEvent();
            run.task("waiter", () -> e.await());
            run.task("setter", () -> e.set());
            idle(run, e);
        });
        scenario("awaitAny of a and b, then set b, by tasks of a pool of one", run -> {
            ThreadEvent a = new ThreadEvent();
            ThreadEvent b = new ThreadEvent();
            Actor waiter = run.task("waiter", () -> Event.awaitAny(a, b) == b);
            run.task("setter", () -> b.set());
            run.check("it got b", () -> waiter.gave(true));
            idle(run, a);
            idle(run, b);
        });
        scenario("await by a task of a pool that may have one thread | set | interrupt", run -> {
            ThreadEvent e = new ThreadEvent();
            run.fullPool();
            Actor waiter = run.task("waiter", () -> e.await()).mayThrow(InterruptedException.class);
            run.thread("setter", () -> e.set());
            run.thread("other", () -> run.interrupt(waiter));
            idle(run, e);
        });
    }

    private void crowds() {
        crowd("[await] | [await] | [await] | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.waiting("b", () -> e.await());
            run.waiting("c", () -> e.await());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        crowd("[await] | [await 5 ns] | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.waiting("b", () -> e.await(5, NANOSECONDS));
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        crowd("[await] | [await] | set | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.waiting("b", () -> e.await());
            run.thread("one", () -> e.set());
            run.thread("two", () -> e.set());
            idle(run, e);
        });
        crowd("[await] | [await] | interrupt | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            Actor b = run.waiting("b", () -> e.await()).mayThrow(InterruptedException.class);
            run.thread("other", () -> run.interrupt(b));
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        crowd("[await 5 ns] | [await] | [await 5 ns] | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await(5, NANOSECONDS));
            run.waiting("b", () -> e.await());
            run.waiting("c", () -> e.await(5, NANOSECONDS));
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        crowd("[three virtual threads: await] | set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waitingVirtual("a", () -> e.await());
            run.waitingVirtual("b", () -> e.await());
            run.waitingVirtual("c", () -> e.await());
            run.thread("setter", () -> e.set());
            idle(run, e);
        });
        crowd("(three times whenSet) set", run -> {
            ThreadEvent e = new ThreadEvent();
            List<CompletableFuture<Void>> futures = List.of(e.whenSet(), e.whenSet(), e.whenSet());
            run.thread("setter", () -> e.set());
            run.check("all are complete", () -> futures.stream().allMatch(CompletableFuture::isDone));
            idle(run, e);
        });
        crowd("[await] | whenSet, set, join", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("waiter", () -> e.await());
            run.thread("setter", () -> {
                CompletableFuture<Void> future = e.whenSet();
                e.set();
                future.join();
            });
            idle(run, e);
        });
        crowd("[await] | [await 5 ns] | whenSet, cancel it, set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.waiting("b", () -> e.await(5, NANOSECONDS));
            run.thread("setter", () -> {
                e.whenSet().cancel(false);
                e.set();
            });
            idle(run, e);
        });
    }

    private void residue() {
        scenario("[await 5 ns, then count and set] | [await]", run -> {
            ThreadEvent e = new ThreadEvent();
            Actor a = run.waiting("a", () -> {
                e.await(5, NANOSECONDS);
                boolean one = count(e) == 1;
                e.set();
                return one;
            });
            run.waiting("b", () -> e.await());
            run.check("only the other counted as waiting", () -> a.gave(true));
            idle(run, e);
        });
        scenario("[await] | [await 5 ns] | [await] | count, set", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.waiting("b", () -> e.await(5, NANOSECONDS));
            run.waiting("c", () -> e.await());
            run.thread("setter", () -> {
                count(e);
                e.set();
            });
            idle(run, e);
        });
        scenario("[await] | [await 5 ns, count, set] | [await]", run -> {
            ThreadEvent e = new ThreadEvent();
            run.waiting("a", () -> e.await());
            run.waiting("b", () -> {
                e.await(5, NANOSECONDS);
                count(e);
                e.set();
            });
            run.waiting("c", () -> e.await());
            idle(run, e);
        });
        scenario("(whenSet) [await] | count, set", run -> {
            ThreadEvent e = new ThreadEvent();
            CompletableFuture<Void> future = e.whenSet();
            run.waiting("waiter", () -> e.await());
            run.thread("setter", () -> {
                count(e);
                e.set();
            });
            run.check("the future is complete", future::isDone);
            idle(run, e);
        });
        scenario("(40 times whenSet) cancel all but the last", run -> {
            ThreadEvent e = new ThreadEvent();
            List<CompletableFuture<Void>> futures = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                futures.add(e.whenSet());
            }
            futures.subList(0, 39).forEach(future -> future.cancel(false));
            run.check("most are swept", () -> kept(e) < 20);
        });
        crowd("(12 times whenSet) cancel the first | cancel the second", run -> {
            ThreadEvent e = new ThreadEvent();
            List<CompletableFuture<Void>> futures = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                futures.add(e.whenSet());
            }
            run.thread("a", () -> futures.get(0).cancel(false));
            run.thread("b", () -> futures.get(1).cancel(false));
            run.check("the next that are cancelled are swept", () -> {
                futures.subList(2, 11).forEach(future -> future.cancel(false));
                return kept(e) < 8;
            });
        });
        scenario("(300 times whenSet) cancel the older half, then the younger from the top", run -> {
            ThreadEvent e = new ThreadEvent();
            List<CompletableFuture<Void>> futures = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                futures.add(e.whenSet());
            }
            futures.subList(1, 150).forEach(future -> future.cancel(false));
            for (int i = 299; i >= 150; i--) {
                futures.get(i).cancel(false);
            }
            run.check("most are swept", () -> kept(e) < 60);
        });
        crowd("(whenSet, whenSet) [await] | cancel the second | set", run -> {
            ThreadEvent e = new ThreadEvent();
            CompletableFuture<Void> first = e.whenSet();
            CompletableFuture<Void> second = e.whenSet();
            run.waiting("waiter", () -> e.await());
            run.thread("other", () -> second.cancel(false));
            run.thread("setter", () -> e.set());
            run.check("the first is complete", first::isDone);
            idle(run, e);
        });
    }

    private void scenario(String name, Consumer<Run> script) {
        list.add(new Scenario(name, false, script));
    }

    /** A scenario for the core with the small numbers. */
    private void crowd(String name, Consumer<Run> script) {
        list.add(new Scenario(name + " (small)", true, script));
    }

    private static void idle(Run run, Event event) {
        run.check("nobody is left waiting", () -> count(event) == 0);
    }

    /** How many wait for an event, as it tells itself. */
    private static int count(Event event) {
        String text = event.toString();
        return Integer.parseInt(text.substring(text.lastIndexOf(", ") + 2, text.indexOf(" waiting]")));
    }

    /** How many waiters the present round of an event holds, live ones and dead ones. */
    private static int kept(ThreadEvent event) {
        int kept = 0;
        for (Object w = field(field(event, "state"), "head"); w != null; w = field(w, "next")) {
            kept++;
        }
        return kept;
    }

    private static Object field(Object object, String name) {
        try {
            Field field = object.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(object);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
