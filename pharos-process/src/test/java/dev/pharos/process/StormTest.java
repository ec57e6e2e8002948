// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.pharos.EventContract;
import dev.pharos.TestThreads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that are killed at any moment, and events that are set and cleared at once: nobody waits for ever, no
 * answer is wrong, no file is left unusable. The long form is that of the profile "verification".
 */
class StormTest {
    /** How many processes are killed in each test: JVMs, and if there is a C compiler, small ones. */
    private static final int JVM_KILLS = Integer.getInteger("dev.pharos.process.jvmKills", EventContract.ALL ? 4 : 2);

    private static final int KILLS = Integer.getInteger("dev.pharos.process.kills", EventContract.ALL ? 150 : 40);

    private static final int PULSES = Integer.getInteger("dev.pharos.process.pulses", EventContract.ALL ? 2_000 : 500);

    /** How many live at a time, and after how many kills the survivors are examined. */
    private static final int VICTIMS = 4;

    private static final int EXAMINED_EVERY = 25;

    @TempDir
    static Path folder;

    @TempDir
    Path events;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private final SplittableRandom random = new SplittableRandom(1);

    @BeforeEach
    void sleepWithoutBound() {
        assumeFalse(Boolean.getBoolean("dev.pharos.process.polling"), "kills between change and wake-up");
        Listener.bounded = false;
    }

    @AfterEach
    void sleepWithBound() {
        Listener.bounded = true;
    }

    /** A program in C that does as a Peer does, or null if there is no compiler. */
    private static String peerInC() throws Exception {
        Path binary = folder.resolve("peer");
        if (!Files.exists(binary)) {
            Path source = folder.resolve("peer.c");
            try (InputStream in = Objects.requireNonNull(StormTest.class.getResourceAsStream("peer.c"))) {
                Files.copy(in, source);
            }
            try {
                Process compiler = new ProcessBuilder("cc", "-O2", "-o", binary.toString(), source.toString())
                        .inheritIO()
                        .start();
                assertThat(compiler.waitFor()).as("compiled").isZero();
            } catch (IOException e) {
                return null; // there is none
            }
        }
        return binary.toString();
    }

    private static Process start(String... command) {
        try {
            return new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private interface Examination {
        void run() throws Exception;
    }

    /** Kills so many, one after the other, each at a random moment; all of them before each examination. */
    private void storm(Path path, String order, Examination examination) throws Exception {
        String binary = peerInC();
        if (binary != null) {
            kill(KILLS, 2_000_000, examination, () -> {
                Process victim = start(binary, path.toString(), order);
                return () -> assertThat(victim.destroyForcibly().onExit().join().exitValue())
                        .as("killed by a signal, not by what it saw")
                        .isEqualTo(137);
            });
        }
        kill(JVM_KILLS, 900_000_000, examination, () -> {
            Peer victim = new Peer(path);
            victim.tell(order);
            return victim::kill;
        });
    }

    private void kill(int kills, long atMostNanos, Examination examination, Supplier<Runnable> start) throws Exception {
        List<Runnable> victims = new ArrayList<>();
        for (int killed = 0; killed < kills; ) {
            while (victims.size() < Math.min(VICTIMS, kills - killed)) {
                victims.add(start.get());
            }
            long until = System.nanoTime() + random.nextLong(atMostNanos);
            threads.until("a random moment", () -> System.nanoTime() - until > 0);
            victims.remove(random.nextInt(victims.size())).run();
            killed++;
            if (killed % EXAMINED_EVERY == 0 || killed == kills) {
                killed += victims.size();
                victims.forEach(Runnable::run);
                victims.clear();
                examination.run();
            }
        }
    }

    /** Of a new waiter, since an old one may be late to notice a change of before. Begins and ends with a clear event. */
    private void assertEachChangeReleases(ProcessEvent event) throws Exception {
        AtomicInteger releases = new AtomicInteger();
        int changes = 6;
        Thread waiter = threads.start(() -> {
            while (releases.get() < changes) {
                event.await();
                releases.incrementAndGet();
                event.awaitClear();
                releases.incrementAndGet();
            }
        });
        for (int i = 0; i < changes; i++) {
            threads.awaitBlocked(waiter);
            assertThat(releases).hasValue(i);
            boolean set = i % 2 == 0;
            assertThat(set ? event.set() : event.clear()).isTrue();
            assertThat(event.isSet()).isEqualTo(set);
            int expected = i + 1;
            threads.until("it was released", () -> releases.get() == expected);
        }
        threads.join(waiter);
    }

    @Test
    void kill_whileSettingClearingAndWaiting_leavesNobodyWaiting() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(events.resolve("event"))) {
            AtomicInteger sets = new AtomicInteger();
            AtomicInteger clears = new AtomicInteger();
            Thread waiter = threads.start(() -> {
                try {
                    while (true) {
                        event.await();
                        sets.incrementAndGet();
                        event.awaitClear();
                        clears.incrementAndGet();
                    }
                } catch (InterruptedException e) {
                    assertThat(event.isSet()).isFalse(); // the end of the test
                }
            });
            storm(event.path(), "storm", () -> {
                event.clear();
                // It may yet have to notice that, and is to wait for the next set when that comes.
                threads.until(
                        "the waiter waits for a set",
                        () -> sets.get() == clears.get() && TestThreads.isBlocked(waiter));
                int before = sets.get();
                assertEachChangeReleases(event);
                String binary = peerInC();
                if (binary != null) {
                    Process other = start(binary, event.path().toString(), "once");
                    try (BufferedReader answers = other.inputReader()) {
                        assertThat(answers.readLine()).isEqualTo("waiting");
                        assertThat(event.set()).isTrue();
                        assertThat(event.clear()).isTrue();
                        threads.until("the other process was released", () -> !other.isAlive());
                        assertThat(other.exitValue()).isZero();
                    } finally {
                        other.destroyForcibly();
                    }
                }
                threads.until("the waiter was released", () -> sets.get() > before && sets.get() == clears.get());
            });
            waiter.interrupt();
            threads.join(waiter);
        }
    }

