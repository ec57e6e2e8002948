// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an event looks like to those who have not opened it. */
@Tag("once")
class LookTest {
    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void name() {
        path = folder.resolve("event");
    }

    @Test
    void look_newSetCleared_tellsStateAndSince() {
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
    void look_redundantSet_sinceIsThatOfTheFirst() {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            event.set();
            Instant since = ProcessEvent.look(path).since().orElseThrow();
            while (!Instant.now().truncatedTo(ChronoUnit.MILLIS).isAfter(since)) {
                Thread.onSpinWait();
            }
            event.set();
            assertThat(ProcessEvent.look(path).since()).hasValue(since);
        }
    }

    @Test
    void look_changeWithoutATime_sinceIsEmpty() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            event.set();
            event.clear();
            poke(1025 + 1024); // as by a peer that notes no times, or one killed before it did
            assertThat(ProcessEvent.look(path))
                    .isEqualTo(new ProcessEvent.State(false, true, OptionalInt.empty(), Optional.empty()));
            poke(2048);
            assertThat(ProcessEvent.look(path).since()).isEmpty();
        }
    }

    @Test
    void look_held_countsHolders() {
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
    void look_holderWasKilled_isClearSinceNobodyKnows() {
        assumeFalse(Boolean.getBoolean("dev.pharos.process.polling"), "holds need native calls");
        ProcessEvent.open(path, ProcessEvent.Option.HELD).close();
        try (Peer peer = new Peer(path)) {
            peer.ask("hold");
            assertThat(ProcessEvent.look(path).since()).isPresent();
            peer.kill();
            assertHeld(0);
            assertThat(ProcessEvent.look(path).since()).isEmpty();
        }
    }

    @Test
    void look_noEvent_throws() throws Exception {
        assertThatThrownBy(() -> ProcessEvent.look(path))
                .isInstanceOf(ProcessEventException.Unavailable.class)
                .hasMessageStartingWith(path + ": does not exist; ");
        Files.writeString(path, "something else");
        assertThatThrownBy(() -> ProcessEvent.look(path)).isInstanceOf(ProcessEventException.NotAnEvent.class);
        assertThatThrownBy(() -> ProcessEvent.look(folder)).isInstanceOf(ProcessEventException.NotAnEvent.class);
    }

    @Test
    void look_interruptedThread_looksAndStaysInterrupted() {
        ProcessEvent.open(path).close();
        Thread.currentThread().interrupt();
        assertThat(ProcessEvent.look(path).set()).isFalse();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void keepOnExec_closedHold_throws() {
        assumeFalse(Boolean.getBoolean("dev.pharos.process.polling"), "holds need native calls");
        try (ProcessEvent event = ProcessEvent.open(path, ProcessEvent.Option.HELD)) {
            ProcessEvent.Hold hold = event.hold();
            hold.keepOnExec();
            hold.close();
            assertThatThrownBy(hold::keepOnExec).isInstanceOf(ProcessEventException.Closed.class);
        }
    }

    private void assertState(boolean set, Instant earliest) {
        ProcessEvent.State state = ProcessEvent.look(path);
        assertThat(state.held()).isFalse();
        assertThat(state.set()).isEqualTo(set);
        assertThat(state.holders()).isEmpty();
        assertThat(state.since().orElseThrow()).isBetween(earliest, Instant.now());
    }

    private void assertHeld(int holders) {
        ProcessEvent.State state = ProcessEvent.look(path);
        assertThat(state.held()).isTrue();
        assertThat(state.set()).isEqualTo(holders > 0);
        assertThat(state.holders()).hasValue(holders);
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
}
