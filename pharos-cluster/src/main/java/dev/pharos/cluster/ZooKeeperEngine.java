// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import dev.pharos.cluster.Engine.Answer.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Events as nodes of ZooKeeper. */
final class ZooKeeperEngine implements Engine {
    /*
     * Overview.
     *
     *   /root             the target of checks, with the version of the layout
     *   /root/e/NAME      an event: the bytes of Snapshot
     *   /root/e/NAME/s    the pulse: written together with the event whenever the epoch changes, by nothing else
     *   /root/e/NAME/h-X  a hold: ephemeral
     *
     * A fresh look. A server answers a read from what it has, which may be old; and sync, which is said to cure that,
     * does not if the reader is connected to the leader, since that tells the followers of a commit before it applies it
     * itself. So a look is led by a multi of one check, the barrier: a write as far as the ensemble is concerned, even
     * if the check fails, and a server answers what a session asks after a write only when it has applied that. One
     * barrier serves all looks that were asked for before it is sent; the next is not sent before those are answered.
     *
     * Watching for set: the event is read, then the pulse, with a one-shot watch. If the pulse is younger than the event
     * as it was read, the event was set between the two, and that is said. If not, the watch will tell of the next set,
     * and this one notification is all there is to know: nothing is read again. It comes after the answer that has armed
     * the watch, and before the answers to all that was asked of the server later. While there is no connection it is
     * not lost, since a client that comes back tells the server what it saw last, and the server compares; that holds of
     * one-shot watches of data alone, not of those that persist. A clear does not touch the pulse, and wakes nobody.
     *
     * Watching for clear: the event is read with a watch, and if it is set by its holders only, its children are listed
     * with a watch, which tells of the last that goes. Either says no more than that one has to look again.
     *
     * A watch stays on the server until it has told. So when nobody waits any more it is removed; but not while a look
     * is under way that may have armed it again: that is why looks are sent, and watches removed, by one thread, and
     * looks one batch after the other.
     *
     * Threads. Requests are put into queues without locks, and sent by a thread of this class; ZooKeeper's own methods
     * take locks, in which a thread would look as if it were parked for something, and a virtual thread would lose its
     * carrier. Answers and notifications come from the one event thread that ZooKeeper has for a session.
     *
     * Sessions. When one expires, a new ZooKeeper takes its place. The old one delivers nothing but failures from then
     * on. There is one watcher for each session, so that a watch which is armed twice tells once.
     */

    private static final Logger LOG = LoggerFactory.getLogger(ZooKeeperEngine.class);

    private static final String MARK = "pharos ";
    private static final int LAYOUT = 1;
    private static final byte[] NOTHING = {};

    private final Address address;
    private final Cluster.Options options;
    private final Listener listener;
    private final List<ACL> access;
    private final ZKClientConfig config;

    private final Queue<Runnable> requests = new ConcurrentLinkedQueue<>();
    private final Queue<Request> looks = new ConcurrentLinkedQueue<>();

    /** The events for which perhaps nobody waits any more. */
    private final Queue<String> forgotten = new ConcurrentLinkedQueue<>();

    /** The events whose pulse, or which themselves, have a watch on the server. */
    private final Set<String> watchedForSet = ConcurrentHashMap.newKeySet();

    private final Set<String> watchedForClear = ConcurrentHashMap.newKeySet();

    private final ThreadEvent connected = new ThreadEvent("connected");
    private final ThreadEvent ended = new ThreadEvent("ended");
    private final Thread sender;

    /** Whether a batch of looks has been sent that is not answered yet. */
    private volatile boolean looking;

    private volatile @Nullable ZooKeeper session;
    private volatile @Nullable ClusterEventException failure;
    private volatile boolean closed;

    ZooKeeperEngine(Address address, Cluster.Options options, Listener listener) {
        this.address = address;
        this.options = options;
        this.listener = listener;
        this.access = access(options.access);
        this.config = config(options.security);
        this.sender = new Thread(null, this::run, "pharos-cluster " + address, 0L, false);
        sender.setDaemon(true);
        requests.add(this::open);
        sender.start();
    }

