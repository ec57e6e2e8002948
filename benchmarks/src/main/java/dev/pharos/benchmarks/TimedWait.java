// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.concurrent.TimeUnit;
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
 * What does a wait of one microsecond cost beside a crowd that waits for the same event without a limit?
 *
 * <p>A monitor does not take part: its shortest wait is a millisecond.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 150, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 150, timeUnit = TimeUnit.MILLISECONDS)
public abstract class TimedWait {
    private static final long TIMEOUT_NANOS = 1_000;

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

    private final Threads kind;
    private Flag flag;
    private Crowd crowd;

    TimedWait(Threads kind) {
        this.kind = kind;
    }

    abstract int others();

    @Setup
    public void parkCrowd() throws InterruptedException {
        flag = rival.newFlag();
        crowd = new Crowd(kind, others(), flag::await);
        crowd.beginAndPark();
    }

    @Benchmark
    public boolean oneMicrosecond() throws InterruptedException {
        return flag.await(TIMEOUT_NANOS);
    }

    @TearDown
    public void endCrowd() throws InterruptedException {
        flag.set();
        crowd.awaitDone();
        crowd.close();
    }
}
