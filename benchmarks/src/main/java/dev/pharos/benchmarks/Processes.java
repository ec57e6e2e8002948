// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.pharos.process.ProcessEvent;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How long does a round trip between two processes take, and a set until the last of a hundred processes is awake?
 * Beside a program in C, which is compiled here if there is a compiler, and one in Python, if that is there.
 */
public final class Processes {
    private static final int TRIPS = 10_000;
    private static final int CROWD = 100;
    private static final int SAMPLES = 15;
    private static final int WARM_UPS = 5;

    private final JsonArray results = new JsonArray();
    private final Path folder;
    private final int trips;
    private final int crowd;
    private final int samples;

    private Processes(Path folder, int trips, int crowd, int samples) {
        this.folder = folder;
        this.trips = trips;
        this.crowd = crowd;
        this.samples = samples;
    }

    /**
     * Prints the medians; or answers as the other process of a round trip.
     *
     * @param args none; or the rival and the paths of the other process
     * @throws Exception if a program or the disk fails
     */
    public static void main(String... args) throws Exception {
        if (args.length > 0) {
            answer(Rival.valueOf(args[0]), Path.of(args[1]));
            return;
        }
        for (JsonElement result : measure()) {
            JsonObject object = result.getAsJsonObject();
            System.out.printf(
                    "%-50s %-20s %10.1f us%n",
                    object.get("benchmark").getAsString(),
                    object.getAsJsonObject("params").get("rival").getAsString(),
                    object.getAsJsonObject("primaryMetric").get("score").getAsDouble());
        }
    }

    /** The times, in the form in which JMH gives its results. */
    static JsonArray measure() throws IOException, InterruptedException {
        return measure(TRIPS, CROWD, SAMPLES);
    }

    static JsonArray measure(int trips, int crowd, int samples) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("pharos-benchmark");
        try {
            Processes processes = new Processes(folder, trips, crowd, samples);
            String c = processes.compiled();
            String python = processes.python();
            processes.measureRoundTrips(c, python);
            if (c != null) {
                processes.measureWakeUps(c, python);
            }
            return processes.results;
        } finally {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    private void measureRoundTrips(@Nullable String c, @Nullable String python)
            throws IOException, InterruptedException {
        add("roundTrip", Rival.PROCESS_EVENT, roundTrips(Rival.PROCESS_EVENT));
        add("roundTrip", Rival.UNIX_SOCKET, roundTrips(Rival.UNIX_SOCKET));
        if (c != null) {
            add("roundTrip", Rival.C_FUTEX, nanos(c, "roundTrip", folder.resolve("trip"), trips, samples));
        }
        if (python != null) {
            add("roundTrip", Rival.PYTHON_EVENT, nanos("python3", python, "roundTrip", trips / 10, samples));
        }
    }

    /** Those who wait for ours are small processes as well: a hundred JVMs would measure those. */
    private void measureWakeUps(String c, @Nullable String python) throws IOException, InterruptedException {
        List<Double> nanos = new ArrayList<>();
        Path path = folder.resolve("crowd");
        try (ProcessEvent event = ProcessEvent.open(path)) {
            Process members = start(c, "crowd", path, crowd);
            try (BufferedReader answers = members.inputReader();
                    BufferedWriter orders = members.outputWriter()) {
                for (int i = 0; i < WARM_UPS + samples; i++) {
                    orders.write("\n");
                    orders.flush();
                    expect("asleep", answers);
                    long begin = System.nanoTime();
                    event.set();
                    expect("awake", answers);
                    nanos.add((double) (System.nanoTime() - begin));
                    event.clear();
                }
            } finally {
                members.destroyForcibly().waitFor();
            }
        }
        add("untilTheLastIsAwake", Rival.PROCESS_EVENT, nanos.subList(WARM_UPS, nanos.size()));
        add("untilTheLastIsAwake", Rival.C_FUTEX, nanos(c, "wakeUp", folder.resolve("words"), crowd, samples));
        if (python != null) {
            add("untilTheLastIsAwake", Rival.PYTHON_EVENT, nanos("python3", python, "wakeUp", crowd, samples));
        }
    }

    private static void expect(String line, BufferedReader answers) throws IOException {
        String answer = answers.readLine();
        if (!line.equals(answer)) {
            throw new IOException("the crowd said " + answer + " instead of " + line);
        }
    }

    /** Round trips between this process and another JVM. */
    private List<Double> roundTrips(Rival rival) throws IOException, InterruptedException {
        Path path = folder.resolve(rival.name());
        List<Double> nanos = new ArrayList<>();
        try (Side side = open(rival, path, true)) {
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            String classPath = System.getProperty("java.class.path");
            Process other = start(java, "-cp", classPath, Processes.class.getName(), rival, path);
            try {
                for (int sample = 0; sample < WARM_UPS + samples; sample++) {
                    long begin = System.nanoTime();
                    for (int i = 0; i < trips; i++) {
                        side.send();
                        side.receive();
                    }
                    nanos.add((double) (System.nanoTime() - begin) / trips);
                }
            } finally {
                other.destroyForcibly().waitFor();
            }
        }
        return nanos.subList(WARM_UPS, nanos.size());
    }

    private static void answer(Rival rival, Path path) throws IOException, InterruptedException {
        try (Side side = open(rival, path, false)) {
            while (true) {
                side.receive();
                side.send();
            }
        }
    }

    /** One of the two sides of a round trip. */
    private interface Side extends AutoCloseable {
        void send() throws IOException;

        void receive() throws IOException, InterruptedException;

        @Override
        void close() throws IOException;
    }

    private static Side open(Rival rival, Path path, boolean first) throws IOException {
        return rival == Rival.UNIX_SOCKET ? new Socket(path, first) : new Events(path, first);
    }

    private static final class Events implements Side {
        private final ProcessEvent sent;
        private final ProcessEvent received;

        Events(Path path, boolean first) {
            sent = ProcessEvent.open(Path.of(path + (first ? "-ping" : "-pong")));
            received = ProcessEvent.open(Path.of(path + (first ? "-pong" : "-ping")));
        }

        @Override
        public void send() {
            sent.set();
        }

        @Override
        public void receive() throws InterruptedException {
            received.await();
            received.clear();
        }

        @Override
        public void close() {
            sent.close();
            received.close();
        }
    }

    private static final class Socket implements Side {
        private final ByteBuffer one = ByteBuffer.allocateDirect(1);
        private final @Nullable ServerSocketChannel server;
        private @Nullable SocketChannel channel;

        Socket(Path path, boolean first) throws IOException {
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
            server = first
                    ? ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address)
                    : null;
            channel = first ? null : SocketChannel.open(address);
        }

        private SocketChannel channel() throws IOException {
            if (channel == null) {
                channel = Objects.requireNonNull(server).accept();
            }
            return channel;
        }

        @Override
        public void send() throws IOException {
            one.clear();
            channel().write(one);
        }

        @Override
        public void receive() throws IOException {
            one.clear();
            if (channel().read(one) < 0) {
                throw new IOException("the other side has closed the socket");
            }
        }

        @Override
        public void close() throws IOException {
            if (channel != null) {
                channel.close();
            }
            if (server != null) {
                server.close();
            }
        }
    }

