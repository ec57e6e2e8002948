// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** What does a short timed wait cost beside platform threads that wait? */
public class PlatformTimedWait extends TimedWait {
    @Param({"0", "1000"})
    public int others;

    /** For JMH. */
    public PlatformTimedWait() {
        super(Threads.PLATFORM);
    }

    @Override
    int others() {
        return others;
    }
}
