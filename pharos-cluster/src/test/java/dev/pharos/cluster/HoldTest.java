// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.EventException;
import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Events that are held, and what a lost connection or session does to holds, waits and changes. */
class HoldTest {
    private static Servers servers;
    private static int number;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private Cluster cluster;
    private Cluster other;
    private ClusterEvent event;
    private ClusterEvent seen;

    @BeforeAll
    static void start() {
        servers = Servers.start(3, Servers.STEADY);
    }

    @AfterAll
    static void end() {
        servers.close();
    }

    @BeforeEach
    void connect() {
        String address = servers.address() + "/holds-" + ++number;
        cluster = Cluster.connect(address, Servers.PATIENT);
        other = Cluster.connect(address, Servers.PATIENT);
        event = cluster.event("event");
        seen = other.event("event");
    }

    @AfterEach
    void disconnect() {
        restart();
        cluster.close();
        other.close();
    }

    @Test
    void hold_any_setsUntilTheLastIsClosed() throws Exception {
        ClusterEvent.Hold hold = event.hold();
        assertThat(hold.isValid()).isTrue();
        assertThat(seen.isSet()).isTrue();
        ClusterEvent.Hold second = seen.hold();
        assertThat(second.epoch()).isGreaterThan(hold.epoch());
        CompletableFuture<Void> clear = seen.whenClear();
        hold.close();
        hold.close();
        assertThat(hold.isValid()).isFalse();
        assertThat(seen.isSet()).isTrue();
        assertThat(clear).isNotDone();
        second.close();
        threads.get(clear);
        assertThat(event.isSet()).isFalse();
        assertThat(hold.onLost()).isNotDone();
    }

    @Test
    void hold_handleIsClosed_goesOn() {
        ClusterEvent.Hold hold = event.hold();
        event.close();
        assertThat(seen.isSet()).isTrue();
        hold.close();
        assertThat(seen.isSet()).isFalse();
    }

    @Test
    void hold_whoWaitsForSet_isReleased() {
        Thread waiter = threads.start(seen::await);
        threads.awaitBlocked(waiter);
        event.hold().close();
        threads.join(waiter);
    }

    @Test
    void awaitClear_heldAgainAtOnce_isReleased() {
        ClusterEvent.Hold hold = event.hold();
        Thread waiter = threads.start(seen::awaitClear);
        threads.awaitBlocked(waiter);
        hold.close();
        ClusterEvent.Hold next = event.hold();
        threads.join(waiter);
        next.close();
    }

    @Test
    void setAndClear_held_tellWhetherTheyChangedIt() {
        ClusterEvent.Hold hold = event.hold();
        assertThat(seen.clear()).isFalse();
        assertThat(seen.isSet()).isTrue();
        assertThat(seen.set()).isFalse();
        hold.close();
        assertThat(seen.isSet()).isTrue();
        ClusterEvent.Hold second = event.hold();
        assertThat(seen.clear()).isFalse();
        assertThat(seen.isSet()).isTrue();
        second.close();
        assertThat(seen.isSet()).isFalse();
        assertThat(seen.set()).isTrue();
        assertThat(seen.clear()).isTrue();
    }

    @Test
    void close_cluster_letsGo() {
        ClusterEvent.Hold hold = event.hold();
        cluster.close();
        assertThat(seen.isSet()).isFalse();
        assertThat(hold.isValid()).isFalse();
        hold.close();
    }

    @Test
    void session_expires_holdIsLostAndWaitsGoOn() throws Exception {
        ClusterEvent.Hold hold = event.hold();
        ClusterEvent plain = cluster.event("plain");
        Thread waiter = threads.start(plain::await);
        CompletableFuture<Void> future = plain.whenSet();
        CompletableFuture<Void> clear = seen.whenClear();
        threads.awaitBlocked(waiter);
        expire(cluster);
        threads.get(hold.onLost());
        threads.get(clear);
        assertThat(hold.isValid()).isFalse();
        assertThat(event.isSet()).isFalse();
        threads.awaitBlocked(waiter);
        assertThat(future).isNotDone();
        ClusterEvent.Hold next = event.hold();
        assertThat(next.epoch()).isGreaterThan(hold.epoch());
        assertThat(next.isValid()).isTrue();
        hold.close();
        assertThat(seen.isSet()).isTrue();
        other.event("plain").set();
        other.event("plain").clear();
        threads.join(waiter);
        threads.get(future);
    }

    /** The future may be late, since it is completed by an executor; what the hold says may not. */
    @Test
    void session_expiresWhileTheCommonPoolIsBusy_holdSaysThatItIsLost() throws Exception {
        ClusterEvent.Hold hold = event.hold();
        ThreadEvent over = new ThreadEvent();
        try {
            for (int i = 0; i < 64; i++) {
                ForkJoinPool.commonPool()
                        .execute(() -> Reply.await(over, System.nanoTime() + EngineContract.LIMIT_NANOS));
            }
            expire(cluster);
            threads.until("the loss is known", () -> !hold.isValid());
            event.clear(); // when this is answered, the next session has begun
            assertThat(hold.isValid()).isFalse();
        } finally {
            over.set();
        }
        threads.get(hold.onLost());
    }

