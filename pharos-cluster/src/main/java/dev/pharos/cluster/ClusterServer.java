// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;

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
    private static final long START_MILLIS = 30_000;

    private final ZooKeeperServerEmbedded server;
    private final int port;

    private ClusterServer(ZooKeeperServerEmbedded server, int port) {
        this.server = server;
        this.port = port;
    }

    /**
     * Starts a server, which can be reached from this machine only.
     *
     * @param port the port; 0 picks one that is free
     * @param data the folder in which the events are kept; made if it is not there
     * @return the server, which serves
     * @throws IllegalArgumentException if there is no such port
     * @throws ClusterEventException if the port is taken or the folder cannot be used
     */
    public static ClusterServer start(int port, Path data) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("there is no port " + port + "; give one from 0 to 65535");
        }
        try {
            Files.createDirectories(data);
        } catch (IOException e) {
            throw new ClusterEventException.Unavailable(
                    data.toString(), "no folder that can be used (" + e + "); give another", e);
        }
        int chosen = freePort(port);
        Properties properties = new Properties();
        properties.setProperty("dataDir", data.toString());
        properties.setProperty("clientPort", Integer.toString(chosen));
        properties.setProperty("clientPortAddress", "127.0.0.1");
        properties.setProperty("maxClientCnxns", "0"); // all clients have the same address
        properties.setProperty("admin.enableServer", "false");
        properties.setProperty("4lw.commands.whitelist", "*");
        properties.setProperty("autopurge.purgeInterval", "1");
        ZooKeeperServerEmbedded server = null;
        try {
            server = ZooKeeperServerEmbedded.builder()
                    .baseDir(data)
                    .configuration(properties)
                    .exitHandler(ExitHandler.LOG_ONLY)
                    .build();
            server.start(START_MILLIS);
            return new ClusterServer(server, chosen);
        } catch (Exception e) {
            if (server != null) {
                server.close(); // what has started of it
            }
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new ClusterEventException.Unavailable(
                    data.toString(), "a server could not be started (" + e + "); see that no other uses the folder", e);
        }
    }

    /** This port, if nobody has it; for 0, any. */
    private static int freePort(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true); // connections that were closed a moment ago do not matter
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new ClusterEventException.Unavailable(
                    "localhost:" + port,
                    "the port cannot be had (" + e.getMessage() + "); end who has it or give another",
                    e);
        }
    }

    /**
     * Tells the port.
     *
     * @return the port
     */
    public int port() {
        return port;
    }

    /** Ends the server. What was changed is kept. Closing again has no effect. */
    @Override
    public void close() {
        server.close();
    }
}
