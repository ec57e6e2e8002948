// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.cluster.Cluster;
import dev.pharos.cluster.ClusterAddress;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a command, one for each root. Their options are in a file that an environment variable names,
 * since every user of the machine can read a command line.
 */
final class Connections implements AutoCloseable {
    private static final String FILE = "PHAROS_CLUSTER";

    private final Map<ClusterAddress, Connection> connections = new ConcurrentHashMap<>();

    /** Keeps logs off the terminal, unless logging is configured. */
    static void quieten() {
        if (System.getProperty("java.util.logging.config.file") == null) {
            Loggers.ALL.forEach(logger -> logger.setLevel(Level.OFF));
        }
    }

    /** The loggers, which would be garbage-collected without a reference. */
    private static final class Loggers {
        static final List<Logger> ALL = List.of(
                Logger.getLogger("org.apache.zookeeper"),
                Logger.getLogger("io.netty"),
                Logger.getLogger("dev.pharos.cluster"));
    }

    /** The connection to a root, which is created if there is none yet. */
    Cluster to(ClusterAddress address) throws IOException {
        return connections.computeIfAbsent(address, ignored -> new Connection()).get(address);
    }

    /** Whether there is a connection to a root. */
    boolean isConnected(ClusterAddress address) {
        Connection connection = connections.get(address);
        return connection != null && connection.isConnected();
    }

    @Override
    public void close() {
        connections.values().forEach(Connection::close);
    }

    /** A connection: the first caller connects, the others wait for that. */
    private static final class Connection {
        private volatile @Nullable Cluster cluster;

        synchronized Cluster get(ClusterAddress address) throws IOException {
            Cluster connected = cluster;
            if (connected == null) {
                quieten();
                connected = Cluster.connect(address, options());
                cluster = connected;
            }
            return connected;
        }

        boolean isConnected() {
            Cluster connected = cluster;
            return connected != null && connected.isConnected();
        }

        void close() {
            Cluster connected = cluster;
            if (connected != null) {
                connected.close();
            }
        }
    }

    private static Cluster.Options options() throws IOException {
        String file = System.getenv(FILE);
        return file == null || file.isEmpty()
                ? Cluster.Options.DEFAULTS
                : new OptionsFile(FileName.ofVariable(FILE, file)).options();
    }

    /** A file of lines as in {@code digest.user = orders}. */
    private static final class OptionsFile {
        private final Path file;
        private final Properties lines = new Properties();

        OptionsFile(Path file) throws IOException {
            this.file = file;
            try (Reader reader = Files.newBufferedReader(file)) {
                lines.load(reader);
            } catch (NoSuchFileException e) {
                throw wrong("does not exist");
            } catch (AccessDeniedException e) {
                throw wrong("cannot be read: no permission");
            } catch (IOException | IllegalArgumentException e) {
                throw wrong("cannot be read: " + e.getMessage());
            }
        }

        Cluster.Options options() throws IOException {
            Cluster.Options options = Cluster.Options.DEFAULTS;
            String user = take("digest.user");
            if (user != null) {
                options = options.digest(user, need("digest.password"));
            }
            String jaas = take("sasl.config");
            if (jaas != null) {
                System.setProperty("java.security.auth.login.config", jaas);
            }
            String entry = take("sasl.entry");
            if (entry != null) {
                options = options.sasl(entry);
            }
            String trust = take("trust.store");
            if (trust != null) {
                options = options.trustStore(Path.of(trust), need("trust.password"));
            }
            String key = take("key.store");
            if (key != null) {
                options = options.keyStore(Path.of(key), need("key.password"));
            }
            TimeSpan session = time("session.timeout");
            if (session != null) {
                options = options.sessionTimeout(session.duration());
            }
            TimeSpan operation = time("operation.timeout");
            if (operation != null) {
                options = options.operationTimeout(operation.duration());
            }
            String access = take("access");
            if (access != null) {
                options = options.access(access(access));
            }
            if (!lines.isEmpty()) {
                throw wrong("has a line '" + new TreeSet<>(lines.stringPropertyNames()).first()
                        + "', which is not an option: see docs/cli.md");
            }
            return options;
        }

        private @Nullable String take(String name) {
            return (String) lines.remove(name);
        }

        private String need(String name) throws IOException {
            String value = take(name);
            if (value == null) {
                throw wrong("has no line '" + name + "'");
            }
            return value;
        }

        private @Nullable TimeSpan time(String name) throws IOException {
            String value = take(name);
            try {
                return value == null ? null : TimeSpan.of(value);
            } catch (IllegalArgumentException e) {
                throw wrong("has '" + value + "' for " + name + ": write it as in 250ms, 30s or 5m");
            }
        }

        private Cluster.Access access(String value) throws IOException {
            for (Cluster.Access access : Cluster.Access.values()) {
                if (access.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(value)) {
                    return access;
                }
            }
            throw wrong("has '" + value + "' for access: write everybody, everybody-may-wait or creator");
        }

        private IOException wrong(String what) {
            return new IOException("the file " + file + ", which " + FILE + " names, " + what);
        }
    }
}
