// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.Event;
import dev.pharos.EventContract;
import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Handles: several of them for one event, in one process and in several; and their end. */
class HandlesTest {
    @TempDir
    Path folder;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private Path path;

    @BeforeEach
    void name() {
        path = folder.resolve("event");
    }

    @Test
    void open_severalTimes_sharesTheFile() {
        try (ProcessEvent one = ProcessEvent.open(path);
                ProcessEvent other = ProcessEvent.open(folder.resolve("./event"))) {
            assertThat(other.file()).isSameAs(one.file());
            one.set();
            assertThat(other.isSet()).isTrue();
            assertThat(other.set()).isFalse();
        }
        try (ProcessEvent again = ProcessEvent.open(path)) {
            assertThat(again.isSet()).isTrue();
        }
    }

    /** Of which each may be removed. */
    @Test
    void open_severalNames_eachIsThatOfItsHandles() throws Exception {
        Path link = folder.resolve("link");
        try (ProcessEvent one = ProcessEvent.open(path)) {
            Files.createLink(link, path);
            try (ProcessEvent other = ProcessEvent.open(link)) {
                assertThat(other.path()).isEqualTo(link);
                Thread waiter = threads.start(() -> other.await());
                threads.awaitBlocked(waiter);
                Files.delete(path);
                threads.until("the first has noticed", () -> {
                    try {
                        return one.isSet();
                    } catch (EventException.Removed e) {
                        return true;
                    }
                });
                assertThat(other.set()).isTrue();
                threads.join(waiter);
            }
        }
    }

    @Test
    void open_nullArgument_throws() {
        assertThatNullPointerException().isThrownBy(() -> ProcessEvent.open(null));
        assertThatNullPointerException().isThrownBy(() -> ProcessEvent.open(path, (ProcessEvent.Option) null));
        assertThat(path).doesNotExist();
    }

    @Test
    void open_interrupted_opensAndKeepsTheStatus() {
        threads.start(() -> {
            Thread.currentThread().interrupt();
            ProcessEvent.open(path).close();
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        });
    }

    @Test
    void open_manyRacing_allOpenTheSame() throws Exception {
        TestThreads.repeat(() -> {
            Path fresh = folder.resolve("event-" + System.nanoTime());
            TestThreads.Action open = () -> {
                try (ProcessEvent event = ProcessEvent.open(fresh)) {
                    event.set();
                }
            };
            threads.race(open, open, open);
            try (ProcessEvent event = ProcessEvent.open(fresh, ProcessEvent.Option.MUST_EXIST)) {
                assertThat(event.isSet()).isTrue();
            }
        });
    }

    @Test
    void close_othersWait_failsThoseOfThisHandleOnly() throws Exception {
        ProcessEvent closed = ProcessEvent.open(path);
        try (ProcessEvent open = ProcessEvent.open(path)) {
            Thread failing = threads.start(() -> assertClosed(closed::await));
            Thread timed = threads.start(() -> assertClosed(() -> closed.await(Duration.ofHours(1))));
            Thread group = threads.start(() ->
                    assertThatThrownBy(() -> Event.awaitAny(closed, open)).isInstanceOf(EventException.Closed.class));
            Thread waiter = threads.start(open::await);
            CompletableFuture<Void> future = closed.whenSet();
            CompletableFuture<Void> other = open.whenSet();
            threads.awaitBlocked(List.of(failing, timed, group, waiter));
            closed.close();
            threads.join(List.of(failing, timed, group));
            threads.until("the future has failed", future::isDone);
            assertThatThrownBy(future::join).hasCauseInstanceOf(EventException.Closed.class);
            assertThat(other).isNotDone();
            assertThat(open).asString().contains("clear, 2 waiting");
            open.set();
            threads.join(waiter);
            threads.get(other);
        }
    }

    @Test
    void close_releasedBefore_waitsReturnNormally() throws Exception {
        ProcessEvent event = ProcessEvent.open(path);
        List<Thread> waiters = threads.start(50, event::await);
        CompletableFuture<Void> future = event.whenSet();
        threads.awaitBlocked(waiters);
        event.set();
        event.clear();
        event.close();
        threads.join(waiters);
        assertThat(future.cancel(false)).isFalse();
        threads.get(future);
    }

