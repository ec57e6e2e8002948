// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.Event;
import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import dev.pharos.process.ProcessEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jdk.jfr.Category;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What is read from real recordings, of which it is known what happened. */
class FlightRecordingTest {
    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @TempDir
    private Path folder;

    @Test
    void read_waitsOfEveryKind_areToldAndJoined() throws Exception {
        Timeline timeline = Recorded.timeline(folder, () -> Recorded.everyKind(threads));

        assertThat(timeline.events).extracting(Timeline.Source::name).containsExactly("ready", "stop");
        assertThat(timeline.changes.size()).isEqualTo(4);
        assertThat(wait(timeline, "one")).isEqualTo("ready released by set ready #0");
        assertThat(wait(timeline, "any")).isEqualTo("ready, any of stop, ready released by set ready #0");
        assertThat(wait(timeline, "all")).isEqualTo("all of ready, stop released by set stop #3");
        assertThat(wait(timeline, "clear")).isEqualTo("ready released by clear ready #2");
        assertThat(wait(timeline, "interrupted")).isEqualTo("ready interrupted");
        assertThat(timeline.changes.changed(0)).isTrue();
        assertThat(timeline.changes.released(0)).isEqualTo(3);
        assertThat(timeline.changes.changed(1)).isFalse();
        List<Integer> late = IntStream.range(0, timeline.waits.size())
                .filter(i -> timeline.waits.outcome(i) == Timeline.TIMED_OUT)
                .boxed()
                .toList();
        assertThat(late).hasSize(2).allSatisfy(i -> {
            assertThat(timeline.waits.change(i)).isEqualTo(Timeline.NONE);
            assertThat(timeline.waits.timeout(i)).isEqualTo(1_000_000);
        });
        assertThat(timeline.waits.event(late.get(1))).isEqualTo(Timeline.NONE);
        assertThat(timeline.waitedFor(late.get(1))).isEqualTo("any of ready, stop");
    }

    private static String wait(Timeline timeline, String thread) {
        Waits waits = timeline.waits;
        int wait = Recorded.waitOf(timeline, thread);
        int change = waits.change(wait);
        String event = waits.event(wait) == Timeline.NONE
                ? ""
                : timeline.events.get(waits.event(wait)).name();
        String label = waits.label(wait) == Timeline.NONE ? "" : timeline.labels.get(waits.label(wait));
        String by = change == Timeline.NONE
                ? ""
                : " by " + (timeline.changes.clear(change) ? "clear " : "set ")
                        + timeline.events.get(timeline.changes.event(change)).name() + " #" + change;
        return event + (event.isEmpty() || label.isEmpty() ? "" : ", ") + label + " "
                + Timeline.OUTCOMES.get(waits.outcome(wait)) + by;
    }

    @Test
    void read_waitForSomeSetAndOthersClear_isEndedByTheLastChange() throws Exception {
        Timeline timeline = Recorded.timeline(folder, () -> {
            ThreadEvent open = new ThreadEvent("open");
            ThreadEvent busy = ThreadEvent.initiallySet("busy");
            Thread all = Recorded.startBlocked(threads, "all", () -> Event.awaitAll(busy.negated(), open));
            Thread any = Recorded.startBlocked(threads, "any", () -> Event.awaitAny(open, busy.negated()));
            open.set();
            threads.join(any);
            busy.clear();
            threads.join(all);
        });

        assertThat(wait(timeline, "all")).isEqualTo("all of not busy, open released by clear busy #1");
        assertThat(wait(timeline, "any")).isEqualTo("open, any of open, not busy released by set open #0");
    }

    @Test
    void read_roundsInSeveralChunks_areJoinedOneByOne() throws Exception {
        int rounds = 40;
        Timeline timeline = Recorded.timeline(folder, () -> {
            ThreadEvent event = new ThreadEvent("round");
            for (int i = 0; i < rounds; i++) {
                Thread waiter = Recorded.startBlocked(threads, "waiter", () -> event.await());
                if (i % 10 == 5) {
                    Recorded.rotate(); // while it waits
                }
                event.set();
                threads.join(waiter);
                event.clear();
            }
        });

        assertThat(timeline.waits.size()).isEqualTo(rounds);
        assertThat(timeline.changes.size()).isEqualTo(2 * rounds);
        for (int i = 0; i < rounds; i++) {
            assertThat(timeline.waits.change(i)).as("what ended wait %d", i).isEqualTo(2 * i);
        }
        // Forty threads had the same name.
        assertThat(timeline.threads)
                .filteredOn(thread -> thread.name().equals("waiter"))
                .hasSize(rounds);
    }

