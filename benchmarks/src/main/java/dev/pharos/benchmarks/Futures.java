// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import dev.pharos.ThreadEvent;
import java.util.concurrent.CompletableFuture;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a future of an event cost, from its registration until it is complete? Beside it, a CompletableFuture each,
 * completed with completeAsync.
 *
 * <p>On JDK 17 and two cores each task would have a thread of its own; the fork is told to have a pool, as it has on
 * larger machines and newer JDKs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 3, jvmArgsAppend = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2")
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class Futures {
    @Param({"THREAD_EVENT", "COMPLETABLE_FUTURE"})
    public Rival rival;

    /** How many are pending at a time. */
    @Param({"1", "1000", "1000000"})
    public int count;

    private CompletableFuture<?>[] futures;

    @Setup
    public void make() {
        futures = new CompletableFuture<?>[count];
    }

    @Benchmark
    public void registerAndComplete() {
        if (rival == Rival.THREAD_EVENT) {
            ThreadEvent event = new ThreadEvent();
            for (int i = 0; i < count; i++) {
                futures[i] = event.whenSet();
            }
            event.set();
        } else {
            for (int i = 0; i < count; i++) {
                futures[i] = new CompletableFuture<>();
            }
            for (CompletableFuture<?> future : futures) {
                future.completeAsync(() -> null);
            }
        }
        for (CompletableFuture<?> future : futures) {
            future.join();
        }
    }
}
