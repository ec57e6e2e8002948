// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.ThreadEvent;
import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.zookeeper.server.DatadirCleanupManager;
import org.apache.zookeeper.server.ServerConfig;
import org.apache.zookeeper.server.ZooKeeperServerMain;
import org.apache.zookeeper.util.ServiceUtils;
import org.jspecify.annotations.Nullable;

/**
 * A standalone ZooKeeper server in this process. For development, tests and small installations; an ensemble of three
 * or more servers survives the loss of a machine. Requires two libraries that a client does not, and that Maven does
 * not add by itself: {@code io.dropwizard.metrics:metrics-core:3.2.5} and
 * {@code org.xerial.snappy:snappy-java:1.1.10.4}.
 *
 * <pre>{@code
 * try (ClusterServer server = ClusterServer.start(2181, Path.of("data"));
 *         Cluster cluster = Cluster.connect("localhost:" + server.port())) {
 *     cluster.event("ready").set();
 * }
 * }</pre>
 */
public final class ClusterServer implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";

    /**
     * The number of snapshots to keep, the fewest that ZooKeeper allows, and how often older ones are deleted, in
     * hours.
     */
    private static final int SNAPSHOTS = 3;

    private static final int PURGE_HOURS = 1;

    /** A class of each library that only a server needs. */
    private static final List<String> LIBRARIES = List.of("com.codahale.metrics.Reservoir", "org.xerial.snappy.Snappy");

    static final String METRICS = "io.dropwizard.metrics:metrics-core:3.2.5";
    static final String SNAPPY = "org.xerial.snappy:snappy-java:1.1.10.4";

    static {
        // ZooKeeper can only be on the class path, which a module does not read unless it says so here.
        ClusterServer.class
                .getModule()
                .addReads(ClusterServer.class.getClassLoader().getUnnamedModule());
    }

    private final Path directory;
    private final FileChannel lock;
    private final Server server;
    private final DatadirCleanupManager purge;
    private final Thread thread;
    private final ThreadEvent serves = new ThreadEvent();
    private final ThreadEvent ended = new ThreadEvent();
    private volatile @Nullable Throwable failure;
    private volatile boolean closed;

    private ClusterServer(InetSocketAddress address, Path directory, FileChannel lock) {
        this.directory = directory;
        this.lock = lock;
        server = new Server();
        purge = new DatadirCleanupManager(directory.toFile(), directory.toFile(), SNAPSHOTS, PURGE_HOURS);
        thread = new Thread(() -> run(Config.of(address, directory.toFile())), "pharos-cluster-server");
        thread.setDaemon(true);
    }

    /** ZooKeeper's server, which reports when it serves. */
    private final class Server extends ZooKeeperServerMain {
        @Override
        protected void serverStarted() {
            serves.set();
        }

        @Override
        protected void shutdown() {
            super.shutdown();
        }
    }

    /** The configuration. The rest is ZooKeeper's default, without a limit of connections from one machine. */
    private static final class Config extends ServerConfig {
        /** As what the server takes: otherwise the verifier would load this class before the class path is read. */
        static ServerConfig of(InetSocketAddress address, File data) {
            return new Config(address, data);
        }

        private Config(InetSocketAddress address, File data) {
            clientPortAddress = address;
            dataDir = data;
            dataLogDir = data;
        }
    }

    /**
     * Starts a server that accepts connections from this machine only.
     *
     * @param port the port; 0 for a free port
     * @param data the directory in which the events are stored; created if it does not exist
     * @return the running server
     * @throws IllegalArgumentException if the port is out of range
     * @throws EventException if the port is in use, the directory cannot be used, or a library is missing
     */
    public static ClusterServer start(int port, Path data) {
        return start(LOOPBACK, port, data);
    }

    /**
     * Starts a server that accepts connections at an address of this machine. It requires no authentication: every
     * client that can connect may change events without an access list.
     *
     * @param host the host name or IP address to bind to; {@code 0.0.0.0} for all interfaces
     * @param port the port; 0 for a free port
     * @param data the directory in which the events are stored; created if it does not exist
     * @return the running server
     * @throws IllegalArgumentException if the port is out of range
     * @throws EventException if this machine has no such address, the port is in use, the directory cannot be used, or
     *     a library is missing
     */
    public static ClusterServer start(String host, int port, Path data) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port out of range (0 to 65535): " + port);
        }
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new EventException.Unavailable(
                    host, "unknown host; specify a name or an address of this machine", null);
        }
        checkLibraries(host + ":" + port);
        ZooKeeperEnvironment.avoidLookUp();
        Path directory = data.toAbsolutePath();
        FileChannel lock = lock(directory);
        // For all of the JVM: ZooKeeper ends it when a server fails, and starts a web server if it finds one.
        ServiceUtils.setSystemExitProcedure(ServiceUtils.LOG_ONLY);
        System.setProperty("zookeeper.admin.enableServer", "false");
        ClusterServer started = new ClusterServer(address, directory, lock);
        started.thread.start();
        started.awaitStart(host + ":" + port);
        return started;
    }

    private static void checkLibraries(String address) {
        for (String needed : LIBRARIES) {
            try {
                Class<?> unused = Class.forName(needed, false, ZooKeeperServerMain.class.getClassLoader());
            } catch (ClassNotFoundException | LinkageError e) {
                throw new EventException.Misconfigured(
                        address,
                        "a server needs two libraries that a client does not; add " + METRICS + " and " + SNAPPY
                                + " to the class path",
                        e);
            }
        }
    }

    /** Locks the directory against other servers, of this process or another. */
    private static FileChannel lock(Path directory) {
        try {
            Files.createDirectories(directory);
            FileChannel channel =
                    FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = null;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                // this process has it
            }
            if (lock == null) {
                channel.close();
                throw unusable(directory, "in use by another server; stop that or specify another directory", null);
            }
            return channel;
        } catch (FileAlreadyExistsException e) {
            throw unusable(directory, "not a directory; specify another", e);
        } catch (AccessDeniedException e) {
            throw unusable(directory, "no permission; change its owner, or specify another directory", e);
        } catch (IOException e) {
            throw unusable(directory, "cannot be used (" + e + "); specify another directory", e);
        }
    }

    private static EventException unusable(Path directory, String why, @Nullable Throwable cause) {
        return new EventException.Unavailable(directory.toString(), why, cause);
    }

    private void run(ServerConfig config) {
        try {
            server.runFromConfig(config);
        } catch (Exception | Error e) {
            failure = e;
            server.shutdown(); // what it has opened so far; close would wait for what is not there
        } finally {
            purge.shutdown();
            release();
            ended.set();
        }
    }

    private void release() {
        try {
            lock.close();
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
    }

    private void awaitStart(String address) {
        boolean interrupted = false;
        while (!serves.isSet() && !ended.isSet()) {
            try {
                Event.awaitAny(serves, ended);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Throwable e = failure;
        if (e instanceof BindException) {
            throw new EventException.Unavailable(
                    address,
                    "not available (" + e.getMessage() + "); stop the process that uses it, or specify another port",
                    e);
        } else if (!serves.isSet() || e != null) {
            throw unusable(
                    directory, "the server cannot start: " + (e == null ? "it has terminated" : e.getMessage()), e);
        }
        purge.start();
    }

    /**
     * Returns the port.
     *
     * @return the port
     */
    public int port() {
        return server.getClientPort();
    }

    /**
     * Waits until the server has terminated: because it was closed, or because it has failed, for example if the disk
     * is full.
     *
     * @throws InterruptedException if this thread was interrupted before that
     * @throws EventException if the server has failed
     */
    public void awaitTermination() throws InterruptedException {
        ended.await();
        if (!closed) {
            Throwable e = failure;
            throw unusable(directory, "the server has terminated" + (e == null ? "" : ": " + e.getMessage()), e);
        }
    }

    /** Stops the server. The data is kept. Closing again has no effect. */
    @Override
    public void close() {
        closed = true;
        server.close();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
