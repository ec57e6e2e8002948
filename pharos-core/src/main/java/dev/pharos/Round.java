// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A period in the life of a {@link ThreadEvent} in which its flag does not change, with the waiters for its end. The
 * algorithm is explained there.
 */
final class Round {
    private static final VarHandle HEAD = ThreadEvent.handle(MethodHandles.lookup(), "head", Object.class);
    private static final VarHandle DEAD = ThreadEvent.handle(MethodHandles.lookup(), "dead", int.class);

    /** How many dead waiters a round with few live ones may hold. Small beside the stacks of as many threads. */
    private static final int SWEEP_AT = 32;

    /** The flag of the event while this round runs; the other value once it has ended. */
    final boolean set;

    /** The name of the event, kept here so that an event without one pays nothing for it. */
    final @Nullable String name;

    /** Null or a Waiter, the top of the stack, while this round runs; then an Ended, for ever. */
    private volatile @Nullable Object head;

    /**
     * How many waiters have died, less those that the sweeps so far allow for. The thread that brings the count to
     * SWEEP_AT sweeps; if it stalls, the one that brings it to twice that does, and so on. Those that were popped count
     * too, since a pop may bring dead ones to the top.
     */
    @SuppressWarnings("unused") // by DEAD
    private volatile int dead;

    Round(boolean set, @Nullable String name) {
        this.set = set;
        this.name = name;
    }

    /** The flag of the event, if this is its present round. */
    boolean flag() {
        return set != head instanceof Ended;
    }

    /** Pushes a waiter. False if this round has ended: then the waiter is released, and nobody will wake it. */
    boolean push(Waiter waiter) {
        for (Object h = head; !(h instanceof Ended); h = head) {
            waiter.next = (Waiter) h;
            if (HEAD.compareAndSet(this, h, waiter)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Ends this round: flips the flag, releases all its waiters and publishes whom to wake, in one step; then wakes the
     * first of them. False if this round had ended already.
     */
    boolean end() {
        for (Object h = head; !(h instanceof Ended); h = head) {
            Ended ended = new Ended((Waiter) h);
            if (HEAD.compareAndSet(this, h, ended)) {
                ended.wakeFirst();
                return true;
            }
        }
        return false;
    }

    /** For waiters: returns whether this round has ended. If so, first wakes all waiters that were not woken yet. */
    boolean hasEnded() {
        if (head instanceof Ended ended) {
            ended.wakeAll();
            return true;
        }
        return false;
    }

    /**
     * Stops a waiter from waiting: true if it was not released and now never will be, false if it was. The order
     * matters: it is dead before the round is read. See "Waking" in {@link ThreadEvent}.
     */
    boolean withdraw(Waiter waiter) {
        waiter.target = null;
        boolean popped = head == waiter && HEAD.compareAndSet(this, waiter, waiter.next);
        if (!popped && hasEnded()) {
            return false;
        }
        int died = (int) DEAD.getAndAdd(this, 1) + 1;
        if (died >= SWEEP_AT && Integer.bitCount(died) == 1) {
            sweepWhileMany();
        }
        return true;
    }

    /** Sweeps, and again if so many have died meanwhile that the next sweep is due. */
    private void sweepWhileMany() {
        int died;
        do {
            // The next sweep comes when as many have died as half of those that live now. So the dead are not many more
            // than the living, and a sweep costs no more than the pushes and deaths since the last one.
            int allowance = Math.max(SWEEP_AT, sweep() / 2);
            died = (int) DEAD.getAndAdd(this, -allowance) - allowance;
        } while (died >= SWEEP_AT);
    }

    /** Unlinks the dead waiters below the head, and counts the live ones: 0 if this round has ended. */
    int sweep() {
        int live = 0;
        for (Object top = head; top instanceof Waiter waiter; top = waiter.next) {
            live += waiter.target == null ? 0 : 1;
            Waiter next = waiter.next;
            while (next != null && next.target == null) {
                next = next.next;
            }
            waiter.next = next;
        }
        return live;
    }

    /** The mark of a round that has ended, with those of its waiters that were not woken yet. */
    static final class Ended {
        private static final VarHandle FRONTIER = ThreadEvent.handle(MethodHandles.lookup(), "frontier", Waiter.class);

        /** The caller of set() wakes all waiters if they are no more than this; of more, one platform thread. */
        private static final int WAKE_ALL_UP_TO = 16;

        /** The caller of set() wakes no more waiters than this, of whatever kind. A thread starts in about the time. */
        private static final int MAX_WAKES_BY_SETTER = 1_024;

        /** The top of the list of waiters to wake. Whoever moves it on wakes the one it passed. */
        private volatile @Nullable Waiter frontier;

        Ended(@Nullable Waiter waiters) {
            frontier = waiters;
        }

        /**
         * Wakes a bounded number of waiters, for the thread that ended the round; the others are certain to be woken by
         * those.
         */
        void wakeFirst() {
            int enough = hasAtMost(WAKE_ALL_UP_TO) ? WAKE_ALL_UP_TO : 1;
            int platformThreads = 0;
            try {
                for (int i = 0; i < MAX_WAKES_BY_SETTER && platformThreads < enough && frontier != null; i++) {
                    if (wakeNext()) {
                        platformThreads++;
                    }
                }
                if (platformThreads == 0 && frontier != null) {
                    startWaker(); // of those woken here nobody is sure to run, and so to wake the rest
                }
            } catch (RuntimeException | OutOfMemoryError e) { // no thread available
                wakeAll();
            }
        }

        /** Returns whether no more waiters are left; perhaps wrongly, if others take the list apart meanwhile. */
        private boolean hasAtMost(int limit) {
            Waiter rest = frontier;
            for (int i = 0; i < limit && rest != null; i++) {
                rest = rest.next;
            }
            return rest == null;
        }

        private void startWaker() {
            Thread waker = new Thread(null, this::wakeAll, "pharos-waker", 0L, false);
            waker.setDaemon(true);
            waker.start();
        }

        /** Wakes all waiters that are left. */
        void wakeAll() {
            while (frontier != null) {
                wakeNext();
            }
        }

        /** Wakes the next waiter, unless another does. Returns true if that is a platform thread. */
        private boolean wakeNext() {
            Waiter waiter = frontier;
            return waiter != null && FRONTIER.compareAndSet(this, waiter, waiter.next) && waiter.wake();
        }
    }
}
