// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.io.PrintStream;
import java.time.Duration;

/** A worker that is paused by clear, resumed by set, and can be stopped in either state. */
public final class PauseAndResume {
    private final Event running = ThreadEvent.initiallySet();
    private final Event stop = new ThreadEvent("stop");
    private final Duration second;
    private final PrintStream out;

    private PauseAndResume(Duration second, PrintStream out) {
        this.second = second;
        this.out = out;
    }

    public static void main(String[] args) throws InterruptedException {
        run(Duration.ofSeconds(1), System.out);
    }

    private void work() {
        try {
            // Waits for either. If both are set the first counts, so a stop comes before any work.
            for (int piece = 1; Event.awaitAny(stop, running) == running; piece++) {
                out.println("worker: piece " + piece);
                Thread.sleep(second.toMillis() / 4);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs the program, with seconds of a given length. */
    public static void run(Duration second, PrintStream out) throws InterruptedException {
        PauseAndResume program = new PauseAndResume(second, out);
        Thread worker = new Thread(program::work, "worker");
        worker.start();
        Thread.sleep(second.toMillis());
        program.running.clear();
        out.println("main: I paused the worker, it ends its piece");
        Thread.sleep(second.toMillis());
        out.println("main: I resume the worker");
        program.running.set();
        Thread.sleep(second.toMillis());
        program.stop.set();
        worker.join();
        out.println("main: the worker has stopped");
    }
}