    @Test
    void read_threadThatChangesItsName_hasOneLane() throws Exception {
        Timeline timeline = Recorded.timeline(folder, () -> {
            ThreadEvent event = new ThreadEvent("gate");
            ThreadEvent next = new ThreadEvent("next");
            Thread waiter = Recorded.startBlocked(threads, "early", () -> {
                event.await();
                Thread.currentThread().setName("late");
                next.await();
            });
            event.set();
            threads.until("it has its new name", () -> waiter.getName().equals("late"));
            threads.awaitBlocked(waiter);
            Recorded.rotate();
            next.set();
            threads.join(waiter);
        });

        assertThat(timeline.waits.size()).isEqualTo(2);
        assertThat(timeline.waits.thread(0)).isEqualTo(timeline.waits.thread(1));
        // JDK 17 records the name that a thread has when it starts.
        assertThat(timeline.threads.get(timeline.waits.thread(0)).name()).isIn("early", "late");
    }

    @Test
    void read_virtualThreads_areTold() throws Exception {
        TestThreads.assumeVirtualThreads();
        Timeline timeline = Recorded.timeline(folder, () -> {
            ThreadEvent event = new ThreadEvent("gate");
            List<Thread> waiters = threads.startVirtual(20, () -> event.await());
            threads.awaitBlocked(waiters);
            event.set();
            threads.join(waiters);
        });

        assertThat(timeline.waits.size()).isEqualTo(20);
        assertThat(timeline.changes.released(0)).isEqualTo(20);
        for (int i = 0; i < 20; i++) {
            Timeline.Lane thread = timeline.threads.get(timeline.waits.thread(i));
            assertThat(thread.virtual()).isTrue();
            assertThat(thread.name()).isEqualTo("virtual thread #" + thread.id());
            assertThat(timeline.waits.change(i)).isZero();
        }
    }

    @Test
    void read_threadWithoutAName_isToldByItsNumber() throws Exception {
        Timeline timeline = Recorded.timeline(folder, () -> {
            ThreadEvent event = new ThreadEvent("gate");
            Thread waiter = Recorded.startBlocked(threads, "", () -> event.await());
            event.set();
            threads.join(waiter);
        });

        Timeline.Lane thread = timeline.threads.get(timeline.waits.thread(0));
        assertThat(thread.name()).isEqualTo("thread #" + thread.id());
    }

    @Test
    void read_stacks_beginWithTheCaller() throws Exception {
        Timeline timeline = Recorded.timeline(folder, () -> new ThreadEvent("gate").set());

        assertThat(timeline.stacks.get(timeline.changes.stack(0)).lines().findFirst())
                .hasValueSatisfying(frame -> assertThat(frame)
                        .matches("dev\\.pharos\\.cli\\.timeline\\.FlightRecordingTest\\.lambda\\$.* line \\d+"));
    }

    @Test
    void read_settingsThatLeaveSomethingOut_areTold() throws Exception {
        Map<String, String> settings = Map.of(
                "jdk.ActiveSetting#enabled", "true",
                "dev.pharos.Wait#threshold", "1 h",
                "dev.pharos.Clear#enabled", "false");
        Path file = Recorded.record(folder.resolve("test.jfr"), settings, () -> Recorded.everyKind(threads));
        Timeline timeline = Recorded.read(file);

        assertThat(timeline.waits.size()).isZero();
        assertThat(timeline.gaps)
                .containsExactly(
                        "waits shorter than 3600 s are left out: dev.pharos.Wait#threshold was set",
                        "no clears were recorded, at least for a time: dev.pharos.Clear#enabled was false");
    }

