// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.cluster.Engine.Interest;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Those of this process who wait for one event, whatever their handle, and what was last seen of it. See "Waiting" in
 * {@link ClusterEvent}.
 */
final class Waiters {
    private static final AtomicLong numbers = new AtomicLong();

    final String name;

    /** How many handles there are. Guarded by the map in which the cluster keeps this. */
    int handles;

    private final Engine engine;

    /** The waiters by number. Lock-free, since a virtual thread may lose its carrier with a lock in its hand. */
    private final Map<Long, Waiter> waiters = new ConcurrentSkipListMap<>();

    /** Perhaps old: a guess at what a change will find. Written by the engine's answers only, so in their order. */
    private volatile @Nullable Snapshot last;

    Waiters(Engine engine, String name) {
        this.engine = engine;
        this.name = name;
    }

    Engine engine() {
        return engine;
    }

    @Nullable
    Snapshot last() {
        return last;
    }

    /** Somebody has seen it; called by the engine's answers only. */
    void saw(Snapshot snapshot) {
        last = snapshot;
    }

    /** Adds a waiter, and asks the engine to tell of what it waits for. */
    void add(Waiter waiter) {
        waiter.number = numbers.incrementAndGet();
        waiters.put(waiter.number, waiter);
        engine.look(name, waiter.event.incarnation(), interest(waiter.set), waiter::arrived);
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
        for (Waiter waiter : waiters.values()) {
            waiter.pulse();
        }
    }

    /** This process has changed the event. Not for what was verified only: of that, the holders are a guess. */
    void changed(Snapshot snapshot) {
        last = snapshot;
        for (Waiter waiter : waiters.values()) {
            waiter.saw(snapshot);
        }
    }

    /** Looks again, for all who wait. */
    void lookAgain() {
        lookAgain(true);
        lookAgain(false);
    }

    private void lookAgain(boolean set) {
        List<Waiter> those =
                waiters.values().stream().filter(waiter -> waiter.set == set).toList();
        if (!those.isEmpty()) {
            UUID incarnation = those.get(0).event.incarnation();
            engine.look(name, incarnation, interest(set), answer -> those.forEach(waiter -> waiter.arrived(answer)));
        }
    }

    /** Tells those who wait with a handle that it was closed. */
    void fail(ClusterEvent event, ClusterEventException failure) {
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
