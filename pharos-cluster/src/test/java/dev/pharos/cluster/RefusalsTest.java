// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.StatsTrack;
import org.apache.zookeeper.ZooDefs;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What servers refuse because of their own configuration, limits and nodes: that is told, or is done otherwise. */
class RefusalsTest {
    private static final byte[] NOTHING = {};
    private static final int HOLDS = 500;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @Test
    @Tag("slow")
    void methods_quotaIsUsedUp_tell() {
        try (Servers servers = Servers.start(1, "enforceQuota=true");
                Cluster cluster = Cluster.connect(servers.address() + "/small", Servers.PATIENT);
                ClusterEvent event = cluster.event("event")) {
            Nodes.with(servers.port(0), nodes -> {
                StatsTrack limits = new StatsTrack();
                limits.setCount(-1);
                limits.setBytes(-1);
                limits.setCountHardLimit(4);
                limits.setByteHardLimit(-1);
                StatsTrack used = new StatsTrack();
                used.setCount(4);
                used.setBytes(100);
                nodes.create("/zookeeper/quota/small");
                nodes.create("/zookeeper/quota/small/zookeeper_limits");
                nodes.create("/zookeeper/quota/small/zookeeper_stats");
                nodes.setData("/zookeeper/quota/small/zookeeper_limits", limits.toString());
                nodes.setData("/zookeeper/quota/small/zookeeper_stats", used.toString());
            });
            String reason = "since a quota of its root, or of a node above that, is used up; raise the quota";
            assertThatThrownBy(event::hold)
                    .isInstanceOf(EventException.Unavailable.class)
                    .hasMessageContaining(reason);
            assertThatThrownBy(() -> cluster.event("another"))
                    .isInstanceOf(EventException.Unavailable.class)
                    .hasMessageContaining(reason);
            assertThat(event.set()).isTrue();
        }
    }

    @Test
    @Tag("slow")
    void hold_sessionIsLocalAndNotUpgraded_tells() {
        try (Servers servers = Servers.start(3, settings("localSessionsEnabled=true"))) {
            for (int i = 0; i < servers.count(); i++) { // a follower answers otherwise than the leader
                try (Cluster cluster = Cluster.connect(servers.address(i), Servers.PATIENT);
                        ClusterEvent event = cluster.event("event-" + i)) {
                    assertThat(event.set()).isTrue();
                    assertThatThrownBy(event::hold)
                            .isInstanceOf(EventException.Misconfigured.class)
                            .hasMessageContaining("set localSessionsUpgradingEnabled=true in their configuration");
                    assertThat(event.clear()).isTrue();
                }
            }
        }
    }

    @Test
    @Tag("slow")
    void hold_sessionIsLocalAndUpgraded_holds() {
        try (Servers servers =
                Servers.start(3, settings("localSessionsEnabled=true", "localSessionsUpgradingEnabled=true"))) {
            for (int i = 0; i < servers.count(); i++) {
                try (Cluster cluster = Cluster.connect(servers.address(i), Servers.PATIENT);
                        ClusterEvent event = cluster.event("event-" + i)) {
                    ClusterEvent.Hold hold = event.hold();
                    assertThat(event.isSet()).isTrue();
                    hold.close();
                    assertThat(event.isSet()).isFalse();
                }
            }
        }
    }

    private static String[] settings(String... more) {
        List<String> all = new ArrayList<>(List.of(Servers.STEADY));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void event_rootIsEphemeral_tells() {
        Servers servers = Servers.shared();
        Nodes.with(servers.port(0), nodes -> {
            nodes.client.create("/passing", NOTHING, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
            try (Cluster cluster = Cluster.connect(servers.address() + "/passing", Servers.PATIENT)) {
                assertThat(cluster.events()).isEmpty();
                assertThatThrownBy(() -> cluster.event("event"))
                        .isInstanceOf(EventException.Misconfigured.class)
                        .hasMessageContaining("is ephemeral; specify another root");
            }
        });
    }

    /** A request with all of them would be longer than the megabyte that a server accepts. */
    @Test
    void delete_manyHolds_deletesTheEvent() {
        Servers servers = Servers.shared();
        String name = "\u706f".repeat(255);
        String node = "/crowded/e/" + ClusterAddress.escape(name);
        try (Cluster cluster = Cluster.connect(servers.address() + "/crowded", Servers.PATIENT);
                ClusterEvent event = cluster.event(name)) {
            Nodes.with(servers.port(0), nodes -> {
                for (int i = 0; i < HOLDS; i++) {
                    String hold = node + "/h-" + UUID.randomUUID();
                    nodes.client.create(
                            hold,
                            NOTHING,
                            ZooDefs.Ids.OPEN_ACL_UNSAFE,
                            CreateMode.EPHEMERAL,
                            (rc, path, context, made) -> {},
                            null);
                }
                threads.until("all are held", () -> cluster.status(name).holders() == HOLDS);
                assertThat(cluster.delete(name)).isTrue();
            });
            assertThat(cluster.events()).isEmpty();
            assertThatThrownBy(event::isSet).isInstanceOf(EventException.Removed.class);
        }
    }
}
