#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ZooKeeper: if a server comes back without its data, or with older data, clients never find out that their session is over.
#
# One expects that a client whose session the server does not know is told that it has expired, or finds that out when the
# session timeout has elapsed. But a server that has seen less than the client closes the connection without an answer, and
# the client takes each connection that is accepted for a sign of life. So it connects again and again, and its session
# neither continues nor expires, while a new client is served at once. Who keeps a client for long has to compare it with a
# new one when it has had no connection for longer than the session timeout.
#
# Seen with ZooKeeper 3.9.5 on OpenJDK 17.0.15 and Linux 6.18, x86_64, with a session timeout of 6 s:
#
#   the same data, after a restart: CONNECTED, 0 expired
#   no data, after 30 s: CONNECTING, 0 expired
#   a new client: CONNECTED
#
# Needs a JDK, 17 or later, and Maven. Takes a minute. Exits with 0 if it is still so, with 1 if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/pom.xml" <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId>
  <artifactId>refused</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.zookeeper</groupId>
      <artifactId>zookeeper</artifactId>
      <version>3.9.5</version>
    </dependency>
    <dependency>
      <groupId>io.dropwizard.metrics</groupId>
      <artifactId>metrics-core</artifactId>
      <version>3.2.5</version>
    </dependency>
    <dependency>
      <groupId>org.xerial.snappy</groupId>
      <artifactId>snappy-java</artifactId>
      <version>1.1.10.4</version>
    </dependency>
  </dependencies>
</project>
POM

cat >"$folder/Refused.java" <<'JAVA'
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

class Refused {
    private static final AtomicInteger EXPIRED = new AtomicInteger();
    private static final BlockingQueue<KeeperState> STATES = new LinkedBlockingQueue<>();
    private static int port;

    public static void main(String[] args) throws Exception {
        File data = new File(args[0], "data");
        NIOServerCnxnFactory server = start(data);
        port = server.getLocalPort();
        ZooKeeper client = connect();
        for (int i = 0; i < 10; i++) {
            client.create("/n" + i, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        }
        server.shutdown();
        server = start(data);
        await(KeeperState.Disconnected);
        await(KeeperState.SyncConnected);
        System.out.println("the same data, after a restart: " + client.getState() + ", " + EXPIRED + " expired");
        server.shutdown();
        server = start(new File(args[0], "empty"));
        await(KeeperState.Disconnected);
        TimeUnit.SECONDS.sleep(30);
        System.out.println("no data, after 30 s: " + client.getState() + ", " + EXPIRED + " expired");
        System.out.println("a new client: " + connect().getState());
        System.exit(0);
    }

    private static NIOServerCnxnFactory start(File data) throws Exception {
        NIOServerCnxnFactory factory = new NIOServerCnxnFactory();
        factory.configure(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        factory.startup(new ZooKeeperServer(data, data, 3000));
        return factory;
    }

    private static ZooKeeper connect() throws Exception {
        ZooKeeper client = new ZooKeeper("127.0.0.1:" + port, 6000, event -> {
            STATES.add(event.getState());
            if (event.getState() == KeeperState.Expired) {
                EXPIRED.incrementAndGet();
            }
        });
        await(KeeperState.SyncConnected);
        return client;
    }

    private static void await(KeeperState state) throws InterruptedException {
        while (STATES.take() != state) {}
    }
}
JAVA

mvn -q -B -f "$folder/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/lib" >"$folder/maven" || {
    cat "$folder/maven"
    exit 2
}
rm -f "$folder"/lib/logback-*
java -version 2>&1 | sed -n 2p
uname -sr
java -cp "$folder/lib/*" "$folder/Refused.java" "$folder" 2>"$folder/errors" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
the same data, after a restart: CONNECTED, 0 expired
no data, after 30 s: CONNECTING, 0 expired
a new client: CONNECTED
SEEN
