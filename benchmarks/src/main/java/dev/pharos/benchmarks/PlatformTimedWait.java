// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** What does a short timed wait cost beside platform threads that wait? */
public class PlatformTimedWait extends TimedWait {
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

    @Param({"0", "1000"})
    public int others;

    /** For JMH. */
    public PlatformTimedWait() {
        super(Threads.PLATFORM);
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
