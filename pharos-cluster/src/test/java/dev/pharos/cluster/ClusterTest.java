// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connecting, addresses, names; listing, looking at and deleting events. */
class ClusterTest {
    @TempDir
    static Path folder;

    private static ClusterServer server;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @BeforeAll
    static void start() {
        server = ClusterServer.start(0, folder.resolve("data"));
    }

    @AfterAll
    static void end() {
        server.close();
    }

    private static Cluster connect(String root) {
        return Cluster.connect("localhost:" + server.port() + root, Servers.PATIENT);
    }

    // Addresses: what is not one is in ClusterAddressTest

    @Test
    void connect_nobodyThere_throwsInTime() {
        int port = Servers.freePort();
        assertThatThrownBy(() -> Cluster.connect(
                        "localhost:" + port, Cluster.Options.DEFAULTS.operationTimeout(Duration.ofMillis(300))))
                .isInstanceOf(EventException.Unavailable.class)
                .hasMessageMatching("zk://localhost:" + port
                        + "/pharos: no (connection within|server has answered in) 300 ms.*; check .*");
    }

    @Test
    void connect_noSuchHost_throwsAndNamesIt() {
        assertThatThrownBy(() -> Cluster.connect(
                        "no-such-host.invalid:2181", Cluster.Options.DEFAULTS.operationTimeout(Duration.ofSeconds(4))))
                .isInstanceOf(EventException.Unavailable.class)
                .hasMessageContaining("no-such-host.invalid");
    }

    @Test
    void options_bad_throw() {
        for (Duration time : List.of(Duration.ZERO, Duration.ofNanos(1), Duration.ofSeconds(-1), Duration.ofDays(2))) {
            assertThatIllegalArgumentException().isThrownBy(() -> Cluster.Options.DEFAULTS.sessionTimeout(time));
            assertThatIllegalArgumentException().isThrownBy(() -> Cluster.Options.DEFAULTS.operationTimeout(time));
        }
        assertThatNullPointerException().isThrownBy(() -> Cluster.Options.DEFAULTS.access(null));
        assertThatNullPointerException().isThrownBy(() -> Cluster.connect(null));
    }

    @Test
    void connect_rootOfALaterVersion_throws() {
        try (Cluster cluster = connect("/versions");
                ClusterEvent event = cluster.event("x")) {
            event.set();
        }
        Nodes.with(server.port(), nodes -> nodes.setData("/versions", "pharos 2"));
        assertThatThrownBy(() -> connect("/versions"))
                .isInstanceOf(EventException.NewerVersion.class)
                .hasMessageContaining("layout version 2");
    }

    @Test
    void toString_any_tellsTheAddressAndTheState() {
        Cluster cluster = connect("/deep/er/root");
        String address = "zk://localhost:" + server.port() + "/deep/er/root";
        assertThat(cluster.toString())
                .startsWith("dev.pharos.cluster.Cluster@")
                .endsWith("[" + address + ", connected]");
        ClusterEvent event = cluster.event("a b");
        assertThat(event.name()).isEqualTo(address + "/a%20b");
        assertThat(event.toString()).endsWith("[" + address + "/a%20b, clear, 0 waiting, connected]");
        cluster.close();
        assertThat(cluster.toString()).endsWith("[" + address + ", closed]");
        assertThat(event.toString()).endsWith("[" + address + "/a%20b, closed]");
    }

