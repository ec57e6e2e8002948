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
import org.apache.zookeeper.server.DatadirCleanupManager;
import org.apache.zookeeper.server.ServerConfig;
import org.apache.zookeeper.server.ZooKeeperServerMain;
import org.apache.zookeeper.util.ServiceUtils;
import org.jspecify.annotations.Nullable;

/**
 * A server for the events of one machine, in this process: ZooKeeper's own, alone. For development, tests and small
 * installations; an ensemble of three or more survives the loss of a machine. Needs {@code metrics-core} and
 * {@code snappy-java} on the class path.
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

    /** How many snapshots are kept, the fewest that ZooKeeper lets be, and how often older ones are deleted, in hours. */
    private static final int SNAPSHOTS = 3;

    private static final int PURGE_HOURS = 1;

    private final Path folder;
    private final FileChannel lock;
    private final Server server;
    private final DatadirCleanupManager purge;
    private final Thread thread;
    private final ThreadEvent serves = new ThreadEvent();
    private final ThreadEvent ended = new ThreadEvent();
    private volatile @Nullable Throwable failure;
    private volatile boolean closed;

    private ClusterServer(InetSocketAddress address, Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
        server = new Server();
        purge = new DatadirCleanupManager(folder.toFile(), folder.toFile(), SNAPSHOTS, PURGE_HOURS);
        thread = new Thread(() -> run(new Config(address, folder.toFile())), "pharos-cluster-server");
        thread.setDaemon(true);
    }

    /** ZooKeeper's, which tells when it serves. */
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

    /** What it is to serve. The rest is as ZooKeeper has it, with as many connections from one machine as there are. */
    private static final class Config extends ServerConfig {
        Config(InetSocketAddress address, File data) {
            clientPortAddress = address;
            dataDir = data;
            dataLogDir = data;
        }
    }

    /**
     * Starts a server, which can be reached from this machine only.
     *
     * @param port the port; 0 picks one that is free
     * @param data the folder in which the events are kept; made if it is not there
     * @return the server, which serves
     * @throws IllegalArgumentException if there is no such port
     * @throws EventException if the port is taken or the folder cannot be used
     */
    public static ClusterServer start(int port, Path data) {
        return start(LOOPBACK, port, data);
    }

    /**
     * Starts a server, which can be reached at an address of this machine. There is no log-in: whoever reaches it may
     * change what is not in an access list of its own.
     *
     * @param host the name or number of the address; {@code 0.0.0.0} for all that the machine has
     * @param port the port; 0 picks one that is free
     * @param data the folder in which the events are kept; made if it is not there
     * @return the server, which serves
     * @throws IllegalArgumentException if there is no such port
     * @throws EventException if this machine has no such address, the port is taken or the folder cannot be used
     */
    public static ClusterServer start(String host, int port, Path data) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("there is no port " + port + "; give one from 0 to 65535");
        }
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new EventException.Unavailable(host, "unknown host; give a name or an address of this machine", null);
        }
        Path folder = data.toAbsolutePath();
        FileChannel lock = lock(folder);
        // For all of the JVM: ZooKeeper ends it when a server fails, and starts a web server if it finds one.
        ServiceUtils.setSystemExitProcedure(ServiceUtils.LOG_ONLY);
        System.setProperty("zookeeper.admin.enableServer", "false");
        ClusterServer started = new ClusterServer(address, folder, lock);
        started.thread.start();
        started.awaitStart(host + ":" + port);
        return started;
    }

    /** Sees to it that no other server uses the folder, of this process or another. */
    private static FileChannel lock(Path folder) {
        try {
            Files.createDirectories(folder);
            FileChannel channel =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = null;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                // this process has it
            }
            if (lock == null) {
                channel.close();
                throw unusable(folder, "in use by another server; end that or give another directory", null);
            }
            return channel;
        } catch (FileAlreadyExistsException e) {
            throw unusable(folder, "not a directory; give another", e);
        } catch (AccessDeniedException e) {
            throw unusable(folder, "no permission; change its owner, or give another directory", e);
        } catch (IOException e) {
            throw unusable(folder, "cannot be used (" + e + "); give another directory", e);
        }
    }

    private static EventException unusable(Path folder, String why, @Nullable Throwable cause) {
        return new EventException.Unavailable(folder.toString(), why, cause);
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
                    address, "not available (" + e.getMessage() + "); end what uses it, or give another port", e);
        } else if (!serves.isSet() || e != null) {
            throw unusable(folder, "no server can serve from it: " + (e == null ? "it ended" : e.getMessage()), e);
        }
        purge.start();
    }

    /**
     * Tells the port.
     *
     * @return the port
     */
    public int port() {
        return server.getClientPort();
    }

    /**
     * Waits until the server has ended: since it was closed, or since it has failed, as when the disk is full.
     *
     * @throws InterruptedException if this thread was interrupted before that
     * @throws EventException if it has failed
     */
    public void awaitEnd() throws InterruptedException {
        ended.await();
        if (!closed) {
            Throwable e = failure;
            throw unusable(folder, "the server has ended" + (e == null ? "" : ": " + e.getMessage()), e);
        }
    }

    /** Ends the server. What was changed is kept. Closing again has no effect. */
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
