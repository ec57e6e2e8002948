// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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
 * What does a wait cost if a crowd waits with short timeouts for an event that another thread sets and clears all the
 * while, so that some waits are released while others time out? As in {@link TimeOuts}, the figure to compare is the
 * processor time.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(2)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
public class Churn {
    private static final long TIMEOUT_NANOS = 50_000;
    private static final long BETWEEN_PULSES_NANOS = 100_000;

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

    @Param({"1", "64", "1000"})
    public int threads;

    /** How often all threads wait together. */
    @Param("20000")
    public int waits;

    private Crowd crowd;
    private Thread setter;
    private volatile boolean over;

    @Setup
    public void startThreads() {
        Flag flag = rival.newFlag();
        int each = waits / threads;
        crowd = new Crowd(Threads.PLATFORM, threads, () -> {
            for (int i = 0; i < each; i++) {
                flag.await(TIMEOUT_NANOS);
            }
        });
        setter = Threads.PLATFORM.start(() -> {
            while (!over) {
                flag.set();
                flag.clear();
                LockSupport.parkNanos(BETWEEN_PULSES_NANOS);
            }
        });
    }

    @Benchmark
    public void waitWithTimeout(TimeOuts.Processor processor) throws InterruptedException {
        long before = crowd.cpuNanos();
        crowd.begin();
        crowd.awaitDone();
        processor.cpuNanos += crowd.cpuNanos() - before;
    }

    @TearDown
    public void endThreads() throws InterruptedException {
        over = true;
        setter.join();
        crowd.close();
    }
}
