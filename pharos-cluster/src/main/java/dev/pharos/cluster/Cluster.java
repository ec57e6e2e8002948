// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.EventException;
import dev.pharos.cluster.Engine.Answer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
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
 * A connection to the servers that keep the events of a cluster, an ensemble of ZooKeeper. A program has one, for as
 * long as it runs; it is kept up through the loss of servers and of connections. Thread-safe.
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

    private final ClusterAddress address;
    private final Options options;
    private final Engine engine;

    /** Those of this process who wait, by the name of the event, while there are handles for it. */
    private final Map<String, Waiters> waiters = new ConcurrentHashMap<>();

    /** Wakes crowds of those who wait, by a thread that there is while there is something to do. */
    private final ThreadPoolExecutor crowd =
            new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Cluster::waking);

    /** The handles that are open. */
    private final Set<ClusterEvent> handles = ConcurrentHashMap.newKeySet();

    /** The holds that are not closed. */
    private final Set<ClusterEvent.Hold> holds = ConcurrentHashMap.newKeySet();

    /** The holds that are closed or lost, but perhaps still stand. */
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

    /** What the engine tells. */
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
                those.lookAgain();
            }
        }

        @Override
        public void connected() {
            report("connected");
            waiters.values().forEach(Waiters::lookAgain);
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
     * How to connect. Immutable: each method gives a copy with one thing changed.
     */
    public static final class Options {
        /** Ten seconds for the session and for each operation, no log-in, no TLS, events for everybody. */
        public static final Options DEFAULTS =
                new Options(Duration.ofSeconds(10), Duration.ofSeconds(10), Access.EVERYBODY, Map.of());

        /** The keys of what is for the engine. */
        static final String DIGEST = "digest";

        static final String SASL = "sasl";
        static final String TRUST = "trust";
        static final String TRUST_PASSWORD = "trust password";
        static final String IDENTITY = "identity";
        static final String IDENTITY_PASSWORD = "identity password";

        final Duration sessionTimeout;
        final Duration operationTimeout;
        final Access access;
        final Map<String, String> security;

        private Options(
                Duration sessionTimeout, Duration operationTimeout, Access access, Map<String, String> security) {
            this.sessionTimeout = sessionTimeout;
            this.operationTimeout = operationTimeout;
            this.access = access;
            this.security = security;
        }

        private Options with(String key, String value, String otherKey, String otherValue) {
            Map<String, String> more = new HashMap<>(security);
            more.put(key, value);
            more.put(otherKey, otherValue);
            return new Options(sessionTimeout, operationTimeout, access, Map.copyOf(more));
        }

        private static final Duration SHORTEST = Duration.ofMillis(1);
        private static final Duration LONGEST = Duration.ofDays(1);

        private static Duration valid(Duration timeout) {
            if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException("no timeout: " + timeout + "; give one from 1 ms to 1 day");
            }
            return timeout;
        }

        /**
         * How long the servers wait for a sign of life from this process before they drop its holds. Long enough for
         * the longest pause of the process that is to be borne; the servers have limits of their own, by default 4 and
         * 40 seconds.
         *
         * @param timeout the time, which the servers may change
         * @return a copy
         */
        public Options sessionTimeout(Duration timeout) {
            return new Options(valid(timeout), operationTimeout, access, security);
        }

        /**
         * How long {@code connect}, {@code set}, {@code clear}, {@code isSet} and the like may take, if no server
         * answers, before they throw. Not for waits, which end when their time is over.
         *
         * @param timeout the time
         * @return a copy
         */
        public Options operationTimeout(Duration timeout) {
            return new Options(sessionTimeout, valid(timeout), access, security);
        }

        /**
         * Logs in with a name and a password of ZooKeeper's scheme {@code digest}.
         *
         * @param user the name
         * @param password the password; sent as it is, so use TLS
         * @return a copy
         */
        public Options digest(String user, String password) {
            return with(DIGEST, user + ":" + password, DIGEST, user + ":" + password);
        }

        /**
         * Logs in by SASL (Kerberos, or DIGEST-MD5), as an entry of the JAAS configuration says.
         *
         * @param entry the name of the entry, usually {@code Client}
         * @return a copy
         */
        public Options sasl(String entry) {
            return with(SASL, entry, SASL, entry);
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
            return with(TRUST, trustStore.toString(), TRUST_PASSWORD, password);
        }

        /**
         * Connects by TLS and shows a certificate, if the servers ask for one.
         *
         * @param keyStore the key and its certificate
         * @param password its password
         * @return a copy
         */
        public Options identity(Path keyStore, String password) {
            return with(IDENTITY, keyStore.toString(), IDENTITY_PASSWORD, password);
        }

        /**
         * Who may use events that are made by this cluster's {@link Cluster#event}, and the root, if that makes it: who
         * else may make events there. Under the nodes above the root, everybody may make other roots.
         *
         * @param access who
         * @return a copy
         */
        public Options access(Access access) {
            return new Options(sessionTimeout, operationTimeout, Objects.requireNonNull(access), security);
        }
    }

    /** Who may use an event. Decided when it is made; later, an administrator may change the access lists. */
    public enum Access {
        /** Everybody may set, clear, hold and wait. */
        EVERYBODY,

        /** The user who made it may set, clear and hold; everybody may wait. */
        EVERYBODY_MAY_WAIT,

        /** The user who made it, nobody else. */
        CREATOR
    }

    /**
     * Connects.
     *
     * @param address {@code zk://host:port,host:port/root}: some or all of the servers, and the node under which the
     *     events are, which is created if it does not exist; {@link ClusterAddress} has the form
     * @return the connection, to be closed
     * @throws IllegalArgumentException if the address is not of that form
     * @throws EventException if no server could be reached in ten seconds
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
     * @throws EventException if no server could be reached in time, or the log-in was refused
     */
    public static Cluster connect(String address, Options options) {
        return connect(ClusterAddress.parse(address), options);
    }

    /**
     * Connects, with these options, to an address that was parsed before.
     *
     * @param address the address
     * @param options how
     * @return the connection, to be closed
     * @throws EventException if no server could be reached in time, or the log-in was refused
     */
    public static Cluster connect(ClusterAddress address, Options options) {
        Cluster cluster = new Cluster(address, options);
        try {
            if (!cluster.awaitConnection(System.nanoTime() + cluster.operationNanos())) {
                String unknown = cluster.address.unknownHosts();
                throw unknown.isEmpty()
                        ? cluster.unavailable(cluster.address.toString())
                        : new EventException.Unavailable(
                                cluster.address.toString(), "unknown host " + unknown + "; check the address", null);
            }
            return cluster;
        } catch (EventException e) {
            cluster.close();
            throw e;
        }
    }

    /**
     * Opens an event, and makes it if there is none of this name: clear.
     *
     * @param name any text of 1 to 255 characters
     * @return a handle, to be closed
     * @throws IllegalArgumentException if the name is empty, too long or no text
     * @throws EventException if it could not be opened or made
     */
    public ClusterEvent event(String name) {
        String where = address.of(name); // throws if it is none
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

    /** What an event is; null if there is none. */
    private @Nullable Snapshot find(String name, long deadline) {
        Engine.Sight sight = ask(
                address.of(name),
                deadline,
                (Consumer<Answer<Engine.Sight>> then) -> engine.look(name, null, Engine.Interest.NONE, answer -> {
                    Waiters those = waiters.get(name);
                    if (those != null && answer.value() != null) {
                        those.saw(answer.value().snapshot());
                    }
                    then.accept(answer);
                }));
        return sight == null ? null : sight.snapshot();
    }

    /** Asks the engine until it is done, or has found that there is no such event: then null. */
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
     * The names of the events under the root, sorted.
     *
     * @return the names
     * @throws EventException if they could not be read
     */
    public List<String> events() {
        List<String> names = ask(address.toString(), deadline(address.toString()), engine::names);
        return names == null ? List.of() : names;
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
     * @throws EventException if there is no such event, or it could not be read
     */
    public State look(String name) {
        String where = address.of(name);
        Snapshot now = find(name, deadline(where));
        if (now == null) {
            throw new EventException.Unavailable(where, "does not exist; set it or wait for it first", null);
        }
        return new State(now.isSet(), now.holders(), Instant.ofEpochMilli(now.millis()), now.epoch());
    }

    /**
     * Deletes an event. The methods of its handles then throw an {@link EventException.Removed}, and so do its waits.
     *
     * @param name its name
     * @return {@code true} if there was one, {@code false} if there was none
     * @throws EventException if it could not be deleted; {@link EventException.OutcomeUnknown} if it has
     *     perhaps been
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
     * Deletes this event, and no other that has its name by now; or, if null, a damaged one, which cannot be told from
     * another: that is not tried again when the connection was lost. False if there was none.
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
     * its holds. Blocks until a server has answered, for the operation timeout at most: if none has, holds end with the
     * session timeout. Closing again has no effect.
     */
    @Override
    public void close() {
        closed = true;
        handles.forEach(ClusterEvent::close);
        engine.close();
    }

    /** The address and the state of the connection, as in {@code Cluster@1b[zk://zk1:2181/orders, connected]}. */
    @Override
    public String toString() {
        return super.toString() + "[" + address + ", " + state() + "]";
    }

    /** The state of the connection, for people. */
    String state() {
        return closed ? "closed" : isConnected() ? "connected" : "not connected";
    }

    boolean isConnected() {
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

    /** Waits until there is a connection, or for a time of {@code System.nanoTime}; then false. */
    boolean awaitConnection(long deadline) {
        boolean inTime = Reply.await(engine.connected(), deadline);
        EventException failure = engine.failure();
        if (failure != null) {
            throw failure.forThisThread();
        }
        return inTime;
    }

    EventException unavailable(String where) {
        return new EventException.Unavailable(
                where,
                "no server has answered in " + options.operationTimeout.toMillis()
                        + " ms; check the address, and that a majority of the servers is running",
                null);
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

    /** Ends a hold, as soon as there is a connection; it is tried on each until a server has said that it has ended. */
    void dropLater(ClusterEvent.Hold hold, Consumer<Answer<Boolean>> then) {
        dropped.add(hold);
        engine.drop(hold.name(), hold.id(), answer -> {
            if (answer.value() != null) {
                dropped.remove(hold);
            }
            then.accept(answer);
        });
    }

    /** Whether a hold that is to end perhaps still stands. */
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
