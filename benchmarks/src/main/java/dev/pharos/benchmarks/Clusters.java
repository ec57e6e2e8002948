// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.pharos.cluster.Cluster;
import dev.pharos.cluster.ClusterEvent;
import dev.pharos.cluster.Servers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * How long does it take from a set in one JVM until a wait in another returns; until the last of many sessions, and the
 * last of many threads of one session, is released; how long do calls take; and how many notifications do the servers
 * send for a set and for a clear? Three servers, each a process of this machine; the rivals take turns.
 */
public final class Clusters {
    /** What is measured: all, by default. */
    private enum Part {
        CALLS,
        SESSIONS,
        THREADS,
        LOAD
    }

    /** How much is measured. A batch gives one median and one 99th percentile. */
    record Scale(
            int servers,
            int batches,
            int rounds,
            int samples,
            int sessionsOfJvm,
            List<Integer> sessions,
            List<Integer> threads,
            int calls,
            int events) {}

    private static final Scale FULL =
            new Scale(3, 15, 200, 9, 1_000, List.of(1_000, 10_000), List.of(1_000, 10_000), 100, 20_000);

    /** Batches or samples that are not counted. */
    private static final int WARM_UPS = 3;

    /** So many threads keep the servers busy. */
    private static final int BUSY = 64;

    /** Who waits at a barrier looks at it once more, one after the other: ten thousand take 8 seconds each time. */
    private static final int MOST_AT_A_BARRIER = 1_000;

    private static final long LIMIT_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** A figure, in nanoseconds or in notifications, each of which is a sample of it. */
    private record Case(String what, Rival rival, String param, String value) {
        Case with(String newParam, String newValue) {
            return new Case(what, rival, newParam, newValue);
        }
    }

    private final Map<Case, List<Double>> figures = new LinkedHashMap<>();
    private final Scale scale;
    private final Servers servers;
    private final List<String> addresses;

    /** The server of those who set, and that of those who wait: two followers, where there are three servers. */
    private final int settersServer;

    private final int waitersServer;

    private Clusters(Scale scale, Servers servers) {
        this.scale = scale;
        this.servers = servers;
        addresses = IntStream.range(0, scale.servers).mapToObj(servers::address).toList();
        int leader = servers.leader();
        settersServer = (leader + 1) % scale.servers;
        waitersServer = (leader + 2) % scale.servers;
    }

    /**
     * Prints the medians.
     *
     * @param args the parts to measure; all if none is named
     * @throws Exception if a server, another JVM or a session fails
     */
    public static void main(String... args) throws Exception {
        List<Part> parts;
        try {
            parts = Arrays.stream(args).map(Part::valueOf).toList();
        } catch (IllegalArgumentException e) {
            System.err.println("usage: Clusters [PART...], where a part is one of " + Arrays.toString(Part.values()));
            System.exit(2);
            return;
        }
        for (JsonElement result : measure(FULL, parts.isEmpty() ? List.of(Part.values()) : parts)) {
            JsonObject object = result.getAsJsonObject();
            JsonObject metric = object.getAsJsonObject("primaryMetric");
            System.out.printf(
                    "%-70s %-70s %12.1f %s%n",
                    object.get("benchmark").getAsString(),
                    object.get("params"),
                    metric.get("score").getAsDouble(),
                    metric.get("scoreUnit").getAsString());
        }
    }

    /** The figures, in the form in which JMH gives its results. */
    static JsonArray measure() throws Exception {
        return measure(FULL);
    }

    static JsonArray measure(Scale scale) throws Exception {
        return measure(scale, List.of(Part.values()));
    }

    private static JsonArray measure(Scale scale, List<Part> parts) throws Exception {
        // Patient servers: ten thousand sessions that begin at once are no reason to give up on one another.
        try (Servers servers = Servers.start(scale.servers, "tickTime=2000", "maxSessionTimeout=60000")) {
            Clusters clusters = new Clusters(scale, servers);
            for (Part part : parts) {
                switch (part) {
                    case CALLS -> clusters.measureCalls();
                    case SESSIONS -> clusters.measureSessions();
                    case THREADS -> clusters.measureThreads();
                    case LOAD -> clusters.measureLoad();
                }
            }
            return clusters.results();
        }
    }

