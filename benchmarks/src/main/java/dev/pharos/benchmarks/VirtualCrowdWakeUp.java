// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** How long does it take to wake a crowd of virtual threads? */
public class VirtualCrowdWakeUp extends CrowdWakeUp {
    @Param({
        "THREAD_EVENT",
        "COUNT_DOWN_LATCH",
        "BOOLEAN_LATCH",
        "LOCK_CONDITION",
        "MONITOR",
        "COMPLETABLE_FUTURE",
        "SEMAPHORE",
        "PHASER",
        "GUAVA_MONITOR"
    })
    public Rival rival;

    @Param({"10000", "100000"})
    public int size;

    /** For JMH. */
    public VirtualCrowdWakeUp() {
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
}
