// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;

/**
 * Servers of an ensemble, each a process of its own, so that they can be killed and paused. They are numbered from 0.
 * No process outlives this JVM: a server ends when its standard input does, and one that is paused goes on to see it.
 */
public final class Servers implements AutoCloseable {
    /**
     * A tick of the servers. They grant sessions of 2 ticks to 5 minutes, and give up on one another after 4 ticks, unless
     * they are {@link #STEADY}.
     */
    static final long TICK_MILLIS = 500;

    /**
     * Settings of servers that give up on one another only when one has ended, however busy the machine is. Only an
     * election may fail for want of time; it is repeated then. It may also begin in a way in which it cannot succeed, and
     * takes the whole limit.
     */
    static final String[] STEADY = {"initLimit=60", "syncLimit=1000"};

    /** A client whom no busy machine makes impatient, and whose session ends only if it is made to. */
    static final Cluster.Options PATIENT =
            Cluster.Options.DEFAULTS.sessionTimeout(Duration.ofMinutes(2)).operationTimeout(Duration.ofMinutes(10));

    /** Only what never comes takes so long. */
    private static final long LIMIT_NANOS = TimeUnit.MINUTES.toNanos(10);

    private static final int ANSWER_MILLIS = 10_000;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Below the ports that systems give to the clients of connections, so that none is taken while a server is down. */
    private static final int LOWEST_PORT = 10_240;

    private static final int HIGHEST_PORT = 32_767;
    private static final Random RANDOM = new Random();

    /** Of each port that was given out a byte of a file is locked, for all processes of this user, while this JVM runs. */
    private static final FileChannel PORTS_TAKEN = ports();

    private final Path folder;
    private final List<String> settings;
    private final List<Server> servers = new ArrayList<>();
    private final Thread hook = new Thread(this::end);

    /** Between servers, if at all: links.get(i).get(j) are what server i reaches the ports of server j through. */
    private final List<List<Link>> links = new ArrayList<>();

    /** One of the servers; its process is replaced by another when it is started again. */
    private static final class Server {
        final String host;
        final String[] command;
        final int client = freePort();
        final int quorum = freePort();
        final int election = freePort();
        Process process;
        Process pause;

        Server(String host, String... command) {
            this.host = host;
            this.command = command;
        }
    }

    /** The way from one server to another. */
    private record Link(Proxy quorum, Proxy election) {
        static Link to(Server server) {
            return new Link(new Proxy(server.quorum), new Proxy(server.election));
        }

        void each(Consumer<Proxy> action) {
            action.accept(quorum);
            action.accept(election);
        }
    }

    /** Those that the tests of this JVM share. */
    private static final class Shared {
        static final Servers SERVERS = start(3, STEADY);
    }

