// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.pharos.EventException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The status of an event that is not open. */
@Tag("once")
class StatusTest {
    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void name() {
        path = folder.resolve("event");
    }

    @Test
    void status_newSetCleared_hasStateAndSince() {
        Instant start = now();
        try (ProcessEvent event = ProcessEvent.open(path)) {
            assertState(false, start);
            Instant beforeSet = now();
            event.set();
            assertState(true, beforeSet);
            Instant beforeClear = now();
            event.clear();
            assertState(false, beforeClear);
        }
    }

    @Test
    void status_redundantSet_sinceIsThatOfTheFirst() {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            event.set();
            Instant since = ProcessEvent.status(path).since().orElseThrow();
            while (!Instant.now().truncatedTo(ChronoUnit.MILLIS).isAfter(since)) {
                Thread.onSpinWait();
            }
            event.set();
            assertThat(ProcessEvent.status(path).since()).hasValue(since);
        }
    }

    @Test
    void status_changeWithoutATime_sinceIsEmpty() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            event.set();
            event.clear();
            poke(1025 + 1024); // as by a peer that notes no times, or one killed before it did
            assertThat(ProcessEvent.status(path))
                    .isEqualTo(new ProcessEvent.Status(false, true, OptionalInt.empty(), Optional.empty()));
            poke(2048);
            assertThat(ProcessEvent.status(path).since()).isEmpty();
        }
    }

    @Test
    void status_held_countsHolders() {
        assumeFalse(Boolean.getBoolean("dev.pharos.process.polling"), "holds need native calls");
        try (ProcessEvent event = ProcessEvent.open(path, ProcessEvent.Option.HELD);
                ProcessEvent other = ProcessEvent.open(folder.resolve("other"), ProcessEvent.Option.HELD);
                ProcessEvent.Hold elsewhere = other.hold()) {
            assertThat(elsewhere).isNotNull();
            assertHeld(0);
            try (ProcessEvent.Hold one = event.hold();
                    Peer peer = new Peer(path)) {
                assertThat(one).isNotNull();
                assertHeld(1);
                peer.ask("hold");
                assertHeld(2);
                peer.kill();
                assertHeld(1);
            }
            assertHeld(0);
        }
    }

    @Test
    void status_holderWasKilled_isClearSinceUnknown() {
        assumeFalse(Boolean.getBoolean("dev.pharos.process.polling"), "holds need native calls");
        ProcessEvent.open(path, ProcessEvent.Option.HELD).close();
        try (Peer peer = new Peer(path)) {
            peer.ask("hold");
            assertThat(ProcessEvent.status(path).since()).isPresent();
            peer.kill();
            assertHeld(0);
            assertThat(ProcessEvent.status(path).since()).isEmpty();
        }
    }

    @Test
    void status_noEvent_throws() throws Exception {
        assertThatThrownBy(() -> ProcessEvent.status(path))
                .isInstanceOf(EventException.Unavailable.class)
                .hasMessageStartingWith(path + ": does not exist; ");
        Files.writeString(path, "something else");
        assertThatThrownBy(() -> ProcessEvent.status(path)).isInstanceOf(EventException.NotAnEvent.class);
        assertThatThrownBy(() -> ProcessEvent.status(folder)).isInstanceOf(EventException.NotAnEvent.class);
    }

    @Test
    void status_interruptedThread_returnsAndStaysInterrupted() {
        ProcessEvent.open(path).close();
        Thread.currentThread().interrupt();
        assertThat(ProcessEvent.status(path).set()).isFalse();
        assertThat(Thread.interrupted()).isTrue();
    }

    private void assertState(boolean set, Instant earliest) {
        ProcessEvent.Status status = ProcessEvent.status(path);
        assertThat(status.held()).isFalse();
        assertThat(status.set()).isEqualTo(set);
        assertThat(status.holders()).isEmpty();
        assertThat(status.since().orElseThrow()).isBetween(earliest, Instant.now());
    }

    private void assertHeld(int holders) {
        ProcessEvent.Status status = ProcessEvent.status(path);
        assertThat(status.held()).isTrue();
        assertThat(status.set()).isEqualTo(holders > 0);
        assertThat(status.holders()).hasValue(holders);
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    private void poke(int word) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder());
        buffer.putInt(0, word);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.write(buffer, EventFile.WORD_AT);
        }
    }

    /** A compiler for the class path, such as that of Kotlin, does not see the annotation of the module. */
    @Test
    void package_exported_isNullMarked() {
        assertThat(ProcessEvent.class.getPackage().isAnnotationPresent(NullMarked.class))
                .isTrue();
    }
}
