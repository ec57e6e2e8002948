// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.ThreadEvent;
import dev.pharos.cluster.Engine.Answer.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
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

/** Events as nodes of ZooKeeper. */
final class ZooKeeperEngine implements Engine {
    /*
     * Overview.
     *
     *   /root             the target of checks, with the version of the layout
     *   /root/e/NAME      an event: the bytes of Snapshot
     *   /root/e/NAME/s-I  the pulse: written together with the event whenever the epoch changes, by nothing else
     *   /root/e/NAME/h-X  a hold: ephemeral
     *
     * Versions of a node begin anew when it is deleted and created again, and no multi compares when it was created. So
     * the pulse is named by the incarnation I, a random number that the data of the event repeats, and each multi
     * writes it or checks that it is there: a change meant for one event never affects another of its name.
     *
     * A fresh read. A server answers a read from what it has, which may be old; and sync, the documented remedy, is
     * none if the reader is connected to the leader, since that sends a commit to the followers before it applies it
     * itself. So a read is preceded by a multi of one check, the barrier: a write as far as the ensemble is concerned,
     * even if the check fails, and a server answers later requests of a session only when it has applied its write. One
     * barrier serves all reads that were asked for before it is sent; the next is not sent before those are answered.
     *
     * Watching for set: the event is read, then the pulse, with a one-shot watch. If the pulse is younger than the
     * event as it was read, the event was set between the two, and that is reported. If not, the watch will report the
     * next set, and this one notification is all there is to know: nothing is read again. It comes after the answer
     * that has armed the watch, and before the answers to all later requests. While there is no connection it is not
     * lost, since a client that comes back sends the server what it saw last, and the server compares; that holds of
     * one-shot watches of data alone, not of persistent ones. A clear does not write the pulse, and wakes no waiter.
     *
     * Watching for clear: the event is read with a watch, and if it is set by its holders only, its children are listed
     * with a watch, which reports the end of the last hold. Either watch means no more than that the event has to be
     * read again.
     *
     * A watch stays on the server until it fires. So it is removed when there is no waiter any more; but not while a
     * read is under way that may have armed it again: that is why reads are sent, and watches removed, by one thread,
     * and reads one batch after the other.
     *
     * Threads. Looks are put into a queue without locks, and sent by a thread of this class, batch by batch. All other
     * requests are given to ZooKeeper by the calling thread, unless that is virtual, which saves a set the time to wake
     * the sender. It takes ZooKeeper's locks while a request is put into a queue, never while a thread waits. Answers
     * and notifications come from the one event thread that ZooKeeper has for a session; a failure may be reported by
     * any thread.
     *
     * That thread may end with an answer still in its queue. So each request is kept, with its session, until it is
     * answered, and failed when another session begins, or none ever again. A request adds itself and then checks
     * whether its session is still the last; a new session, a failure or a close is recorded first and then goes
     * through what was added. And the requests of a read are counted before any of them is sent: the answers may be
     * faster than the sender, and if the first were taken for the last, a wait would be reported as in effect before
     * its watch is armed.
     *
     * If a server refuses a request for the moment, because it is overloaded, the request is repeated. LOST is reported
     * only if another connection will follow, since nothing else makes waiters read again.
     *
     * Sessions. When one expires, a new ZooKeeper takes its place. The old one delivers only failures from then on.
     * ZooKeeper's client also takes a session for expired when no server has responded for longer than its timeout, and
     * the servers may still keep it then, with its holds. There is one watcher for each session, so that a watch that
     * is armed twice fires once.
     *
     * A server refuses a session whose client has seen more than the server has, by closing each connection, and neither
     * of them ever takes the session for expired. If the data of all servers was deleted, or an older copy put in its
     * place, that goes on for ever. A new session has seen nothing. So when a session had no connection for as long as
     * would end it, a second one is tried beside it: if the servers begin that and go on to refuse the first, the first
     * is given up, as if it had expired. Without a majority they begin none, and the first remains, with its holds. That
     * a new session may see older data than this process has seen before is no matter, since no read relies on the order
     * of those of one session: of what the servers have, the barrier reads the latest.
     */

    private static final String MARK = "pharos ";
    private static final int LAYOUT = 1;
    private static final byte[] NOTHING = {};

    /** A node that each server has. */
    private static final String SYSTEM_NODE = "/zookeeper";

    /** How many characters the paths in one request may have: servers accept a megabyte. */
    private static final int LARGEST_REQUEST = 1 << 17;

    /** The characters of a slash and the name of a hold. */
    private static final int HOLD_LENGTH = 39;

    /** How long to wait before another attempt to begin a session, after a lack of threads or files. */
    private static final long REOPEN_NANOS = 1_000_000_000L;

    /** For how long the servers must have accepted a second session, and not the first: a few attempts to connect. */
    private static final long REFUSAL_NANOS = 5_000_000_000L;

    private final ClusterAddress address;
    private final Cluster.Options options;
    private final Listener listener;
    private final List<ACL> access;

    /** For the nodes above the root, which are for the roots of others, too. */
    private final List<ACL> above;

    private final ZKClientConfig config;

    private final Queue<Runnable> requests = new ConcurrentLinkedQueue<>();
    private final Queue<Request> reads = new ConcurrentLinkedQueue<>();

    /** The events that may have no waiters any more. */
    private final Queue<String> forgotten = new ConcurrentLinkedQueue<>();

    /** The events whose pulse has a watch on the server, with their incarnation; and those that have one themselves. */
    private final Map<String, UUID> watchedForSet = new ConcurrentHashMap<>();

    private final Set<String> watchedForClear = ConcurrentHashMap.newKeySet();

    private final ThreadEvent connected = new ThreadEvent("connected");
    private final ThreadEvent ended = new ThreadEvent("ended");
    private final Thread sender;

