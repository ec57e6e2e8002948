// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** What does a short timed wait cost beside virtual threads that wait? */
public class VirtualTimedWait extends TimedWait {
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

    @Param({"0", "1000", "100000"})
    public int others;

    /** For JMH. */
    public VirtualTimedWait() {
        super(Threads.VIRTUAL);
    }

    @Override
    Rival rival() {
        return rival;
    }

    @Override
    int others() {
        return others;
    }
}