    @Test
    void kill_whileHolding_isClearAtOnce() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(events.resolve("event"), ProcessEvent.Option.HELD)) {
            storm(event.path(), "storm", () -> {
                assertThat(event.isSet()).isFalse();
                event.awaitClear();
                CompletableFuture<Void> set = event.whenSet();
                assertThat(set).isNotDone();
                Peer holder = new Peer(event.path());
                assertThat(holder.ask("hold")).isEqualTo("done");
                threads.get(set);
                for (int i = 0; i < 100; i++) {
                    assertThat(event.isSet()).isTrue();
                }
                CompletableFuture<Void> clear = event.whenClear();
                assertThat(clear).isNotDone();
                holder.kill();
                assertThat(event.isSet()).isFalse();
                threads.get(clear);
            });
        }
    }

    @Test
    void kill_whileOpeningAndMaking_leavesNoFileUnusable() throws Exception {
        Path first = events.resolve("event");
        ProcessEvent.open(first).close();
        storm(first, "create", () -> {
            List<Path> made;
            try (var files = Files.list(events)) {
                made = files.filter(file -> file.getFileName().toString().startsWith("made-"))
                        .toList();
            }
            for (Path path : made) {
                try (ProcessEvent event = ProcessEvent.open(path, ProcessEvent.Option.MUST_EXIST)) {
                    event.clear();
                    assertThat(event.set()).isTrue();
                    assertThat(event.await(0, TimeUnit.NANOSECONDS)).isTrue();
                }
                Files.delete(path);
            }
        });
    }

    @Test
    void set_clearedAtOnceByAnotherProcess_isNeverMissed() throws Exception {
        Path path = events.resolve("event");
        try (ProcessEvent event = ProcessEvent.open(path);
                ProcessEvent ready = ProcessEvent.open(events.resolve("ready"));
                Peer peer = new Peer(path)) {
            peer.tell("pulse " + PULSES);
            for (int i = 0; i < PULSES; i++) {
                CompletableFuture<Void> future = event.whenSet();
                ready.set();
                threads.get(future);
                event.awaitClear(); // else the next future could complete by the same set
            }
            assertThat(peer.answer()).isEqualTo("done");
            assertThat(event.isSet()).isFalse();
        }
    }
}
