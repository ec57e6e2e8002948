// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does it take from a set until the last of a crowd is awake, and how much of that does the caller of set pay?
 *
 * <p>All threads are parked in their wait before the clock starts; none is started or looked at while it runs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 150, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 150, timeUnit = TimeUnit.MILLISECONDS)
public abstract class CrowdWakeUp {
    /** Until all is compiled: the stack of a thread that is interpreted takes twice the heap. */
    private static final int WARM_UPS = 300;

    private static final int WARM_UP_SIZE = 1_000;

    private final Threads kind;
    private Flag flag;
    private Crowd crowd;

    CrowdWakeUp(Threads kind) {
        this.kind = kind;
    }

    abstract Rival rival();

    abstract int size();

    /** Whether each wake-up is of new threads. */
    boolean startsAnew() {
        return false;
    }

    @Setup
    public void makeFlag() throws InterruptedException {
        flag = rival().newFlag();
        flag.set();
        for (int i = 0; i < (startsAnew() ? WARM_UPS : 0); i++) {
            Crowd small = new Crowd(kind, WARM_UP_SIZE, flag::await);
            flag.clear();
            small.beginAndPark();
            flag.set();
            small.awaitDone();
            small.close();
        }
    }

    @Setup(Level.Invocation)
    public void parkCrowd() throws InterruptedException {
        flag.clear();
        if (crowd == null) {
            crowd = new Crowd(kind, size(), flag::await);
        }
        crowd.beginAndPark();
        if (startsAnew()) {
            System.gc(); // or what is measured is how much garbage the parking has left
        }
    }

    @Benchmark
    public void untilTheLastIsAwake() throws InterruptedException {
        flag.set();
        crowd.awaitDone();
    }

    /** Each call is measured, since they differ: from some, the processor is taken for one of the woken. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public void insideSet() {
        flag.set();
    }

    @TearDown(Level.Invocation)
    public void endWakeUp() throws InterruptedException {
        crowd.awaitDone();
        if (startsAnew()) {
            endCrowd();
        }
    }

    @TearDown
    public void endCrowd() throws InterruptedException {
        if (crowd != null) {
            crowd.close();
            crowd = null;
        }
    }
}
