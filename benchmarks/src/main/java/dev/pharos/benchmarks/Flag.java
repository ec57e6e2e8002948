// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

/**
 * What a benchmark does with a {@link Rival}. A fork of JMH measures one rival, so these calls are monomorphic and
 * compiled away.
 */
interface Flag {
    void set();

    /** Only when set, and when nobody is about to begin a wait: not every rival could take more. */
    void clear();

    boolean isSet();

    void await() throws InterruptedException;

    /** False if the time ran out. */
    boolean await(long nanos) throws InterruptedException;
}
