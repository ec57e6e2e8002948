// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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
 * What does a wait for any of several events cost? The last of them is the one that is set, so that all are gone
 * through. Beside it {@code CompletableFuture.anyOf}, with a new future for the one that was complete.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 200, timeUnit = TimeUnit.MILLISECONDS)
public class AnyWait {
    @Param({"THREAD_EVENT", "COMPLETABLE_FUTURE"})
    public Rival rival;

    @Param({"2", "64", "1000"})
    public int events;

    private Event[] group;
    private CompletableFuture<?>[] futures;
    private final ThreadEvent ask = new ThreadEvent();
    private volatile boolean over;
    private Thread answerer;

    @Setup
    public void start() {
        group = Stream.generate(ThreadEvent::new).limit(events).toArray(Event[]::new);
        futures = Stream.generate(CompletableFuture::new).limit(events).toArray(CompletableFuture<?>[]::new);
        answerer = Threads.PLATFORM.start(() -> {
            while (!over) {
                ask.await();
                ask.clear();
                setLast();
            }
        });
    }

    private void setLast() {
        if (rival == Rival.THREAD_EVENT) {
            group[events - 1].set();
        } else {
            futures[events - 1].complete(null);
        }
    }

    private Object awaitAny() throws InterruptedException {
        if (rival == Rival.THREAD_EVENT) {
            Event set = Event.awaitAny(group);
            set.clear();
            return set;
        }
        Object result = CompletableFuture.anyOf(futures).join();
        futures[events - 1] = new CompletableFuture<>();
        return result;
    }

    @Benchmark
    public Object lastIsSet() throws InterruptedException {
        setLast();
        return awaitAny();
    }

    @Benchmark
    public Object lastIsSetByAnother() throws InterruptedException {
        ask.set();
        return awaitAny();
    }

    @TearDown
    public void end() throws InterruptedException {
        over = true;
        ask.set();
        answerer.join();
    }
}