    @Test
    void read_everythingRecorded_hasNoGaps() throws Exception {
        Map<String, String> settings = Map.of("jdk.ActiveSetting#enabled", "true");
        Path file = Recorded.record(folder.resolve("test.jfr"), settings, () -> Recorded.everyKind(threads));

        assertThat(Recorded.read(file).gaps).isEmpty();
    }

    @Test
    void read_twoEventsOfOneHash_areToldApart() throws Exception {
        Map<Integer, ThreadEvent> byHash = new HashMap<>();
        ThreadEvent one;
        ThreadEvent other;
        do {
            other = new ThreadEvent();
            one = byHash.put(System.identityHashCode(other), other);
        } while (one == null);
        ThreadEvent late = one;
        ThreadEvent inTime = other;
        Timeline timeline = Recorded.timeline(folder, () -> {
            threads.join(threads.start("late", () -> late.await(1, TimeUnit.NANOSECONDS)));
            Thread waiter = Recorded.startBlocked(threads, "in time", () -> inTime.await());
            inTime.set();
            threads.join(waiter);
        });

        assertThat(timeline.events).hasSize(2);
        assertThat(timeline.eventName(0)).isNotEqualTo(timeline.eventName(1));
        assertThat(timeline.waits.event(Recorded.waitOf(timeline, "late")))
                .isNotEqualTo(timeline.waits.event(Recorded.waitOf(timeline, "in time")));
        assertThat(timeline.changes.event(0)).isEqualTo(timeline.waits.event(Recorded.waitOf(timeline, "in time")));
    }

    @Test
    void read_eventsCalledLikeGroups_areEvents() throws Exception {
        List<String> names = List.of("any of the lamps", "all of a, b", "two\nlines", "back\\slash\\n");
        Timeline timeline = Recorded.timeline(folder, () -> {
            for (String name : names) {
                ThreadEvent event = new ThreadEvent(name);
                Thread waiter = Recorded.startBlocked(threads, name, () -> event.await());
                event.set();
                threads.join(waiter);
            }
        });

        assertThat(timeline.events).extracting(Timeline.Source::name).containsExactlyInAnyOrderElementsOf(names);
        for (String name : names) {
            int wait = Recorded.waitOf(timeline, name);
            assertThat(timeline.waits.label(wait)).isEqualTo(Timeline.NONE);
            assertThat(timeline.waitedFor(wait)).isEqualTo(name);
            assertThat(timeline.waits.change(wait)).isNotEqualTo(Timeline.NONE);
        }
    }

    @Test
    void read_pathsWithLineBreaksAndBackslashes_areJoined() throws Exception {
        try (ProcessEvent one = ProcessEvent.open(folder.resolve("two\nlines"));
                ProcessEvent other = ProcessEvent.open(folder.resolve("back\\nslash"))) {
            Timeline timeline = Recorded.timeline(folder, () -> {
                Thread single = Recorded.startBlocked(threads, "single", () -> one.await());
                Thread all = Recorded.startBlocked(threads, "all", () -> Event.awaitAll(one, other));
                one.set();
                threads.join(single);
                other.set();
                threads.join(all);
            });

            assertThat(timeline.events)
                    .extracting(Timeline.Source::name)
                    .containsExactlyInAnyOrder(one.name(), other.name());
            assertThat(wait(timeline, "single")).isEqualTo(one.name() + " released by set " + one.name() + " #0");
            assertThat(wait(timeline, "all"))
                    .isEqualTo(
                            "all of " + one.name() + ", " + other.name() + " released by set " + other.name() + " #1");
        }
    }

    @Test
    void read_waitsInAPool_beginWithTheCaller() throws Exception {
        ForkJoinPool pool = new ForkJoinPool(1);
        try (ProcessEvent near = ProcessEvent.open(folder.resolve("near"))) {
            Timeline timeline = Recorded.timeline(folder, () -> {
                for (Event event : List.of(new ThreadEvent("thread"), near)) {
                    threads.get(pool.submit(() -> event.await(1, TimeUnit.NANOSECONDS)));
                }
            });

            assertThat(timeline.stacks)
                    .isNotEmpty()
                    .allSatisfy(stack -> assertThat(stack).startsWith(FlightRecordingTest.class.getName()));
        } finally {
            pool.shutdown();
        }
    }

