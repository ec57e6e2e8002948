// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.Event;
import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import dev.pharos.cluster.History.Kind;
import dev.pharos.cluster.History.Operation;
import dev.pharos.cluster.History.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Three servers and nine clients under faults of every kind, while the clients set, clear, hold and await events: what
 * the clients saw is held against what the servers committed. The long form is that of the profile "verification".
 */
@Tag("slow")
class StormTest {
    /*
     * Overview
     *
     * A pulsed event has waiters in several clients, which wait for it all the time. In each round one client sets and
     * clears it at once, when some of the waits are in effect; the round ends when all of those have been released, and
     * no set comes before that. So whoever missed the pulse is still waiting a minute later, which is what the checker
     * calls a lost set: the faults are over by far. Half of the events are the mirror image, with clear and set
     * exchanged.
     *
     * A shared event is set, cleared, held, read and awaited by several clients at the same time, as chance has it. In
     * the end each is held by a client that is killed.
     *
     * Two threads do the faults, one to servers and one to clients, so that they also meet. A client reaches each
     * server through a proxy of its own, and servers reach one another through proxies.
     */

    private static final int PULSES = Integer.getInteger("dev.pharos.cluster.pulses", 4_000);
    /**
     * How long an event stays held at most after its holder was killed: the session timeout and a tick, as documented,
     * and a minute, in which the slowest machine notices.
     */
    private static final long MOST_HELD_NANOS =
            Client.SESSION.toNanos() + TimeUnit.MILLISECONDS.toNanos(Servers.TICK_MILLIS) + TimeUnit.MINUTES.toNanos(1);

    private static final int FAULTS = Integer.getInteger("dev.pharos.cluster.faults", 60);
    private static final long SEED = Long.getLong("dev.pharos.cluster.seed", System.nanoTime());

    private static final int JVMS = 3;
    private static final int CONNECTIONS = 3;
    private static final int PULSED = 24;
    private static final int WAITERS = 3;
    private static final int SHARED = 6;
    private static final int SHARERS = 3;

    /** How long an operation may take: longer than any fault lasts, and what follows from it. */
    private static final long LIMIT_SECONDS = 180;

    /** How long a wait is to take, which is to be released, not to time out. */
    private static final Duration LONG = Duration.ofHours(1);

    private static final String ROOT = "/storm";

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private final Event stop = new ThreadEvent("stop");
    private final LongAdder pulses = new LongAdder();
    private final Map<String, Queue<Operation>> operations = new ConcurrentHashMap<>();
    private final Queue<Long> latencies = new ConcurrentLinkedQueue<>();

    /** How long events stayed held whose holders were killed. */
    private final Deque<Long> lapses = new ArrayDeque<>();

    private final Map<String, AtomicInteger> faults = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    /** All proxies there were, by the number of their client. */
    private final Map<Integer, List<Proxy>> proxies = new ConcurrentHashMap<>();

    private final AtomicReferenceArray<Client> clients = new AtomicReferenceArray<>(JVMS);
    private Servers servers;