    // Names

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                ".",
                "..",
                "...",
                "a/b",
                "/",
                "%",
                "%2F",
                "a b",
                "\t\n\r\0",
                "äöü",
                "日本語",
                "😀",
                "zookeeper",
                "s",
                "h-1",
                "A",
                "\uE000\uFFF0",
                "+&?=#"
            })
    void event_anyName_isAnEventOfItsOwn(String name) {
        try (Cluster cluster = connect("/names");
                ClusterEvent event = cluster.event(name);
                ClusterEvent other = cluster.event(name + name)) {
            assertThat(event.set()).isTrue();
            assertThat(other.isSet()).isFalse();
            assertThat(cluster.events()).contains(name, name + name).isSorted();
            assertThat(event.clear()).isTrue();
        }
    }

    @Test
    void event_longestName_isAnEvent() {
        try (Cluster cluster = connect("/names");
                ClusterEvent event = cluster.event("日".repeat(255))) {
            assertThat(event.set()).isTrue();
            assertThat(cluster.events()).contains("日".repeat(255));
            assertThat(event.clear()).isTrue();
        }
    }

    @Test
    void event_badName_throwsAndSaysWhatToDo() {
        try (Cluster cluster = connect("/names")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cluster.event(""))
                    .withMessage("the name of an event is empty; specify 1 to 255 characters");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cluster.event("x".repeat(256)))
                    .withMessageContaining("256 characters");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cluster.event("a\uD800"))
                    .withMessageContaining("surrogate");
            assertThatNullPointerException().isThrownBy(() -> cluster.event(null));
        }
    }

    @Test
    void events_nodesOfOthers_areLeftOut() {
        try (Cluster cluster = connect("/foreign")) {
            assertThat(cluster.events()).isEmpty();
            cluster.event("mine").close();
            Nodes.with(server.port(), nodes -> {
                nodes.create("/foreign/e/%zz");
                nodes.create("/foreign/e/b c");
                nodes.create("/foreign/e/%41");
                nodes.create("/foreign/e/" + "x".repeat(300));
            });
            assertThat(cluster.events()).containsExactly("mine");
        }
    }

    /** The client of ZooKeeper cuts the connection at an answer of one megabyte, unless it is told otherwise. */
    @Test
    void events_moreThanAMegabyte_areListed() {
        try (Cluster cluster = connect("/many")) {
            cluster.event("first").close();
            Nodes.with(server.port(), nodes -> {
                for (int i = 0; i < 3_000; i += 100) {
                    List<Op> ops = new ArrayList<>();
                    for (int j = i; j < i + 100; j++) {
                        ops.add(Op.create(
                                "/many/e/" + "%20".repeat(130) + (10_000 + j),
                                new byte[0],
                                ZooDefs.Ids.OPEN_ACL_UNSAFE,
                                CreateMode.PERSISTENT));
                    }
                    nodes.client.multi(ops);
                }
            });
            assertThat(cluster.events()).hasSize(3_001);
            assertThat(cluster.isConnected()).isTrue();
        }
    }

    // Looking and deleting

    @Test
    void look_any_tellsWhatItIsLike() {
        try (Cluster cluster = connect("/looks")) {
            assertThatThrownBy(() -> cluster.status("x"))
                    .isInstanceOf(EventException.Unavailable.class)
                    .hasMessageEndingWith("/looks/x: does not exist; set it or wait for it first");
            assertThat(cluster.events()).isEmpty();
            Instant before = Instant.now().minusMillis(1);
            try (ClusterEvent event = cluster.event("x")) {
                assertThat(cluster.status("x").set()).isFalse();
                event.set();
                event.clear();
                event.set();
                Cluster.Status state = cluster.status("x");
                assertThat(state.set()).isTrue();
                assertThat(state.holders()).isZero();
                assertThat(state.epoch()).isEqualTo(2);
                assertThat(state.since()).isBetween(before, Instant.now());
                event.clear();
                try (ClusterEvent.Hold hold = event.hold()) {
                    assertThat(cluster.status("x").holders()).isEqualTo(1);
                    assertThat(cluster.status("x").set()).isTrue();
                    assertThat(hold.epoch()).isEqualTo(3);
                }
                assertThat(cluster.status("x").set()).isFalse();
            }
        }
    }

    @Test
    void delete_any_tellsWhetherItWasThere() {
        try (Cluster cluster = connect("/deletes")) {
            assertThat(cluster.delete("x")).isFalse();
            cluster.event("x").close();
            assertThat(cluster.delete("x")).isTrue();
            assertThat(cluster.events()).isEmpty();
            cluster.event("damaged").close();
            Nodes.with(server.port(), nodes -> nodes.setData("/deletes/e/damaged", "x"));
            assertThat(cluster.delete("damaged")).isTrue();
            assertThat(cluster.events()).isEmpty();
        }
    }

    // The end

    @Test
    void close_any_methodsThrow() {
        Cluster cluster = connect("/closes");
        ClusterEvent event = cluster.event("x");
        Thread waiter = threads.start(() -> assertThatThrownBy(event::await).isInstanceOf(EventException.Closed.class));
        threads.awaitBlocked(waiter);
        cluster.close();
        cluster.close();
        threads.join(waiter);
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> cluster.event("x"),
                cluster::events,
                () -> cluster.status("x"),
                () -> cluster.delete("x"),
                event::set,
                event::isSet)) {
            assertThatThrownBy(call).isInstanceOf(EventException.Closed.class).hasMessageContaining("closed");
        }
    }

    /** A compiler for the class path, such as that of Kotlin, does not see the annotation of the module. */
    @Test
    void package_exported_isNullMarked() {
        assertThat(ClusterEvent.class.getPackage().isAnnotationPresent(NullMarked.class))
                .isTrue();
    }
}
