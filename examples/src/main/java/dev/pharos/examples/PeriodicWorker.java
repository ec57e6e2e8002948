// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A thread that does something every period and yet stops at once: its pause is a wait for the event to stop. */
public final class PeriodicWorker {
    private PeriodicWorker() {}

    public static void main(String[] args) throws InterruptedException {
        run(Duration.ofSeconds(1), System.out);
    }

    /** Lets a worker run for three periods, and returns how long it then took to stop. */
    public static Duration run(Duration period, PrintStream out) throws InterruptedException {
        Event stop = new ThreadEvent("stop");
        CountDownLatch threePeriods = new CountDownLatch(3);

        Thread worker = new Thread(() -> {
            try {
                while (!stop.await(period)) { // a sleep that can be ended
                    out.println("worker: a period is over");
                    threePeriods.countDown();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // to be interrupted is to be stopped
            }
        });
        worker.start();

        threePeriods.await();
        long start = System.nanoTime();
        stop.set();
        worker.join();
        Duration stopped = Duration.ofNanos(System.nanoTime() - start);
        out.println("main: the worker stopped within " + stopped.toMillis() + " ms");
        return stopped;
    }
}
