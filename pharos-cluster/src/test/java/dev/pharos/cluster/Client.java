// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.cluster.History.Kind;
import dev.pharos.cluster.History.Operation;
import dev.pharos.cluster.History.Outcome;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;

/**
 * Another JVM with connections of its own, in which operations are called, several at a time. It takes a line for each,
 * and answers when a wait is in effect and when an operation has returned, with the times by System.nanoTime: one clock
 * for all processes of a machine, which is verified. It ends with its standard input.
 */
final class Client implements AutoCloseable {
    static final Duration SESSION = Duration.ofSeconds(4);

    private static final Cluster.Options OPTIONS =
            Cluster.Options.DEFAULTS.sessionTimeout(SESSION).operationTimeout(Duration.ofSeconds(8));

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    /** An operation that was ordered. */
    final class Call {
        private final String event;
        private final int client;
        private final Kind kind;
        private final Duration limit;
        private final long ordered = System.nanoTime();

        /** What is called before it by the same thread; null if it does not follow another. */
        private final Call before;

        private volatile long registered = History.NEVER;
        private final CompletableFuture<Void> entered = new CompletableFuture<>();
        private final CompletableFuture<Operation> done = new CompletableFuture<>();

        private Call(String event, int client, Kind kind, Duration limit, Call before) {
            this.before = before;
            this.limit = limit;
            this.event = event;
            this.client = client;
            this.kind = kind;
        }

        int client() {
            return client;
        }

        /** When the wait was seen to be in effect; NEVER if it was not yet. */
        long registered() {
            return registered;
        }

        /** Completes when the wait was seen to be in effect, or has returned. */
        CompletableFuture<Void> entered() {
            return entered;
        }

        /** Completes when the operation has returned, or its process is gone. */
        CompletableFuture<Operation> done() {
            return done;
        }

        /** When it may have been called at the earliest. */
        private long from() {
            Operation other = before == null ? null : before.done.getNow(null);
            return other == null || other.to() == History.NEVER ? ordered : other.to();
        }

        @Override
        public String toString() {
            return kind + " of " + event + " by client " + client + " in process " + process.pid() + ", ordered at "
                    + ordered + ", " + (registered == History.NEVER ? "not in effect" : "in effect at " + registered);
        }

        private void complete(long from, long to, Outcome outcome, long first, long last) {
            boolean timedOut = outcome == Outcome.FALSE && (kind == Kind.AWAIT || kind == Kind.AWAIT_CLEAR);
            long end = timedOut ? Math.min(to, from + limit.toNanos()) : to; // it knows of nothing later
            Operation operation = new Operation(client, kind, from, registered, end, outcome, first, last);
            seen.accept(event, operation);
            done.complete(operation);
            entered.complete(null);
        }
    }

    private final BiConsumer<String, Operation> seen;
    private final Process process;
    private final BufferedWriter orders;
    private final int first;
    private final Map<Integer, Call> calls = new ConcurrentHashMap<>();
    private final AtomicInteger ids = new AtomicInteger();
    private final CompletableFuture<Void> connected = new CompletableFuture<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private Process pause;

    /**
     * Starts a JVM with a connection to each of the addresses, which are numbered for the history.
     *
     * @param seen is told of each operation that has returned, and of its event
     * @param by a command that runs another, or nothing
     */
    Client(List<String> addresses, BiConsumer<String, Operation> seen, String... by) {
        this(OPTIONS, addresses, seen, by);
    }