    /** Identifies the holder, for display. */
    private final String holder;

    /** What has been sent and is not answered yet, other than reads. */
    private final Set<Sent<?>> unanswered = ConcurrentHashMap.newKeySet();

    /** The batch of reads that has been sent and is not answered yet. */
    private final AtomicReference<@Nullable Barrier> batch = new AtomicReference<>();

    /** Whether a session has to be begun. Of the sender only. */
    private boolean opening = true;

    private volatile @Nullable ZooKeeper session;

    /** The session, with what belongs to it. Of the sender only. */
    private @Nullable Session current;

    /** A second session, beside one that has had no connection for long. Of the sender only. */
    private @Nullable Trial trial;

    /** When there was a connection last, if there is none. */
    private volatile long lost;

    /** What is known of why there is no connection; null while there is one. */
    private final AtomicReference<@Nullable ZooKeeperDiagnosis> diagnosis = new AtomicReference<>();

    private volatile @Nullable EventException failure;
    private volatile boolean closed;

    ZooKeeperEngine(ClusterAddress address, Cluster.Options options, Listener listener) {
        this.address = address;
        this.options = options;
        this.listener = listener;
        this.access = access(options.access);
        this.above = options.access == Cluster.Access.EVERYBODY ? access : above();
        this.config = ZooKeeperOptions.config(address, options);
        this.holder = holder();
        this.sender = new Thread(null, this::run, "pharos-cluster " + address, 0L, false);
        sender.setDaemon(true);
        sender.start();
    }

    /** The name of this machine, without a look-up, since that may take as long as a name server is silent. */
    private static String holder() {
        String host = System.getenv().getOrDefault("HOSTNAME", System.getenv().getOrDefault("COMPUTERNAME", "unknown"));
        try {
            host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            // not Linux
        }
        return host + " " + ProcessHandle.current().pid();
    }

    private static List<ACL> above() {
        List<ACL> both = new ArrayList<>(ZooDefs.Ids.CREATOR_ALL_ACL);
        both.add(new ACL(ZooDefs.Perms.READ | ZooDefs.Perms.CREATE, ZooDefs.Ids.ANYONE_ID_UNSAFE));
        return both;
    }

    private static List<ACL> access(Cluster.Access access) {
        return switch (access) {
            case EVERYBODY -> ZooDefs.Ids.OPEN_ACL_UNSAFE;
            case CREATOR -> ZooDefs.Ids.CREATOR_ALL_ACL;
            case EVERYBODY_MAY_WAIT -> {
                List<ACL> both = new ArrayList<>(ZooDefs.Ids.CREATOR_ALL_ACL);
                both.addAll(ZooDefs.Ids.READ_ACL_UNSAFE);
                yield both;
            }
        };
    }

    // The thread that sends

    private void send(Runnable request) {
        requests.add(request);
        wakeSender();
    }

    private void run() {
        while (!closed) {
            try {
                for (Runnable request = requests.poll(); request != null; request = requests.poll()) {
                    request.run();
                }
                if (opening) {
                    open();
                }
                if (batch.get() == null) {
                    sendReads();
                }
                giveUpIfRefused();
            } catch (RuntimeException | Error e) { // better an end that is reported than a silent one
                fail(new EventException.Unavailable(
                        address.toString(), "the connection has ended (" + e + "); connect again", e));
                failPending(null);
            }
            park();
        }
        closeSession();
        failPending(null);
        ended.set();
        rejectQueued();
    }

    private void park() {
        Trial tried = trial;
        if (opening && failure == null) {
            LockSupport.parkNanos(this, REOPEN_NANOS);
        } else if (!mayBeRefused()) {
            LockSupport.park(this);
        } else if (tried == null) {
            LockSupport.parkNanos(this, Math.max(1, lost + patienceNanos() - System.nanoTime()));
        } else {
            long since = tried.accepted ? tried.since : System.nanoTime();
            LockSupport.parkNanos(this, Math.max(1, since + REFUSAL_NANOS - System.nanoTime()));
        }
    }

    /** Answers requests that were sent in other sessions than this, which nothing else may answer. */
    private void failPending(@Nullable ZooKeeper but) {
        Barrier sent = batch.getAndSet(null);
        if (sent != null) {
            sent.reads.forEach(read -> read.report(Answer.of(Kind.LOST)));
        }
        unanswered.forEach(other -> {
            if (other.open != but) {
                other.accept(Answer.of(Kind.LOST));
            }
        });
    }

    /** Answers what is queued when nothing is sent any more. */
    private void rejectQueued() {
        for (Runnable request = requests.poll(); request != null; request = requests.poll()) {
            request.run(); // sends nothing, since this is closed
        }
        for (Request read = reads.poll(); read != null; read = reads.poll()) {
            read.then.accept(Answer.of(Kind.UNSENT));
        }
    }

    /** Causes the sender to read the queues; or, if it has read them for the last time, the current thread. */
    private void wakeSender() {
        LockSupport.unpark(sender);
        if (ended.isSet()) {
            rejectQueued();
        }
    }

    /** Opens a session. One that follows another is tried again until it succeeds. */
    private void open() {
        if (closed || failure != null) {
            return;
        }
        failPending(null);
        try {
            ZooKeeperEnvironment.avoidLookUp();
            Session begun = new Session();
            ZooKeeper opened = begun.open();
            current = begun;
            session = opened;
            opening = false;
            failPending(opened); // requests meanwhile that took the last session for this
        } catch (IOException | IllegalArgumentException | LinkageError | OutOfMemoryError e) {
            if (session == null) {
                fail(new EventException.Misconfigured(
                        address.toString(), "cannot connect (" + e + "); check the class path and the options", e));
            }
        }
    }

