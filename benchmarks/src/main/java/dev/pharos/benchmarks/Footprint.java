// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.util.ObjectUtils;

/**
 * How many bytes does an event keep alive, alone, for each thread that waits, for each pending future? Counted is what
 * can be reached from it in the Java heap; not the threads, and not what the JVM keeps outside, as for a monitor.
 */
public final class Footprint {
    private static final int FEW = 10;
    private static final int MANY = 110;
    private static final int TIME_OUTS = 10_000;

    private static final Set<Rival> WITH_TIME_OUTS = Collections.unmodifiableSet(EnumSet.of(
            Rival.THREAD_EVENT,
            Rival.COUNT_DOWN_LATCH,
            Rival.BOOLEAN_LATCH,
            Rival.LOCK_CONDITION,
            Rival.COMPLETABLE_FUTURE,
            Rival.SEMAPHORE,
            Rival.PHASER,
            Rival.GUAVA_MONITOR));

    static {
        System.setProperty("jol.magicFieldOffset", "true"); // so that it also reads the fields of lambdas
    }

    private final JsonArray results = new JsonArray();

    private Footprint() {}

    /**
     * Prints the bytes.
     *
     * @param args none
     * @throws InterruptedException if this thread was interrupted
     */
    public static void main(String... args) throws InterruptedException {
        for (JsonElement result : measure()) {
            JsonObject object = result.getAsJsonObject();
            System.out.printf(
                    "%-50s %-20s %8.1f%n",
                    object.get("benchmark").getAsString(),
                    object.getAsJsonObject("params").get("rival").getAsString(),
                    object.getAsJsonObject("primaryMetric").get("score").getAsDouble());
        }
    }

    /** The bytes, in the form in which JMH gives its results. */
    static JsonArray measure() throws InterruptedException {
        Footprint footprint = new Footprint();
        for (Rival rival : EnumSet.range(Rival.THREAD_EVENT, Rival.GUAVA_MONITOR)) {
            footprint.add("alone", rival, of(List.of(rival.newFlag())));
            double few = withWaiters(rival, FEW, 0);
            footprint.add("eachWaiter", rival, (withWaiters(rival, MANY, 0) - few) / (MANY - FEW));
            if (WITH_TIME_OUTS.contains(rival)) {
                footprint.add("leftBy10000TimeOuts", rival, withWaiters(rival, FEW, TIME_OUTS) - few);
            }
        }
        footprint.add("eachFuture", Rival.THREAD_EVENT, (withFutures(MANY) - withFutures(FEW)) / (MANY - FEW));
        footprint.add("eachFuture", Rival.COMPLETABLE_FUTURE, of(List.of(new CompletableFuture<>())));
        footprint.add("eachEventOfAnAnyWait", Rival.THREAD_EVENT, (inAnyWait(MANY) - inAnyWait(FEW)) / (MANY - FEW));
        return footprint.results;
    }

    private static double withWaiters(Rival rival, int waiters, int timeOuts) throws InterruptedException {
        Flag flag = rival.newFlag();
        Crowd crowd = new Crowd(Threads.PLATFORM, waiters, flag::await);
        crowd.beginAndPark();
        for (int i = 0; i < timeOuts; i++) {
            if (flag.await(1)) {
                throw new IllegalStateException("nobody has set it");
            }
        }
        double bytes = of(List.of(flag));
        flag.set();
        crowd.awaitDone();
        crowd.close();
        return bytes;
    }

    private static double withFutures(int count) {
        ThreadEvent event = new ThreadEvent();
        for (int i = 0; i < count; i++) {
            var unused = event.whenSet(); // kept by the event
        }
        return of(List.of(event));
    }

    /** Without the events. */
    private static double inAnyWait(int count) throws InterruptedException {
        Event[] events = Stream.generate(ThreadEvent::new).limit(count).toArray(Event[]::new);
        double alone = of(List.of(events));
        Crowd crowd = new Crowd(Threads.PLATFORM, 1, () -> Event.awaitAny(events));
        crowd.beginAndPark();
        double bytes = of(List.of(events));
        events[0].set();
        crowd.awaitDone();
        crowd.close();
        return bytes - alone;
    }

    private void add(String what, Rival rival, double bytes) {
        JsonObject params = new JsonObject();
        params.addProperty("rival", rival.name());
        JsonArray fork = new JsonArray();
        fork.add(bytes);
        JsonArray forks = new JsonArray();
        forks.add(fork);
        JsonObject metric = new JsonObject();
        metric.addProperty("score", bytes);
        metric.addProperty("scoreUnit", "B");
        metric.add("rawData", forks);
        JsonObject result = new JsonObject();
        result.addProperty("benchmark", Footprint.class.getName() + "." + what);
        result.add("params", params);
        result.add("primaryMetric", metric);
        results.add(result);
    }

    private static double of(Collection<?> roots) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> todo = new ArrayDeque<>();
        roots.forEach(root -> {
            if (seen.add(root)) {
                todo.add(root);
            }
        });
        double bytes = 0;
        while (!todo.isEmpty()) {
            Object object = todo.remove();
            bytes += counts(object) ? ClassLayout.parseInstance(object).instanceSize() : 0;
            for (Object next : references(object)) {
                boolean foreign = next instanceof Thread || next instanceof Class || next instanceof ClassLoader;
                if (!foreign && seen.add(next)) {
                    todo.add(next);
                }
            }
        }
        return bytes;
    }

    /** What adapts a rival to Flag counts only if it holds a part of the state. */
    private static boolean counts(Object object) {
        return !(object instanceof Flag)
                || Stream.of(object.getClass().getDeclaredFields())
                        .anyMatch(field -> field.getType().isPrimitive());
    }

    private static List<Object> references(Object object) {
        Stream<Field> fields = Stream.empty();
        for (Class<?> type = object.getClass(); type != null; type = type.getSuperclass()) {
            fields = Stream.concat(fields, Stream.of(type.getDeclaredFields()));
        }
        Stream<Object> elements = object instanceof Object[] array ? Stream.of(array) : Stream.empty();
        return Stream.concat(
                        elements,
                        fields.filter(field -> !Modifier.isStatic(field.getModifiers())
                                        && !field.getType().isPrimitive())
                                .map(field -> ObjectUtils.value(object, field)))
                .filter(value -> value != null)
                .toList();
    }
}