    private void measureCalls() throws Exception {
        Map<Rival, ClusterSession> setters = new LinkedHashMap<>();
        for (Rival rival : ClusterSession.RIVALS) {
            ClusterSession setter = ClusterSession.connect(rival, servers.address(settersServer));
            setters.put(rival, setter);
            setter.clear();
        }
        try (ClusterMember waiter = ClusterMember.waiter(servers.address(waitersServer))) {
            waiter.awaitReady();
            List<Rival> turns = new ArrayList<>(ClusterSession.RIVALS);
            for (int batch = -WARM_UPS; batch < scale.batches; batch++) {
                Map<Case, List<Double>> calls = new LinkedHashMap<>();
                for (int round = 0; round < scale.rounds; round++) {
                    for (Rival rival : turns) {
                        measureRound(rival, Objects.requireNonNull(setters.get(rival)), waiter, calls);
                    }
                    Collections.rotate(turns, 1); // nobody always comes after the same
                }
                if (batch >= 0) {
                    calls.forEach((call, nanos) -> {
                        add(call.with("quantile", "median"), quantile(nanos, 0.5));
                        add(call.with("quantile", "99thPercentile"), quantile(nanos, 0.99));
                    });
                }
            }
        }
        for (ClusterSession setter : setters.values()) {
            setter.close();
        }
    }

    private void measureRound(Rival rival, ClusterSession setter, ClusterMember waiter, Map<Case, List<Double>> calls)
            throws Exception {
        awaitWatching(rival, List.of(waitersServer), 0);
        waiter.beginWait(rival);
        waiter.awaitWaiting();
        awaitWatching(rival, List.of(waitersServer), 1);
        long begin = System.nanoTime();
        setter.set();
        long end = System.nanoTime();
        call("untilAwaitReturns", rival, calls, waiter.released() - begin);
        call("set", rival, calls, end - begin);
        if (rival != Rival.CURATOR_BARRIER) {
            begin = System.nanoTime();
            setter.isSet();
            call("isSet", rival, calls, System.nanoTime() - begin);
        }
        begin = System.nanoTime();
        setter.awaitSet();
        call("awaitSet", rival, calls, System.nanoTime() - begin);
        if (rival != Rival.ZOOKEEPER_WATCH) {
            begin = System.nanoTime();
            setter.clear();
            call("clear", rival, calls, System.nanoTime() - begin);
        }
    }

    private static void call(String what, Rival rival, Map<Case, List<Double>> calls, long nanos) {
        calls.computeIfAbsent(new Case(what, rival, "", ""), call -> new ArrayList<>())
                .add((double) nanos);
    }