    @Test
    void methods_closed_throw() {
        ProcessEvent event = ProcessEvent.open(path);
        event.close();
        event.close();
        assertClosed(event::set);
        assertClosed(event::clear);
        assertClosed(event::isSet);
        assertClosed(event::await);
        assertClosed(() -> event.await(Duration.ZERO));
        assertClosed(event::awaitClear);
        assertClosed(event::whenSet);
        assertClosed(event::whenClear);
        assertClosed(event::hold);
        assertThat(event.path()).isEqualTo(path);
        assertThat(event).hasToString(identity(event) + "[" + path + ", closed]");
    }

    @Test
    void toString_open_isIdentityPathFlagAndWaiting() {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            assertThat(event).hasToString(identity(event) + "[" + path + ", clear, 0 waiting]");
            event.set();
            assertThat(event).hasToString(identity(event) + "[" + path + ", set, 0 waiting]");
        }
    }

    private static String identity(ProcessEvent event) {
        return "dev.pharos.process.ProcessEvent@" + Integer.toHexString(System.identityHashCode(event));
    }

    @Test
    void set_inAnotherProcess_releasesAndIsSeen() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path);
                Peer peer = new Peer(path)) {
            Thread waiter = threads.start(event::await);
            threads.awaitBlocked(waiter);
            assertThat(peer.ask("set")).isEqualTo("true");
            threads.join(waiter);
            assertThat(event.isSet()).isTrue();
            assertThat(event.set()).isFalse();
            waiter = threads.start(event::awaitClear);
            threads.awaitBlocked(waiter);
            assertThat(peer.ask("clear")).isEqualTo("true");
            threads.join(waiter);
            peer.tell("await");
            event.set();
            assertThat(peer.answer()).isEqualTo("done");
        }
    }

    @Test
    void await_manyVirtualThreadsSetByAnotherProcess_allReturnAndHoldUpNobody() throws Exception {
        TestThreads.assumeVirtualThreads();
        try (ProcessEvent event = ProcessEvent.open(path);
                Peer peer = new Peer(path)) {
            List<Thread> waiters = threads.startVirtual(EventContract.ALL ? 10_000 : 1_000, event::await);
            threads.awaitBlocked(waiters);
            threads.join(threads.startVirtual(() -> assertThatCode(event::isSet).doesNotThrowAnyException()));
            assertThat(waiters).allMatch(Thread::isAlive);
            assertThat(peer.ask("set")).isEqualTo("true");
            assertThat(peer.ask("clear")).isEqualTo("true");
            threads.join(waiters);
        }
    }

    private static void assertClosed(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(EventException.Closed.class).hasMessageContaining("closed");
    }

    @Test
    void recording_waitAndSetByAnotherHandle_haveThePath() throws Exception {
        Path file = folder.resolve("recording.jfr");
        try (ProcessEvent one = ProcessEvent.open(path);
                ProcessEvent other = ProcessEvent.open(path);
                Recording recording = new Recording()) {
            recording.start();
            Thread waiter = threads.start(() -> one.await());
            threads.awaitBlocked(waiter);
            other.set();
            threads.join(waiter);
            recording.stop();
            recording.dump(file);
        }
        Map<String, RecordedEvent> records = RecordingFile.readAllEvents(file).stream()
                .filter(record -> record.getEventType().getName().startsWith("dev.pharos."))
                .collect(Collectors.toMap(record -> record.getEventType().getName(), record -> record));
        assertThat(records)
                .containsOnlyKeys("dev.pharos.Wait", "dev.pharos.Set")
                .allSatisfy((name, record) -> {
                    assertThat(record.getString("event")).isEqualTo(path.toString());
                    assertThat(record.getString("identity")).isEqualTo(path.toString());
                });
        assertThat(records.get("dev.pharos.Wait").getString("outcome")).isEqualTo("released");
        assertThat(records.get("dev.pharos.Set").getBoolean("changed")).isTrue();
        assertThat(records.get("dev.pharos.Set").getInt("released")).isEqualTo(1);
    }
}
