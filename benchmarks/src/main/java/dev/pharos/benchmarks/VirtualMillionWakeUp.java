// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does it take to wake a million virtual threads in a heap of 1 GiB? Whoever needs more has no result.
 *
 * <p>Most of the heap is the threads themselves, about 750 bytes each. So that it is no more, they are new for each
 * wake-up: one that has been to the gate before keeps a second piece of stack. And the JVM keeps no list of them.
 *
 * <p>A monitor does not take part: at a tenth of the size it takes ten times as long as the others.
 */
@Fork(
        value = 4,
        jvmArgsAppend = {"-Xmx1g", "-XX:+ExitOnOutOfMemoryError", "-Djdk.trackAllThreads=false"})
@Warmup(iterations = 1)
@Measurement(iterations = 2)
public class VirtualMillionWakeUp extends CrowdWakeUp {
    @Param({
        "THREAD_EVENT",
        "COUNT_DOWN_LATCH",
        "BOOLEAN_LATCH",
        "LOCK_CONDITION",
        "COMPLETABLE_FUTURE",
        "SEMAPHORE",
        "PHASER",
        "GUAVA_MONITOR"
    })
    public Rival rival;

    @Param({"1000000"})
    public int size;

    /** For JMH. */
    public VirtualMillionWakeUp() {
        super(Threads.VIRTUAL);
    }

    @Override
    Rival rival() {
        return rival;
    }

    @Override
    int size() {
        return size;
    }

    @Override
    boolean startsAnew() {
        return true;
    }
}