    @Test
    void storm_ofFaults_breaksNoPromise() throws Exception {
        try (Servers three = Servers.start(3, true)) {
            servers = three;
            for (int i = 0; i < JVMS; i++) {
                clients.set(i, startClient());
            }
            for (int i = 0; i < JVMS; i++) {
                threads.get(clients.get(i).connected());
            }
            long start = System.nanoTime();
            SplittableRandom random = new SplittableRandom(SEED);
            List<Thread> users = new ArrayList<>();
            for (int i = 0; i < PULSED; i++) {
                String event = "pulsed-" + i;
                boolean mirrored = i % 2 == 1;
                SplittableRandom own = random.split();
                users.add(start(() -> pulse(event, mirrored, own)));
            }
            for (int i = 0; i < SHARED * SHARERS; i++) {
                String event = "shared-" + i / SHARERS;
                int slot = i % (JVMS * CONNECTIONS);
                SplittableRandom own = random.split();
                users.add(start(() -> share(event, slot, own)));
            }
            SplittableRandom serverRandom = random.split();
            SplittableRandom clientRandom = random.split();
            List<Thread> nemeses = FAULTS == 0
                    ? List.of()
                    : List.of(start(() -> tormentServers(serverRandom)), start(() -> tormentClients(clientRandom)));
            while ((pulses.sum() < PULSES || faultCount() < FAULTS) && failures.isEmpty()) {
                stop.await(100, TimeUnit.MILLISECONDS);
            }
            stop.set();
            for (Thread thread : Stream.concat(nemeses.stream(), users.stream()).toList()) {
                thread.join();
            }
            long nanos = System.nanoTime() - start;
            if (failures.isEmpty()) {
                killHolders(random);
            }
            for (int i = 0; i < JVMS; i++) {
                if (!failures.isEmpty()) {
                    failures.add(clients.get(i).stacks());
                }
                failures.addAll(clients.get(i).failures());
                clients.get(i).close();
            }
            proxies.values().forEach(list -> list.forEach(Proxy::close));
            for (int i = 0; i < servers.count(); i++) {
                servers.kill(i);
            }
            check(nanos);
        } finally {
            for (int i = 0; i < JVMS; i++) {
                if (clients.get(i) != null) {
                    clients.get(i).close();
                }
            }
        }
    }

    private Thread start(TestThreads.Action action) {
        return threads.start(() -> {
            try {
                action.run();
            } catch (Exception | AssertionError e) {
                failures.add(e.toString()); // ends the storm, and is reported with what else was found
            }
        });
    }

    private void check(long nanos) throws IOException {
        Map<Long, Integer> clientOf = new HashMap<>();
        proxies.forEach((client, list) ->
                list.forEach(proxy -> proxy.sessions().forEach(session -> clientOf.put(session, client))));
        TransactionLog.Events events =
                new TransactionLog.Events(ROOT, session -> clientOf.getOrDefault(session, History.NOBODY));
        TransactionLog.read(servers, events);
        List<String> violations = new ArrayList<>(failures);
        violations.addAll(events.violations());
        int count = 0;
        int unknown = 0;
        int surelyNot = 0;
        int waits = 0;
        for (Map.Entry<String, Queue<Operation>> entry : operations.entrySet()) {
            List<Operation> all = List.copyOf(entry.getValue());
            for (Operation operation : all) {
                count++;
                unknown += operation.outcome() == Outcome.UNKNOWN ? 1 : 0;
                surelyNot += operation.outcome() == Outcome.NOTHING ? 1 : 0;
                waits += operation.kind() == Kind.AWAIT || operation.kind() == Kind.AWAIT_CLEAR ? 1 : 0;
            }
            for (String violation : History.violations(all, events.changes(entry.getKey()))) {
                violations.add(entry.getKey() + ": " + violation);
            }
        }
        long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
        System.out.printf(
                "storm, seed %d: %d s, %d pulses, %d operations, of them %d waits; %d unknown outcomes, %d that surely"
                        + " did nothing; %d epochs; %d faults: %s; release after the set() returned, ms: p50 %.2f, p99"
                        + " %.2f, max %.2f; held after the holder was killed, ms: %.0f to %.0f; %d violations%n",
                SEED,
                TimeUnit.NANOSECONDS.toSeconds(nanos),
                pulses.sum(),
                count,
                waits,
                unknown,
                surelyNot,
                events.epochs(),
                faultCount(),
                new TreeMap<>(faults),
                quantile(sorted, 0.5),
                quantile(sorted, 0.99),
                quantile(sorted, 1),
                lapses.stream().mapToLong(Long::longValue).min().orElse(0) / 1e6,
                lapses.stream().mapToLong(Long::longValue).max().orElse(0) / 1e6,
                violations.size());
        assertThat(violations).isEmpty();
        assertThat(pulses.sum()).isGreaterThanOrEqualTo(PULSES);
        assertThat(faultCount()).isGreaterThanOrEqualTo(FAULTS);
    }

