// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** One thread waits for an event, another sets it. */
public final class Basic {
    private Basic() {}

    public static void main(String[] args) throws InterruptedException, ExecutionException {
        run(Duration.ofSeconds(1), System.out);
    }

    /** Runs the program, with seconds of a given length, and returns the wait as measured. */
    public static Wait run(Duration second, PrintStream out) throws InterruptedException, ExecutionException {
        Event ready = new ThreadEvent("ready");

        FutureTask<Duration> task = new FutureTask<>(() -> {
            out.println("waiter: I wait for the event");
            long start = System.nanoTime();
            ready.await();
            Duration waited = Duration.ofNanos(System.nanoTime() - start);
            out.println("waiter: the event is set, I go on");
            return waited;
        });
        Thread waiter = new Thread(task, "waiter");
        waiter.start();

        out.println("main: I work for two seconds");
        Thread.sleep(second.multipliedBy(2).toMillis());
        out.println("main: I set the event");
        ready.set();
        String setBy = Thread.currentThread().getName();

        waiter.join();
        out.println("main: the waiter has ended");
        return new Wait(waiter.getName(), task.get(), setBy);
    }
}
