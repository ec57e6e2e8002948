// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A load test whose clients get ready each in its own time and then start together. */
public final class StartGate {
    private StartGate() {}

    public static void main(String[] args) throws InterruptedException, ExecutionException {
        run(8, System.out);
    }

    /** Starts so many clients together, and returns how long after the set each of them went through the gate. */
    public static List<Duration> run(int clients, PrintStream out) throws InterruptedException, ExecutionException {
        CountDownLatch ready = new CountDownLatch(clients); // counts: all are ready
        Event go = new ThreadEvent("go"); // gates: all may start
        ExecutorService pool = Executors.newFixedThreadPool(clients);
        List<Future<Long>> starts = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            starts.add(pool.submit(() -> {
                ready.countDown(); // here a client would connect and log in
                go.await();
                return System.nanoTime(); // and here send its first request
            }));
        }
        pool.shutdown();

        ready.await();
        out.println("all " + clients + " clients are ready");
        long set = System.nanoTime();
        go.set();

        List<Duration> delays = new ArrayList<>();
        for (Future<Long> start : starts) {
            delays.add(Duration.ofNanos(start.get() - set));
        }
        delays.sort(null);
        out.println("the last of them started " + delays.get(clients - 1).toNanos() / 1000 + " us after the set");
        return delays;
    }
}
