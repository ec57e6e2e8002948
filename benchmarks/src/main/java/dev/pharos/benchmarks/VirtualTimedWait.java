// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import org.openjdk.jmh.annotations.Param;

/** What does a short timed wait cost beside virtual threads that wait? */
public class VirtualTimedWait extends TimedWait {
    @Param({"0", "1000", "100000"})
    public int others;

    /** For JMH. */
    public VirtualTimedWait() {
        super(Threads.VIRTUAL);
    }

    @Override
    int others() {
        return others;
    }
}
