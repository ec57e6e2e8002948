// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

/**
 * A thread of a run. It is a virtual thread, which is told to run by calling its continuation, and is its own scheduler:
 * so it is ready if and only if it has handed that out.
 */
public final class Actor implements Executor {
    private static final MethodHandle BUILDER = builder();

    /** The clock is fired by nobody who waits for this time. */
    static final long NEVER = Long.MAX_VALUE;

    final String name;
    final int number;

    /** Whether the code under test takes it for a virtual thread. */
    final boolean virtual;

    /** Whether it is a task of the pool of one thread. */
    boolean pooled;

    final Thread thread;

    /** What continues it; null while it runs, is parked or has ended. */
    Runnable continuation;

    /** What its next step reads and writes: bits of places; and the words for it. */
    long reads;

    long writes;
    String step = "starts";

    /** How many calls of java.util.concurrent it is in. */
    int calls;

    /** When its timed park is over. */
    long deadline = NEVER;

    private final List<Class<? extends Throwable>> allowed = new ArrayList<>();
    private boolean ended;
    private Object value;
    private Throwable failure;

    Actor(String name, int number, boolean virtual, Callable<?> body) {
        this.name = name;
        this.number = number;
        this.virtual = virtual;
        reads = Run.place(this); // so it starts after the step that adds it
        try {
            thread = ((Thread.Builder.OfVirtual) BUILDER.invoke((Executor) this)).unstarted(() -> {
                try {
                    value = body.call();
                } catch (Throwable e) {
                    failure = e;
                }
                Hooks.end();
                ended = true;
            });
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void execute(Runnable continuation) {
        this.continuation = continuation;
    }

    /** Lets this thread throw an exception of a class: otherwise one that throws fails its scenario. */
    public Actor mayThrow(Class<? extends Throwable> exception) {
        allowed.add(exception);
        return this;
    }

    /** Tells whether the body has returned this. */
    public boolean gave(Object result) {
        return ended && failure == null && Objects.equals(value, result);
    }

    /** Tells whether the body has returned, and not thrown. */
    public boolean returned() {
        return ended && failure == null;
    }

    /** Tells whether it is this thread. */
    public boolean is(Thread other) {
        return other == thread;
    }

    /** What is wrong with the end of this thread; null if nothing is. */
    String complaint() {
        if (!ended) {
            return name + " hangs";
        }
        return failure == null || allowed.stream().anyMatch(c -> c.isInstance(failure))
                ? null
                : name + " threw " + failure;
    }

    /** How the body ended. */
    @Override
    public String toString() {
        return name
                + (ended
                        ? " -> " + (failure == null ? value : failure.getClass().getSimpleName())
                        : " hangs");
    }

    private static MethodHandle builder() {
        try {
            Constructor<?> constructor = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            constructor.setAccessible(true);
            return MethodHandles.lookup().unreflectConstructor(constructor);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