    /** Ends the session. */
    private void closeSession() {
        endTrial();
        Session open = current;
        if (open != null) {
            open.close();
        }
    }

    /** Whether there is a session that was begun and has no connection. */
    private boolean mayBeRefused() {
        ZooKeeper open = session;
        Session known = current;
        return open != null
                && open.getSessionId() != 0
                && known != null
                && !known.givenUp
                && !opening
                && !connected.isSet(); // which a failure sets, too
    }

    /** How long a session may be without a connection before another is tried: as long as by ZooKeeper's client. */
    private long patienceNanos() {
        ZooKeeper open = session;
        return TimeUnit.MILLISECONDS.toNanos(open == null ? 0 : open.getSessionTimeout()) / 3 * 4;
    }

    /** Tries another session if the last has had no connection for long, and gives that up if it alone is refused. */
    private void giveUpIfRefused() {
        Session refused = current;
        Trial tried = trial;
        long now = System.nanoTime();
        if (refused == null || !mayBeRefused() || now - lost < patienceNanos()) {
            endTrial();
        } else if (tried == null) {
            try {
                Trial next = new Trial();
                next.open();
                trial = next;
            } catch (IOException | IllegalArgumentException | LinkageError | OutOfMemoryError e) {
                lost = now; // not for the moment
            }
        } else if (tried.accepted && now - tried.since >= REFUSAL_NANOS) {
            endTrial();
            refused.givenUp = true;
            refused.closeLater();
        }
    }

    private void endTrial() {
        Trial tried = trial;
        if (tried != null) {
            trial = null;
            tried.closeLater();
        }
    }

    private void fail(EventException reason) {
        failure = reason;
        connected.set();
        send(() -> failPending(null));
        listener.connected(); // waiters read again, and fail
    }

    // Sessions

    /** A session of ZooKeeper's client, whose events this receives. */
    private abstract class Opened implements Watcher {
        private @Nullable ZooKeeper client;
        private @Nullable ZooKeeperHosts hosts;

        ZooKeeper open() throws IOException {
            ZooKeeperHosts tried = new ZooKeeperHosts(address, options);
            ZooKeeper opened = new ZooKeeper(
                    address.servers(), (int) options.sessionTimeout.toMillis(), this, false, tried, config);
            tried.begin(opened::getSessionTimeout);
            client = opened;
            hosts = tried;
            String digest = options.digest;
            if (digest != null) {
                opened.addAuthInfo("digest", digest.getBytes(StandardCharsets.UTF_8));
            }
            return opened;
        }

