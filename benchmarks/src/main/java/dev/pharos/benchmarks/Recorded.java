// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import dev.pharos.ThreadEvent;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import jdk.jfr.Recording;
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

/** What does a flight recording cost the events that it records, and those that it does not? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 200, timeUnit = TimeUnit.MILLISECONDS)
public class Recorded {
    /** What is recorded. */
    public enum What {
        /** Nothing: there is no recording. */
        NO_RECORDING(recording -> {}),
        /** Something, but nothing of events. */
        OFF(recording -> {
            recording.disable("dev.pharos.Wait");
            recording.disable("dev.pharos.Set");
            recording.disable("dev.pharos.Clear");
        }),
        /** What takes longer than a threshold, which nothing does. */
        BELOW_THRESHOLD(recording -> {
            recording.enable("dev.pharos.Wait").withThreshold(Duration.ofHours(1));
            recording.enable("dev.pharos.Set").withThreshold(Duration.ofHours(1));
            recording.enable("dev.pharos.Clear").withThreshold(Duration.ofHours(1));
        }),
        /** All, without stack traces. */
        WITHOUT_STACKS(recording -> {
            recording.enable("dev.pharos.Wait").withoutStackTrace();
            recording.enable("dev.pharos.Set").withoutStackTrace();
            recording.enable("dev.pharos.Clear").withoutStackTrace();
        }),
        /** All, with stack traces, as by default. */
        ALL(recording -> {});

        @SuppressWarnings("ImmutableEnumChecker") // has no state
        private final Consumer<Recording> settings;

        What(Consumer<Recording> settings) {
            this.settings = settings;
        }
    }

    @Param
    public What what;

    private final Recording recording = new Recording();
    private final ThreadEvent changing = new ThreadEvent();
    private final ThreadEvent set = ThreadEvent.initiallySet();

    @Setup
    public void start() {
        what.settings.accept(recording);
        recording.setMaxSize(64 << 20);
        if (what != What.NO_RECORDING) {
            recording.start();
        }
    }

    @Benchmark
    public void awaitSet() throws InterruptedException {
        set.await();
    }

    @Benchmark
    public boolean redundantSet() {
        return set.set();
    }

    @Benchmark
    public void setAndClear() {
        changing.set();
        changing.clear();
    }

    @Benchmark
    public boolean awaitOneMicrosecond() throws InterruptedException {
        return changing.await(1_000, TimeUnit.NANOSECONDS);
    }

    @TearDown
    public void stop() {
        recording.close();
    }
}
