// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import dev.pharos.ThreadEvent;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Five threads increment a counter once an event is set. Waiting for an event is not mutual exclusion: one set releases
 * all five together, and two that read the counter at the same time would lose an increment. Hence the lock.
 */
public final class SharedResource {
    private final ThreadEvent open = new ThreadEvent("open");
    private String setBy = ""; // written before the set, so whoever has waited reads it without a lock
    private int counter; // guarded by this

    public record Result(List<Wait> waits, int counter) {}

    private SharedResource() {}

    private Wait workAndIncrement(Duration second, PrintStream out) throws InterruptedException {
        Thread.sleep(second.toMillis());
        long start = System.nanoTime();
        open.await(); // not inside the lock: nobody else could get in to wait
        Wait wait = new Wait(Thread.currentThread().getName(), Duration.ofNanos(System.nanoTime() - start), setBy);
        synchronized (this) {
            counter++;
            out.println(wait.thread() + ": the counter is " + counter);
        }
        return wait;
    }

    public static Result run(Duration second, PrintStream out) throws InterruptedException, ExecutionException {
        SharedResource resource = new SharedResource();
        List<FutureTask<Wait>> workers = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            FutureTask<Wait> worker = new FutureTask<>(() -> resource.workAndIncrement(second, out));
            new Thread(worker, "worker-" + i).start();
            workers.add(worker);
        }
        Thread.sleep(second.multipliedBy(2).toMillis());
        out.println("main: I set the event");
        resource.setBy = Thread.currentThread().getName();
        resource.open.set();
        List<Wait> waits = new ArrayList<>();
        for (FutureTask<Wait> worker : workers) {
            waits.add(worker.get()); // joins it
        }
        out.println("main: all workers have ended");
        return new Result(waits, resource.counter);
    }

    public static void main(String[] args) throws InterruptedException, ExecutionException {
        run(Duration.ofSeconds(1), System.out);
    }
}
