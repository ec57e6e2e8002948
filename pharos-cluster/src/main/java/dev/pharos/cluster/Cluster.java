// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.cluster.Engine.Answer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to the servers that store the events of a cluster, a ZooKeeper ensemble. A program uses one for as long
 * as it runs; it survives the loss of servers and of network connections. Instances are thread-safe.
 *
 * <pre>{@code
 * try (Cluster cluster = Cluster.connect("zk://zk1:2181,zk2:2181,zk3:2181/orders");
 *         ClusterEvent ready = cluster.event("database is up")) {
 *     ready.await();
 * }
 * }</pre>
 */
public final class Cluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

    /** If false, {@link ConnectionRecord} cannot be loaded. */
    private static final boolean RECORDS =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    static {
        // ZooKeeper can only be on the class path, which a module does not read unless it says so here.
        Cluster.class.getModule().addReads(Cluster.class.getClassLoader().getUnnamedModule());
    }

    /**
     * How long a call waits for a connection before it begins to find out why there is none, and how long before it fails
     * it does so for the last time, if it has twice that.
     */
    private static final long EXAMINATION_NANOS = 5_000_000_000L;

    private final ClusterAddress address;
    private final Options options;
    private final Engine engine;

    /** The waiters of this process, by the name of the event, while there are handles for it. */
    private final Map<String, Waiters> waiters = new ConcurrentHashMap<>();

    /** Wakes large numbers of waiters, in a thread that exists while there is work. */
    private final ThreadPoolExecutor crowd =
            new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Cluster::waking);

    /** The handles that are open. */
    private final Set<ClusterEvent> handles = ConcurrentHashMap.newKeySet();

    /** The holds that are not closed. */
    private final Set<ClusterEvent.Hold> holds = ConcurrentHashMap.newKeySet();

    /** The holds that are closed or lost, but may still stand. */
    private final Set<ClusterEvent.Hold> dropped = ConcurrentHashMap.newKeySet();

    /** What the names of changes begin with. */
    private final long id = new SecureRandom().nextLong();

    private final AtomicLong changes = new AtomicLong();

    private volatile boolean closed;

    private Cluster(ClusterAddress address, Options options) {
        this.address = address;
        this.options = options;
        crowd.allowCoreThreadTimeOut(true);
        this.engine = new ZooKeeperEngine(address, options, new Listener());
    }

    private static Thread waking(Runnable work) {
        Thread thread = new Thread(null, work, "pharos-cluster wakes", 0L, false);
        thread.setDaemon(true);
        return thread;
    }

    /** Receives the notifications of the engine. */
    private final class Listener implements Engine.Listener {
        @Override
        public void pulse(String name) {
            Waiters those = waiters.get(name);
            if (those != null) {
                those.pulse();
            }
        }

        @Override
        public void gap(String name) {
            Waiters those = waiters.get(name);
            if (those != null) {
                those.readAgain();
            }
        }

        @Override
        public void connected() {
            report("connected");
            waiters.values().forEach(Waiters::readAgain);
            dropped.forEach(hold -> dropLater(hold, answer -> {}));
        }

        @Override
        public void disconnected() {
            report("disconnected");
        }

        @Override
        public void expired() {
            LOG.warn("{}: the session has expired; holds that are lost: {}", address, holds.size());
            report("expired");
            for (ClusterEvent.Hold hold : holds) {
                hold.lose();
                dropped.add(hold); // the servers may keep it for longer
            }
        }

        private void report(String state) {
            LOG.info("{}: {}", address, state);
            if (RECORDS) {
                ConnectionRecord.write(address.toString(), state);
            }
        }

        @Override
        public boolean isAwaited(String name) {
            Waiters those = waiters.get(name);
            return those != null && !those.isEmpty();
        }
    }

    /**
     * Options of a connection. Immutable: each method returns a copy with one option changed.
     */
    public static final class Options {
        /** Timeouts of ten seconds, no authentication, no TLS, access for everybody. */
        public static final Options DEFAULTS =
                new Options(Duration.ofSeconds(10), Duration.ofSeconds(10), Access.EVERYBODY, null, null, null, null);

        /** A file of keys or certificates, and its password. */
        record Store(Path file, String password) {}

        final Duration sessionTimeout;
        final Duration operationTimeout;
        final Access access;

        /** User and password, with a colon between them. */
        final @Nullable String digest;

        /** The entry of the JAAS configuration. */
        final @Nullable String sasl;

        final @Nullable Store trustStore;
        final @Nullable Store keyStore;

        private Options(
                Duration sessionTimeout,
                Duration operationTimeout,
                Access access,
                @Nullable String digest,
                @Nullable String sasl,
                @Nullable Store trustStore,
                @Nullable Store keyStore) {
            this.sessionTimeout = sessionTimeout;
            this.operationTimeout = operationTimeout;
            this.access = access;
            this.digest = digest;
            this.sasl = sasl;
            this.trustStore = trustStore;
            this.keyStore = keyStore;
        }

        private static final Duration SHORTEST = Duration.ofMillis(1);
        private static final Duration LONGEST = Duration.ofDays(1);

        private static Duration valid(Duration timeout) {
            if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException("timeout out of range (1 ms to 1 day): " + timeout);
            }
            return timeout;
        }

        /**
         * Sets how long this process may be disconnected or paused before the servers end its holds. The servers limit
         * the value, by default to 4 to 40 seconds.
         *
         * @param timeout the session timeout, from 1 ms to 1 day
         * @return a copy
         */
        public Options sessionTimeout(Duration timeout) {
            return new Options(valid(timeout), operationTimeout, access, digest, sasl, trustStore, keyStore);
        }

        /**
         * Sets how long {@code connect}, {@code set}, {@code clear}, {@code isSet} and similar operations wait for a
         * server to respond before they throw. Does not apply to waits, which have timeouts of their own.
         *
         * @param timeout the operation timeout, from 1 ms to 1 day
         * @return a copy
         */
        public Options operationTimeout(Duration timeout) {
            return new Options(sessionTimeout, valid(timeout), access, digest, sasl, trustStore, keyStore);
        }

        /**
         * Authenticates with a user name and a password by ZooKeeper's scheme {@code digest}.
         *
         * @param user the user name
         * @param password the password; sent in clear text, so use TLS
         * @return a copy
         */
        public Options digest(String user, String password) {
            String both = user + ":" + password;
            return new Options(sessionTimeout, operationTimeout, access, both, sasl, trustStore, keyStore);
        }

        /**
         * Authenticates by SASL (Kerberos or DIGEST-MD5), with an entry of the JAAS configuration.
         *
         * @param entry the name of the entry, usually {@code Client}
         * @return a copy
         */
        public Options sasl(String entry) {
            Objects.requireNonNull(entry, "entry");
            return new Options(sessionTimeout, operationTimeout, access, digest, entry, trustStore, keyStore);
        }

        /**
         * Connects by TLS. Requires Netty on the class path: {@code netty-transport-classes-epoll} and
         * {@code netty-codec}.
         *
         * @param file the trust store, with the certificates that are trusted
         * @param password the password of the store
         * @return a copy
         */
        public Options trustStore(Path file, String password) {
            Store store = new Store(file, Objects.requireNonNull(password, "password"));
            return new Options(sessionTimeout, operationTimeout, access, digest, sasl, store, keyStore);
        }

        /**
         * Connects by TLS, and presents a client certificate if the servers request one.
         *
         * @param file the key store, with the private key and its certificate
         * @param password the password of the store
         * @return a copy
         */
        public Options keyStore(Path file, String password) {
            Store store = new Store(file, Objects.requireNonNull(password, "password"));
            return new Options(sessionTimeout, operationTimeout, access, digest, sasl, trustStore, store);
        }

        /**
         * Sets the access to events that {@link Cluster#event} creates on this connection; and to the root, if it
         * creates that: whether other users may create events there. Under the nodes above the root, every user may
         * create other roots.
         *
         * @param access the access
         * @return a copy
         */
        public Options access(Access access) {
            return new Options(
                    sessionTimeout,
                    operationTimeout,
                    Objects.requireNonNull(access, "access"),
                    digest,
                    sasl,
                    trustStore,
                    keyStore);
        }
    }

    /** Access to an event, fixed when the event is created; an administrator may change the access lists later. */
    public enum Access {
        /** Everybody may set, clear, hold and wait. */
        EVERYBODY,

        /** The user who created it may set, clear and hold; everybody may wait. */
        EVERYBODY_MAY_WAIT,

        /** Only the user who created it may use it. */
        CREATOR
    }

    /**
     * Connects to the servers at an address, with the default options.
     * @param address {@code zk://host:port,host:port/root}, as specified by {@link ClusterAddress}: some or all of the
     *     servers, and the node under which the events are stored, which is created if it does not exist
     * @return the connection, to be closed after use
     * @throws IllegalArgumentException if the address is not of that form
     * @throws EventException an {@link EventException.Unavailable} if no server responds within ten seconds; for
     *     others, see {@link #connect(ClusterAddress, Options)}
     */
    public static Cluster connect(String address) {
        return connect(address, Options.DEFAULTS);
    }

    /**
     * Connects to the servers at an address.
     *
     * @param address as in {@link #connect(String)}
     * @param options the options
     * @return the connection, to be closed after use
     * @throws IllegalArgumentException if the address is not of that form
     * @throws EventException as {@link #connect(ClusterAddress, Options)}
     */
    public static Cluster connect(String address, Options options) {
        return connect(ClusterAddress.parse(address), options);
    }

    /**
     * Connects to the servers at an address that is already parsed.
     *
     * @param address the address
     * @param options the options
     * @return the connection, to be closed after use
     * @throws EventException an {@link EventException.Unavailable} if no server responds within the operation timeout,
     *     with the reason as far as the servers can be asked for it; an {@link EventException.Misconfigured} if another
     *     attempt would not help: a store cannot be read, a library is missing, or every server speaks another protocol
     *     or has a certificate that is not accepted; an {@link EventException.NotPermitted} if authentication failed
     */
    public static Cluster connect(ClusterAddress address, Options options) {
        long deadline = System.nanoTime() + options.operationTimeout.toNanos();
        Cluster cluster = new Cluster(address, options);
        try {
            if (!cluster.awaitConnection(deadline)) {
                throw cluster.unavailable(address.toString());
            }
            return cluster;
        } catch (EventException e) {
            cluster.close(deadline);
            throw e;
        }
    }

    /**
     * Opens an event; if it does not exist, creates it, clear.
     *
     * @param name any text of 1 to 255 characters
     * @return a handle, to be closed after use
     * @throws IllegalArgumentException if the name is empty, too long or not text
     * @throws EventException if the event cannot be opened or created
     */
    public ClusterEvent event(String name) {
        String where = address.of(name); // throws if it is not a name
        Waiters those = waiters.compute(name, (key, present) -> {
            Waiters chosen = present == null ? new Waiters(engine, crowd, name) : present;
            chosen.handles++;
            return chosen;
        });
        try {
            long deadline = deadline(where);
            Snapshot now = null;
            while (now == null) {
                now = find(name, deadline);
                if (now == null) {
                    ask(
                            where,
                            deadline,
                            (Consumer<Answer<Boolean>> then) -> engine.create(name, Snapshot.first(), then));
                }
            }
            ClusterEvent event = new ClusterEvent(this, those, now.incarnation());
            handles.add(event);
            return event;
        } catch (EventException e) {
            release(those);
            throw e;
        }
    }

    /** The current state of an event; null if it does not exist. */
    private @Nullable Snapshot find(String name, long deadline) {
        Engine.Reading reading = ask(
                address.of(name),
                deadline,
                (Consumer<Answer<Engine.Reading>> then) -> engine.read(name, null, Engine.Interest.NONE, answer -> {
                    Waiters those = waiters.get(name);
                    if (those != null && answer.value() != null) {
                        those.saw(answer.value().snapshot());
                    }
                    then.accept(answer);
                }));
        return reading == null ? null : reading.snapshot();
    }

    /** Asks the engine until the request is done; null if the event does not exist. */
    private <T> @Nullable T ask(String where, long deadline, Consumer<Consumer<Answer<T>>> question) {
        while (true) {
            Reply<T> reply = new Reply<>();
            question.accept(reply);
            Answer<T> answer = reply.await(deadline);
            if (answer != null && answer.failure() != null) {
                throw answer.failure().forThisThread();
            } else if (answer != null && (answer.value() != null || answer.kind() == Answer.Kind.ABSENT)) {
                return answer.value();
            } else if (answer == null || !awaitConnection(deadline)) {
                throw unavailable(where);
            }
            checkOpen(where);
        }
    }

    /**
     * Returns the names of the events under the root, sorted.
     *
     * @return the names
     * @throws EventException if the names cannot be read
     */
    public List<String> events() {
        List<String> names = ask(address.toString(), deadline(address.toString()), engine::names);
        return names == null ? List.of() : names;
    }

    /**
     * The status of an event at a moment.
     *
     * @param set whether it is set
     * @param holders the number of holds
     * @param since the time since when it is set or clear, by the clock of the process that changed it; if it is clear
     *     because its last hold has ended, the time when it was last changed
     * @param epoch the number of times it was set or held
     */
    public record Status(boolean set, int holders, Instant since, long epoch) {}

    /**
     * Returns the status of an event without opening or creating it.
     *
     * @param name the name of the event
     * @return its status
     * @throws EventException if the event does not exist or cannot be read
     */
    public Status status(String name) {
        String where = address.of(name);
        Snapshot now = find(name, deadline(where));
        if (now == null) {
            throw new EventException.Unavailable(where, "does not exist; set it or wait for it first", null);
        }
        return new Status(now.isSet(), now.holders(), Instant.ofEpochMilli(now.millis()), now.epoch());
    }

    /**
     * Deletes an event. Its handles and its waits then throw an {@link EventException.Removed}.
     *
     * @param name the name of the event
     * @return {@code true} if it existed, {@code false} if it did not
     * @throws EventException if it cannot be deleted; an {@link EventException.OutcomeUnknown} if it may have been
     */
    public boolean delete(String name) {
        String where = address.of(name);
        long deadline = deadline(where);
        try {
            Snapshot found = find(name, deadline);
            return found != null && delete(name, found.incarnation(), deadline);
        } catch (EventException.Corrupt e) {
            return delete(name, null, deadline);
        }
    }

    /**
     * Deletes this event, and no other that has its name by now; or, if null, a damaged one, which cannot be
     * distinguished from another: that is not retried when the connection was lost. False if there was none.
     */
    private boolean delete(String name, @Nullable UUID incarnation, long deadline) {
        String where = address.of(name);
        boolean unsure = false;
        try {
            while (true) {
                Reply<Boolean> reply = new Reply<>();
                engine.delete(name, incarnation, reply);
                Answer<Boolean> answer = reply.await(deadline);
                Answer.Kind kind = answer == null ? Answer.Kind.LOST : answer.kind();
                if (kind == Answer.Kind.DONE || kind == Answer.Kind.ABSENT) {
                    return kind == Answer.Kind.DONE || unsure;
                } else if (answer != null && answer.failure() != null) {
                    throw answer.failure().forThisThread();
                }
                unsure |= kind == Answer.Kind.LOST;
                if ((unsure && incarnation == null) || answer == null || !awaitConnection(deadline)) {
                    throw unavailable(where);
                }
                checkOpen(where);
            }
        } catch (EventException e) {
            throw unsure ? outcomeUnknown(where, e) : e;
        }
    }

    /**
     * Closes the connection and all its handles, whose waits fail with an {@link EventException.Closed}, and releases
     * its holds. Blocks until a server has responded, at most for the operation timeout; without a connection, not at
     * all. If no server has responded, holds end with the session timeout. Closing again has no effect.
     */
    @Override
    public void close() {
        close(System.nanoTime() + operationNanos());
    }

    private void close(long deadline) {
        closed = true;
        handles.forEach(ClusterEvent::close);
        engine.close(deadline);
    }

    /**
     * Returns the identity, the address and the state of this connection, as in
     * {@code Cluster@1b[zk://zk1:2181/orders, connected]}.
     */
    @Override
    public String toString() {
        return super.toString() + "[" + address + ", " + state() + "]";
    }

    /** The state of the connection, for display. */
    String state() {
        return closed ? "closed" : isConnected() ? "connected" : "not connected";
    }

    /**
     * Returns whether there is a connection to a server. While there is none, waits go on, but a wait whose timeout
     * elapses cannot tell whether the event was set.
     *
     * @return {@code true} if there is a connection, as far as is known
     */
    public boolean isConnected() {
        return !closed && engine.failure() == null && engine.connected().isSet();
    }

    boolean isClosed() {
        return closed;
    }

    Engine engine() {
        return engine;
    }

    ClusterAddress address() {
        return address;
    }

    long operationNanos() {
        return options.operationTimeout.toNanos();
    }

    private long deadline(String where) {
        checkOpen(where);
        return System.nanoTime() + operationNanos();
    }

    private void checkOpen(String where) {
        if (closed) {
            throw new EventException.Closed(where, "the connection was closed; connect again", null);
        }
    }

    /** A name for a change that no other has. */
    UUID newId() {
        return new UUID(id, changes.incrementAndGet());
    }

    Set<ClusterEvent.Hold> holds() {
        return holds;
    }

    /** What is known of a connection that a call waits for. */
    private enum Connection {
        NOT_YET,
        THERE,
        /** The servers say why there is none, and that waiting does not help. */
        HOPELESS
    }

    /**
     * Waits until there is a connection, or for a time of {@code System.nanoTime}; then false. While there is none, finds
     * out why: soon and again and again, since it may be that waiting does not help, each time with twice the time for
     * the answers; and shortly before the end, so that what is told is true then.
     */
    boolean awaitConnection(long deadline) {
        long share = Math.min(operationNanos() / 2, EXAMINATION_NANOS);
        long late = deadline - share;
        long begin = System.nanoTime() + share;
        Connection connection = Connection.NOT_YET;
        for (long time = share; connection == Connection.NOT_YET && late - begin > 0; time *= 2) {
            connection = awaitOrExamine(begin, begin + Math.min(time, late - begin));
            begin += time;
        }
        if (connection == Connection.NOT_YET) {
            connection = awaitOrExamine(late, deadline);
        }
        if (connection == Connection.NOT_YET && Reply.await(engine.connected(), deadline)) {
            connection = Connection.THERE;
        }
        EventException failure = engine.failure();
        if (failure != null) {
            throw failure.forThisThread();
        }
        return connection == Connection.THERE;
    }

    /** Waits until there is a connection; from the first time on, only until it is known why there is none. */
    private Connection awaitOrExamine(long begin, long deadline) {
        if (Reply.await(engine.connected(), begin)) {
            return Connection.THERE;
        }
        if (deadline - System.nanoTime() <= 0) {
            return Connection.NOT_YET;
        }
        Event examined = engine.examine(deadline);
        if (Reply.await(deadline, engine.connected(), examined)
                && engine.connected().isSet()) {
            return Connection.THERE;
        }
        return engine.unavailable("") instanceof EventException.Misconfigured
                ? Connection.HOPELESS
                : Connection.NOT_YET;
    }

    EventException unavailable(String where) {
        return engine.unavailable(where);
    }

    static EventException outcomeUnknown(String where, @Nullable Throwable cause) {
        return new EventException.OutcomeUnknown(
                where,
                "the connection was lost during the change, which may have been made; check, or repeat it",
                cause);
    }

    /** Ends a hold, and waits for that, but not for ever. */
    void drop(ClusterEvent.Hold hold) {
        long deadline = System.nanoTime() + operationNanos();
        Answer<Boolean> answer;
        do {
            Reply<Boolean> reply = new Reply<>();
            dropLater(hold, reply);
            answer = reply.await(deadline);
            if (answer != null && answer.failure() != null) {
                throw answer.failure().forThisThread();
            }
        } while (answer != null && answer.value() == null && !closed && awaitConnection(deadline));
    }

    /** Ends a hold, as soon as there is a connection; this is repeated on each until a server has confirmed it. */
    void dropLater(ClusterEvent.Hold hold, Consumer<Answer<Boolean>> then) {
        dropped.add(hold);
        engine.drop(hold.name(), hold.id(), answer -> {
            if (answer.value() != null) {
                dropped.remove(hold);
            }
            then.accept(answer);
        });
    }

    /** Whether a hold that is to end may still stand. */
    boolean isDropping(ClusterEvent.Hold hold) {
        return dropped.contains(hold);
    }

    /** Called when a handle is closed; false if it was before. */
    boolean release(ClusterEvent event) {
        return handles.remove(event) && release(event.waiters());
    }

    private boolean release(Waiters those) {
        waiters.compute(those.name, (name, present) -> --those.handles == 0 ? null : present);
        return true;
    }
}
