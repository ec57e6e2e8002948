// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.EventException;
import dev.pharos.cluster.Engine.Interest;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The waiters of this process for one event, whatever their handle, and what was last seen of it. See "Waiting" in
 * {@link ClusterEvent}.
 */
final class Waiters {
    private static final AtomicLong numbers = new AtomicLong();

    final String name;

    /** How many handles there are. Guarded by the map in which the cluster keeps this. */
    int handles;

    /** How many are notified by the thread of the engine, which costs {@code set} less than handing them over. */
    private static final int AT_ONCE = 64;

    /** A change that this process has made, and its number among the notifications. */
    private record Changed(long number, @Nullable Snapshot now) {}

    private final Engine engine;

    /** Notifies the others. Tests delay it. */
    final Executor crowd;

    /** How many there were so far. For the thread of the engine only, which also writes the two fields below. */
    private long notifications;

    /** The number of the latest that was a set. This one write decides who is released, whenever they check. */
    private volatile long pulsed;

    /** The latest change of this process; it includes those before. */
    private volatile Changed changed = new Changed(0, null);

    /** The waiters by number. Lock-free, since a virtual thread may lose its carrier while it holds a lock. */
    private final Map<Long, Waiter> waiters = new ConcurrentSkipListMap<>();

    /** May be stale: a guess at what a change will find. Written by the engine's answers only, so in their order. */
    private volatile @Nullable Snapshot last;

    Waiters(Engine engine, Executor crowd, String name) {
        this.engine = engine;
        this.crowd = crowd;
        this.name = name;
    }

    Engine engine() {
        return engine;
    }

    @Nullable
    Snapshot last() {
        return last;
    }

    /** The event was read; called by the engine's answers only. */
    void saw(Snapshot snapshot) {
        last = snapshot;
    }

    /** How many notifications there were so far. For the engine's answers. */
    long notifications() {
        return notifications;
    }

    /** Whether a notification since then releases a waiter that has this ticket. */
    boolean releases(Waiter waiter, Snapshot ticket, long since) {
        Changed latest = changed;
        return (waiter.set && pulsed > since)
                || (latest.number > since
                        && latest.now != null
                        && waiter.event.is(latest.now)
                        && ticket.hasBeen(waiter.set, latest.now));
    }

    /** Adds a waiter, and asks the engine for notifications of what it waits for. */
    void add(Waiter waiter) {
        waiter.number = numbers.incrementAndGet();
        waiters.put(waiter.number, waiter);
        engine.read(name, waiter.event.incarnation(), interest(waiter.set), waiter::arrived);
    }

    /** Removes a waiter, if it is there. */
    void remove(Waiter waiter) {
        if (waiters.remove(waiter.number, waiter) && waiters.isEmpty()) {
            engine.forget(name);
        }
    }

    boolean isEmpty() {
        return waiters.isEmpty();
    }

    /** How many waiters there are of a kind. */
    int count(Predicate<Waiter> kind) {
        return (int) waiters.values().stream().filter(kind).count();
    }

    /** The event was set. */
    void pulse() {
        pulsed = ++notifications;
        wake();
    }

    /** This process has changed the event. Not for what was verified only: of that, the holders are a guess. */
    void changed(Snapshot snapshot) {
        last = snapshot;
        changed = new Changed(++notifications, snapshot);
        wake();
    }

    /** Causes all waiters to check: some at once, the crowd in a thread that delays no answer. */
    private void wake() {
        Iterator<Waiter> all = waiters.values().iterator();
        for (int i = 0; i < AT_ONCE && all.hasNext(); i++) {
            all.next().checkReleased();
        }
        if (all.hasNext()) {
            crowd.execute(() -> all.forEachRemaining(Waiter::checkReleased));
        }
    }

    /** Reads the event again, for all waiters. */
    void readAgain() {
        readAgain(true);
        readAgain(false);
    }

    private void readAgain(boolean set) {
        List<Waiter> those =
                waiters.values().stream().filter(waiter -> waiter.set == set).toList();
        if (!those.isEmpty()) {
            UUID incarnation = those.get(0).event.incarnation();
            engine.read(name, incarnation, interest(set), answer -> those.forEach(waiter -> waiter.arrived(answer)));
        }
    }

    /** Fails the waits of a handle that was closed. */
    void fail(ClusterEvent event, EventException failure) {
        for (Waiter waiter : waiters.values()) {
            if (waiter.event == event) {
                waiter.fail(failure);
            }
        }
    }

    private static Interest interest(boolean set) {
        return set ? Interest.SET : Interest.CLEAR;
    }
}
