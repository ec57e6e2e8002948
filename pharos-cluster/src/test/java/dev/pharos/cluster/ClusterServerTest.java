// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The server of one machine: how it starts, or does not, and ends. */
class ClusterServerTest {
    @TempDir
    Path folder;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private static void assertUnavailable(String message, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOf(EventException.Unavailable.class)
                .hasMessageContaining(message);
    }

    private static boolean isSet(ClusterServer server) {
        try (Cluster cluster = Cluster.connect("127.0.0.1:" + server.port(), Servers.PATIENT)) {
            return cluster.status("event").set();
        }
    }

    @Test
    void close_startedAgain_keepsTheEvents() throws Exception {
        ClusterServer first = ClusterServer.start(0, folder);
        try (Cluster cluster = Cluster.connect("127.0.0.1:" + first.port(), Servers.PATIENT);
                ClusterEvent event = cluster.event("event")) {
            event.set();
        }
        first.close();
        first.close();
        first.awaitTermination();
        try (ClusterServer second = ClusterServer.start(0, folder)) {
            assertThat(isSet(second)).isTrue();
        }
    }

    /** The server refuses a client that has seen more than it has, and that client has to notice without its help. */
    @Test
    @Tag("slow")
    void start_withoutTheDataThatAClientHasSeen_endsItsWaitsAndServesItAgain() throws Exception {
        ClusterServer first = ClusterServer.start(0, folder.resolve("first"));
        int port = first.port();
        Cluster.Options brief = Servers.PATIENT.sessionTimeout(Duration.ofSeconds(6)); // the least that it grants
        try (Cluster cluster = Cluster.connect("127.0.0.1:" + port, brief);
                ClusterEvent event = cluster.event("event")) {
            event.set();
            event.clear();
            CompletableFuture<Void> future = event.whenSet();
            first.close();
            try (ClusterServer second = ClusterServer.start(port, folder.resolve("second"))) {
                assertThatThrownBy(() -> threads.get(future)).hasCauseInstanceOf(EventException.Removed.class);
                assertThatThrownBy(event::set).isInstanceOf(EventException.Removed.class);
                assertThat(cluster.event("event").set()).isTrue();
                assertThat(isSet(second)).isTrue();
            }
        }
    }

    @Test
    void start_interrupted_servesAndStaysInterrupted() {
        Thread.currentThread().interrupt();
        try (ClusterServer server = ClusterServer.start(0, folder)) {
            assertThat(Thread.interrupted()).isTrue();
            try (Cluster cluster = Cluster.connect("127.0.0.1:" + server.port(), Servers.PATIENT)) {
                assertThat(cluster.events()).isEmpty();
            }
        }
    }

    @Test
    void start_folderOrPortIsInUse_throwsAndTakesNeither() {
        try (ClusterServer server = ClusterServer.start(0, folder.resolve("first"))) {
            assertUnavailable("in use by another server", () -> ClusterServer.start(0, folder.resolve("first")));
            assertUnavailable("not available", () -> ClusterServer.start(server.port(), folder.resolve("second")));
            ClusterServer.start(0, folder.resolve("second")).close();
        }
    }

    @Test
    void start_dataIsDamaged_throwsAndTakesNeitherPortNorFolder() throws Exception {
        Path data = Files.createDirectories(folder.resolve("version-2"));
        Path snapshot = Files.writeString(data.resolve("snapshot.5"), "damaged");
        Path log = Files.writeString(data.resolve("log.6"), "damaged");
        int port = Servers.freePort();
        assertUnavailable("the server cannot start", () -> ClusterServer.start(port, folder));
        Files.delete(snapshot);
        Files.delete(log);
        ClusterServer.start(port, folder).close();
    }
}
