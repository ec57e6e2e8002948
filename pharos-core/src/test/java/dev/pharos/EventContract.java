// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import org.junit.jupiter.api.Nested;

/**
 * What {@link Event} promises, as tests. Each implementation extends this class, and adds what is particular to it.
 *
 * <p>The promises by number: 1, 2, 3, 4, 5 and 8 are in {@link WaitContract}, and for several events at a time in
 * {@link GroupWaitContract}; 6 is in {@link FutureContract} and {@link VirtualThreadContract}; 7 is in all of them.
 */
public abstract class EventContract {
    /** Makes an event that is clear and that nobody else knows. */
    protected abstract Event newEvent();

    /** How many events or futures make a crowd. Less is enough, and quicker, where each takes the time of a server. */
    protected int crowd() {
        return 10_000;
    }

    @Nested
    class Waits extends WaitContract {
        Waits() {
            super(EventContract.this::newEvent);
        }
    }

    @Nested
    class Futures extends FutureContract {
        Futures() {
            super(EventContract.this::newEvent, crowd());
        }
    }

    @Nested
    class GroupWaits extends GroupWaitContract {
        GroupWaits() {
            super(EventContract.this::newEvent);
        }
    }

    @Nested
    class VirtualThreads extends VirtualThreadContract {
        VirtualThreads() {
            super(EventContract.this::newEvent);
        }
    }
}
