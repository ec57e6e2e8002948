// SPDX-License-Identifier: Apache-2.0
package dev.pharos.jfr;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The numbers of the objects that were recorded, which distinguish two that have the same identity hash. An object has its
 * number for ever, and gets it when it is first recorded; nothing is kept of one that was not, nor of one that has been
 * collected.
 */
final class Numbers {
    private static final AtomicLong LAST = new AtomicLong();
    private static final Map<Object, Long> NUMBERS = new ConcurrentHashMap<>();
    private static final ReferenceQueue<Object> COLLECTED = new ReferenceQueue<>();

    private Numbers() {}

    /** The number of an object. */
    static long of(Object object) {
        Long number = NUMBERS.get(new Search(object));
        if (number == null) {
            forgetCollected();
            Long next = LAST.incrementAndGet();
            number = NUMBERS.putIfAbsent(new Key(object), next);
            return number == null ? next : number;
        }
        return number;
    }

    /** Forgets the objects that were collected. Called for each new one, and by waits, also if nothing is recorded. */
    static void forgetCollected() {
        for (Reference<?> key = COLLECTED.poll(); key != null; key = COLLECTED.poll()) {
            NUMBERS.remove(key);
        }
    }

    /** Finds the key of an object. */
    private record Search(Object object) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.refersTo(object);
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(object);
        }
    }

    private static final class Key extends WeakReference<Object> {
        private final int hash;

        Key(Object object) {
            super(object, COLLECTED);
            hash = System.identityHashCode(object);
        }

        @Override
        public boolean equals(Object other) {
            Object object = get();
            return other == this || (object != null && other instanceof Key key && key.refersTo(object));
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }
}
