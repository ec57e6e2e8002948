// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.openjdk.jol.info.ClassLayout;

/** The size of what an event keeps alive of this library: not the threads, names and dependents of its users. */
final class Footprint {
    private static final Map<Class<?>, Long> SIZES = new ConcurrentHashMap<>();

    private Footprint() {}

    /** In bytes. */
    static long of(ThreadEvent event) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> todo = new ArrayDeque<>();
        seen.add(event);
        todo.add(event);
        long bytes = 0;
        while (!todo.isEmpty()) {
            Object object = todo.remove();
            bytes += SIZES.computeIfAbsent(
                    object.getClass(), type -> ClassLayout.parseClass(type).instanceSize());
            for (Field field : object.getClass().getDeclaredFields()) {
                Object value = value(field, object);
                if (value != null && value.getClass().getPackage() == Event.class.getPackage() && seen.add(value)) {
                    todo.add(value);
                }
            }
        }
        return bytes;
    }

    private static Object value(Field field, Object object) {
        if (Modifier.isStatic(field.getModifiers()) || field.getType().isPrimitive()) {
            return null;
        }
        try {
            field.setAccessible(true);
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
