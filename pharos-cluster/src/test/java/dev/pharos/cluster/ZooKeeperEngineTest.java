// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The {@link EngineContract} for {@link ZooKeeperEngine}, on an ensemble: the one that was made last is on the leader. */
class ZooKeeperEngineTest extends EngineContract {
    private static Servers servers;
    private static int number;

    private int engines;

    @BeforeAll
    static void start() {
        servers = Servers.start(3);
    }

    @AfterAll
    static void end() {
        servers.close();
    }

    @BeforeEach
    void newRoot() {
        number++;
    }

    @Override
    Engine newEngine(Engine.Listener listener) {
        int server = (servers.leader() + ++engines) % 3; // the first two on followers
        return new ZooKeeperEngine(
                Address.parse(servers.address(server) + "/engine-" + number), Cluster.Options.DEFAULTS, listener);
    }

    /** Where sync, of which the books say that it helps, does not. */
    @Test
    void look_writtenOnAFollowerAndReadOnTheLeader_isNeverOld() {
        Client leader = new Client();
        Snapshot now = one.create();
        for (int i = 0; i < 1_000; i++) {
            now = one.swap(now, now.set(UUID.randomUUID()));
            assertThat(leader.look()).isEqualTo(now);
            now = one.swap(now, now.clear(UUID.randomUUID()));
            assertThat(leader.look()).isEqualTo(now);
        }
    }
}