    /** The value that this part of the values is at most. */
    private static double quantile(List<Double> values, double part) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.ceil(part * sorted.size()) - 1);
    }

    private void measureSessions() throws Exception {
        for (int size : scale.sessions) {
            for (Rival rival : List.of(Rival.CLUSTER_EVENT, Rival.ZOOKEEPER_WATCH)) {
                List<ClusterMember> members = new ArrayList<>();
                try (ClusterSession setter = ClusterSession.connect(rival, servers.address(settersServer))) {
                    for (int left = size; left > 0; left -= scale.sessionsOfJvm) {
                        members.add(ClusterMember.sessions(rival, Math.min(left, scale.sessionsOfJvm), addresses));
                    }
                    for (ClusterMember member : members) {
                        member.awaitReady();
                    }
                    for (int sample = -WARM_UPS; sample < scale.samples; sample++) {
                        measureRelease(rival, size, setter, members, sample >= 0);
                    }
                    if (rival == Rival.CLUSTER_EVENT) {
                        measureNotifications(size, setter, members);
                    }
                } finally {
                    for (ClusterMember member : members) {
                        member.end();
                    }
                    for (ClusterMember member : members) {
                        member.close();
                    }
                }
            }
        }
    }

    private void measureRelease(
            Rival rival, int size, ClusterSession setter, List<ClusterMember> members, boolean counts)
            throws Exception {
        setter.clear();
        beginWaits(rival, size, members);
        long begin = System.nanoTime();
        setter.set();
        long inside = System.nanoTime() - begin;
        long last = released(members) - begin;
        if (counts) {
            add("untilTheLastSessionIsReleased", rival, size, last);
            add("insideSet", rival, size, inside);
        }
    }

    /** A clear that changes nothing, a set, and a set with a clear right after it: all wait when they begin. */
    private void measureNotifications(int size, ClusterSession setter, List<ClusterMember> members) throws Exception {
        setter.clear();
        beginWaits(Rival.CLUSTER_EVENT, size, members);
        long before = notifications();
        setter.clear();
        long cleared = notifications();
        setter.set();
        released(members);
        long set = notifications();
        setter.clear();
        beginWaits(Rival.CLUSTER_EVENT, size, members);
        long again = notifications();
        setter.set();
        setter.clear();
        released(members);
        add("notificationsOfClear", Rival.CLUSTER_EVENT, size, cleared - before);
        add("notificationsOfSet", Rival.CLUSTER_EVENT, size, set - cleared);
        add("notificationsOfSetAndClear", Rival.CLUSTER_EVENT, size, notifications() - again);
    }

    private void beginWaits(Rival rival, int size, List<ClusterMember> members) throws IOException {
        for (ClusterMember member : members) {
            member.beginWait(rival);
        }
        for (ClusterMember member : members) {
            member.awaitWaiting();
        }
        awaitWatching(rival, IntStream.range(0, scale.servers).boxed().toList(), size);
    }

    private static long released(List<ClusterMember> members) throws IOException {
        long last = Long.MIN_VALUE;
        for (ClusterMember member : members) {
            last = Math.max(last, member.released());
        }
        return last;
    }

    private void measureThreads() throws Exception {
        for (int size : scale.threads) {
            for (Rival rival : ClusterSession.RIVALS) {
                if (rival == Rival.CURATOR_BARRIER && size > MOST_AT_A_BARRIER) {
                    continue;
                }
                try (ClusterSession setter = ClusterSession.connect(rival, servers.address(settersServer));
                        ClusterSession waiters = ClusterSession.connect(rival, servers.address(waitersServer))) {
                    Crowd crowd = new Crowd(Threads.PLATFORM, size, () -> ClusterMember.await(waiters));
                    for (int sample = -WARM_UPS; sample < scale.samples; sample++) {
                        setter.clear();
                        awaitWatching(rival, List.of(waitersServer), 0);
                        crowd.beginAndPark();
                        awaitWatching(rival, List.of(waitersServer), 1);
                        long begin = System.nanoTime();
                        setter.set();
                        crowd.awaitDone();
                        if (sample >= 0) {
                            add("untilTheLastThreadIsAwake", rival, size, System.nanoTime() - begin);
                        }
                        if (rival == Rival.CLUSTER_EVENT) {
                            setter.clear();
                            crowd.beginAndPark();
                            begin = System.nanoTime();
                            waiters.set();
                            if (sample >= 0) {
                                add("insideSetOfThoseWhoWait", rival, size, System.nanoTime() - begin);
                            }
                            crowd.awaitDone();
                        }
                    }
                    crowd.close();
                }
            }
        }
    }

    private interface Call {
        void of(ClusterEvent event, int number);
    }

    /** What the servers can do at most, and what an event takes of their memory. */
    private void measureLoad() throws Exception {
        long heap = servers.heap(settersServer);
        try (Cluster cluster = Cluster.connect(servers.address(settersServer) + "/load")) {
            List<ClusterEvent> events = new ArrayList<>();
            for (int i = 0; i < BUSY; i++) {
                events.add(cluster.event("busy " + i));
            }
            for (int sample = -WARM_UPS; sample < scale.samples; sample++) {
                long change = perCall(events, (event, number) -> {
                    if (number % 2 == 0) {
                        event.set();
                    } else {
                        event.clear();
                    }
                });
                long look = perCall(events, (event, number) -> event.isSet());
                if (sample >= 0) {
                    add("changeBesideOthers", Rival.CLUSTER_EVENT, BUSY, change);
                    add("lookBesideOthers", Rival.CLUSTER_EVENT, BUSY, look);
                }
            }
            AtomicInteger made = new AtomicInteger();
            inThreads(() -> {
                for (int i = made.getAndIncrement(); i < scale.events; i = made.getAndIncrement()) {
                    cluster.event("one of many " + i).close();
                }
            });
            add(
                    new Case("heapForOneEvent", Rival.CLUSTER_EVENT, "size", Integer.toString(scale.events)),
                    (double) (servers.heap(settersServer) - heap) / scale.events);
        }
    }

    /** The time of all calls by their number, each thread with an event of its own. */
    private long perCall(List<ClusterEvent> events, Call call) throws Exception {
        AtomicInteger threads = new AtomicInteger();
        long begin = System.nanoTime();
        inThreads(() -> {
            ClusterEvent event = events.get(threads.getAndIncrement());
            for (int i = 0; i < scale.calls; i++) {
                call.of(event, i);
            }
        });
        return (System.nanoTime() - begin) / ((long) BUSY * scale.calls);
    }

    private static void inThreads(Runnable task) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(BUSY);
        try {
            for (Future<?> done : executor.invokeAll(Collections.nCopies(BUSY, Executors.callable(task)))) {
                done.get();
            }
        } finally {
            executor.shutdown();
        }
    }

    /** Returns when so many sessions of these servers watch a node of the rival. */
    private void awaitWatching(Rival rival, List<Integer> of, int sessions) {
        long begin = System.nanoTime();
        while (true) {
            long watching = 0;
            for (int server : of) {
                watching += watching(answer(server, "wchc"), ClusterSession.root(rival));
            }
            if (watching == sessions) {
                return;
            }
            pause(begin, watching + " sessions of " + rival + " watch, not " + sessions);
        }
    }

    /** What a server says to a command of four letters, once it has the time to: never nothing. */
    private String answer(int server, String command) {
        long begin = System.nanoTime();
        while (true) {
            String answer = servers.ask(server, command);
            if (!answer.isEmpty()) {
                return answer;
            }
            pause(begin, "server " + server + " does not answer " + command);
        }
    }

    private static void pause(long begin, String otherwise) {
        if (System.nanoTime() - begin > LIMIT_NANOS) {
            throw new IllegalStateException(otherwise);
        }
        LockSupport.parkNanos(POLL_NANOS);
    }

    /** The answer has a line for each session, and after it one, indented, for each node that it watches. */
    private static long watching(String answer, String root) {
        return Arrays.stream(answer.split("0x", -1))
                .filter(session -> session.contains("\t" + root))
                .count();
    }

    /** How many notifications all servers have sent, of all that was agreed upon before. */
    private long notifications() throws Exception {
        long sent = 0;
        for (int server = 0; server < scale.servers; server++) {
            // A fresh read by this server comes after all that it has to do for the writes before.
            try (ClusterSession session = ClusterSession.connect(Rival.ZOOKEEPER_WATCH, servers.address(server))) {
                session.isSet();
            }
            sent += answer(server, "mntr")
                    .lines()
                    .filter(line -> line.matches("zk_sum_node_\\w+_watch_count\\s.*"))
                    .mapToLong(line -> Long.parseLong(line.split("\\s+", -1)[1]))
                    .sum();
        }
        return sent;
    }

    private void add(String what, Rival rival, int size, long figure) {
        add(new Case(what, rival, "size", Integer.toString(size)), (double) figure);
    }

    private void add(Case key, double figure) {
        figures.computeIfAbsent(key, ignored -> new ArrayList<>()).add(figure);
    }

    private JsonArray results() {
        JsonArray results = new JsonArray();
        figures.forEach((key, values) -> {
            String unit = key.what.startsWith("notifications")
                    ? "notifications"
                    : key.what.startsWith("heap") ? "B" : "us/op";
            double[] figures = values.stream()
                    .mapToDouble(value -> unit.equals("us/op") ? value / 1e3 : value)
                    .toArray();
            JsonObject params = new JsonObject();
            params.addProperty("rival", key.rival.name());
            params.addProperty(key.param, key.value);
            JsonArray fork = new JsonArray();
            Arrays.stream(figures).forEach(fork::add);
            JsonArray forks = new JsonArray();
            forks.add(fork);
            JsonObject metric = new JsonObject();
            metric.addProperty("score", Median.of(figures).value());
            metric.addProperty("scoreUnit", unit);
            metric.add("rawData", forks);
            JsonObject result = new JsonObject();
            result.addProperty("benchmark", Clusters.class.getName() + "." + key.what);
            result.add("params", params);
            result.add("primaryMetric", metric);
            results.add(result);
        });
        return results;
    }
}
