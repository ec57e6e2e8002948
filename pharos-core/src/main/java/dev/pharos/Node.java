// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A place in the stack of a {@link Round}: of a thread, of a future, or of nobody any more. */
final class Node implements Waiter {
    private final Round round;

    /**
     * The node below. Written before this node is pushed, and then only by a sweep, to skip nodes that are dead: so
     * whatever value a reader sees, from any node all live ones below can be reached, in their order. They were pushed
     * before this one, so they are visible to whoever got here through the head.
     */
    @Nullable
    Node next;

    /** The Thread or EventFuture to wake; null once it has withdrawn, for ever: the node is dead. */
    private volatile @Nullable Object waiter;

    Node(Round round, Object threadOrFuture) {
        this.round = round;
        this.waiter = threadOrFuture;
    }

    boolean isDead() {
        return waiter == null;
    }

    @Override
    public boolean isReleased() {
        return round.hasEnded();
    }

    /** The order matters: the node is dead before the round is looked at. See "Waking" in {@link ThreadEvent}. */
    @Override
    public boolean withdraw() {
        waiter = null;
        return round.remove(this);
    }

    /** Wakes the waiter of this node, if it is not dead. True if that is a platform thread, which is sure to run. */
    boolean wake() {
        Object w = waiter;
        if (w instanceof EventFuture future) {
            future.completeElsewhere();
        } else if (w instanceof Thread thread) {
            LockSupport.unpark(thread);
            ThreadGroup group = thread.getThreadGroup(); // null if it has terminated; for virtual threads see JEP 444
            return group != null && !group.getName().equals("VirtualThreads");
        }
        return false;
    }
}
