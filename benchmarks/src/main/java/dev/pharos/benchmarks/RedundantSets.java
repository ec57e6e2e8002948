// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What do threads that set an event again and again cost those that read it? Two of each by default, so that they
 * have a core each on a machine of four; on one of two cores run it with {@code -tg 1,1} also.
 *
 * <p>The readers alone are the baseline. Where there are fewer cores than threads, the fair one is that the same
 * setters set something else: they take the same time from the readers then, but no cache line.
 */
@State(Scope.Group)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 150, timeUnit = TimeUnit.MILLISECONDS)
public class RedundantSets {
    /** What the setters do. */
    public enum Setters {
        IDLE,
        ELSEWHERE,
        HERE
    }

    private static final long A_MOMENT = TimeUnit.MILLISECONDS.toNanos(1);

    @Param({"THREAD_EVENT", "BARE_READ", "READ_MODIFY_WRITE", "COUNT_DOWN_LATCH", "COMPLETABLE_FUTURE"})
    public Rival rival;

    @Param
    public Setters setters;

    private Flag read;
    private Flag written;
    private List<Flag> between;

    @Setup
    public void set() {
        // The first and the last of many are in different cache lines, and a collector keeps the order.
        between = Stream.generate(rival::newFlag).limit(100).toList();
        read = between.get(0);
        written = setters == Setters.HERE ? read : between.get(99);
        between.forEach(Flag::set);
    }

    @Benchmark
    @Group("besideSetters")
    @GroupThreads(2)
    public boolean reader() {
        return read.isSet();
    }

    @Benchmark
    @Group("besideSetters")
    @GroupThreads(2)
    public void setter() {
        if (setters == Setters.IDLE) {
            LockSupport.parkNanos(A_MOMENT);
        } else {
            written.set();
        }
    }
}
