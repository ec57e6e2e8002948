// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * One schedule of a scenario. All threads of it take turns on the thread that calls {@link #go}: before each step that
 * other threads could notice, the one that runs asks the search who is next. Time stands still until the search lets the
 * clock go on to the next deadline, which it may do at any step.
 */
public final class Run {
    /** What a thread does. */
    public interface Body {
        /** Does it. */
        void run() throws Exception;
    }

    /** The one that is under way: woven code has no other way to find it. */
    static Run present;

    /** More steps than this are taken for a loop without an end. */
    private static final int STEPS = 5_000;

    /**
     * Bits of places: 32 for fields, then the clock, all that java.util.concurrent keeps in objects of its own, the number
     * of actors, and one for each actor, of what others can do to it: its start, permit, interrupt status and end.
     */
    static final long TIME = 1L << 32;

    static final long JUC = 1L << 33;
    static final long ACTORS = 1L << 34;

    static final long EVERYTHING = -1L;

    /** Whether the thread that runs is to go on until it parks, or to its first step; or all have started. */
    private enum Start {
        ALONE,
        SETTLING,
        OVER
    }

    private record Check(String claim, BooleanSupplier holds) {}

    private final Search search;
    private final List<Actor> actors = new ArrayList<>();
    private final List<Actor> firsts = new ArrayList<>();
    private final List<Check> checks = new ArrayList<>();

    /** The tasks of the pool that have not started. */
    private final Queue<Actor> tasks = new ArrayDeque<>();

    private boolean poolIsFull;
    private final IdentityHashMap<Object, Integer> objects = new IdentityHashMap<>();
    private final List<String> trace;

    private Actor current;
    private Actor next;
    private Start start;
    private boolean abandoned;
    private String failure;
    private int steps;
    private long clock = 1_000_000L;

    Run(Search search, List<String> trace) {
        this.search = search;
        this.trace = trace;
    }

    // What a scenario is written with.

    /** Adds a platform thread. */
    public Actor thread(String name, Callable<?> body) {
        return add(name, false, body);
    }

    /** Adds a platform thread. */
    public Actor thread(String name, Body body) {
        return add(name, false, callable(body));
    }

    /** Adds a platform thread that runs until it parks before those that are added after it start. */
    public Actor waiting(String name, Callable<?> body) {
        Actor actor = add(name, false, body);
        firsts.add(actor);
        return actor;
    }

    /** Adds a platform thread that runs until it parks before those that are added after it start. */
    public Actor waiting(String name, Body body) {
        return waiting(name, callable(body));
    }

    /** Adds a virtual thread that runs until it parks before those that are added after it start. */
    public Actor waitingVirtual(String name, Body body) {
        Actor actor = add(name, true, callable(body));
        firsts.add(actor);
        return actor;
    }

    /** Adds a task of a pool of one thread: it starts when those before it have ended, or have told the pool that they block. */
    public Actor task(String name, Callable<?> body) {
        Actor actor = add(name, false, body);
        actor.pooled = true;
        tasks.add(actor);
        return actor;
    }

    /** Adds a task of a pool of one thread. */
    public Actor task(String name, Body body) {
        return task(name, callable(body));
    }

    /** Lets the pool have no other thread: then a task starts only when those before it have ended. */
    public void fullPool() {
        poolIsFull = true;
    }

    /** Says what must hold when no thread goes on any more. */
    public void check(String claim, BooleanSupplier holds) {
        checks.add(new Check(claim, holds));
    }

    /** The present time, by the clock of this run. */
    public long now() {
        Hooks.step(TIME, 0L, "looks at the clock");
        return clock;
    }

    /** Interrupts a thread. */
    public void interrupt(Actor actor) {
        Hooks.step(0L, place(actor), "interrupts " + actor.name);
        actor.thread.interrupt();
    }

    /** Unparks a thread for no reason. */
    public void unpark(Actor actor) {
        Hooks.unpark(actor.thread);
    }

    private static Callable<?> callable(Body body) {
        return () -> {
            body.run();
            return null;
        };
    }

    // What the checker does.

    /** Runs the schedule to its end, or until the search gives it up: then this returns false. */
    boolean go(Scenario scenario) {
        present = this;
        try {
            scenario.script().accept(this);
            Actor firstTask = tasks.poll();
            for (Actor actor : List.copyOf(actors)) {
                if (actor.pooled && actor != firstTask) {
                    continue;
                }
                actor.thread.start();
                start = firsts.contains(actor) ? Start.ALONE : Start.SETTLING;
                proceed(actor);
            }
            start = Start.OVER;
            for (Actor actor = choose(); actor != null; actor = next != null ? next : choose()) {
                proceed(actor);
            }
            if (!abandoned) {
                judge();
            }
            return !abandoned;
        } finally {
            present = null;
        }
    }

    /** What went wrong; null if nothing has. */
    String failure() {
        return failure;
    }

    /** How the threads ended. */
    String outcome() {
        return actors.toString();
    }