    private Servers(int count, boolean linked, Hosts hosts, List<String> settings) throws IOException {
        this.settings = settings;
        Path memory = Path.of("/dev/shm");
        folder = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "pharos-servers-")
                : Files.createTempDirectory("pharos-servers-");
        Runtime.getRuntime().addShutdownHook(hook);
        for (int i = 0; i < count; i++) {
            servers.add(hosts == null ? new Server("127.0.0.1") : new Server(hosts.address(i), hosts.command(i)));
        }
        for (int i = 0; linked && i < count; i++) {
            links.add(servers.stream().map(Link::to).toList());
        }
        for (int i = 0; i < count; i++) {
            Files.createDirectories(data(i));
            Files.writeString(data(i).resolve("myid"), i + 1 + "\n");
            Files.write(folder.resolve(i + ".cfg"), configuration(i));
        }
    }

    /**
     * Starts so many servers, and returns when they serve. The settings are lines of their configuration, or properties
     * of Java, with -D.
     */
    public static Servers start(int count, String... settings) {
        return start(count, false, null, List.of(settings));
    }

    /**
     * Three servers for all tests of this JVM that do nothing to servers, and keep to a root of their own. They end with
     * this JVM.
     */
    static Servers shared() {
        return Shared.SERVERS;
    }

    /** Starts so many servers, which can be cut off from one another if they are linked by proxies. */
    static Servers start(int count, boolean linked, String... settings) {
        return start(count, linked, null, List.of(settings));
    }

    /** Starts a server on each of the first hosts. */
    static Servers start(int count, Hosts hosts) {
        return start(count, false, hosts, List.of());
    }

    private static Servers start(int count, boolean linked, Hosts hosts, List<String> settings) {
        for (int attempt = 1; ; attempt++) {
            Servers servers = null;
            try {
                servers = new Servers(count, linked, hosts, settings);
                for (int i = 0; i < count; i++) {
                    servers.start(servers.servers.get(i), i);
                }
                servers.awaitServing();
                for (int i = 0; i < count; i++) {
                    if (!servers.isAlive(i)) {
                        throw new AssertionError("server " + i + " has ended; see " + servers.folder);
                    }
                }
                return servers;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (AssertionError e) {
                // Another program may have taken a port since it was looked at.
                if (servers != null) {
                    servers.close();
                }
                if (attempt == 3) {
                    throw e;
                }
            }
        }
    }

    private List<String> configuration(int server) {
        List<String> lines = new ArrayList<>(List.of(
                "tickTime=" + TICK_MILLIS,
                "initLimit=10",
                "syncLimit=4",
                "maxSessionTimeout=" + TimeUnit.MINUTES.toMillis(5),
                "dataDir=" + data(server),
                "clientPort=" + servers.get(server).client,
                "clientPortAddress=" + servers.get(server).host,
                "maxClientCnxns=0",
                "admin.enableServer=false",
                "4lw.commands.whitelist=*"));
        for (int i = 0; i < servers.size(); i++) {
            boolean direct = links.isEmpty() || i == server;
            int quorum = direct
                    ? servers.get(i).quorum
                    : links.get(server).get(i).quorum().port();
            int election = direct
                    ? servers.get(i).election
                    : links.get(server).get(i).election().port();
            lines.add("server." + (i + 1) + "=" + servers.get(i).host + ":" + quorum + ":" + election);
        }
        // Of two lines for the same, the last holds.
        settings.stream().filter(setting -> !isProperty(setting)).forEach(lines::add);
        return lines;
    }

    private static boolean isProperty(String setting) {
        return setting.startsWith("-D");
    }

    private void start(Server server, int number) throws IOException {
        File log = folder.resolve(number + ".log").toFile();
        List<String> command = new ArrayList<>(List.of(server.command));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Xmx256m",
                // What a killed process has written is not lost with it; only a machine loses what is not forced.
                "-Dzookeeper.forceSync=no",
                // The logs hold all transactions from the first on, and none comes as part of a snapshot.
                "-Dzookeeper.snapCount=100000000",
                "-Dzookeeper.snapshotSizeFactor=1000000",
                "-Dzookeeper.preAllocSize=1024"));
        settings.stream().filter(Servers::isProperty).forEach(command::add);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Servers.class.getName(),
                folder.resolve(number + ".cfg").toString()));
        server.process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .redirectError(ProcessBuilder.Redirect.appendTo(log))
                .start();
    }

    /** A server: ends with its standard input. */
    public static void main(String[] args) {
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {}
            } catch (IOException e) {
                // as at the end
            }
            Runtime.getRuntime().halt(0);
        });
        watch.setDaemon(true);
        watch.start();
        QuorumPeerMain.main(args);
    }

    /** A port that nobody has, and that no test of another process of this user is given. */
    static synchronized int freePort() {
        while (true) {
            int port = RANDOM.nextInt(LOWEST_PORT, HIGHEST_PORT + 1);
            if (take(port)) {
                try (ServerSocket socket = new ServerSocket()) {
                    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                    return port;
                } catch (IOException e) {
                    // somebody else has it
                }
            }
        }
    }

    private static boolean take(int port) {
        try {
            return PORTS_TAKEN.tryLock(port, 1, false) != null;
        } catch (OverlappingFileLockException e) {
            return false; // this JVM has it
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileChannel ports() {
        try {
            return FileChannel.open(
                    Path.of(
                            System.getProperty("java.io.tmpdir"),
                            "pharos-test-ports-" + System.getProperty("user.name")),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int count() {
        return servers.size();
    }

    /** The addresses of all servers, as a client takes them. */
    public String address() {
        return IntStream.range(0, count()).mapToObj(this::address).collect(Collectors.joining(","));
    }

    /** The address of one server. */
    public String address(int server) {
        return servers.get(server).host + ":" + port(server);
    }

    /** The port for the clients of one server. */
    int port(int server) {
        return servers.get(server).client;
    }

    /** Where one server keeps its data: its logs are in the folder version-2 there. */
    Path data(int server) {
        return folder.resolve("data-" + server);
    }

    /** Whether the process of a server is there, be it paused. */
    boolean isAlive(int server) {
        return servers.get(server).process.isAlive();
    }

    /** What a server says it is: leader, follower, standalone; an empty text if it does not serve. */
    String mode(int server) {
        return ask(server, "srvr")
                .lines()
                .filter(line -> line.startsWith("Mode: "))
                .map(line -> line.substring(6))
                .findFirst()
                .orElse("");
    }

    /** The answer of a server to a command of four letters; empty if there is none within ten seconds. */
    public String ask(int server, String command) {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(ANSWER_MILLIS);
            socket.connect(new InetSocketAddress(servers.get(server).host, servers.get(server).client), ANSWER_MILLIS);
            socket.getOutputStream().write(command.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // it is down, paused, or has no leader
        }
    }

    /** Returns when each server that lives and is not paused serves, and they are a majority. */
    void awaitServing() {
        until("the servers serve", () -> {
            List<Integer> able = IntStream.range(0, count())
                    .filter(i -> isAlive(i) && servers.get(i).pause == null)
                    .boxed()
                    .toList();
            if (able.size() <= count() / 2) {
                throw new AssertionError("only " + able + " live, of " + count() + " servers; see " + folder);
            }
            return able.stream().noneMatch(i -> mode(i).isEmpty());
        });
    }

    /** The server that leads. Waits until one does. */
    public int leader() {
        int[] leader = new int[1];
        until("one of the servers leads", () -> {
            int[] leaders = IntStream.range(0, count())
                    .filter(i ->
                            servers.get(i).pause == null && (mode(i).equals("leader") || mode(i).equals("standalone")))
                    .toArray();
            if (leaders.length == 1) {
                leader[0] = leaders[0];
            }
            return leaders.length == 1;
        });
        return leader[0];
    }

    /** How many bytes the objects of a server take that are in use. */
    public long heap(int server) throws IOException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(servers.get(server).process.pid()),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String answer = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return answer.lines()
                .filter(line -> line.startsWith("Total"))
                .mapToLong(line -> Long.parseLong(line.split("\\s+", -1)[2]))
                .findFirst()
                .orElseThrow(() -> new IOException(answer));
    }

    /** Kills a server with SIGKILL, at once, paused or not, and returns when it is gone. */
    void kill(int server) {
        servers.get(server).process.destroyForcibly().onExit().join();
        resume(server);
    }

    /** Starts a server that was killed, on the data that it has. Does not wait until it serves. */
    void restart(int server) {
        if (isAlive(server)) {
            throw new IllegalStateException("server " + server + " runs");
        }
        try {
            start(servers.get(server), server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops a server with SIGSTOP: it keeps its connections, and says no more. */
    void pause(int server) {
        if (servers.get(server).pause == null) {
            servers.get(server).pause = pause(servers.get(server).process);
        }
    }

    /** Lets a server that is paused go on. */
    void resume(int server) {
        Process pause = servers.get(server).pause;
        if (pause != null) {
            servers.get(server).pause = null;
            resume(pause);
        }
    }

    /**
     * Cuts a server off from the others, so that what it sends does not arrive, or what they send it, or both. Votes may
     * get around it: a server that is called by one with a lower number hangs up and calls back, at the address that it
     * was told, which is not that of a proxy. So a server that is cut off may be elected, and then nobody leads. For a cut
     * that nothing gets around there is {@link Hosts}.
     */
    void cut(int server, boolean sends, boolean hears) {
        for (int i = 0; i < count(); i++) {
            if (i != server) {
                links.get(server).get(i).each(link -> link.drop(sends, hears));
                links.get(i).get(server).each(link -> link.drop(hears, sends));
            }
        }
    }

    /** Lets everything arrive again, what was sent meanwhile included. */
    void heal() {
        links.forEach(row -> row.forEach(link -> link.each(Proxy::heal)));
    }

    /** Stops a process. What is returned lets it go on when told to, and when this JVM is gone. */
    static Process pause(Process process) {
        try {
            Process pause = new ProcessBuilder(
                            "sh",
                            "-c",
                            "kill -STOP $0 && echo paused; read -r line; kill -CONT $0 2>/dev/null",
                            Long.toString(process.pid()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader answer =
                    new BufferedReader(new InputStreamReader(pause.getInputStream(), StandardCharsets.UTF_8));
            if (!"paused".equals(answer.readLine())) {
                throw new IllegalStateException(process + " cannot be paused");
            }
            return pause;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends what {@link #pause(Process)} began. */
    static void resume(Process pause) {
        try {
            pause.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        pause.onExit().join();
    }

    /** Kills all servers, and deletes their data. */
    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(hook);
        end();
    }

    private void end() {
        for (Server server : servers) {
            if (server.process != null) {
                server.process.destroyForcibly().onExit().join();
            }
            if (server.pause != null) {
                resume(server.pause);
                server.pause = null;
            }
        }
        links.forEach(row -> row.forEach(link -> link.each(Proxy::close)));
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void until(String condition, BooleanSupplier holds) {
        long start = System.nanoTime();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - start > LIMIT_NANOS) {
                throw new AssertionError("not within the limit: " + condition);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