    /** The program in C; null if there is no compiler. */
    private @Nullable String compiled() throws IOException, InterruptedException {
        String binary = folder.resolve("processes").toString();
        Process compiler;
        try {
            compiler = start("cc", "-O2", "-o", binary, resource("processes.c"));
        } catch (IOException e) {
            System.err.println("There is no cc: nothing is measured beside C, and no crowd of processes.");
            return null;
        }
        if (compiler.waitFor() != 0) {
            throw new IOException("cc cannot compile processes.c, for the reason above");
        }
        return binary;
    }

    /** The program in Python; null if there is no Python. */
    private @Nullable String python() throws IOException, InterruptedException {
        try {
            start("python3", "--version").waitFor();
        } catch (IOException e) {
            System.err.println("There is no python3: nothing is measured beside Python.");
            return null;
        }
        return resource("processes.py").toString();
    }

    private Path resource(String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = Objects.requireNonNull(Processes.class.getResourceAsStream(name))) {
            Files.copy(in, file);
        }
        return file;
    }

    private static Process start(Object... command) throws IOException {
        return new ProcessBuilder(Stream.of(command).map(Object::toString).toList())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** What a program prints: a number of nanoseconds on each line. */
    private static List<Double> nanos(Object... command) throws IOException, InterruptedException {
        Process process = start(command);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(
                    String.join(" ", Stream.of(command).map(Object::toString).toList()) + " has failed");
        }
        return output.lines().map(Double::valueOf).toList();
    }

    private void add(String what, Rival rival, List<Double> nanos) {
        JsonObject params = new JsonObject();
        params.addProperty("rival", rival.name());
        if (!what.equals("roundTrip")) {
            params.addProperty("size", crowd);
        }
        JsonArray fork = new JsonArray();
        nanos.forEach(value -> fork.add(value / 1e3));
        JsonArray forks = new JsonArray();
        forks.add(fork);
        JsonObject metric = new JsonObject();
        metric.addProperty(
                "score",
                Median.of(nanos.stream().mapToDouble(value -> value / 1e3).toArray())
                        .value());
        metric.addProperty("scoreUnit", "us/op");
        metric.add("rawData", forks);
        JsonObject result = new JsonObject();
        result.addProperty("benchmark", Processes.class.getName() + "." + what);
        result.add("params", params);
        result.add("primaryMetric", metric);
        results.add(result);
    }
}