    private static double quantile(long[] sorted, double part) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, sorted.length * part)] / 1e6;
    }

    private int faultCount() {
        return faults.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    private Client startClient() {
        List<List<Proxy>> ways = new ArrayList<>();
        List<String> addresses = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            List<Proxy> way = IntStream.range(0, servers.count())
                    .mapToObj(server -> new Proxy(servers.port(server)))
                    .toList();
            ways.add(way);
            addresses.add(String.join(
                            ",",
                            way.stream()
                                    .map(proxy -> "127.0.0.1:" + proxy.port())
                                    .toList())
                    + ROOT);
        }
        Client client = new Client(addresses, this::record);
        for (int i = 0; i < CONNECTIONS; i++) {
            proxies.put(client.number(i), ways.get(i));
        }
        return client;
    }

    // The users of the events.

    private void record(String event, Operation operation) {
        operations.computeIfAbsent(event, name -> new ConcurrentLinkedQueue<>()).add(operation);
    }

    private Client.Call call(int slot, String event, Kind kind, Duration limit) {
        return clients.get(slot / CONNECTIONS).call(slot % CONNECTIONS, event, kind, limit);
    }

    /** The outcome of a call, which must come in time. */
    private Operation get(Client.Call call) throws Exception {
        await(call.done(), call);
        return call.done().join();
    }

    private void await(CompletableFuture<?> future, Client.Call... calls) throws Exception {
        try {
            future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            for (Client.Call call : calls) {
                if (!call.entered().isDone()) {
                    failures.add("neither returned nor seen to wait: " + call);
                } else if (!call.done().isDone()) {
                    failures.add("never returned: " + call);
                }
            }
            throw e;
        }
    }

    /** Rounds of one event, until the storm is over: see the overview. */
    private void pulse(String event, boolean mirrored, SplittableRandom random) throws Exception {
        Kind release = mirrored ? Kind.CLEAR : Kind.SET;
        Kind restore = mirrored ? Kind.SET : Kind.CLEAR;
        Kind wait = mirrored ? Kind.AWAIT_CLEAR : Kind.AWAIT;
        setFor(restore, event, random);
        Client.Call[] waits = new Client.Call[WAITERS];
        while (!stop.isSet() && failures.isEmpty()) {
            for (int i = 0; i < WAITERS; i++) {
                if (waits[i] == null || waits[i].done().isDone()) {
                    waits[i] = call(random.nextInt(JVMS * CONNECTIONS), event, wait, LONG);
                }
            }
            awaitEntered(random.nextInt(1, WAITERS + 1), waits);
            List<Client.Call> inEffect = Arrays.stream(waits)
                    .filter(call ->
                            call.registered() != History.NEVER && !call.done().isDone())
                    .toList();
            if (random.nextInt(4) == 0) {
                call(random.nextInt(JVMS * CONNECTIONS), event, Kind.IS_SET, Duration.ZERO);
            }
            int slot = random.nextInt(JVMS * CONNECTIONS);
            List<Client.Call> both = clients.get(slot / CONNECTIONS).call(slot % CONNECTIONS, event, release, restore);
            Operation released = get(both.get(0));
            Operation restored = get(both.get(1));
            if (!isKnown(released)) {
                setFor(release, event, random);
            }
            if (!isKnown(released) || !isKnown(restored)) {
                setFor(restore, event, random);
            }
            for (Client.Call call : inEffect) {
                Operation operation = get(call);
                if (operation.outcome() == Outcome.TRUE && isKnown(released)) {
                    latencies.add(Math.max(0, operation.to() - released.to()));
                }
            }
            pulses.increment();
        }
        setFor(release, event, random);
        for (Client.Call call : waits) {
            get(call);
        }
    }

    /** Waits until so many of the waits are in effect, or have returned. */
    private void awaitEntered(int count, Client.Call... waits) throws Exception {
        while (true) {
            List<CompletableFuture<Void>> others = Arrays.stream(waits)
                    .map(Client.Call::entered)
                    .filter(entered -> !entered.isDone())
                    .toList();
            if (waits.length - others.size() >= count) {
                return;
            }
            await(CompletableFuture.anyOf(others.toArray(new CompletableFuture<?>[0])), waits);
        }
    }

    private static boolean isKnown(Operation operation) {
        return operation.outcome() == Outcome.TRUE || operation.outcome() == Outcome.FALSE;
    }

    /** Sets or clears an event, whatever it takes. */
    private void setFor(Kind kind, String event, SplittableRandom random) throws Exception {
        while (!isKnown(get(call(random.nextInt(JVMS * CONNECTIONS), event, kind, Duration.ZERO)))) {}
    }

    /** Does this and that with an event, from one client, until the storm is over. */
    private void share(String event, int slot, SplittableRandom random) throws Exception {
        while (!stop.await(random.nextInt(20), TimeUnit.MILLISECONDS) && failures.isEmpty()) {
            switch (random.nextInt(8)) {
                case 0, 1 -> get(call(slot, event, Kind.SET, Duration.ZERO));
                case 2, 3, 4 -> get(call(slot, event, Kind.CLEAR, Duration.ZERO));
                case 5 -> get(call(slot, event, Kind.IS_SET, Duration.ZERO));
                case 6 ->
                    get(call(
                            slot,
                            event,
                            random.nextBoolean() ? Kind.AWAIT : Kind.AWAIT_CLEAR,
                            Duration.ofMillis(random.nextInt(20))));
                default -> {
                    Client client = clients.get(slot / CONNECTIONS);
                    if (get(client.call(slot % CONNECTIONS, event, Kind.HOLD, Duration.ZERO))
                                    .outcome()
                            == Outcome.TRUE) {
                        get(client.call(slot % CONNECTIONS, event, Kind.IS_SET, Duration.ZERO));
                        get(client.call(slot % CONNECTIONS, event, Kind.RELEASE, Duration.ZERO));
                    }
                }
            }
        }
    }

    /** When the storm is over: events that are held are clear not before, and soon after, those who hold them are killed. */
    private void killHolders(SplittableRandom random) throws Exception {
        int survivor = JVMS - 1;
        Map<String, Client.Call> waits = new TreeMap<>();
        for (int i = 0; i < SHARED; i++) {
            String event = "shared-" + i;
            int holder = i % (survivor * CONNECTIONS);
            while (get(call(holder, event, Kind.HOLD, Duration.ZERO)).outcome() != Outcome.TRUE) {}
            setFor(Kind.CLEAR, event, random);
            waits.put(event, call(survivor * CONNECTIONS + i % CONNECTIONS, event, Kind.AWAIT_CLEAR, LONG));
        }
        for (Client.Call wait : waits.values()) {
            await(wait.entered(), wait);
        }
        long killed = System.nanoTime();
        for (int i = 0; i < survivor; i++) {
            clients.get(i).kill();
        }
        for (Map.Entry<String, Client.Call> wait : waits.entrySet()) {
            Operation cleared = get(wait.getValue());
            lapses.add(cleared.to() - killed);
            if (cleared.outcome() != Outcome.TRUE || cleared.to() < killed) {
                failures.add("holds: " + wait.getKey() + " did not stay held until its holder was killed: " + cleared);
            } else if (cleared.to() - killed > MOST_HELD_NANOS) {
                failures.add("holds: " + wait.getKey() + " stayed held " + lapses.peekLast() + " ns");
            }
        }
    }

    // The faults.

    private void fault(String kind) {
        faults.computeIfAbsent(kind, name -> new AtomicInteger()).incrementAndGet();
    }

    private void forMillis(SplittableRandom random, int least, int most) throws InterruptedException {
        stop.await(random.nextInt(least, most), TimeUnit.MILLISECONDS);
    }

    private void tormentServers(SplittableRandom random) throws Exception {
        int shorter = (int) Client.SESSION.toMillis() / 2;
        int longer = (int) Client.SESSION.toMillis() * 3 / 2;
        while (!stop.isSet() && failures.isEmpty()) {
            forMillis(random, 100, 1_500);
            for (int i = 0; i < 3; i++) {
                if (!servers.isAlive(i)) {
                    fault("end of a server by itself");
                    servers.restart(i);
                }
            }
            int leader = servers.leader();
            int victim = random.nextBoolean() ? leader : (leader + random.nextInt(1, 3)) % 3;
            String name = victim == leader ? "leader" : "follower";
            switch (random.nextInt(9)) {
                case 0, 1, 2, 3 -> {
                    fault("kill " + name);
                    servers.kill(victim);
                    forMillis(random, 1, 2_000);
                    servers.restart(victim);
                }
                case 4 -> {
                    fault("kill all servers");
                    for (int i = 0; i < 3; i++) {
                        servers.kill(i);
                    }
                    forMillis(random, 1, 1_000);
                    for (int i = 0; i < 3; i++) {
                        servers.restart(i);
                    }
                }
                case 5 -> {
                    fault("pause " + name + " shorter than a session");
                    servers.pause(victim);
                    forMillis(random, 100, shorter);
                    servers.resume(victim);
                }
                case 6 -> {
                    fault("pause " + name + " longer than a session");
                    servers.pause(victim);
                    forMillis(random, longer, longer + 1_000);
                    servers.resume(victim);
                }
                case 7 -> {
                    fault("cut " + name + " off from the other servers");
                    servers.cut(victim, true, true);
                    forMillis(random, 100, longer);
                    servers.heal();
                }
                default -> {
                    boolean sends = random.nextBoolean();
                    fault("cut " + name + " off one way");
                    servers.cut(victim, sends, !sends);
                    forMillis(random, 100, longer);
                    servers.heal();
                }
            }
            servers.awaitServing();
        }
    }

    private void tormentClients(SplittableRandom random) throws Exception {
        int shorter = (int) Client.SESSION.toMillis() / 2;
        int longer = (int) Client.SESSION.toMillis() * 3 / 2;
        while (!stop.isSet() && failures.isEmpty()) {
            forMillis(random, 100, 1_500);
            int jvm = random.nextInt(JVMS);
            Client client = clients.get(jvm);
            List<Proxy> way = proxies.get(client.number(random.nextInt(CONNECTIONS)));
            switch (random.nextInt(10)) {
                case 0, 1 -> {
                    fault("expire a session");
                    int server = random.nextInt(3);
                    for (Proxy proxy : way) {
                        proxy.expire(servers.address(server));
                    }
                }
                case 2 -> {
                    fault("pause clients shorter than a session");
                    client.pause();
                    forMillis(random, 100, shorter);
                    client.resume();
                }
                case 3 -> {
                    fault("pause clients longer than a session");
                    client.pause();
                    forMillis(random, longer, longer + 1_000);
                    client.resume();
                }
                case 4 -> {
                    fault("kill clients");
                    Client successor = startClient();
                    clients.set(jvm, successor); // first, so that next to nothing is asked of the dead
                    client.kill();
                    failures.addAll(client.failures());
                    for (int i = 0; i < CONNECTIONS; i++) {
                        proxies.get(client.number(i)).forEach(Proxy::close);
                    }
                    await(successor.connected());
                }
                case 5 -> {
                    fault("reset connections");
                    way.forEach(Proxy::reset);
                }
                case 6 -> {
                    fault("drop what a client sends");
                    way.forEach(proxy -> proxy.drop(true, false));
                    forMillis(random, 100, longer);
                    way.forEach(Proxy::heal);
                }
                case 7 -> {
                    fault("drop what servers answer, then reset");
                    way.forEach(proxy -> proxy.drop(false, true));
                    forMillis(random, 10, shorter);
                    way.forEach(Proxy::reset);
                    way.forEach(Proxy::heal);
                }
                case 8 -> {
                    fault("drop all a client sends and hears");
                    way.forEach(proxy -> proxy.drop(true, true));
                    forMillis(random, 100, longer);
                    way.forEach(Proxy::heal);
                }
                default -> {
                    fault("delay a client");
                    int millis = random.nextInt(5, 200);
                    way.forEach(proxy -> proxy.delay(millis));
                    forMillis(random, 100, longer);
                    way.forEach(Proxy::heal);
                }
            }
        }
    }
}