    /** What a session did not hear of, since it had ended, is found by the one that follows. */
    @Test
    void session_expiresWhileTheEventIsSetAndCleared_waitsAreReleased() throws Exception {
        for (int i = 0; i < 5; i++) {
            Thread waiter = threads.start(event::await);
            CompletableFuture<Void> future = event.whenSet();
            threads.awaitBlocked(waiter);
            Thread expiring = threads.start(() -> expire(cluster));
            seen.set();
            seen.clear();
            threads.join(waiter);
            threads.get(future);
            threads.join(expiring);
        }
    }

    /** Neither word of a set nor a second look at the flag would tell: only the epoch does. */
    @Tag("slow")
    @Test
    void session_hasExpiredWhenTheEventIsSetAndCleared_waitsAreReleased() throws Exception {
        int follower = (servers.leader() + 1) % servers.count();
        try (Cluster cut = Cluster.connect(
                        servers.address(follower) + "/holds-" + number,
                        Servers.PATIENT.sessionTimeout(Duration.ofSeconds(2)));
                ClusterEvent lonely = cut.event("event");
                ClusterEvent held = cut.event("held");
                ClusterEvent witness = other.event("held")) {
            ClusterEvent opposite = other.event("opposite");
            opposite.set();
            CompletableFuture<Void> clear = cut.event("opposite").whenClear();
            ClusterEvent.Hold hold = held.hold();
            Thread waiter = threads.start(lonely::await);
            CompletableFuture<Void> future = lonely.whenSet();
            threads.awaitBlocked(waiter);
            servers.kill(follower);
            witness.awaitClear();
            seen.set();
            seen.clear();
            opposite.clear();
            opposite.set();
            restart();
            threads.join(waiter);
            threads.get(future);
            threads.get(clear);
            threads.get(hold.onLost());
        }
    }

    @Test
    void leader_dies_waitsAndChangesGoOn() throws Exception {
        Thread waiter = threads.start(seen::await);
        threads.awaitBlocked(waiter);
        int leader = servers.leader();
        servers.kill(leader);
        assertThat(event.set()).isTrue();
        threads.join(waiter);
        assertThat(seen.clear()).isTrue();
        restart();
    }

    @Test
    void allServers_die_callsFailInTimeAndWaitsGoOn() throws Exception {
        Cluster.Options options = Servers.PATIENT.operationTimeout(Duration.ofSeconds(1));
        try (Cluster brief = answered(() -> Cluster.connect(servers.address() + "/holds-" + number, options));
                ClusterEvent cut = answered(() -> brief.event("event"))) {
            Thread waiter = threads.start(cut::await);
            threads.awaitBlocked(waiter);
            for (int i = 0; i < 3; i++) {
                servers.kill(i);
            }
            threads.until("the loss is known", () -> !brief.isConnected());
            assertThatThrownBy(cut::set).isInstanceOf(EventException.Unavailable.class);
            assertThatThrownBy(cut::isSet)
                    .isInstanceOf(EventException.Unavailable.class)
                    .hasMessageMatching(".*: no (connection within|server has answered in) 1000 ms.*");
            assertThat(cut.await(1, TimeUnit.MILLISECONDS)).isFalse();
            assertThat(cut.await(0, TimeUnit.MILLISECONDS)).isFalse();
            CompletableFuture<Void> late = cut.whenSet();
            assertThat(cut.toString()).contains("not connected");
            restart();
            threads.awaitBlocked(waiter);
            assertThat(late).isNotDone();
            seen.set();
            threads.join(waiter);
            threads.get(late);
        }
    }

    /** The client takes its session for expired; the servers, which were away, keep it, and the holds with it. */
    @Tag("slow")
    @Test
    void allServers_areAwayForLongerThanTheSession_closedAndLostHoldsCanBeEnded() throws Exception {
        try (Cluster brief = Cluster.connect(
                        servers.address() + "/holds-" + number, Servers.PATIENT.sessionTimeout(Duration.ofSeconds(2)));
                ClusterEvent cut = brief.event("event")) {
            ClusterEvent.Hold closed = cut.hold();
            ClusterEvent.Hold lost = cut.hold();
            for (int i = 0; i < 3; i++) {
                servers.kill(i);
            }
            threads.until("the loss is known", () -> !brief.isConnected());
            Thread closing = threads.start(closed::close);
            threads.get(lost.onLost());
            assertThat(lost.isValid()).isFalse();
            restart();
            threads.join(closing);
            closed.close();
            lost.close();
            assertThat(seen.isSet()).isFalse();
        }
    }

    /** What comes of a call of somebody who does not wait for long, and so may have to call again on a busy machine. */
    private static <T> T answered(Supplier<T> call) {
        while (true) {
            try {
                return call.get();
            } catch (EventException.Unavailable | EventException.OutcomeUnknown e) {
                // once more
            }
        }
    }

    private void restart() {
        for (int i = 0; i < servers.count(); i++) {
            if (!servers.isAlive(i)) {
                servers.restart(i);
            }
        }
        servers.awaitServing();
    }

    /** Ends the session of a cluster, as the servers do when they hear nothing of it. */
    private void expire(Cluster victim) throws Exception {
        ZooKeeper session = ((ZooKeeperEngine) victim.engine()).session();
        Nodes.expire(servers.address(), session.getSessionId(), session.getSessionPasswd());
    }
}