    /** As above, with connections of other times. */
    Client(Cluster.Options times, List<String> addresses, BiConsumer<String, Operation> seen, String... by) {
        this.seen = seen;
        first = NUMBERS.getAndAdd(addresses.size());
        List<String> command = new ArrayList<>(List.of(by));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Client.class.getName(),
                Long.toString(times.sessionTimeout.toMillis()),
                Long.toString(times.operationTimeout.toMillis())));
        command.addAll(addresses);
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        orders = process.outputWriter(StandardCharsets.UTF_8);
        Thread reader = new Thread(this::read, "answers of " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Completes when it is connected. */
    CompletableFuture<Void> connected() {
        return connected;
    }

    /** The number of one of its connections in the history. */
    int number(int connection) {
        return first + connection;
    }

    /** What has gone wrong, other than what an operation may throw. */
    Queue<String> failures() {
        return failures;
    }

    /** Calls an operation; a wait for at most so long. */
    Call call(int connection, String event, Kind kind, Duration limit) {
        return call(connection, event, kind.name(), kind, limit).get(0);
    }

    /** Calls two operations one directly after the other: the second not before the first has an outcome. */
    List<Call> call(int connection, String event, Kind one, Kind two) {
        return call(connection, event, one + "," + two, one, Duration.ZERO, two);
    }

    private List<Call> call(int connection, String event, String kinds, Kind kind, Duration limit, Kind... more) {
        List<Call> these = new ArrayList<>();
        these.add(new Call(event, number(connection), kind, limit, null));
        for (Kind other : more) {
            these.add(new Call(event, number(connection), other, limit, these.get(these.size() - 1)));
        }
        int id = ids.getAndAdd(these.size());
        for (int i = 0; i < these.size(); i++) {
            calls.put(id + i, these.get(i));
        }
        try {
            synchronized (orders) {
                orders.write(id + " " + connection + " " + event + " " + kinds + " " + limit.toNanos() + "\n");
                orders.flush();
            }
        } catch (IOException e) {
            abandon(); // it is gone
        }
        if (!process.isAlive()) {
            abandon(); // it may have gone after the others were abandoned
        }
        return these;
    }

    private void read() {
        try (BufferedReader answers = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                List<String> words = List.of(line.split(" ", -1));
                switch (words.get(0)) {
                    case "connected" -> connected.complete(null);
                    case "clock" -> {
                        if (System.nanoTime() - Long.parseLong(words.get(1)) < 0) {
                            failures.add("the clocks of two processes differ");
                        }
                    }
                    case "registered" -> {
                        Call call = calls.get(Integer.parseInt(words.get(1)));
                        if (call != null) { // else it has returned meanwhile
                            call.registered = Long.parseLong(words.get(2));
                            call.entered.complete(null);
                        }
                    }
                    case "done" ->
                        calls.remove(Integer.parseInt(words.get(1)))
                                .complete(
                                        Long.parseLong(words.get(2)),
                                        Long.parseLong(words.get(3)),
                                        Outcome.valueOf(words.get(4)),
                                        Long.parseLong(words.get(5)),
                                        Long.parseLong(words.get(6)));
                    default -> failures.add(line);
                }
            }
        } catch (IOException e) {
            // it was killed
        }
        connected.completeExceptionally(new IOException("the client has ended"));
        process.onExit().join();
        abandon();
    }

    private void abandon() {
        for (Integer id : new TreeSet<>(calls.keySet())) { // those called first come first
            Call call = calls.remove(id);
            if (call != null) {
                call.complete(call.from(), History.NEVER, Outcome.UNKNOWN, 0, History.NEVER);
            }
        }
    }

    /** The stacks of its threads. */
    String stacks() throws IOException {
        Process jstack = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jstack")
                                .toString(),
                        Long.toString(process.pid()))
                .redirectErrorStream(true)
                .start();
        return new String(jstack.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Kills it with SIGKILL, paused or not, and returns when it is gone. */
    synchronized void kill() {
        process.destroyForcibly().onExit().join();
        resume();
    }

    /** Stops it with SIGSTOP. */
    synchronized void pause() {
        if (pause == null) {
            pause = Servers.pause(process);
        }
    }

    /** Lets it go on. */
    synchronized void resume() {
        if (pause != null) {
            Servers.resume(pause);
            pause = null;
        }
    }

    @Override
    public void close() {
        kill();
    }

    // What follows is done in the other JVM.

    private static final ExecutorService THREADS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    });
    private static final Map<String, ClusterEvent> EVENTS = new ConcurrentHashMap<>();
    private static final Map<String, ClusterEvent.Hold> HOLDS = new ConcurrentHashMap<>();

    /** A wait that is not in effect yet, as far as is known. */
    private record Entering(int id, Thread thread, ClusterEvent event) {}

    private static final Queue<Entering> ENTERING = new ConcurrentLinkedQueue<>();
    private static final Thread WATCHER = new Thread(Client::watch);

    private static Cluster.Options times;

    public static void main(String[] args) throws Exception {
        times = OPTIONS.sessionTimeout(Duration.ofMillis(Long.parseLong(args[0])))
                .operationTimeout(Duration.ofMillis(Long.parseLong(args[1])));
        List<Cluster> clusters = new ArrayList<>();
        for (String address : List.of(args).subList(2, args.length)) {
            clusters.add(connect(address));
        }
        WATCHER.setDaemon(true);
        WATCHER.start();
        answer("clock " + System.nanoTime());
        answer("connected");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = in.readLine(); order != null; order = in.readLine()) {
            List<String> words = List.of(order.split(" ", -1));
            THREADS.execute(() -> run(clusters, words));
        }
        Runtime.getRuntime().halt(0);
    }

    private static String describe(Throwable e) {
        StringBuilder text = new StringBuilder(e.toString());
        for (StackTraceElement frame : e.getStackTrace()) {
            text.append(" at ").append(frame);
        }
        return (e.getCause() == null ? text : text.append(" caused by ").append(describe(e.getCause())))
                .toString()
                .replace('\n', ' ');
    }

    private static synchronized void answer(String line) {
        System.out.println(line);
    }

    private static Cluster connect(String address) {
        while (true) {
            try {
                return Cluster.connect(address, times);
            } catch (ClusterEventException.Unavailable e) {
                // the servers may be down
            }
        }
    }

    private static ClusterEvent open(Cluster cluster, String name) {
        while (true) {
            try {
                return cluster.event(name);
            } catch (ClusterEventException.Unavailable | ClusterEventException.OutcomeUnknown e) {
                // the servers may be down
            }
        }
    }

    private static void run(List<Cluster> clusters, List<String> words) {
        int id = Integer.parseInt(words.get(0));
        Cluster cluster = clusters.get(Integer.parseInt(words.get(1)));
        String key = words.get(1) + " " + words.get(2);
        for (String kind : words.get(3).split(",", -1)) {
            Outcome outcome = Outcome.UNKNOWN;
            long first = number(cluster);
            long from = System.nanoTime();
            try {
                ClusterEvent event = EVENTS.get(key);
                if (event == null) {
                    event = open(cluster, words.get(2));
                    EVENTS.put(key, event);
                }
                from = System.nanoTime();
                outcome = run(cluster, id, from, key, event, Kind.valueOf(kind), Long.parseLong(words.get(4)));
            } catch (Throwable e) {
                answer("failed " + words + ": " + describe(e));
            }
            long to = System.nanoTime();
            answer("done " + id + " " + from + " " + to + " " + outcome + " " + first + " " + number(cluster));
            id++;
        }
    }

    /** Where the count of the changes of a connection stands. This counts as one. */
    private static long number(Cluster cluster) {
        return cluster.newId().getLeastSignificantBits();
    }

    private static Outcome outcome(boolean result) {
        return result ? Outcome.TRUE : Outcome.FALSE;
    }

    private static Outcome run(
            Cluster cluster, int id, long from, String key, ClusterEvent event, Kind kind, long limit)
            throws InterruptedException {
        try {
            return switch (kind) {
                case SET -> outcome(event.set());
                case CLEAR -> outcome(event.clear());
                case IS_SET -> outcome(event.isSet());
                case AWAIT, AWAIT_CLEAR -> await(cluster, id, event, kind, limit);
                case HOLD -> outcome(HOLDS.put(key, event.hold()) == null);
                case RELEASE -> {
                    HOLDS.remove(key).close();
                    boolean inTime = System.nanoTime() - from < times.operationTimeout.toNanos();
                    yield inTime ? Outcome.TRUE : Outcome.UNKNOWN; // no server may have answered
                }
            };
        } catch (ClusterEventException.OutcomeUnknown e) {
            return Outcome.UNKNOWN;
        } catch (ClusterEventException.Unavailable e) {
            if (kind == Kind.AWAIT || kind == Kind.AWAIT_CLEAR) {
                throw e; // a wait outlives what goes wrong
            }
            return Outcome.NOTHING;
        }
    }

    /** A wait that times out when there is no connection cannot look whether it was released: then that is unknown. */
    private static Outcome await(Cluster cluster, int id, ClusterEvent event, Kind kind, long limit)
            throws InterruptedException {
        CompletableFuture<Void> loss = cluster.engine().connected().whenClear();
        try {
            if (await(id, event, kind, limit)) {
                return Outcome.TRUE;
            }
            return isReached(event) && loss.cancel(false) ? Outcome.FALSE : Outcome.UNKNOWN;
        } finally {
            loss.cancel(false);
        }
    }

    /** Whether an answer comes. When it is there, every loss of the connection before it has been told. */
    private static boolean isReached(ClusterEvent event) {
        try {
            boolean unused = event.isSet();
            return true;
        } catch (ClusterEventException.Unavailable e) {
            return false;
        }
    }

    private static boolean await(int id, ClusterEvent event, Kind kind, long limit) throws InterruptedException {
        Entering entering = new Entering(id, Thread.currentThread(), event);
        ENTERING.add(entering);
        LockSupport.unpark(WATCHER);
        try {
            return kind == Kind.AWAIT
                    ? event.await(limit, TimeUnit.NANOSECONDS)
                    : event.awaitClear(limit, TimeUnit.NANOSECONDS);
        } finally {
            ENTERING.remove(entering);
        }
    }

    private static boolean isInEffect(Entering entering) {
        Thread.State state = entering.thread().getState();
        return (state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING)
                && LockSupport.getBlocker(entering.thread()) == entering.event();
    }

    /** Tells when waits are in effect: then their threads are parked for their events. */
    private static void watch() {
        while (true) {
            for (Entering entering : List.copyOf(ENTERING)) {
                if (isInEffect(entering)) {
                    long now = System.nanoTime();
                    if (ENTERING.remove(entering)) {
                        answer("registered " + entering.id() + " " + now);
                    }
                }
            }
            if (ENTERING.isEmpty()) {
                LockSupport.park();
            } else {
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(300));
            }
        }
    }
}
