// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a clear, a set and a wait cost if many threads do it again and again: with the same event; with an event
 * for each thread, which lie side by side in memory, so that several share a cache line; and with events that lie
 * apart?
 *
 * <p>No thread is left behind when the others have finished: each clear is followed by a set of the same thread, so
 * the last change of all is a set. Latches and futures do not take part: a thread that waits on the old one when it is
 * replaced would wait for ever.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(2)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
public class Contended {
    /** More flags than a cache line, and the next, which some processors fetch with it, have place for. */
    private static final int APART = 16;

    @Param({"THREAD_EVENT", "BOOLEAN_LATCH", "LOCK_CONDITION", "MONITOR", "GUAVA_MONITOR"})
    public Rival rival;

    @Param({"2", "8", "64"})
    public int threads;

    /** How often all threads together clear, set and wait. */
    @Param("400000")
    public int waits;

    private List<Flag> flags;
    private Crowd crowd;

    /** The distance of the flags of two threads. */
    private volatile int distance;

    @Setup
    public void startCrowd() {
        flags = Stream.generate(rival::newFlag).limit((long) APART * threads).toList();
        AtomicInteger numbers = new AtomicInteger();
        ThreadLocal<Integer> number = ThreadLocal.withInitial(numbers::getAndIncrement);
        int each = waits / threads;
        crowd = new Crowd(Threads.PLATFORM, threads, () -> {
            Flag flag = flags.get(distance * number.get());
            for (int i = 0; i < each; i++) {
                flag.clear();
                flag.set();
                flag.await();
            }
        });
    }

    @Benchmark
    public void sameEvent() throws InterruptedException {
        run(0);
    }

    @Benchmark
    public void eventsSideBySide() throws InterruptedException {
        run(1);
    }

    @Benchmark
    public void eventsApart() throws InterruptedException {
        run(APART);
    }

    private void run(int newDistance) throws InterruptedException {
        distance = newDistance;
        crowd.begin();
        crowd.awaitDone();
    }

    @TearDown
    public void endCrowd() throws InterruptedException {
        crowd.close();
    }
}