        synchronized void close() {
            ZooKeeper open = client;
            ZooKeeperHosts tried = hosts;
            if (open != null && tried != null) {
                try {
                    tried.end();
                    open.close();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        /** Closes it in a thread of its own: an attempt to connect may be under way, and has to end first. */
        void closeLater() {
            Thread thread = new Thread(null, this::close, "pharos-cluster closes " + address, 0L, false);
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** A session that is tried beside another, and not used. */
    private final class Trial extends Opened {
        /** Whether the servers have begun it, and when. */
        volatile boolean accepted;

        volatile long since;

        @Override
        public void process(WatchedEvent event) {
            if (event.getState() == Event.KeeperState.SyncConnected) {
                since = System.nanoTime();
                accepted = true;
                LockSupport.unpark(sender);
            } else if (event.getState() == Event.KeeperState.Disconnected) {
                accepted = false;
            }
        }
    }

    /** The session that is used. Receives the state of its connection, and the watches. */
    private final class Session extends Opened {
        /** Whether it is closed because it alone is refused by the servers. */
        volatile boolean givenUp;

        @Override
        public void process(WatchedEvent event) {
            if (event.getType() == Event.EventType.None) {
                process(event.getState());
                return;
            }
            String path = event.getPath().substring(address.root().length() + "/e/".length());
            int slash = path.indexOf('/');
            String name = ClusterAddress.unescape(slash < 0 ? path : path.substring(0, slash));
            switch (event.getType()) {
                case NodeDataChanged -> {
                    if (slash < 0) {
                        listener.gap(name);
                    } else {
                        watchedForSet.remove(name, incarnation(path.substring(slash + 1)));
                        listener.pulse(name);
                    }
                }
                case NodeDeleted -> {
                    if (slash >= 0) {
                        watchedForSet.remove(name, incarnation(path.substring(slash + 1)));
                    }
                    listener.gap(name);
                }
                case NodeChildrenChanged, NodeCreated -> listener.gap(name);
                default -> {} // a watch was removed
            }
        }

        private void process(Event.@Nullable KeeperState state) {
            if (state == null) {
                return; // a step of authentication
            }
            switch (state) {
                case SyncConnected -> {
                    lost = System.nanoTime();
                    send(ZooKeeperEngine.this::checkLayout);
                }
                case Disconnected -> {
                    lost = System.nanoTime();
                    if (disconnect()) {
                        listener.disconnected();
                        LockSupport.unpark(sender); // for which a time begins to run
                    }
                }
                case Expired -> expire();
                case Closed -> {
                    if (givenUp) {
                        expire();
                    }
                }
                case AuthFailed ->
                    fail(new EventException.NotPermitted(
                            address.toString(), "authentication failed; check user, password and the servers", null));
                default -> {} // authenticated
            }
        }

        private void expire() {
            if (disconnect()) {
                watchedForSet.clear();
                watchedForClear.clear();
                listener.expired();
                send(() -> opening = true);
            }
        }
    }

    /** There is no connection any more; false if there will be none ever again, which is known. */
    private boolean disconnect() {
        connected.clear();
        boolean over = closed || failure != null;
        if (over) {
            connected.set(); // also what close and fail did just before the clear
        }
        return !over;
    }

    /** Reads the root, whose layout must be one that is known, before anything else is sent. */
    private void checkLayout() {
        ZooKeeper open = session;
        if (open == null) {
            return;
        }
        open.getData(
                address.root(),
                null,
                (rc, path, context, data, stat) -> {
                    String mark = data == null ? "" : new String(data, StandardCharsets.US_ASCII);
                    Answer<?> refused = refused("", code(rc), "");
                    if (code(rc) == Code.SESSIONCLOSEDREQUIRESASLAUTH) {
                        fail(new EventException.NotPermitted(
                                address.toString(),
                                "the servers accept only users who authenticate; specify a user, or an entry for SASL",
                                null));
                    } else if (refused.kind() == Kind.AGAIN) {
                        send(this::checkLayout);
                    } else if (refused.kind() == Kind.LOST) {
                        return; // it is checked on the next connection, too
                    } else if (mark.startsWith(MARK) && !mark.equals(MARK + LAYOUT)) {
                        fail(Snapshot.newerVersion(address.toString(), mark.substring(MARK.length())));
                    } else {
                        connected.set();
                        diagnosis.set(null);
                        listener.connected();
                        forgotten.addAll(watchedForSet.keySet());
                        forgotten.addAll(watchedForClear);
                        LockSupport.unpark(sender);
                    }
                },
                null);
    }

    // Looks

    /** A read that was asked for. */
    private record Request(
            String name, @Nullable UUID incarnation, Interest interest, Consumer<Answer<Reading>> then) {}

    @Override
    public void read(String name, @Nullable UUID incarnation, Interest interest, Consumer<Answer<Reading>> then) {
        reads.add(new Request(name, incarnation, interest, then));
        wakeSender();
    }

    @Override
    public void forget(String name) {
        if (watchedForSet.containsKey(name) || watchedForClear.contains(name)) {
            forgotten.add(name);
            LockSupport.unpark(sender);
        }
    }

    private void sendReads() {
        Map<String, Read> asked = new LinkedHashMap<>();
        for (Request read = reads.poll(); read != null; read = reads.poll()) {
            asked.computeIfAbsent(read.name, Read::new).requests.add(read);
        }
        for (String name = forgotten.poll(); name != null; name = forgotten.poll()) {
            if (!listener.isAwaited(name)) {
                unwatch(name);
            }
        }
        if (asked.isEmpty()) {
            return;
        }
        ZooKeeper open = session;
        boolean ready = connected.isSet(); // which a failure sets, too
        EventException reason = failure;
        if (open == null || reason != null || !ready) {
            Answer<Reading> answer = reason != null ? Answer.failed(reason) : Answer.of(Kind.UNSENT);
            asked.values().forEach(read -> read.report(answer));
            return;
        }
        Barrier barrier = new Barrier(asked.values());
        batch.set(barrier);
        open.multi(barrier.check(), barrier::passed, null);
        barrier.reads.forEach(read -> read.send(open, barrier));
    }

    /** The write that precedes reads, which makes them fresh. */
    private final class Barrier {
        final long begun = System.nanoTime();
        final List<Read> reads;
        private final AtomicInteger unanswered;
        private volatile Code code = Code.CONNECTIONLOSS;

        Barrier(Collection<Read> reads) {
            this.reads = List.copyOf(reads);
            this.unanswered = new AtomicInteger(reads.size());
        }

        List<Op> check() {
            return List.of(Op.check(address.root(), -1));
        }

        void passed(int rc, String path, Object context, List<OpResult> results) {
            code = code(rc);
        }

        /** Null if what is answered later is fresh: the check may have failed, but was made. Else the answer to it. */
        <T> @Nullable Answer<T> refusal(String where) {
            boolean made = code == Code.OK || code == Code.NONODE || code == Code.NOAUTH;
            return made ? null : refused(where, code, "read");
        }

        void answered() {
            if (unanswered.decrementAndGet() == 0 && batch.compareAndSet(this, null)) {
                LockSupport.unpark(sender);
            }
        }
    }

    /** All that is asked for one event in a batch. */
    private final class Read {
        final List<Request> requests = new ArrayList<>();
        private final String name;
        private final String path;
        private final AtomicBoolean reported = new AtomicBoolean();
        private final AtomicInteger unanswered = new AtomicInteger(1);
        private @Nullable Barrier barrier;
        private @Nullable Snapshot snapshot;
        private @Nullable Answer<Reading> bad;
        private long changed;
        private boolean setSince;

        Read(String name) {
            this.name = name;
            this.path = path(name);
        }

        private boolean has(Interest interest) {
            return requests.stream().anyMatch(request -> request.interest == interest);
        }

        /** The incarnation that waiters for set expect; null if none is known. */
        private @Nullable UUID guess() {
            for (Request request : requests) {
                if (request.interest == Interest.SET && request.incarnation != null) {
                    return request.incarnation;
                }
            }
            return null;
        }

        void send(ZooKeeper open, Barrier leader) {
            barrier = leader;
            boolean set = has(Interest.SET);
            boolean clear = has(Interest.CLEAR);
            UUID guess = guess();
            if (guess != null) {
                unanswered.incrementAndGet(); // before the first can be answered
            }
            open.getData(
                    path,
                    clear,
                    (rc, where, context, data, stat) -> answered(() -> {
                        read(code(rc), data, stat);
                        if (clear && rc == Code.OK.intValue()) {
                            watchedForClear.add(name);
                        }
                        Snapshot now = snapshot;
                        if (clear && now != null && !now.sticky() && now.holders() > 0) {
                            unanswered.incrementAndGet();
                            open.getChildren(
                                    path,
                                    true,
                                    (code, w, c, children, stated) -> answered(() -> listed(code(code), stated)),
                                    null);
                        }
                        if (set && now != null && !now.incarnation().equals(guess)) {
                            unanswered.incrementAndGet();
                            readPulse(open, now.incarnation());
                        }
                    }),
                    null);
            if (guess != null) {
                readPulse(open, guess);
            }
        }

        private void read(Code code, byte @Nullable [] data, @Nullable Stat stat) {
            bad = barrier == null ? null : barrier.refusal(address.of(name));
            if (bad == null && (code != Code.OK || stat == null)) {
                bad = refused(address.of(name), code, "read");
            } else if (bad == null && stat != null) {
                try {
                    snapshot = snapshot(name, data, stat);
                    changed = stat.getMzxid();
                } catch (EventException e) {
                    bad = Answer.failed(e);
                }
            }
        }

        /** Is counted as unanswered already. */
        private void readPulse(ZooKeeper open, UUID incarnation) {
            open.getData(
                    pulse(name, incarnation),
                    true,
                    (rc, where, context, data, stat) -> answered(() -> pulsed(open, incarnation, code(rc), stat)),
                    null);
        }

        /** The pulse was read, after the event; perhaps that of another event, by a wrong guess. */
        private void pulsed(ZooKeeper open, UUID incarnation, Code code, @Nullable Stat stat) {
            boolean right = snapshot != null && snapshot.incarnation().equals(incarnation);
            if (code == Code.OK && stat != null) {
                watchedForSet.put(name, incarnation);
                setSince |= right && stat.getMzxid() > changed;
            } else if (right && code == Code.NONODE) {
                unanswered.incrementAndGet();
                ZooKeeperEngine.this.<Reading>explainMissingPulse(
                        open, name, incarnation, why -> answered(() -> bad = why));
            } else if (right) {
                bad = refused(address.of(name), code, "read");
            }
        }

        /** The children were listed, of an event that was held when it was read. */
        private void listed(Code code, @Nullable Stat stat) {
            if (code != Code.OK || stat == null) {
                bad = refused(address.of(name), code, "read");
            } else if (snapshot != null && stat.getMzxid() == changed) {
                snapshot = snapshot.heldBy(stat.getNumChildren() - 1);
            } // else it was changed after it was read; that the watch has reported
        }

        /** Takes an answer; with the last, answers the requests, whatever has happened. */
        private void answered(Runnable answer) {
            try {
                answer.run();
            } finally {
                if (unanswered.decrementAndGet() == 0) {
                    end();
                }
            }
        }

        private void end() {
            Barrier leader = barrier;
            try {
                if (bad == null && snapshot != null && leader != null) {
                    report(Answer.done(new Reading(snapshot, setSince, leader.begun)));
                } else {
                    report(bad != null ? bad : refused(address.of(name), Code.SYSTEMERROR, "read"));
                }
                if (!listener.isAwaited(name)) {
                    forget(name); // the waiters were notified, or have gone meanwhile
                }
            } finally {
                if (leader != null) {
                    leader.answered();
                }
            }
        }

        void report(Answer<Reading> answer) {
            if (!reported.compareAndSet(false, true)) {
                return; // it was given up
            } else if (answer.kind() == Kind.AGAIN) {
                reads.addAll(requests);
                wakeSender();
            } else {
                requests.forEach(request -> request.then.accept(answer));
            }
        }
    }

    /** Finds out why there is no pulse: the event is gone, another has its name, or the pulse alone was deleted. */
    private <T> void explainMissingPulse(ZooKeeper open, String name, UUID incarnation, Consumer<Answer<T>> then) {
        open.getData(
                path(name),
                null,
                (rc, where, context, data, stat) -> {
                    Answer<T> answer;
                    if (rc != Code.OK.intValue() || stat == null) {
                        answer = refused(address.of(name), code(rc), "read");
                    } else {
                        try {
                            boolean same =
                                    snapshot(name, data, stat).incarnation().equals(incarnation);
                            answer = same ? Answer.failed(withoutPulse(name)) : Answer.of(Kind.ABSENT);
                        } catch (EventException e) {
                            answer = Answer.failed(e);
                        }
                    }
                    then.accept(answer);
                },
                null);
    }

    private EventException withoutPulse(String name) {
        return Snapshot.corrupt(address.of(name), "has lost its node s-...");
    }

    private void unwatch(String name) {
        ZooKeeper open = session;
        if (open == null) {
            return;
        }
        UUID incarnation = watchedForSet.remove(name);
        if (incarnation != null) {
            open.removeAllWatches(
                    pulse(name, incarnation),
                    Watcher.WatcherType.Data,
                    false,
                    (rc, path, context) -> removed(rc, name, () -> watchedForSet.putIfAbsent(name, incarnation)),
                    null);
        }
        if (watchedForClear.remove(name)) {
            open.removeAllWatches(
                    path(name),
                    Watcher.WatcherType.Any,
                    false,
                    (rc, path, context) -> removed(rc, name, () -> watchedForClear.add(name)),
                    null);
        }
    }

    /** A watch was removed; or is still there: then it is for the next connection, or the next time. */
    private void removed(int rc, String name, Runnable restore) {
        if (rc != Code.OK.intValue() && rc != Code.NOWATCHER.intValue()) {
            restore.run();
            if (rc == Code.THROTTLEDOP.intValue()) {
                forget(name);
            }
        }
    }

    // Changes

    @Override
    public void swap(
            String name, Snapshot expected, Snapshot next, @Nullable UUID hold, Consumer<Answer<Snapshot>> then) {
        request(then, (open, answer) -> {
            if (expected.version() == -1) {
                answer.accept(Answer.failed(Snapshot.corrupt(
                        address.of(name), "was changed four billion times, after which the server compares no more")));
            } else {
                swap(open, name, expected, next, hold, "h-" + expected.latest(), answer);
            }
        });
    }

    /** Makes a change; if it is right only while the event is held, with a check that this hold still stands. */
    private void swap(
            ZooKeeper open,
            String name,
            Snapshot expected,
            Snapshot next,
            @Nullable UUID hold,
            String witness,
            Consumer<Answer<Snapshot>> then) {
        String path = path(name);
        String pulse = pulse(name, expected.incarnation());
        int version = (int) expected.version();
        boolean changes = next.version() != expected.version();
        boolean whileHeld = changes && expected.holders() > 0 && !(expected.sticky() && next.sticky());
        List<Op> ops = new ArrayList<>();
        ops.add(next.epoch() == expected.epoch() ? Op.check(pulse, -1) : Op.setData(pulse, NOTHING, -1));
        if (hold != null) {
            byte[] who = (holder + " " + System.currentTimeMillis()).getBytes(StandardCharsets.UTF_8);
            ops.add(Op.create(path + "/h-" + hold, who, access, CreateMode.EPHEMERAL));
        }
        int index = ops.size();
        ops.add(changes ? Op.setData(path, next.encode(), version) : Op.check(path, version));
        if (whileHeld) {
            ops.add(Op.check(path + "/" + witness, -1));
        }
        open.multi(
                ops,
                (rc, where, context, results) -> {
                    Code code = code(rc);
                    int failed = failed(results);
                    if (code == Code.OK && results.get(index) instanceof OpResult.SetDataResult result) {
                        Stat stat = result.getStat();
                        then.accept(Answer.done(next.at(stat.getVersion(), stat.getNumChildren() - 1)));
                    } else if (code == Code.OK) {
                        then.accept(Answer.done(expected));
                    } else if (code == Code.NONODE && failed == 0) {
                        explainMissingPulse(open, name, expected.incarnation(), then);
                    } else if (code == Code.NONODE && whileHeld && failed == ops.size() - 1) {
                        swapByAnother(open, name, expected, next, hold, witness, then);
                    } else if (code == Code.SESSIONEXPIRED && hold != null && failed >= 0) {
                        explainExpired(open, name, then);
                    } else if (code == Code.BADVERSION || code == Code.NONODE || code == Code.NODEEXISTS) {
                        then.accept(Answer.of(Kind.CONFLICT));
                    } else {
                        then.accept(refused(address.of(name), code, "change"));
                    }
                },
                null);
    }

    /**
     * The servers say that the session of a hold has expired. A follower also says so, though the session goes on, if
     * that is local and may not be upgraded. This creates nothing, since the node is there; but only of a single node is
     * the reason told.
     */
    private <T> void explainExpired(ZooKeeper open, String name, Consumer<Answer<T>> then) {
        open.create(
                SYSTEM_NODE,
                NOTHING,
                ZooDefs.Ids.OPEN_ACL_UNSAFE,
                CreateMode.EPHEMERAL,
                (rc, where, context, made) -> {
                    boolean local = code(rc) == Code.EPHEMERALONLOCALSESSION;
                    then.accept(local ? refused(address.of(name), code(rc), "hold") : Answer.of(Kind.LOST));
                },
                null);
    }

    /** The witness has gone; searches for another hold that stands. */
    private void swapByAnother(
            ZooKeeper open,
            String name,
            Snapshot expected,
            Snapshot next,
            @Nullable UUID hold,
            String gone,
            Consumer<Answer<Snapshot>> then) {
        open.getChildren(
                path(name),
                null,
                (int rc, String path, Object context, List<String> children) -> {
                    if (rc != Code.OK.intValue()) {
                        then.accept(refused(address.of(name), code(rc), "read"));
                        return;
                    }
                    String foreign = null;
                    for (String child : children) {
                        if (child.startsWith("h-") && !child.equals(gone)) {
                            swap(open, name, expected, next, hold, child, then);
                            return;
                        } else if (!child.startsWith("h-") && !child.startsWith("s-")) {
                            foreign = child;
                        }
                    }
                    then.accept(
                            foreign == null
                                    ? Answer.of(Kind.CONFLICT)
                                    : Answer.failed(Snapshot.corrupt(
                                            address.of(name), "has a node " + foreign + ", which is not a hold")));
                },
                null);
    }

    /** Which operation of a multi has failed; none: -1. */
    private static int failed(@Nullable List<OpResult> results) {
        for (int i = 0; results != null && i < results.size(); i++) {
            if (results.get(i) instanceof OpResult.ErrorResult error && error.getErr() != Code.OK.intValue()) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void drop(String name, UUID hold, Consumer<Answer<Boolean>> then) {
        request(
                then,
                (open, answer) -> open.delete(
                        path(name) + "/h-" + hold,
                        -1,
                        (rc, path, context) -> answer.accept(
                                rc == Code.NONODE.intValue() ? Answer.done(false) : answer(name, code(rc), "release")),
                        null));
    }

    // Events

    @Override
    public void create(String name, Snapshot first, Consumer<Answer<Boolean>> then) {
        request(then, (open, answer) -> create(open, name, first, answer));
    }

    private void create(ZooKeeper open, String name, Snapshot first, Consumer<Answer<Boolean>> then) {
        List<Op> ops = List.of(
                Op.create(path(name), first.encode(), access, CreateMode.PERSISTENT),
                Op.create(pulse(name, first.incarnation()), NOTHING, access, CreateMode.PERSISTENT));
        open.multi(
                ops,
                (rc, where, context, results) -> {
                    switch (code(rc)) {
                        case NODEEXISTS -> then.accept(Answer.done(false));
                        case NONODE ->
                            createNode(open, address.root() + "/e", name, then, () -> create(open, name, first, then));
                        case NOAUTH -> then.accept(notCreated(path(name), name));
                        default -> then.accept(answer(name, code(rc), "create"));
                    }
                },
                null);
    }

    /**
     * Creates a node above an event, and those above that as far as they are missing; then goes on. Begins with the
     * lowest: of a node that is there it would be refused if this user may create none beside it.
     */
    private void createNode(
            ZooKeeper open, String path, String name, Consumer<Answer<Boolean>> then, Runnable created) {
        byte[] data = path.equals(address.root()) ? (MARK + LAYOUT).getBytes(StandardCharsets.US_ASCII) : NOTHING;
        open.create(
                path,
                data,
                path.length() < address.root().length() ? above : access,
                CreateMode.PERSISTENT,
                (rc, where, context, made) -> {
                    int slash = path.lastIndexOf('/');
                    Code code = code(rc);
                    if (code == Code.OK || code == Code.NODEEXISTS) {
                        created.run();
                    } else if (code == Code.NONODE && slash > 0) {
                        createNode(
                                open,
                                path.substring(0, slash),
                                name,
                                then,
                                () -> createNode(open, path, name, then, created));
                    } else if (code == Code.NOAUTH) {
                        then.accept(notCreated(path, name));
                    } else {
                        then.accept(refused(address.of(name), code, "create the node " + path + " for"));
                    }
                },
                null);
    }

    private Answer<Boolean> notCreated(String path, String name) {
        return Answer.failed(new EventException.NotPermitted(
                address.of(name),
                "the node " + path
                        + " is missing, and this user may not create it; create it with access for this user,"
                        + " or authenticate as another",
                null));
    }

    @Override
    public void delete(String name, @Nullable UUID incarnation, Consumer<Answer<Boolean>> then) {
        request(
                then,
                (open, answer) -> open.getChildren(
                        path(name),
                        null,
                        (int rc, String path, Object context, List<String> children) -> {
                            if (rc != Code.OK.intValue()) {
                                answer.accept(refused(address.of(name), code(rc), "delete"));
                            } else if (incarnation != null && !children.contains("s-" + incarnation)) {
                                explainMissingPulse(open, name, incarnation, answer);
                            } else {
                                delete(open, name, children, answer);
                            }
                        },
                        null));
    }

    /** Deletes an event if it has just these children; one of them has a name that no other event has. */
    private void delete(ZooKeeper open, String name, List<String> children, Consumer<Answer<Boolean>> then) {
        int most = Math.max(1, LARGEST_REQUEST / (path(name).length() + HOLD_LENGTH));
        if (children.size() > most) {
            deleteHolds(open, name, children, most, then);
            return;
        }
        List<Op> ops = new ArrayList<>();
        children.forEach(child -> ops.add(Op.delete(path(name) + "/" + child, -1)));
        ops.add(Op.delete(path(name), -1));
        open.multi(
                ops,
                (rc, where, context, results) -> {
                    Code code = code(rc);
                    int failed = failed(results);
                    if (code == Code.NOTEMPTY && failed < children.size()) {
                        then.accept(foreignNodes(name, children.get(failed)));
                    } else if (code == Code.NONODE || code == Code.NOTEMPTY) {
                        then.accept(Answer.of(Kind.CONFLICT));
                    } else {
                        then.accept(answer(name, code, "delete"));
                    }
                },
                null);
    }

    private Answer<Boolean> foreignNodes(String name, String node) {
        return Answer.failed(new EventException.Unavailable(
                address.of(name),
                "has foreign nodes under " + node.substring(node.lastIndexOf('/') + 1) + "; delete those first",
                null));
    }

    /** Deletes a part of the holds, if the event is there. */
    private void deleteHolds(
            ZooKeeper open, String name, List<String> children, int most, Consumer<Answer<Boolean>> then) {
        List<Op> ops = new ArrayList<>();
        for (String child : children) {
            if (child.startsWith("s-")) {
                ops.add(0, Op.check(path(name) + "/" + child, -1));
            } else if (ops.size() < most) {
                ops.add(Op.delete(path(name) + "/" + child, -1));
            }
        }
        open.multi(
                ops,
                (rc, where, context, results) -> {
                    Code code = code(rc);
                    if (code == Code.NOTEMPTY) {
                        then.accept(foreignNodes(name, ops.get(failed(results)).getPath()));
                    } else if (code == Code.OK || code == Code.NONODE) {
                        then.accept(Answer.of(Kind.CONFLICT)); // once more, with what is left
                    } else {
                        then.accept(refused(address.of(name), code, "delete"));
                    }
                },
                null);
    }

    @Override
    public void names(Consumer<Answer<List<String>>> then) {
        request(then, (open, answer) -> {
            Barrier barrier = new Barrier(List.of());
            open.multi(barrier.check(), barrier::passed, null);
            open.getChildren(
                    address.root() + "/e",
                    null,
                    (int rc, String path, Object context, List<String> children) -> {
                        Answer<List<String>> refusal = barrier.refusal(address.toString());
                        if (refusal != null) {
                            answer.accept(refusal);
                        } else if (rc == Code.OK.intValue()) {
                            answer.accept(Answer.done(children.stream()
                                    .filter(ClusterAddress::isEscaped)
                                    .map(ClusterAddress::unescape)
                                    .sorted()
                                    .toList()));
                        } else {
                            answer.accept(refused(address.toString(), code(rc), "list"));
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
    public @Nullable EventException failure() {
        return failure;
    }

    @Override
    public Event examine(long deadline) {
        ZooKeeperDiagnosis last = diagnosis.get();
        if (last == null || last.isOver()) {
            ZooKeeperDiagnosis next = ZooKeeperDiagnosis.begin(address, options, deadline);
            boolean unused = diagnosis.compareAndSet(last, next);
            last = next;
        }
        return last.over();
    }

    @Override
    public EventException unavailable(String where) {
        long millis = options.operationTimeout.toMillis();
        ZooKeeperDiagnosis known = diagnosis.get();
        return known != null
                ? known.unavailable(where, millis)
                : new EventException.Unavailable(
                        where,
                        "no server has answered in " + millis
                                + " ms; check the address, and that a majority of the servers is running",
                        null);
    }

    @Override
    public void close() {
        close(System.nanoTime() + options.operationTimeout.toNanos());
    }

    @Override
    public void close(long deadline) {
        boolean hears =
                connected.isSet(); // else nothing is to be waited for: ZooKeeper makes no connection to close it
        closed = true;
        connected.set();
        LockSupport.unpark(sender);
        if (hears) {
            Reply.await(ended, deadline);
        }
    }

    /** For tests, which expire it. */
    @Nullable
    ZooKeeper session() {
        return session;
    }

    // What requests have in common

    private interface Sending<T> {
        void to(ZooKeeper open, Consumer<Answer<T>> then);
    }

    /**
     * Sends a request. A virtual thread leaves that to the sender: it could lose its carrier while it holds a lock of
     * ZooKeeper, and then the session would end.
     */
    private <T> void request(Consumer<Answer<T>> then, Sending<T> request) {
        if (isVirtual()) {
            send(() -> sendNow(then, request));
        } else {
            sendNow(then, request);
        }
    }

    /** Whether the current thread is virtual, by its group, on any version of Java. */
    private static boolean isVirtual() {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        return group != null && group.getName().equals("VirtualThreads");
    }

    /** Sends a request, if there is a connection. */
    private <T> void sendNow(Consumer<Answer<T>> then, Sending<T> request) {
        ZooKeeper open = session;
        EventException reason = failure;
        if (reason != null) {
            then.accept(Answer.failed(reason));
        } else if (open == null || !connected.isSet()) {
            then.accept(Answer.of(Kind.UNSENT));
        } else {
            Sent<T> sent = new Sent<>(open, then, request);
            unanswered.add(sent);
            if (closed || failure != null || open != session) { // perhaps before this was added
                sent.accept(Answer.of(Kind.UNSENT));
            } else {
                try {
                    request.to(open, sent);
                } catch (RuntimeException | Error e) {
                    unanswered.remove(sent);
                    throw e;
                }
            }
        }
    }

    /** A request that was sent in a session. Takes one answer. */
    private final class Sent<T> implements Consumer<Answer<T>> {
        final ZooKeeper open;
        private final Consumer<Answer<T>> then;
        private final Sending<T> request;

        Sent(ZooKeeper open, Consumer<Answer<T>> then, Sending<T> request) {
            this.open = open;
            this.then = then;
            this.request = request;
        }

        @Override
        public void accept(Answer<T> answer) {
            if (!unanswered.remove(this)) {
                return; // it was given up
            } else if (answer.kind() == Kind.AGAIN) {
                sendNow(then, request);
            } else {
                then.accept(answer);
            }
        }
    }

    /** The code of a number; SYSTEMERROR for one that only a later server has. */
    private static Code code(int rc) {
        try {
            return Code.get(rc);
        } catch (IllegalArgumentException e) {
            return Code.SYSTEMERROR;
        }
    }

    private Answer<Boolean> answer(String name, Code code, String verb) {
        return code == Code.OK ? Answer.done(true) : refused(address.of(name), code, verb);
    }

    /** The answer to a request that failed or may have failed. */
    private static <T> Answer<T> refused(String where, Code code, String verb) {
        return switch (code) {
            case CONNECTIONLOSS, SESSIONEXPIRED, SESSIONMOVED, SESSIONCLOSEDREQUIRESASLAUTH -> Answer.of(Kind.LOST);
            case THROTTLEDOP -> Answer.of(Kind.AGAIN);
            case NONODE -> Answer.of(Kind.ABSENT);
            case NOAUTH, AUTHFAILED ->
                Answer.failed(new EventException.NotPermitted(
                        where,
                        "this user may not " + verb + " it; authenticate as another, or change its access list",
                        null));
            case INVALIDACL ->
                Answer.failed(new EventException.NotPermitted(
                        where,
                        "access for its creator alone requires authentication; specify a user, or access for everybody",
                        null));
            case QUOTAEXCEEDED ->
                Answer.failed(new EventException.Unavailable(
                        where,
                        "the servers refuse to " + verb + " it, since a quota of its root, or of a node above that, is"
                                + " used up; raise the quota, or delete events",
                        null));
            case NOCHILDRENFOREPHEMERALS ->
                Answer.failed(new EventException.Misconfigured(
                        where,
                        "the servers refuse to " + verb + " it, since its root, or a node above that, is ephemeral;"
                                + " specify another root",
                        null));
            case EPHEMERALONLOCALSESSION ->
                Answer.failed(new EventException.Misconfigured(
                        where,
                        "the servers refuse to hold it in a local session; set localSessionsUpgradingEnabled=true in"
                                + " their configuration",
                        null));
            default ->
                Answer.failed(new EventException.Unavailable(
                        where, "the servers refuse to " + verb + " it (" + code + "); see their logs", null));
        };
    }

    private String path(String name) {
        return address.root() + "/e/" + ClusterAddress.escape(name);
    }

    private String pulse(String name, UUID incarnation) {
        return path(name) + "/s-" + incarnation;
    }

    /** The incarnation that a pulse is named by; if it is none, one that no event has. */
    private static UUID incarnation(String pulse) {
        try {
            return UUID.fromString(pulse.substring(2));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            return Snapshot.NOBODY;
        }
    }

    private Snapshot snapshot(String name, byte @Nullable [] data, Stat stat) {
        Snapshot now = Snapshot.decode(address.of(name), stat.getVersion(), stat.getNumChildren() - 1, data);
        if (stat.getNumChildren() == 0) {
            throw withoutPulse(name);
        }
        return now;
    }
}
