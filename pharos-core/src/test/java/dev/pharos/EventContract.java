// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import org.junit.jupiter.api.Nested;

/**
 * What {@link Event} promises, as tests. Each implementation extends this class, and adds what is particular to it.
 *
 * <p>The promises by number: 1, 2, 3, 4, 5 and 8 are in {@link WaitContract}, and for several events at a time in
 * {@link GroupWaitContract}, and in a ForkJoinPool in {@link PoolWaitContract}; 6 is in {@link FutureContract} and
 * {@link VirtualThreadContract}; 7 is in all of them.
 */
public abstract class EventContract {
    /**
     * Whether tests run with all the numbers that they are meant for, as {@code mvn verify -Pall} wants it: else with as
     * many as a moment allows.
     */
    public static final boolean ALL = Boolean.getBoolean("dev.pharos.test.all");

    /** Makes an event that is clear and that nobody else knows. */
    protected abstract Event newEvent();

    /**
     * How many events, threads or futures a test takes that wants a great many: a few hundred, unless it is to have all.
     * An implementation of which they cost next to nothing may always give all.
     */
    protected int many(int all) {
        return ALL ? all : Math.min(all, 300);
    }

    @Nested
    class Waits extends WaitContract {
        Waits() {
            super(EventContract.this);
        }
    }

    @Nested
    class Futures extends FutureContract {
        Futures() {
            super(EventContract.this);
        }
    }

    @Nested
    class GroupWaits extends GroupWaitContract {
        GroupWaits() {
            super(EventContract.this);
        }
    }

    @Nested
    class VirtualThreads extends VirtualThreadContract {
        VirtualThreads() {
            super(EventContract.this);
        }
    }

    @Nested
    class PoolWaits extends PoolWaitContract {
        PoolWaits() {
            super(EventContract.this);
        }
    }
}
