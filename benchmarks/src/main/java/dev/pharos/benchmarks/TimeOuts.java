// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * What does a wait that times out cost when a thousand threads do it together, again and again? All of them together
 * wait as often as one thread alone does, so the figure to compare is the processor time: alone, a thread mostly
 * sleeps.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(2)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
public class TimeOuts {
    private static final long TIMEOUT_NANOS = 20_000;

    @Param({
        "THREAD_EVENT",
        "COUNT_DOWN_LATCH",
        "BOOLEAN_LATCH",
        "LOCK_CONDITION",
        "COMPLETABLE_FUTURE",
        "SEMAPHORE",
        "PHASER"
    })
    public Rival rival;

    @Param({"1", "1000"})
    public int threads;

    /** How often all threads wait together. */
    @Param("20000")
    public int waits;

    private Crowd crowd;

    /** The time on a processor of all threads together. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Processor {
        public long cpuNanos;
    }

    @Setup
    public void startCrowd() {
        Flag flag = rival.newFlag();
        int each = waits / threads;
        crowd = new Crowd(Threads.PLATFORM, threads, () -> {
            for (int i = 0; i < each; i++) {
                if (flag.await(TIMEOUT_NANOS)) {
                    throw new IllegalStateException("nobody has set it");
                }
            }
        });
    }

    @Benchmark
    public void timeOut(Processor processor) throws InterruptedException {
        long before = crowd.cpuNanos();
        crowd.begin();
        crowd.awaitDone();
        processor.cpuNanos += crowd.cpuNanos() - before;
    }

    @TearDown
    public void endCrowd() throws InterruptedException {
        crowd.close();
    }
}
