// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The servers of the tests: each can be killed, paused and started again, and the others choose a leader. */
@Tag("slow")
class ServersTest {
    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @Test
    void kill_ofTheLeader_isFollowedByAnother() {
        try (Servers servers = Servers.start(3)) {
            int first = servers.leader();
            servers.kill(first);
            assertThat(servers.isAlive(first)).isFalse();
            int second = servers.leader();
            assertThat(second).isNotEqualTo(first);
            servers.restart(first);
            servers.awaitServing();
            assertThat(servers.mode(first)).isEqualTo("follower");
        }
    }

    @Test
    void pause_ofTheLeader_isFollowedByAnother() {
        try (Servers servers = Servers.start(3)) {
            int first = servers.leader();
            servers.pause(first);
            assertThat(servers.isAlive(first)).isTrue();
            assertThat(servers.mode(first)).isEmpty();
            assertThat(servers.leader()).isNotEqualTo(first);
            servers.resume(first);
            servers.awaitServing();
            assertThat(servers.leader()).isNotEqualTo(first);
        }
    }

    @Test
    void cut_ofTheLeader_endsItsOffice_andHealed_servesAgain() {
        try (Servers servers = Servers.start(3, true)) {
            int first = servers.leader();
            servers.cut(first, true, true);
            threads.until("it has noticed", () -> !servers.mode(first).equals("leader"));
            servers.heal();
            servers.awaitServing();
        }
    }
}