    private void judge() {
        if (failure != null) {
            return;
        }
        for (Actor actor : actors) {
            failure = actor.complaint();
            if (failure != null) {
                return;
            }
        }
        for (Check check : checks) {
            try {
                failure = check.holds.getAsBoolean() ? null : "not so: " + check.claim + "; " + actors;
            } catch (RuntimeException e) {
                failure = "not to be told: " + check.claim + "; " + e;
            }
            if (failure != null) {
                return;
            }
        }
    }

    private void proceed(Actor actor) {
        Runnable continuation = actor.continuation;
        actor.continuation = null;
        current = actor;
        next = null;
        continuation.run();
        current = null;
    }

    /** The actor to proceed; null if there is none or this schedule is over. */
    private Actor choose() {
        while (!abandoned && failure == null) {
            int ready = current == null ? 0 : Search.bit(current.number);
            boolean ticking = false;
            for (Actor actor : actors) {
                if (actor.continuation != null) {
                    ready |= Search.bit(actor.number);
                }
                ticking |= actor.deadline != Actor.NEVER;
            }
            if (ticking) {
                ready |= Search.bit(Search.CLOCK);
            }
            if (ready == 0) {
                return null;
            }
            if (steps++ == STEPS) {
                failure = "there is no end to it";
                return null;
            }
            int choice = search.choose(this, ready, current == null ? Search.NOBODY : current.number);
            if (choice == Search.NOBODY) {
                abandoned = true;
            } else if (choice == Search.CLOCK) {
                tick();
            } else {
                Actor actor = actors.get(choice);
                if (trace != null) {
                    trace.add(actor.name + " " + actor.step);
                }
                return actor;
            }
        }
        return null;
    }

    private void tick() {
        clock = earliest();
        if (trace != null) {
            trace.add("the time is " + clock);
        }
        for (Actor actor : actors) {
            if (actor.deadline <= clock) {
                actor.deadline = Actor.NEVER;
                LockSupport.unpark(actor.thread);
            }
        }
    }

    private long earliest() {
        return actors.stream().mapToLong(actor -> actor.deadline).min().orElseThrow();
    }

    /** What the next step of an actor or the clock reads, as bits of places. */
    long reads(int choice) {
        return choice == Search.CLOCK ? 0L : actors.get(choice).reads;
    }

    /** What it writes. */
    long writes(int choice) {
        if (choice != Search.CLOCK) {
            return actors.get(choice).writes;
        }
        long writes = TIME;
        long earliest = earliest();
        for (Actor actor : actors) {
            writes |= actor.deadline == earliest ? place(actor) : 0L;
        }
        return writes;
    }

    // What woven code does.

    /** A step of the thread that runs, which is about to read and write these places: others may go first. */
    @SuppressWarnings("ThreadPriorityCheck") // here we are the scheduler that the yield relies on
    void step(long reads, long writes, String what) {
        Actor actor = current;
        if (actor == null) {
            return; // the script or a check
        }
        actor.reads = reads;
        actor.writes = actor.calls > 0 ? writes | JUC | place(actor) : writes;
        actor.step = what;
        if (start == Start.ALONE) {
            return;
        }
        next = start == Start.SETTLING ? null : choose();
        if (next == actor) {
            next = null;
        } else {
            Thread.yield();
            if (current != actor) {
                throw new IllegalStateException(actor.name + " is pinned and cannot be stopped where it " + what);
            }
        }
    }

    Actor current() {
        return current;
    }

    boolean poolIsFull() {
        return poolIsFull;
    }

    /** What is written by who starts the next task of the pool: its place, or of a later one if others are faster. */
    long placesOfTasks() {
        return tasks.stream().mapToLong(Run::place).reduce(0L, (one, other) -> one | other);
    }

    void startNextTask() {
        if (!tasks.isEmpty()) {
            tasks.remove().thread.start();
        }
    }

    /** What is written by who adds an actor: the place of the next one, or of a later one if others add theirs first. */
    long placesOfNext() {
        return ACTORS | -1L << (35 + actors.size());
    }

    Actor add(String name, boolean virtual, Callable<?> body) {
        if (actors.size() == Search.CLOCK) {
            throw new IllegalStateException("a run has no more than " + Search.CLOCK + " threads");
        }
        Actor actor = new Actor(name, actors.size(), virtual, body);
        actors.add(actor);
        return actor;
    }

    Actor actor(Thread thread) {
        for (Actor actor : actors) {
            if (actor.thread == thread) {
                return actor;
            }
        }
        throw new IllegalStateException(thread + " is not of this run");
    }

    long clock() {
        return clock;
    }

    /** The place of a field of an object: its own bit, unless there are more objects than are usual. */
    long place(Object object, int field) {
        Integer number = objects.putIfAbsent(object, objects.size());
        return 1L << ((2 * (number == null ? objects.size() - 1 : number) + field) & 31);
    }

    /** The place of what others can do to a thread. */
    static long place(Actor actor) {
        return 1L << (35 + actor.number);
    }
}
