// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An ensemble that an administrator changes while events are in use: servers become observers, or leave it. */
@Tag("slow")
class EnsembleTest {
    private static final String ROOT = "/ensemble";

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    /** What an administrator does. */
    private interface Action {
        byte[] by(ZooKeeperAdmin admin) throws Exception;
    }

    private static String administer(String server, Action action) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeperAdmin admin = new ZooKeeperAdmin(server, 120_000, event -> connected.countDown());
        try {
            connected.await();
            return new String(action.by(admin), StandardCharsets.UTF_8);
        } finally {
            admin.close();
        }
    }

    /** Changes the configuration by a line for a server, or removes a server by its number; the other is null. */
    private static void reconfigure(String server, String joining, String leaving) throws Exception {
        String unused = administer(server, admin -> admin.reconfigure(joining, leaving, null, -1, new Stat()));
    }

    /** The line of the configuration in force that describes a server. */
    private static String line(String server, int number) throws Exception {
        return administer(server, admin -> admin.getConfig(false, new Stat()))
                .lines()
                .filter(line -> line.startsWith("server." + (number + 1) + "="))
                .findFirst()
                .orElseThrow();
    }

    private static Servers start() {
        List<String> settings = new ArrayList<>(List.of(Servers.STEADY));
        settings.addAll(List.of("reconfigEnabled=true", "-Dzookeeper.skipACL=yes"));
        return Servers.start(4, settings.toArray(String[]::new));
    }

    @Test
    void server_becomesAnObserverAndIsRemovedAndEnds_waitsAndHoldsGoOn() throws Exception {
        try (Servers servers = start()) {
            int leader = servers.leader();
            int leaving = (leader + 1) % servers.count();
            int staying = (leader + 2) % servers.count();
            String both = servers.address(leaving) + "," + servers.address(staying);
            try (Cluster cluster = Cluster.connect(servers.address(leaving) + ROOT, Servers.PATIENT);
                    Cluster mover = connectedTo(servers, leaving, both);
                    Cluster other = Cluster.connect(servers.address(leader) + ROOT, Servers.PATIENT)) {
                ClusterEvent event = cluster.event("event");
                ClusterEvent far = other.event("event");
                ClusterEvent.Hold hold = mover.event("held").hold();

                String line = line(servers.address(leader), leaving);
                reconfigure(servers.address(leader), observer(line, servers.port(leaving)), null);
                threads.until("it observes", () -> servers.mode(leaving).equals("observer"));
                exchange(event, far);
                exchange(far, event);

                reconfigure(servers.address(leader), null, Integer.toString(leaving + 1));
                exchange(event, far);
                exchange(far, event);
                CompletableFuture<Void> future = mover.event("event").whenSet();
                servers.kill(leaving);
                far.set();
                far.clear();
                threads.get(future);
                assertThat(other.status("held").set()).isTrue();
                threads.until("the other serves it", hold::isValid);
                hold.close();
                assertThat(other.status("held").set()).isFalse();
            }
        }
    }

    /** What one does, the other sees at once, and is released by it. */
    private void exchange(ClusterEvent one, ClusterEvent other) throws Exception {
        for (int i = 0; i < 20; i++) {
            CompletableFuture<Void> set = other.whenSet();
            assertThat(one.set()).isTrue();
            assertThat(other.isSet()).isTrue();
            threads.get(set);
            CompletableFuture<Void> clear = other.whenClear();
            assertThat(one.clear()).isTrue();
            assertThat(other.isSet()).isFalse();
            threads.get(clear);
        }
    }

    private static String observer(String line, int port) {
        String addresses = line.substring(0, line.indexOf(":participant"));
        return addresses + ":observer;127.0.0.1:" + port;
    }

    /** A client that knows several servers, and has chosen this one. */
    private static Cluster connectedTo(Servers servers, int server, String address) {
        while (true) {
            Cluster cluster = Cluster.connect(address + ROOT, Servers.PATIENT);
            long session = ((ZooKeeperEngine) cluster.engine()).session().getSessionId();
            if (servers.ask(server, "cons").contains("sid=0x" + Long.toHexString(session))) {
                return cluster;
            }
            cluster.close();
        }
    }
}