    // Recordings of others

    /** A record as a version wrote it that had no field for groups, in a package that a tool has made of dev.pharos. */
    @jdk.jfr.Name("com.acme.shaded.pharos.Wait")
    @Category("Pharos")
    @SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
    private static final class Relocated extends jdk.jfr.Event {
        String event = "all of a, b";
        String identity = "x@1\nx@2";
        String waitsFor = "set";
        String outcome = "released";
        long timeout = Long.MAX_VALUE;
    }

    @jdk.jfr.Name("com.acme.shaded.pharos.Set")
    @Category("Pharos")
    @SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
    private static final class RelocatedSet extends jdk.jfr.Event {
        String event = "b";
        String identity = "x@2";
        boolean changed = true;
        int released = 1;
    }

    @Test
    void read_relocatedOrOlder_isFoundAndJoined() throws Exception {
        Timeline timeline = Recorded.timeline(folder, () -> {
            Relocated wait = new Relocated();
            wait.begin();
            new RelocatedSet().commit();
            wait.commit();
        });

        assertThat(timeline.waits.size()).isEqualTo(1);
        assertThat(timeline.labels).containsExactly("all of a, b");
        assertThat(timeline.waits.change(0)).isZero();
    }

    @jdk.jfr.Name("com.acme.Wait")
    @Category("Pharos")
    @SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
    private static final class Shrunk extends jdk.jfr.Event {
        String a = "ready";
    }

    @Test
    void read_fieldsAreMissing_saysWhich() throws Exception {
        Path file = Recorded.record(folder.resolve("test.jfr"), () -> new Shrunk().commit());

        assertThatThrownBy(() -> Recorded.read(file))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(
                        file + ": the records com.acme.Wait have no field 'event': a tool has removed or renamed it; "
                                + "let it keep the fields that have a jdk.jfr.Name");
    }

    /** Writes waits, has them flushed, and kills itself. */
    static final class Killed {
        static final int WAITS = 100;

        private Killed() {}

        public static void main(String[] args) throws Exception {
            ThreadEvent event = new ThreadEvent("ready");
            AtomicInteger written = new AtomicInteger();
            try (RecordingStream stream = new RecordingStream()) {
                stream.onEvent("dev.pharos.Wait", record -> written.incrementAndGet());
                stream.onFlush(() -> {
                    if (written.get() == WAITS) {
                        Runtime.getRuntime().halt(0);
                    }
                });
                stream.startAsync();
                for (int i = 0; i < WAITS; i++) {
                    event.set();
                    event.clear();
                    event.await(1, TimeUnit.NANOSECONDS);
                }
                stream.awaitTermination();
            }
        }
    }

    @Test
    void read_programWasKilled_drawsWhatWasWrittenAndSaysWhereItEnds() throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin");
        Path repository = folder.resolve("repository");
        run(
                java.resolve("java").toString(),
                "-XX:StartFlightRecording:filename=" + folder.resolve("app.jfr"),
                "-XX:FlightRecorderOptions:repository=" + repository,
                "-cp",
                System.getProperty("java.class.path"),
                Killed.class.getName());
        assertThatThrownBy(() -> Recorded.read(folder.resolve("app.jfr")))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("jfr assemble");
        Path directory;
        try (Stream<Path> directories = Files.list(repository)) {
            directory = directories.findFirst().orElseThrow();
        }
        Path assembled = folder.resolve("assembled.jfr");
        run(java.resolve("jfr").toString(), "assemble", directory.toString(), assembled.toString());
        Timeline timeline = Recorded.read(assembled);

        assertThat(timeline.waits.size()).isEqualTo(Killed.WAITS);
        assertThat(timeline.changes.size()).isEqualTo(2 * Killed.WAITS);
        assertThat(timeline.gaps)
                .last()
                .asString()
                .matches("its program was killed, or still runs: the records that can be read end at [0-9.]+ m?s, "
                        + "and some before that may be missing");
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
