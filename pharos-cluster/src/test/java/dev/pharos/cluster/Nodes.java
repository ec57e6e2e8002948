// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** The nodes of a server, for an administrator: a plain client of ZooKeeper. */
final class Nodes {
    /** What is done with them. */
    interface Action {
        void with(Nodes nodes) throws Exception;
    }

    /** Longer than a busy machine can keep it from giving a sign of life. */
    private static final int SESSION_MILLIS = 120_000;

    final ZooKeeper client;

    private Nodes(ZooKeeper client) {
        this.client = client;
    }

    static void with(int port, Action action) {
        try {
            CountDownLatch connected = new CountDownLatch(1);
            ZooKeeper client = new ZooKeeper("localhost:" + port, SESSION_MILLIS, whenConnected(connected));
            connected.await();
            action.with(new Nodes(client));
            client.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static Watcher whenConnected(CountDownLatch connected) {
        return event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        };
    }

    /** Ends a session of somebody else. */
    static void expire(String servers, long id, byte[] password) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(servers, SESSION_MILLIS, whenConnected(connected), id, password);
        connected.await();
        client.close();
    }

    void create(String path) throws Exception {
        client.create(path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    void setData(String path, String data) throws Exception {
        client.setData(path, data.getBytes(StandardCharsets.UTF_8), -1);
    }
}
