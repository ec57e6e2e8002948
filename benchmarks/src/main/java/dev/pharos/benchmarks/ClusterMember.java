// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Another JVM, which waits when told to: one thread in a session of each rival, or many sessions of one. It answers with
 * the time of its last release, by {@link System#nanoTime()}, which on Linux is one clock for all processes.
 */
final class ClusterMember implements AutoCloseable {
    private static final String READY = "ready";
    private static final String WAITING = "waiting";

    /** How many sessions of one JVM begin or end at the same time. */
    private static final int AT_ONCE = 8;

    private final Process process;
    private final BufferedWriter orders;
    private final BufferedReader answers;

    private ClusterMember(String... arguments) throws IOException {
        // Futures complete in a pool, as on any machine with more than two processors, and not in a new thread each.
        // Small stacks, since a session has two threads, and a Cluster one more.
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
                "-Xss256k",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                ClusterMember.class.getName()));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        orders = process.outputWriter();
        answers = process.inputReader();
    }

    /** Starts a JVM with one thread, which waits in a session of each rival. */
    static ClusterMember waiter(String address) throws IOException {
        return new ClusterMember(address);
    }

    /** Starts a JVM with so many sessions of one rival, spread over the servers. */
    static ClusterMember sessions(Rival rival, int count, List<String> addresses) throws IOException {
        return new ClusterMember(rival.name(), Integer.toString(count), String.join(",", addresses));
    }

    /** Returns when its sessions have begun. */
    void awaitReady() throws IOException {
        expect(READY);
    }

    /** Tells it to wait for the flag of a rival. */
    void beginWait(Rival rival) throws IOException {
        orders.write(rival.name() + "\n");
        orders.flush();
    }

    /** Returns when it has sent off all that its wait takes. */
    void awaitWaiting() throws IOException {
        expect(WAITING);
    }

    /** The time of the last release. */
    long released() throws IOException {
        return Long.parseLong(answer());
    }

    private void expect(String line) throws IOException {
        String answer = answer();
        if (!answer.equals(line)) {
            throw new IOException("the other JVM said " + answer + " instead of " + line);
        }
    }

    private String answer() throws IOException {
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("the other JVM has ended; it may have run into the limit of threads or of open files,"
                    + " of each of which a session takes three");
        }
        return answer;
    }

    /** Tells it to end its sessions. */
    void end() throws IOException {
        orders.close();
    }

    /** Ends its sessions, then the JVM. */
    @Override
    public void close() throws IOException {
        end();
        process.onExit().join();
    }

    /**
     * Is such a JVM, until the standard input ends.
     *
     * @param args an address; or a rival, a number of sessions, and addresses with commas
     * @throws Exception if a session fails
     */
    public static void main(String... args) throws Exception {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        int status = 1;
        try {
            if (args.length == 1) {
                waitInOne(args[0], orders);
            } else {
                waitInMany(Rival.valueOf(args[0]), Integer.parseInt(args[1]), List.of(args[2].split(",")), orders);
            }
            status = 0;
        } catch (Exception | OutOfMemoryError e) { // the latter also if there can be no more threads
            System.err.println("one of the JVMs that wait has failed: " + e);
        } finally {
            Runtime.getRuntime().halt(status); // threads of sessions would go on
        }
    }

    private static void waitInOne(String address, BufferedReader orders) throws Exception {
        Map<Rival, ClusterSession> sessions = new EnumMap<>(Rival.class);
        for (Rival rival : ClusterSession.RIVALS) {
            sessions.put(rival, ClusterSession.connect(rival, address));
        }
        Round round = new Round();
        Crowd one = new Crowd(Threads.PLATFORM, 1, round::run);
        say(READY);
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            round.session = Objects.requireNonNull(sessions.get(Rival.valueOf(order)));
            one.beginAndPark();
            say(WAITING);
            one.awaitDone();
            say(Long.toString(round.released));
        }
        for (ClusterSession session : sessions.values()) {
            session.close();
        }
    }

    /** What the one thread does; the gate of the crowd orders its fields. */
    private static final class Round {
        private @Nullable ClusterSession session;
        private long released;

        void run() throws InterruptedException {
            await(Objects.requireNonNull(session));
            released = System.nanoTime();
        }
    }

    /** Waits, as the task of a crowd. */
    static void await(ClusterSession session) throws InterruptedException {
        try {
            session.await();
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("the wait has failed", e);
        }
    }

    private static void waitInMany(Rival rival, int count, List<String> addresses, BufferedReader orders)
            throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE);
        List<Integer> numbers = IntStream.range(0, count).boxed().toList();
        List<ClusterSession> sessions =
                all(pool, numbers, number -> ClusterSession.connect(rival, addresses.get(number % addresses.size())));
        say(READY);
        while (orders.readLine() != null) {
            AtomicInteger left = new AtomicInteger(count);
            AtomicLong last = new AtomicLong();
            List<CompletableFuture<Void>> waits = all(
                    pool,
                    sessions,
                    session -> session.whenSet().thenRun(() -> {
                        if (left.decrementAndGet() == 0) {
                            last.set(System.nanoTime());
                        }
                    }));
            say(WAITING);
            CompletableFuture.allOf(waits.toArray(CompletableFuture[]::new)).join();
            say(Long.toString(last.get()));
        }
        all(pool, sessions, session -> {
            session.close();
            return null;
        });
    }

    private interface Step<T, R> {
        R apply(T argument) throws Exception;
    }

    /** Does a step with each, several at once, and returns when all are done. */
    private static <T, R> List<R> all(ExecutorService pool, List<T> arguments, Step<T, R> step) throws Exception {
        List<Future<R>> begun = new ArrayList<>();
        for (T argument : arguments) {
            begun.add(pool.submit(() -> step.apply(argument)));
        }
        List<R> done = new ArrayList<>();
        for (Future<R> future : begun) {
            done.add(future.get());
        }
        return done;
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
