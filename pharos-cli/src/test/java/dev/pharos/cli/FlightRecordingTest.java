// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
        assertThat(Summary.name(timeline, late.get(1))).isEqualTo("any of ready, stop");
    }

    private static String wait(Timeline timeline, String thread) {
        Timeline.Waits waits = timeline.waits;
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
                .hasValueSatisfying(frame ->
                        assertThat(frame).matches("dev\\.pharos\\.cli\\.FlightRecordingTest\\.lambda\\$.* line \\d+"));
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
}
