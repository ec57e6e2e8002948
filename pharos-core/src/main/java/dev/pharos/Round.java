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

    /** A round that has ended, with nobody in it. */
    static final Round OVER = new Round(false, null);

    static {
        OVER.end();
    }

    /** How many dead nodes a round with few live ones may hold. Small beside the stacks of as many threads. */
    private static final int SWEEP_AT = 32;

    /** The flag of the event while this round runs; the other value once it has ended. */
    final boolean set;

    /** The name of the event, kept here so that an event without one pays nothing for it. */
    final @Nullable String name;

    /** Null or a Node, the top of the stack of waiters, while this round runs; then an Ended, for ever. */
    private volatile @Nullable Object head;

    /**
     * How many nodes have died below the head and have not been allowed for by a sweep. Whoever counts it up to
     * SWEEP_AT sweeps, alone, and at the end counts it down by what the next sweep may wait for.
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

    /** Pushes a node, unless this round has ended; then its waiter is released. */
    void push(Node node) {
        Object h;
        do {
            h = head;
            if (h instanceof Ended) {
                return;
            }
            node.next = (Node) h;
        } while (!HEAD.compareAndSet(this, h, node));
    }

    /**
     * Ends this round: flips the flag, releases all its waiters and publishes whom to wake, in one step.
     *
     * @return whom to wake, a duty of the caller; null if this round had ended already
     */
    @Nullable
    Ended end() {
        Object h;
        Ended ended;
        do {
            h = head;
            if (h instanceof Ended) {
                return null;
            }
            ended = new Ended((Node) h);
        } while (!HEAD.compareAndSet(this, h, ended));
        return ended;
    }

    /** Tells a waiter whether this round has ended; if so, first helps to wake the others. */
    boolean hasEnded() {
        if (head instanceof Ended ended) {
            ended.wakeAll();
            return true;
        }
        return false;
    }

    /** Gives up a node that has just died; false, after it helped to wake the others, if this round has ended. */
    boolean remove(Node node) {
        if (head == node && HEAD.compareAndSet(this, node, node.next)) {
            return true;
        }
        if (hasEnded()) {
            return false;
        }
        if ((int) DEAD.getAndAdd(this, 1) == SWEEP_AT - 1) {
            // The next sweep comes when as many have died as half of those that live now. So the dead are never many
            // more than the living, and a sweep costs no more than the pushes and deaths since the last one.
            int allowance;
            do {
                allowance = Math.max(SWEEP_AT, sweep() / 2);
            } while ((int) DEAD.getAndAdd(this, -allowance) - allowance >= SWEEP_AT); // so many died meanwhile
        }
        return true;
    }

    /** Unlinks the dead nodes below the head, and counts the live ones: 0 if this round has ended. */
    int sweep() {
        int live = 0;
        for (Object top = head; top instanceof Node node; top = node.next) {
            live += node.isDead() ? 0 : 1;
            Node next = node.next;
            while (next != null && next.isDead()) {
                next = next.next;
            }
            node.next = next;
        }
        return live;
    }

    /** The mark of a round that has ended, with those of its waiters that nobody has woken yet. */
    static final class Ended {
        private static final VarHandle FRONTIER = ThreadEvent.handle(MethodHandles.lookup(), "frontier", Node.class);

        /** The caller of set() wakes no more platform threads than this: the woken wake the others. */
        private static final int FIRST_PLATFORM = 8;

        /** The caller of set() wakes no more waiters than this, of whatever kind. */
        private static final int FIRST = 256;

        /** The top of the list of waiters to wake. Whoever moves it on wakes the one it passed. */
        private volatile @Nullable Node frontier;

        Ended(@Nullable Node waiters) {
            frontier = waiters;
        }

        /** The share of the one who ended the round: a bounded number, but so many that the rest are sure to be woken. */
        void wakeFirst() {
            int platform = 0;
            for (int i = 0; i < FIRST && platform < FIRST_PLATFORM; i++) {
                Node node = next();
                if (node == null) {
                    return;
                }
                platform += node.wake() ? 1 : 0;
            }
            if (platform == 0) {
                try {
                    Thread waker = new Thread(null, this::wakeAll, "pharos-waker", 0L, false);
                    waker.setDaemon(true);
                    waker.start();
                } catch (OutOfMemoryError e) { // no thread is to be had
                    wakeAll();
                }
            }
        }

        /** Wakes everybody who is left. */
        void wakeAll() {
            for (Node node = next(); node != null; node = next()) {
                node.wake();
            }
        }

        private @Nullable Node next() {
            Node node;
            do {
                node = frontier;
            } while (node != null && !FRONTIER.compareAndSet(this, node, node.next));
            return node;
        }
    }
}