    private static List<ACL> access(Cluster.Access access) {
        return switch (access) {
            case EVERYBODY -> ZooDefs.Ids.OPEN_ACL_UNSAFE;
            case CREATOR -> ZooDefs.Ids.CREATOR_ALL_ACL;
            case EVERYBODY_WAITS -> {
                List<ACL> both = new ArrayList<>(ZooDefs.Ids.CREATOR_ALL_ACL);
                both.addAll(ZooDefs.Ids.READ_ACL_UNSAFE);
                yield both;
            }
        };
    }

    private static ZKClientConfig config(Map<String, String> security) {
        ZKClientConfig config = new ZKClientConfig();
        String entry = security.get(Cluster.Options.SASL);
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, Boolean.toString(entry != null));
        if (entry != null) {
            config.setProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, entry);
        }
        String trust = security.get(Cluster.Options.TRUST);
        String identity = security.get(Cluster.Options.IDENTITY);
        if (trust != null || identity != null) {
            config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
            config.setProperty(
                    ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
        }
        if (trust != null) {
            config.setProperty("zookeeper.ssl.trustStore.location", trust);
            config.setProperty("zookeeper.ssl.trustStore.password", security.get(Cluster.Options.TRUST_PASSWORD));
        }
        if (identity != null) {
            config.setProperty("zookeeper.ssl.keyStore.location", identity);
            config.setProperty("zookeeper.ssl.keyStore.password", security.get(Cluster.Options.IDENTITY_PASSWORD));
        }
        return config;
    }

    // The thread that sends

    private void send(Runnable request) {
        requests.add(request);
        LockSupport.unpark(sender);
    }

    private void run() {
        while (!closed) {
            for (Runnable request = requests.poll(); request != null; request = requests.poll()) {
                request.run();
            }
            if (!looking) {
                sendLooks();
            }
            LockSupport.park(this);
        }
        shut();
        for (Runnable request = requests.poll(); request != null; request = requests.poll()) {
            request.run(); // fails, since the session is closed
        }
        for (Request look = looks.poll(); look != null; look = looks.poll()) {
            look.then.accept(Answer.of(Kind.LOST));
        }
        ended.set();
    }

    /** Begins a session. */
    private void open() {
        if (closed) {
            return;
        }
        try {
            ZooKeeper opened =
                    new ZooKeeper(address.servers(), (int) options.sessionTimeout.toMillis(), new Session(), config);
            String digest = options.security.get(Cluster.Options.DIGEST);
            if (digest != null) {
                opened.addAuthInfo("digest", digest.getBytes(StandardCharsets.UTF_8));
            }
            session = opened;
        } catch (IOException | IllegalArgumentException | LinkageError e) {
            fail(new ClusterEventException.Unavailable(
                    address.toString(),
                    "no connection can be made (" + e + "); see the class path and the options",
                    e));
        }
    }

    /** Ends the session. */
    private void shut() {
        ZooKeeper open = session;
        if (open != null) {
            try {
                open.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void fail(ClusterEventException reason) {
        failure = reason;
        connected.set();
        listener.connected(); // who waits is to look again, and learn of it
    }

    // Sessions

    /** Who is told of a session: the state of its connection, and the watches. */
    private final class Session implements Watcher {
        @Override
        public void process(WatchedEvent event) {
            if (event.getType() == Event.EventType.None) {
                process(event.getState());
                return;
            }
            String path = event.getPath().substring(address.root().length() + "/e/".length());
            int slash = path.indexOf('/');
            String name = Address.unescape(slash < 0 ? path : path.substring(0, slash));
            switch (event.getType()) {
                case NodeDataChanged -> {
                    if (slash < 0) {
                        listener.gap(name);
                    } else {
                        watchedForSet.remove(name);
                        listener.pulse(name);
                    }
                }
                case NodeDeleted, NodeChildrenChanged, NodeCreated -> listener.gap(name);
                default -> {} // a watch was removed
            }
        }

        private void process(Event.KeeperState state) {
            switch (state) {
                case SyncConnected -> send(ZooKeeperEngine.this::greet);
                case Disconnected -> {
                    if (!closed && failure == null) {
                        connected.clear();
                        LOG.info("{}: not connected", address);
                    }
                }
                case Expired -> {
                    connected.clear();
                    watchedForSet.clear();
                    watchedForClear.clear();
                    listener.expired();
                    send(ZooKeeperEngine.this::open);
                }
                case AuthFailed ->
                    fail(new ClusterEventException.NotPermitted(
                            address.toString(), "the log-in was refused; check user, password and the servers", null));
                default -> {} // closed by us; or a log-in that has succeeded
            }
        }
    }

    /** Looks at the root, whose layout must be one that is known, before anything else is sent. */
    private void greet() {
        ZooKeeper open = session;
        if (open == null) {
            return;
        }
        open.getData(
                address.root(),
                null,
                (rc, path, context, data, stat) -> {
                    String mark = data == null ? "" : new String(data, StandardCharsets.US_ASCII);
                    if (Answer.Kind.LOST == refused("", Code.get(rc), "").kind()) {
                        return; // the next connection is greeted, too
                    } else if (mark.startsWith(MARK) && !mark.equals(MARK + LAYOUT)) {
                        fail(new ClusterEventException.NewerVersion(address.toString(), mark.substring(MARK.length())));
                    } else {
                        connected.set();
                        listener.connected();
                        forgotten.addAll(watchedForSet);
                        forgotten.addAll(watchedForClear);
                        LockSupport.unpark(sender);
                    }
                },
                null);
    }

    // Looks

    /** A look that was asked for. */
    private record Request(String name, Interest interest, Consumer<Answer<Sight>> then) {}

    @Override
    public void look(String name, Interest interest, Consumer<Answer<Sight>> then) {
        looks.add(new Request(name, interest, then));
        LockSupport.unpark(sender);
    }

    @Override
    public void forget(String name) {
        if (watchedForSet.contains(name) || watchedForClear.contains(name)) {
            forgotten.add(name);
            LockSupport.unpark(sender);
        }
    }

    private void sendLooks() {
        Map<String, Look> batch = new LinkedHashMap<>();
        for (Request look = looks.poll(); look != null; look = looks.poll()) {
            batch.computeIfAbsent(look.name, Look::new).requests.add(look);
        }
        for (String name = forgotten.poll(); name != null; name = forgotten.poll()) {
            if (!listener.isAwaited(name)) {
                unwatch(name);
            }
        }
        if (batch.isEmpty()) {
            return;
        }
        ZooKeeper open = session;
        ClusterEventException reason = failure;
        if (open == null || reason != null || !connected.isSet()) {
            Answer<Sight> answer = reason != null ? Answer.failed(reason) : Answer.of(Kind.LOST);
            batch.values().forEach(look -> look.tell(answer));
            return;
        }
        looking = true;
        Barrier barrier = new Barrier(batch.size());
        open.multi(List.of(Op.check(address.root(), -1)), barrier::passed, null);
        batch.values().forEach(look -> look.send(open, barrier));
    }

    /** What leads a batch of looks. */
    private final class Barrier {
        final long begun = System.nanoTime();
        private int unanswered;
        Code code = Code.CONNECTIONLOSS;

        Barrier(int looks) {
            this.unanswered = looks;
        }

        private void passed(int rc, String path, Object context, List<OpResult> results) {
            code = Code.get(rc);
        }

        /** Whether what is answered later is fresh: the check may have failed, but was made. */
        boolean isPassed() {
            return code == Code.OK || code == Code.NONODE || code == Code.NOAUTH;
        }

        void answered() {
            if (--unanswered == 0) {
                looking = false;
                LockSupport.unpark(sender);
            }
        }
    }

    /** All that is asked for one event in a batch. */
    private final class Look {
        final List<Request> requests = new ArrayList<>();
        private final String name;
        private final String path;
        private @Nullable Barrier barrier;
        private @Nullable Snapshot snapshot;
        private @Nullable Answer<Sight> bad;
        private long changed;
        private boolean setSince;
        private int unanswered = 1;

        Look(String name) {
            this.name = name;
            this.path = path(name);
        }

        private boolean has(Interest interest) {
            return requests.stream().anyMatch(request -> request.interest == interest);
        }

        void send(ZooKeeper open, Barrier leader) {
            barrier = leader;
            boolean set = has(Interest.SET);
            boolean clear = has(Interest.CLEAR);
            unanswered = set ? 2 : 1;
            open.getData(
                    path,
                    clear,
                    (rc, where, context, data, stat) -> {
                        read(rc, data, stat);
                        if (clear && snapshot != null) {
                            watchedForClear.add(name);
                            if (!snapshot.sticky() && snapshot.holders() > 0) {
                                unanswered++;
                                open.getChildren(path, true, (code, w, c, children, now) -> listed(code, now), null);
                            }
                        }
                        answered();
                    },
                    null);
            if (set) {
                open.getData(path + "/s", true, (rc, where, context, data, stat) -> pulse(rc, stat), null);
            }
        }

        private void read(int rc, byte @Nullable [] data, @Nullable Stat stat) {
            Code code = Code.get(rc);
            if (barrier == null || !barrier.isPassed()) {
                bad = Answer.of(Kind.LOST);
            } else if (code != Code.OK || stat == null) {
                bad = refused(address.of(name), code, "read");
            } else {
                try {
                    snapshot = snapshot(name, data, stat);
                    changed = stat.getMzxid();
                } catch (ClusterEventException e) {
                    bad = Answer.failed(e);
                }
            }
        }

        private void pulse(int rc, @Nullable Stat stat) {
            if (rc == Code.OK.intValue() && stat != null) {
                watchedForSet.add(name);
                setSince = stat.getMzxid() > changed;
            } else if (bad == null) {
                bad = refused(address.of(name), Code.get(rc), "read");
            }
            answered();
        }

        /** The children were listed, of an event that was held when it was read. */
        private void listed(int rc, @Nullable Stat stat) {
            if (rc != Code.OK.intValue() || stat == null) {
                bad = refused(address.of(name), Code.get(rc), "read");
            } else if (snapshot != null && stat.getMzxid() == changed) {
                snapshot = snapshot.heldBy(stat.getNumChildren() - 1);
            } // else it was changed after it was read; of that the watch has told
            answered();
        }

        private void answered() {
            if (--unanswered > 0) {
                return;
            }
            Barrier leader = barrier;
            if (bad != null) {
                tell(bad);
            } else if (snapshot != null && leader != null) {
                tell(Answer.done(new Sight(snapshot, setSince, leader.begun)));
            }
            if (!listener.isAwaited(name)) {
                forget(name); // who has asked was told, or has gone meanwhile
            }
            if (leader != null) {
                leader.answered();
            }
        }

        void tell(Answer<Sight> answer) {
            requests.forEach(request -> request.then.accept(answer));
        }
    }

    private void unwatch(String name) {
        ZooKeeper open = session;
        if (open == null) {
            return;
        }
        if (watchedForSet.remove(name)) {
            open.removeAllWatches(
                    path(name) + "/s",
                    Watcher.WatcherType.Data,
                    false,
                    (rc, path, context) -> removed(rc, name, watchedForSet),
                    null);
        }
        if (watchedForClear.remove(name)) {
            open.removeAllWatches(
                    path(name),
                    Watcher.WatcherType.Any,
                    false,
                    (rc, path, context) -> removed(rc, name, watchedForClear),
                    null);
        }
    }

    /** A watch was removed, or is still there since the connection was lost: then it is for the next one. */
    private void removed(int rc, String name, Set<String> watched) {
        if (rc == Code.CONNECTIONLOSS.intValue()) {
            watched.add(name);
        }
    }

    // Changes

    @Override
    public void swap(
            String name, Snapshot expected, Snapshot next, @Nullable UUID hold, Consumer<Answer<Snapshot>> then) {
        request(then, open -> {
            if (expected.version() == -1) {
                then.accept(Answer.failed(new ClusterEventException.Corrupt(
                        address.of(name), "was changed four billion times, after which the server compares no more")));
            } else if (expected.holders() > 0
                    && !(expected.sticky() && next.sticky())
                    && next.version() != expected.version()) {
                open.getChildren(
                        path(name),
                        null,
                        (int rc, String path, Object context, List<String> children) ->
                                swapWhileHeld(rc, children, name, expected, next, hold, then),
                        null);
            } else {
                swap(open, new ArrayList<>(), name, expected, next, hold, then);
            }
        });
    }

    /** Makes a change that is right only while the event is held, by a check that one of the holds still stands. */
    private void swapWhileHeld(
            int rc,
            @Nullable List<String> children,
            String name,
            Snapshot expected,
            Snapshot next,
            @Nullable UUID hold,
            Consumer<Answer<Snapshot>> then) {
        if (rc != Code.OK.intValue() || children == null) {
            then.accept(refused(address.of(name), Code.get(rc), "read"));
            return;
        }
        String witness = children.stream()
                .filter(child -> child.startsWith("h-"))
                .findAny()
                .orElse(null);
        if (witness == null) {
            then.accept(Answer.of(Kind.CONFLICT));
            return;
        }
        List<Op> ops = new ArrayList<>(List.of(Op.check(path(name) + "/" + witness, -1)));
        request(then, open -> swap(open, ops, name, expected, next, hold, then));
    }

    private void swap(
            ZooKeeper open,
            List<Op> ops,
            String name,
            Snapshot expected,
            Snapshot next,
            @Nullable UUID hold,
            Consumer<Answer<Snapshot>> then) {
        String path = path(name);
        if (hold != null) {
            ops.add(Op.create(path + "/h-" + hold, holder(), access, CreateMode.EPHEMERAL));
        }
        int index = ops.size();
        if (next.version() == expected.version()) {
            ops.add(Op.check(path, (int) expected.version()));
        } else {
            ops.add(Op.setData(path, next.encode(), (int) expected.version()));
        }
        if (next.epoch() != expected.epoch()) {
            ops.add(Op.setData(path + "/s", NOTHING, -1));
        }
        open.multi(
                ops,
                (rc, where, context, results) -> {
                    Code code = Code.get(rc);
                    if (code != Code.OK) {
                        boolean conflict = code == Code.BADVERSION || code == Code.NONODE || code == Code.NODEEXISTS;
                        then.accept(conflict ? Answer.of(Kind.CONFLICT) : refused(address.of(name), code, "change"));
                    } else if (results.get(index) instanceof OpResult.SetDataResult result) {
                        Stat stat = result.getStat();
                        then.accept(
                                Answer.done(next.at(stat.getCzxid(), stat.getVersion(), stat.getNumChildren() - 1)));
                    } else {
                        then.accept(Answer.done(expected));
                    }
                },
                null);
    }

    /** Who holds, for people. */
    private static byte[] holder() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unknown";
        }
        String text = host + " " + ProcessHandle.current().pid() + " " + System.currentTimeMillis();
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void drop(String name, UUID hold, Consumer<Answer<Boolean>> then) {
        request(
                then,
                open -> open.delete(
                        path(name) + "/h-" + hold,
                        -1,
                        (rc, path, context) -> then.accept(
                                rc == Code.NONODE.intValue()
                                        ? Answer.done(false)
                                        : answer(name, Code.get(rc), "let go of")),
                        null));
    }

    // Events

    @Override
    public void create(String name, Snapshot first, Consumer<Answer<Boolean>> then) {
        request(then, open -> create(open, name, first, then));
    }

    private void create(ZooKeeper open, String name, Snapshot first, Consumer<Answer<Boolean>> then) {
        String path = path(name);
        List<Op> ops = List.of(
                Op.create(path, first.encode(), access, CreateMode.PERSISTENT),
                Op.create(path + "/s", NOTHING, access, CreateMode.PERSISTENT));
        open.multi(
                ops,
                (rc, where, context, results) -> {
                    switch (Code.get(rc)) {
                        case NODEEXISTS -> // the event; but perhaps the pulse was deleted
                            open.create(
                                    path + "/s",
                                    NOTHING,
                                    access,
                                    CreateMode.PERSISTENT,
                                    (code, w, c, made) -> then.accept(
                                            code == Code.NODEEXISTS.intValue()
                                                    ? Answer.done(false)
                                                    : answer(name, Code.get(code), "make")),
                                    null);
                        case NONODE -> createRoot(open, 1, name, first, then);
                        default -> then.accept(answer(name, Code.get(rc), "make"));
                    }
                },
                null);
    }

    /** Makes the nodes above an event from the one that ends with so many segments, then the event. */
    private void createRoot(ZooKeeper open, int segments, String name, Snapshot first, Consumer<Answer<Boolean>> then) {
        String[] all = (address.root() + "/e").split("/", -1);
        if (segments == all.length) {
            create(open, name, first, then);
            return;
        }
        String path = String.join("/", List.of(all).subList(0, segments + 1));
        byte[] data = path.equals(address.root()) ? (MARK + LAYOUT).getBytes(StandardCharsets.US_ASCII) : NOTHING;
        open.create(
                path,
                data,
                access,
                CreateMode.PERSISTENT,
                (rc, where, context, made) -> {
                    Code code = Code.get(rc);
                    if (code == Code.OK || code == Code.NODEEXISTS) {
                        createRoot(open, segments + 1, name, first, then);
                    } else {
                        then.accept(answer(name, code, "make"));
                    }
                },
                null);
    }

    @Override
    public void delete(String name, Consumer<Answer<Boolean>> then) {
        String path = path(name);
        request(
                then,
                open -> open.getChildren(
                        path,
                        null,
                        (int rc, String where, Object context, List<String> children) -> {
                            if (rc != Code.OK.intValue()) {
                                then.accept(refused(address.of(name), Code.get(rc), "delete"));
                                return;
                            }
                            List<Op> ops = new ArrayList<>();
                            children.forEach(child -> ops.add(Op.delete(path + "/" + child, -1)));
                            ops.add(Op.delete(path, -1));
                            open.multi(
                                    ops,
                                    (code, w, c, results) -> {
                                        boolean conflict =
                                                code == Code.NONODE.intValue() || code == Code.NOTEMPTY.intValue();
                                        then.accept(
                                                conflict
                                                        ? Answer.of(Kind.CONFLICT)
                                                        : answer(name, Code.get(code), "delete"));
                                    },
                                    null);
                        },
                        null));
    }

    @Override
    public void names(Consumer<Answer<List<String>>> then) {
        request(then, open -> {
            open.multi(List.of(Op.check(address.root(), -1)), (rc, path, context, results) -> {}, null);
            open.getChildren(
                    address.root() + "/e",
                    null,
                    (int rc, String path, Object context, List<String> children) -> {
                        if (rc == Code.OK.intValue()) {
                            then.accept(Answer.done(children.stream()
                                    .filter(Address::isEscaped)
                                    .map(Address::unescape)
                                    .sorted()
                                    .toList()));
                        } else {
                            then.accept(refused(address.toString(), Code.get(rc), "list"));
                        }
                    },
                    null);
        });
    }

    @Override
    public Event connected() {
        return connected;
    }

    @Override
    public @Nullable ClusterEventException failure() {
        return failure;
    }

    @Override
    public void close() {
        closed = true;
        connected.set();
        LockSupport.unpark(sender);
        Reply.await(ended, System.nanoTime() + options.operationTimeout.toNanos());
    }

    /** For tests, which end it. */
    @Nullable
    ZooKeeper session() {
        return session;
    }

    // What requests have in common

    private interface Sending {
        void to(ZooKeeper open);
    }

    /** Has a request sent, if there is a connection. */
    private <T> void request(Consumer<Answer<T>> then, Sending request) {
        send(() -> {
            ZooKeeper open = session;
            ClusterEventException reason = failure;
            if (reason != null) {
                then.accept(Answer.failed(reason));
            } else if (open == null || !connected.isSet() || closed) {
                then.accept(Answer.of(Kind.LOST));
            } else {
                request.to(open);
            }
        });
    }

    private Answer<Boolean> answer(String name, Code code, String verb) {
        return code == Code.OK ? Answer.done(true) : refused(address.of(name), code, verb);
    }

    /** The answer to what was not done. */
    private static <T> Answer<T> refused(String where, Code code, String verb) {
        return switch (code) {
            case CONNECTIONLOSS,
                    SESSIONEXPIRED,
                    SESSIONMOVED,
                    OPERATIONTIMEOUT,
                    REQUESTTIMEOUT,
                    SESSIONCLOSEDREQUIRESASLAUTH -> Answer.of(Kind.LOST);
            case NONODE -> Answer.of(Kind.ABSENT);
            case NOAUTH, AUTHFAILED ->
                Answer.failed(new ClusterEventException.NotPermitted(
                        where,
                        "this user may not " + verb + " it; log in as another, or have its access list changed",
                        null));
            case INVALIDACL ->
                Answer.failed(new ClusterEventException.NotPermitted(
                        where,
                        "not to be made for its creator alone, who has not logged in; log in, or let everybody use it",
                        null));
            default ->
                Answer.failed(new ClusterEventException.Unavailable(
                        where, "the servers refuse to " + verb + " it (" + code + "); see their logs", null));
        };
    }

    private String path(String name) {
        return address.root() + "/e/" + Address.escape(name);
    }

    private Snapshot snapshot(String name, byte @Nullable [] data, Stat stat) {
        return Snapshot.decode(address.of(name), stat.getCzxid(), stat.getVersion(), stat.getNumChildren() - 1, data);
    }
}
