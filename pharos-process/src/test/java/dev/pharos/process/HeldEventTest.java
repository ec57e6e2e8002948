// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Events that are held. */
class HeldEventTest {
    @TempDir
    Path folder;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private ProcessEvent event;

    @BeforeEach
    void open() {
        assumeFalse(Boolean.getBoolean("dev.pharos.process.polling"), "holds need native calls");
        Listener.bounded = false; // what is learnt at a bound is learnt too late
        event = ProcessEvent.open(folder.resolve("event"), ProcessEvent.Option.HELD);
    }

    @AfterEach
    void close() {
        Listener.bounded = true;
        if (event != null) {
            event.close();
        }
    }

    @Test
    void hold_closed_isSetMeanwhile() throws Exception {
        assertThat(event.isSet()).isFalse();
        for (int i = 0; i < 3; i++) {
            ProcessEvent.Hold hold = event.hold();
            assertThat(event.isSet()).isTrue();
            event.await();
            assertThat(event.awaitClear(Duration.ofMillis(1))).isFalse();
            hold.close();
            hold.close();
            assertThat(event.isSet()).isFalse();
            event.awaitClear();
            assertThat(event.await(Duration.ofMillis(1))).isFalse();
        }
    }

    @Test
    void hold_severalHolders_isSetUntilTheLastLetsGo() {
        ProcessEvent.Hold one = event.hold();
        ProcessEvent.Hold other = event.hold();
        one.close();
        assertThat(event.isSet()).isTrue();
        ProcessEvent.Hold third = event.hold();
        other.close();
        assertThat(event.isSet()).isTrue();
        third.close();
        assertThat(event.isSet()).isFalse();
    }

    @Test
    void hold_handleClosed_goesOn() {
        ProcessEvent other = ProcessEvent.open(event.path());
        ProcessEvent.Hold hold = other.hold();
        other.close();
        assertThat(event.isSet()).isTrue();
        hold.close();
        assertThat(event.isSet()).isFalse();
    }

    @Test
    void hold_fileIsReadMeanwhile_goesOn() throws Exception {
        ProcessEvent.Hold hold = event.hold();
        try (Peer peer = new Peer(event.path())) {
            assertThat(Files.readAllBytes(event.path())).hasSize(EventFile.SIZE); // would end a FileLock
            assertThat(peer.ask("isSet")).isEqualTo("true");
        }
        hold.close();
        assertThat(event.isSet()).isFalse();
    }

    @Test
    void await_held_isReleasedByAHoldThatIsClosedAtOnce() throws Exception {
        Thread waiter = threads.start(event::await);
        CompletableFuture<Void> future = event.whenSet();
        threads.awaitBlocked(waiter);
        event.hold().close();
        threads.join(waiter);
        threads.get(future);
    }

    @Test
    void awaitClear_holderIsKilled_isReleased() throws Exception {
        for (int i = 0; i < 3; i++) {
            try (Peer holder = new Peer(event.path());
                    Peer witness = new Peer(event.path())) {
                assertThat(holder.ask("hold")).isEqualTo("done");
                assertThat(event.isSet()).isTrue();
                Thread waiter = threads.start(event::awaitClear);
                CompletableFuture<Void> future = event.whenClear();
                threads.awaitBlocked(waiter);
                assertThat(witness.ask("isSet")).isEqualTo("true");
                witness.tell("awaitClear");
                holder.kill();
                assertThat(event.isSet()).isFalse();
                threads.join(waiter);
                threads.get(future);
                assertThat(witness.answer()).isEqualTo("done");
            }
        }
    }

    @Test
    void awaitClear_oneOfTwoHoldersIsKilled_waitsForTheOther() throws Exception {
        try (Peer killed = new Peer(event.path());
                Peer other = new Peer(event.path())) {
            killed.ask("hold");
            other.ask("hold");
            Thread waiter = threads.start(event::awaitClear);
            threads.awaitBlocked(waiter);
            killed.kill();
            assertThat(event.isSet()).isTrue();
            assertThat(TestThreads.isBlocked(waiter)).isTrue();
            assertThat(other.ask("release")).isEqualTo("done");
            threads.join(waiter);
        }
    }

    @Test
    void awaitClear_forReadingOnly_isReleased() throws Exception {
        try (ProcessEvent reader = ProcessEvent.open(event.path(), ProcessEvent.Option.READ_ONLY);
                Peer holder = new Peer(event.path())) {
            holder.ask("hold");
            Thread waiter = threads.start(reader::awaitClear);
            threads.awaitBlocked(waiter);
            holder.kill();
            threads.join(waiter);
            assertThatThrownBy(reader::hold).isInstanceOf(EventException.NotPermitted.class);
        }
    }

    /** Of a process that is stopped while it releases a hold. The threads that wait for it must leave the carriers. */
    @Test
    void hold_peerHasTheWriteLock_waitsWithoutACarrier() throws Exception {
        TestThreads.assumeVirtualThreads();
        try (Peer peer = new Peer(event.path())) {
            assertThat(peer.ask("lock")).isEqualTo("done");
            List<Thread> holders = threads.startVirtual(
                    2 * Runtime.getRuntime().availableProcessors(),
                    () -> event.hold().close());
            threads.awaitBlocked(holders);
            threads.join(threads.startVirtual(() -> assertThat(event.isSet()).isFalse()));
            peer.kill();
            threads.join(holders);
        }
    }

    @Test
    void hold_interruptedWhileAPeerHasTheWriteLock_goesOn() throws Exception {
        try (Peer peer = new Peer(event.path())) {
            assertThat(peer.ask("lock")).isEqualTo("done");
            Thread holder = threads.start(() -> {
                event.hold();
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
            });
            holder.interrupt();
            threads.awaitBlocked(holder);
            peer.kill();
            threads.join(holder);
            assertThat(event.isSet()).isTrue();
        }
    }

    @Test
    void kinds_mixed_throw() {
        assertThatThrownBy(event::set).isInstanceOf(EventException.WrongKind.class);
        assertThatThrownBy(event::clear).isInstanceOf(EventException.WrongKind.class);
        try (ProcessEvent flag = ProcessEvent.open(folder.resolve("flag"))) {
            assertThatThrownBy(flag::hold).isInstanceOf(EventException.WrongKind.class);
            assertThatThrownBy(() -> ProcessEvent.open(flag.path(), ProcessEvent.Option.HELD))
                    .isInstanceOf(EventException.WrongKind.class);
        }
    }
}
