// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import com.sun.jna.Native;
import dev.pharos.Event;
import dev.pharos.EventException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Another JVM: it does what it is told, line by line, and answers each line with one. */
final class Peer implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter orders;

    /** Starts a JVM that has opened an event. */
    Peer(Path path, String... options) {
        this(new Start(), path, options);
    }

    /** Starts a JVM in a certain way. */
    Peer(Start start, Path path, String... options) {
        try {
            List<String> command = new ArrayList<>(start.prefix);
            command.addAll(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-Xshare:auto",
                    "-Ddev.pharos.process.polling=" + Boolean.getBoolean("dev.pharos.process.polling")));
            command.addAll(start.jvmOptions);
            command.addAll(List.of("-cp", start.classPath, Peer.class.getName(), path.toString()));
            command.addAll(List.of(options));
            process = new ProcessBuilder(command).redirectError(start.errors).start();
            answers = process.inputReader(StandardCharsets.UTF_8);
            orders = process.outputWriter(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How to start a JVM, if not as usual. */
    static final class Start {
        private List<String> prefix = List.of();
        private List<String> jvmOptions = List.of();
        private String classPath = System.getProperty("java.class.path");
        private ProcessBuilder.Redirect errors = ProcessBuilder.Redirect.DISCARD;

        /** By a command that runs its arguments. */
        Start by(String... command) {
            prefix = List.of(command);
            return this;
        }

        Start with(String... options) {
            jvmOptions = List.of(options);
            return this;
        }

        /** With its messages in a file. */
        Start errorsIn(Path file) {
            errors = ProcessBuilder.Redirect.to(file.toFile());
            return this;
        }

        /** With classes that every user can read, in a directory. */
        Start forEveryUser(Path directory) throws Exception {
            List<String> places = new ArrayList<>();
            for (Class<?> type : List.of(Peer.class, ProcessEvent.class, Event.class, Native.class)) {
                Path from = Path.of(
                        type.getProtectionDomain().getCodeSource().getLocation().toURI());
                Path to = directory.resolve("classes" + places.size());
                Process copy = new ProcessBuilder(
                                "sh", "-c", "cp -rL \"$0\" \"$1\" && chmod -R a+rX \"$1\"", "" + from, "" + to)
                        .inheritIO()
                        .start();
                if (copy.waitFor() != 0) {
                    throw new IOException("cannot copy " + from);
                }
                places.add(to.toString());
            }
            classPath = String.join(":", places);
            return this;
        }
    }

    /** Gives an order, and does not wait for the answer. */
    void tell(String order) {
        try {
            orders.write(order + "\n");
            orders.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next answer; null if the process has ended. */
    String answer() {
        try {
            return answers.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String ask(String order) {
        tell(order);
        return answer();
    }

    /** How many threads it has with names that begin so. */
    long threads(String name) {
        return statistics(name).count();
    }

    /** How many of them sleep in the kernel, and could be killed there. */
    long parked(String name) {
        return statistics(name).filter(fields -> fields[0].equals("S")).count();
    }

    /** The processor time, in ticks of 10 ms, that they have used. */
    long ticks(String name) {
        return statistics(name)
                .mapToLong(fields -> Long.parseLong(fields[11]) + Long.parseLong(fields[12]))
                .sum();
    }

    /** What Linux tells of them, from the state on. */
    private Stream<String[]> statistics(String name) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            List<String[]> found = new ArrayList<>();
            for (Path task : tasks.toList()) {
                try {
                    String line = Files.readString(task.resolve("stat"));
                    if (line.contains("(" + name)) {
                        found.add(line.substring(line.lastIndexOf(')') + 2).split(" ", -1));
                    }
                } catch (IOException e) {
                    // it has ended
                }
            }
            return found.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills it with SIGKILL, at once, and returns when it is gone. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }

    public static void main(String[] args) throws Exception {
        Path path = Path.of(args[0]);
        String refused = System.getProperty("peer.refused");
        if (refused != null) {
            Filter.refuse(refused);
        }
        ProcessEvent.Option[] options = new ProcessEvent.Option[args.length - 1];
        for (int i = 1; i < args.length; i++) {
            options[i - 1] = ProcessEvent.Option.valueOf(args[i]);
        }
        ProcessEvent event = ProcessEvent.open(path, options);
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> setters = new ArrayList<>();
        CompletableFuture<Void> set = CompletableFuture.completedFuture(null);
        Deque<ProcessEvent.Hold> holds = new ArrayDeque<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = in.readLine(); order != null; order = in.readLine()) {
            String answer = "done";
            switch (order) {
                case "set" -> answer = "" + event.set();
                case "clear" -> answer = "" + event.clear();
                case "isSet" -> answer = "" + event.isSet();
                case "await" -> event.await();
                case "awaitClear" -> event.awaitClear();
                case "whenSet" -> set = event.whenSet();
                case "go" -> {
                    go.countDown();
                    for (Thread setter : setters) {
                        setter.join();
                    }
                }
                case "join" -> set.join();
                case "hold" -> holds.push(event.hold());
                case "release" -> holds.pop().close();
                case "lock" -> { // as a peer that is stopped while it releases a hold
                    Kernel kernel = Objects.requireNonNull(Kernel.get());
                    if (kernel.lock(kernel.open(path, true), Kernel.WRITE_LOCK, false) != 0) {
                        throw new IllegalStateException("locked");
                    }
                }
                case "threads" ->
                    answer = Thread.getAllStackTraces().keySet().stream()
                            .map(Thread::getName)
                            .filter(name -> name.startsWith("pharos-"))
                            .collect(Collectors.joining(", "));
                case "storm" -> {
                    haltAfter(in);
                    storm(event, new SplittableRandom());
                }
                case "create" -> {
                    haltAfter(in);
                    create(path);
                }
                default -> {
                    if (order.startsWith("setters ")) {
                        for (int i = Integer.parseInt(order.substring(8)); i > 0; i--) {
                            Thread setter = new Thread(
                                    () -> {
                                        try {
                                            go.await();
                                            Thread.currentThread().setName("setting"); // it has begun
                                            event.set();
                                        } catch (InterruptedException e) {
                                            throw new IllegalStateException(e);
                                        }
                                    },
                                    "setter-" + i);
                            setter.start();
                            setters.add(setter);
                        }
                    } else if (order.startsWith("refuse ")) {
                        Filter.refuse(order.substring(7));
                    } else if (order.startsWith("pulse ")) {
                        pulse(event, path, Integer.parseInt(order.substring(6)));
                    } else {
                        throw new IllegalArgumentException(order);
                    }
                }
            }
            System.out.println(answer);
        }
    }

    /** Ends this JVM when nobody gives orders any more: a test that is killed is to leave no storm behind. */
    private static void haltAfter(BufferedReader in) {
        Thread thread = new Thread(() -> {
            try {
                while (in.readLine() != null) {}
            } catch (IOException e) {
                // as at the end
            }
            Runtime.getRuntime().halt(0);
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** Sets and clears an event at once, each time that a second event says that somebody waits for it. */
    private static void pulse(ProcessEvent event, Path path, int times) throws Exception {
        try (ProcessEvent ready = ProcessEvent.open(path.resolveSibling("ready"))) {
            for (int i = 0; i < times; i++) {
                ready.await();
                ready.clear();
                event.set();
                event.clear();
            }
        }
    }

    /** Does all there is to do with an event, until it is killed. */
    private static void storm(ProcessEvent event, SplittableRandom random) throws Exception {
        boolean held;
        try {
            event.hold().close();
            held = true;
        } catch (EventException.WrongKind e) {
            held = false;
        }
        System.out.println("begun");
        while (true) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    if (held) {
                        ProcessEvent.Hold hold = event.hold();
                        event.isSet();
                        hold.close();
                    } else {
                        event.set();
                        event.clear();
                    }
                }
                case 2 -> event.await(random.nextInt(300), TimeUnit.MICROSECONDS);
                case 3 -> event.awaitClear(random.nextInt(300), TimeUnit.MICROSECONDS);
                default -> {
                    CompletableFuture<Void> future = event.whenSet();
                    future.cancel(false);
                    ProcessEvent.open(event.path()).close();
                }
            }
        }
    }

    /** Makes one event after the other, until it is killed. */
    private static void create(Path path) {
        System.out.println("begun");
        SplittableRandom random = new SplittableRandom();
        while (true) {
            try (ProcessEvent event = ProcessEvent.open(path.resolveSibling("made-" + random.nextInt(1_000)))) {
                event.set();
            }
        }
    }
}
