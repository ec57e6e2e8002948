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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does an event cost when nobody has to wait: a wait for a set event, a look at it, a set and a clear by one
 * thread?
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 100, timeUnit = TimeUnit.MILLISECONDS)
public class Uncontended {
    /** A flag that is set, and stays so. */
    @State(Scope.Benchmark)
    public static class Open {
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
            "VOLATILE_READ",
            "PROCESS_EVENT"
        })
        public Rival rival;

        Flag flag;

        @Setup
        public void set() {
            flag = rival.newFlag();
            flag.set();
        }
    }

    /** A flag that changes; for those that need a new object in each round, that is part of the cost. */
    @State(Scope.Benchmark)
    public static class Changing {
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
            "PROCESS_EVENT"
        })
        public Rival rival;

        Flag flag;

        @Setup
        public void make() {
            flag = rival.newFlag();
        }
    }

    @Benchmark
    public void awaitSet(Open open) throws InterruptedException {
        open.flag.await();
    }

    @Benchmark
    public boolean isSet(Open open) {
        return open.flag.isSet();
    }

    @Benchmark
    public void setAndClear(Changing changing) {
        changing.flag.set();
        changing.flag.clear();
    }
}
