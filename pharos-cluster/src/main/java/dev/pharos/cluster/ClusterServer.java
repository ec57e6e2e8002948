// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.nio.file.Path;

/**
 * A server for the events of one machine, in this process: ZooKeeper's own, alone. For development, tests and small
 * installations; an ensemble of three or more survives the loss of a machine. Needs {@code metrics-core} and
 * {@code snappy-java} on the class path.
 *
 * <pre>{@code
 * try (ClusterServer server = ClusterServer.start(2181, Path.of("data"));
 *         Cluster cluster = Cluster.connect("localhost:" + server.port())) {
 *     ...
 * }
 * }</pre>
 */
@SuppressWarnings("DoNotCallSuggester")
public final class ClusterServer implements AutoCloseable {
    private ClusterServer() {}

    /**
     * Starts a server, which can be reached from this machine only.
     *
     * @param port the port; 0 picks one that is free
     * @param data the folder in which the events are kept; made if it is not there
     * @return the server, which serves
     * @throws ClusterEventException if the port is taken or the folder cannot be used
     */
    public static ClusterServer start(int port, Path data) {
        throw new UnsupportedOperationException(port + data.toString());
    }

    /**
     * Tells the port.
     *
     * @return the port
     */
    public int port() {
        throw new UnsupportedOperationException();
    }

    /** Ends the server. What was changed is kept. Closing again has no effect. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
