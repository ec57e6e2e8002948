// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How long does it take two threads to hand something to and fro: set, wake the other, which sets, wakes this one? */
@State(Scope.Benchmark)
@OperationsPerInvocation(HandOff.ROUND_TRIPS)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 150, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 150, timeUnit = TimeUnit.MILLISECONDS)
public class HandOff {
    /** So many that the start of the two threads does not count. */
    static final int ROUND_TRIPS = 1_000;

    @Param({
        "THREAD_EVENT",
        "COUNT_DOWN_LATCH",
        "BOOLEAN_LATCH",
        "LOCK_CONDITION",
        "MONITOR",
        "COMPLETABLE_FUTURE",
        "SEMAPHORE",
        "PHASER",
        "GUAVA_MONITOR",
        "PARK_UNPARK"
    })
    public Rival rival;

    private Flag ping;
    private Flag pong;

    @Setup
    public void make() {
        ping = rival.newFlag();
        pong = rival.newFlag();
    }

    @Benchmark
    public void platformThreads() throws InterruptedException {
        handToAndFro(Threads.PLATFORM);
    }

    @Benchmark
    public void virtualThreads() throws InterruptedException {
        handToAndFro(Threads.VIRTUAL);
    }

    private void handToAndFro(Threads kind) throws InterruptedException {
        Thread first = kind.start(() -> {
            for (int i = 0; i < ROUND_TRIPS; i++) {
                ping.set();
                pong.await();
                pong.clear();
            }
        });
        Thread second = kind.start(() -> {
            for (int i = 0; i < ROUND_TRIPS; i++) {
                ping.await();
                ping.clear();
                pong.set();
            }
        });
        first.join();
        second.join();
    }
}
