// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import dev.pharos.cluster.Cluster;
import dev.pharos.cluster.ClusterEvent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.retry.RetryForever;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/** A session with the servers, and in it the flag of one rival; the sessions of one rival share the flag. */
interface ClusterSession extends AutoCloseable {
    /** Those who play between machines. */
    List<Rival> RIVALS = List.of(Rival.CLUSTER_EVENT, Rival.ZOOKEEPER_WATCH, Rival.CURATOR_BARRIER);

    /** Long enough that none ends while ten thousand begin. */
    Duration TIMEOUT = Duration.ofMinutes(1);

    /** Opens a session with one of the servers. */
    static ClusterSession connect(Rival rival, String address) throws Exception {
        return switch (rival) {
            case CLUSTER_EVENT -> new Pharos(address);
            case ZOOKEEPER_WATCH -> new Watch(address);
            case CURATOR_BARRIER -> new Curator(address);
            default -> throw new IllegalArgumentException(rival + " does not play between machines");
        };
    }

    /** The node that a rival has its nodes under. */
    static String root(Rival rival) {
        return "/" + rival.name();
    }

    void set() throws Exception;

    void clear() throws Exception;

    boolean isSet() throws Exception;

    /** Waits until the flag is set. */
    void await() throws Exception;

    /** A wait that finds the flag set: what it costs to begin one. */
    void awaitSet() throws Exception;

    /** A future that completes once the flag is set. */
    CompletableFuture<Void> whenSet();

    @Override
    void close() throws IOException;

    /** The event of this project. */
    final class Pharos implements ClusterSession {
        private final Cluster cluster;
        private final ClusterEvent event;

        private Pharos(String address) {
            cluster = Cluster.connect(
                    address + root(Rival.CLUSTER_EVENT), Cluster.Options.DEFAULTS.sessionTimeout(TIMEOUT));
            event = cluster.event("event");
        }

        @Override
        public void set() {
            event.set();
        }

        @Override
        public void clear() {
            event.clear();
        }

        @Override
        public boolean isSet() {
            return event.isSet();
        }

        @Override
        public void await() throws InterruptedException {
            event.await();
        }

        @Override
        public void awaitSet() throws InterruptedException {
            event.await();
        }

        @Override
        public CompletableFuture<Void> whenSet() {
            return event.whenSet();
        }

        @Override
        public void close() {
            cluster.close();
        }
    }

    /**
     * A limit: nobody learns of a change from ZooKeeper by less than one watch that fires once, and nobody makes a change
     * with less than one write. There is no flag, so nothing is to be cleared, and a wait is for the next set.
     */
    final class Watch implements ClusterSession {
        private static final String FLAG = root(Rival.ZOOKEEPER_WATCH);

        /** A node that is only read. */
        private static final String OTHER = "/other";

        private static final byte[] DATA = new byte[24];

        private final ZooKeeper zooKeeper;
        private @Nullable CountDownLatch gate;

        private Watch(String address) throws IOException, InterruptedException, KeeperException {
            CountDownLatch connected = new CountDownLatch(1);
            zooKeeper = new ZooKeeper(address, (int) TIMEOUT.toMillis(), event -> {
                if (event.getState() == KeeperState.SyncConnected) {
                    connected.countDown();
                }
            });
            connected.await();
            for (String node : List.of(FLAG, OTHER)) {
                if (zooKeeper.exists(node, false) == null) {
                    try {
                        zooKeeper.create(node, DATA, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                    } catch (KeeperException.NodeExistsException e) {
                        // another session was faster
                    }
                }
            }
        }

        @Override
        public void set() {
            CompletableFuture<Void> written = new CompletableFuture<>();
            zooKeeper.setData(FLAG, DATA, -1, (code, path, context, stat) -> complete(written, code), null);
            written.join();
        }

        @Override
        public void clear() {}

        /** The least that gives a fresh answer: a read behind a write that changes nothing. */
        @Override
        public boolean isSet() {
            return read(null);
        }

        @Override
        public void awaitSet() {
            read(event -> {});
        }

        private boolean read(@Nullable Watcher watcher) {
            CompletableFuture<Void> agreed = new CompletableFuture<>();
            CompletableFuture<Void> read = new CompletableFuture<>();
            zooKeeper.multi(
                    List.of(Op.check(OTHER, -1)), (code, path, context, results) -> complete(agreed, code), null);
            zooKeeper.getData(OTHER, watcher, (code, path, context, data, stat) -> complete(read, code), null);
            agreed.join();
            read.join();
            return true;
        }

        /** One watch for all who wait. */
        @Override
        public void await() throws InterruptedException {
            CountDownLatch opened;
            synchronized (this) {
                if (gate == null || gate.getCount() == 0) {
                    gate = new CountDownLatch(1);
                    watch(gate::countDown);
                }
                opened = gate;
            }
            opened.await();
        }

        @Override
        public CompletableFuture<Void> whenSet() {
            CompletableFuture<Void> written = new CompletableFuture<>();
            watch(() -> written.complete(null));
            return written;
        }

        private void watch(Runnable task) {
            Watcher watcher = (WatchedEvent event) -> {
                if (event.getType() == EventType.NodeDataChanged) {
                    task.run();
                }
            };
            zooKeeper.getData(FLAG, watcher, (code, path, context, data, stat) -> {}, null);
        }

        private static void complete(CompletableFuture<Void> future, int code) {
            if (code == Code.OK.intValue()) {
                future.complete(null);
            } else {
                future.completeExceptionally(KeeperException.create(Code.get(code)));
            }
        }

        @Override
        public void close() throws IOException {
            try {
                zooKeeper.close();
            } catch (InterruptedException e) {
                throw new InterruptedIOException("interrupted while a session ended");
            }
        }
    }

    /** What users of ZooKeeper have. A barrier is set where a flag is clear. It reads the local server: it is not fresh. */
    final class Curator implements ClusterSession {
        private final CuratorFramework curator;
        private final DistributedBarrier barrier;

        private Curator(String address) throws InterruptedException {
            curator = CuratorFrameworkFactory.newClient(
                    address, (int) TIMEOUT.toMillis(), (int) TIMEOUT.toMillis(), new RetryForever(100));
            curator.start();
            curator.blockUntilConnected();
            barrier = new DistributedBarrier(curator, root(Rival.CURATOR_BARRIER));
        }

        @Override
        public void set() throws Exception {
            barrier.removeBarrier();
        }

        @Override
        public void clear() throws Exception {
            barrier.setBarrier();
        }

        @Override
        public boolean isSet() {
            throw new UnsupportedOperationException("a barrier does not tell");
        }

        @Override
        public void await() throws Exception {
            barrier.waitOnBarrier();
        }

        @Override
        public void awaitSet() throws Exception {
            barrier.waitOnBarrier();
        }

        @Override
        public CompletableFuture<Void> whenSet() {
            throw new UnsupportedOperationException("a barrier has no futures");
        }

        @Override
        public void close() {
            curator.close();
        }
    }
}
