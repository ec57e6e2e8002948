// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * A connection to the servers that keep the events of a cluster, an ensemble of ZooKeeper. A program has one, for as
 * long as it runs; it is kept up through the loss of servers and of connections. Thread-safe.
 *
 * <pre>{@code
 * try (Cluster cluster = Cluster.connect("zk1:2181,zk2:2181,zk3:2181/orders");
 *         ClusterEvent ready = cluster.event("database is up")) {
 *     ready.await();
 * }
 * }</pre>
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Cluster implements AutoCloseable {
    private Cluster() {}

    /**
     * How to connect. Immutable: each method gives a copy with one thing changed.
     */
    public static final class Options {
        /** Ten seconds for the session and for each operation, no log-in, no TLS, events for everybody. */
        public static final Options DEFAULTS = new Options();

        private Options() {}

        /**
         * How long the servers wait for a sign of life from this process before they drop its holds. Long enough for
         * the longest pause of the process that is to be borne; the servers have limits of their own, by default 4 and
         * 40 seconds.
         *
         * @param timeout the time, which the servers may change
         * @return a copy
         */
        public Options sessionTimeout(Duration timeout) {
            throw new UnsupportedOperationException(timeout.toString());
        }

        /**
         * How long {@code connect}, {@code set}, {@code clear}, {@code isSet} and the like may take, if no server
         * answers, before they throw. Not for waits, which end when their time is over.
         *
         * @param timeout the time
         * @return a copy
         */
        public Options operationTimeout(Duration timeout) {
            throw new UnsupportedOperationException(timeout.toString());
        }

        /**
         * Logs in with a name and a password of ZooKeeper's scheme {@code digest}.
         *
         * @param user the name
         * @param password the password; sent as it is, so use TLS
         * @return a copy
         */
        public Options digest(String user, String password) {
            throw new UnsupportedOperationException(user + password);
        }

        /**
         * Logs in by SASL (Kerberos, or DIGEST-MD5), as an entry of the JAAS configuration says.
         *
         * @param entry the name of the entry, usually {@code Client}
         * @return a copy
         */
        public Options sasl(String entry) {
            throw new UnsupportedOperationException(entry);
        }

        /**
         * Connects by TLS. Needs Netty on the class path: {@code netty-transport-classes-epoll} and
         * {@code netty-codec}.
         *
         * @param trustStore the certificates that are trusted
         * @param password its password
         * @return a copy
         */
        public Options trust(Path trustStore, String password) {
            throw new UnsupportedOperationException(trustStore + password);
        }

        /**
         * Connects by TLS and shows a certificate, if the servers ask for one.
         *
         * @param keyStore the key and its certificate
         * @param password its password
         * @return a copy
         */
        public Options identity(Path keyStore, String password) {
            throw new UnsupportedOperationException(keyStore + password);
        }

        /**
         * Who may use events that are made by this cluster's {@link Cluster#event}.
         *
         * @param access who
         * @return a copy
         */
        public Options access(Access access) {
            throw new UnsupportedOperationException(access.toString());
        }
    }

    /** Who may use an event. Decided when it is made; later, an administrator may change the access lists. */
    public enum Access {
        /** Everybody may set, clear, hold and wait. */
        EVERYBODY,

        /** The user who made it may set, clear and hold; everybody may wait. */
        EVERYBODY_WAITS,

        /** The user who made it, nobody else. */
        CREATOR
    }

    /**
     * Connects.
     *
     * @param address {@code host:port,host:port/root}: some or all of the servers, and the node under which the events
     *     are, which is made if it is not there; without it {@code /pharos}
     * @return the connection, to be closed
     * @throws IllegalArgumentException if the address is not of that form
     * @throws ClusterEventException if no server could be reached in ten seconds
     */
    public static Cluster connect(String address) {
        return connect(address, Options.DEFAULTS);
    }

    /**
     * Connects, with these options.
     *
     * @param address as in {@link #connect(String)}
     * @param options how
     * @return the connection, to be closed
     * @throws IllegalArgumentException if the address is not of that form
     * @throws ClusterEventException if no server could be reached in time, or the log-in was refused
     */
    public static Cluster connect(String address, Options options) {
        throw new UnsupportedOperationException(address);
    }

    /**
     * Opens an event, and makes it if there is none of this name: clear.
     *
     * @param name any text of 1 to 255 characters
     * @return a handle, to be closed
     * @throws IllegalArgumentException if the name is empty, too long or no text
     * @throws ClusterEventException if it could not be opened or made
     */
    public ClusterEvent event(String name) {
        throw new UnsupportedOperationException(name);
    }

    /**
     * The names of the events under the root, sorted.
     *
     * @return the names
     * @throws ClusterEventException if they could not be read
     */
    public List<String> events() {
        throw new UnsupportedOperationException();
    }

    /**
     * What an event is like at a moment.
     *
     * @param set whether it is set
     * @param holders how many hold it
     * @param since since when it is set or clear, by the clock of who changed it; for people. Not known of an event that
     *     is no longer held: then since when it was
     * @param epoch how many times it was set or held
     */
    public record State(boolean set, int holders, Instant since, long epoch) {}

    /**
     * Looks at an event without opening or making it.
     *
     * @param name its name
     * @return what it is like
     * @throws ClusterEventException if there is no such event, or it could not be read
     */
    public State look(String name) {
        throw new UnsupportedOperationException(name);
    }

    /**
     * Deletes an event. Those who have it open get a {@link ClusterEventException.Removed}, those who wait for it too.
     *
     * @param name its name
     * @return {@code true} if this call deleted it, {@code false} if there was none
     * @throws ClusterEventException if it could not be deleted
     */
    public boolean delete(String name) {
        throw new UnsupportedOperationException(name);
    }

    /**
     * Closes the connection and all handles that came from it: those who wait get a
     * {@link ClusterEventException.Closed}; holds are let go of. Closing again has no effect.
     */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }

    /** The address and the state of the connection, as in {@code dev.pharos.cluster.Cluster@1b[zk1:2181/orders, connected]}. */
    @Override
    public String toString() {
        return super.toString();
    }
}
