// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** One recording, drawn in each way: all pictures are to tell the same, which is known here. */
class AgreementTest {
    private static final long MS = 1_000_000;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @TempDir
    private Path folder;

    private static final List<String> THREADS =
            List.of("main", "one", "any", "all", "drain", "late", "stopped", "broken", "twin", "twin", "remote");
    private static final List<Timeline.Source> EVENTS = List.of(
            new Timeline.Source("ready", "dev.pharos.ThreadEvent@1"),
            new Timeline.Source("other", "dev.pharos.ThreadEvent@2"),
            new Timeline.Source("open", "dev.pharos.ThreadEvent@3"), // set before, and in vain since
            new Timeline.Source("shut", "dev.pharos.ThreadEvent@4"), // clear before, and cleared in vain since
            new Timeline.Source("done", "dev.pharos.ThreadEvent@5"), // set before, and cleared
            new Timeline.Source("dev.pharos.ThreadEvent@6", "dev.pharos.ThreadEvent@6"),
            new Timeline.Source("gate", "dev.pharos.ThreadEvent@7a"),
            new Timeline.Source("gate", "dev.pharos.ThreadEvent@7b"),
            new Timeline.Source("/run/far", "/run/far")); // set by another process

    static final class Story {
        final Waits waits = new Waits();
        final Changes changes = new Changes();
        final Drawn drawn = Drawn.empty();

        void wait(String thread, int event, int label, boolean clear, int start, int end, int outcome, String target) {
            int wait = waits.add(index(thread), start * MS, (end - start) * MS);
            waits.event(wait, event, clear, outcome == Timeline.TIMED_OUT ? (end - start) * MS : Timeline.NONE);
            waits.end(wait, outcome, Timeline.NONE, label);
            drawn.waits().add(new Drawn.Wait(thread, target, start, end, Timeline.OUTCOMES.get(outcome)));
        }

        void change(int event, int at, int kind, int released) {
            changes.add(0, event, at * MS, MS / 2, kind % 2 == 1, kind < 2, released, Timeline.NONE);
            drawn.marks().add(new Drawn.Mark("main", at, kind));
        }

        private static int index(String thread) {
            return thread.equals("twin (19)") ? 9 : THREADS.indexOf(thread.replaceFirst(" .*", ""));
        }

        Timeline timeline() {
            return new Timeline(
                    "story",
                    IntStream.range(0, THREADS.size())
                            .mapToObj(i -> new Timeline.Lane(THREADS.get(i), 10 + i, false))
                            .toList(),
                    EVENTS,
                    List.of(),
                    List.of("any of other, dev.pharos.ThreadEvent@6", "all of ready, other"),
                    List.of(new int[] {}, new int[] {0, 1}),
                    waits,
                    changes,
                    0,
                    List.of());
        }
    }

    /** What happens, and what is to be seen of it. */
    static Story story() {
        Story story = new Story();
        int none = Timeline.NONE;
        story.wait("one", 0, none, false, 0, 102, Timeline.RELEASED, "ready");
        story.wait("any", 5, 0, false, 10, 352, Timeline.RELEASED, "any of other, ThreadEvent@6");
        story.wait("all", none, 1, false, 20, 382, Timeline.RELEASED, "all of ready, other");
        story.wait("drain", 0, none, true, 150, 302, Timeline.RELEASED, "ready to be clear");
        story.wait("stopped", 1, none, true, 500, 560, Timeline.INTERRUPTED, "other to be clear");
        story.wait("late", 0, none, false, 320, 380, Timeline.TIMED_OUT, "ready");
        story.wait("late", none, 0, false, 400, 440, Timeline.TIMED_OUT, "any of other, ThreadEvent@6");
        story.wait("broken", 8, none, false, 460, 520, Timeline.FAILED, "/run/far");
        story.wait("twin (18)", 6, none, false, 500, 602, Timeline.RELEASED, "gate (7a)");
        story.wait("twin (19)", 7, none, false, 510, 652, Timeline.RELEASED, "gate (7b)");
        story.wait("remote", 8, none, false, 540, 680, Timeline.RELEASED, "/run/far");
        story.wait("one", 3, none, false, 700, 790, Timeline.TIMED_OUT, "shut");
        int sets = 0;
        int clears = 1;
        int setAlready = 2;
        int clearAlready = 3;
        story.change(2, 40, setAlready, 0);
        story.change(3, 60, clearAlready, 0);
        story.change(0, 100, sets, 2);
        story.change(0, 120, setAlready, 0);
        story.change(4, 220, clears, 0);
        story.change(0, 300, clears, 1);
        story.change(5, 350, sets, 2); // a future too
        story.change(1, 380, sets, 1);
        story.change(5, 420, clears, 0);
        story.change(5, 450, sets, 1); // a future only
        story.change(6, 600, sets, 1);
        story.change(7, 650, sets, 1);
        story.change(2, 700, setAlready, 0);
        story.change(3, 760, clearAlready, 0);

        Drawn drawn = story.drawn;
        drawn.threads()
                .addAll(List.of(
                        "one",
                        "any",
                        "all",
                        "main",
                        "drain",
                        "late",
                        "broken",
                        "stopped",
                        "twin (18)",
                        "twin (19)",
                        "remote"));
        drawn.events()
                .addAll(List.of(
                        "ready",
                        "ThreadEvent@6",
                        "open",
                        "shut",
                        "done",
                        "other",
                        "/run/far",
                        "gate (7a)",
                        "gate (7b)"));
        drawn.spans()
                .addAll(List.of(
                        new Drawn.Span("ready", 100, 300),
                        new Drawn.Span("other", 380, 790),
                        new Drawn.Span("open", 0, 790),
                        new Drawn.Span("done", 0, 220),
                        new Drawn.Span("ThreadEvent@6", 350, 420),
                        new Drawn.Span("ThreadEvent@6", 450, 790),
                        new Drawn.Span("gate (7a)", 600, 790),
                        new Drawn.Span("gate (7b)", 650, 790),
                        new Drawn.Span("/run/far", 680, 790)));
        drawn.releases()
                .addAll(List.of(
                        new Drawn.Release("main", 100, "one"),
                        new Drawn.Release("main", 350, "any"),
                        new Drawn.Release("main", 380, "all"),
                        new Drawn.Release("main", 300, "drain"),
                        new Drawn.Release("main", 600, "twin (18)"),
                        new Drawn.Release("main", 650, "twin (19)")));
        return story;
    }

    @Test
    void pictures_ofOneRecording_tellTheSame() throws Exception {
        Story story = story();
        Timeline timeline = story.timeline();

        story.drawn.assertSaidBy("page", Drawn.data(timeline), 0.001);
        story.drawn.assertSaidBy("Perfetto", Drawn.perfetto(timeline, story.drawn.events()), 0.001);
        story.drawn.assertSaidBy("SVG", Drawn.svg(timeline), 0.11);
        story.drawn.assertSaidBy("text", Drawn.text(timeline, 1), 1.01);
    }

    @Test
    void pictures_ofManyThreads_haveTheSameRows() throws Exception {
        Waits waits = new Waits();
        List<Timeline.Lane> lanes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            lanes.add(new Timeline.Lane(i < 13 ? "pool-1-worker-" + (13 - i) : i < 17 ? "same" : "one-" + i, i, false));
            int wait = waits.add(i, i * MS, 100 * MS);
            waits.event(wait, 0, false, Timeline.NONE);
            waits.end(wait, Timeline.TIMED_OUT, Timeline.NONE, Timeline.NONE);
        }
        Timeline timeline = new Timeline(
                "many",
                lanes,
                EVENTS.subList(0, 1),
                List.of(),
                List.of(),
                List.of(),
                waits,
                new Changes(),
                0,
                List.of());

        assertThat(Drawn.data(timeline).threads())
                .containsExactly("pool-1-worker-* (13)", "same (4)", "one-17", "one-18", "one-19")
                .isEqualTo(Drawn.svg(timeline).threads())
                .isEqualTo(Drawn.text(timeline, 1).threads());
    }

    /** An event that was set before the recording, one that was clear, and a future; see the names. */
    @Test
    void pictures_ofARealRecordingOfEventsThatDoNotChange_tellTheSame() throws Exception {
        ThreadEvent open = new ThreadEvent("open");
        open.set();
        ThreadEvent shut = new ThreadEvent("shut");
        ThreadEvent ready = new ThreadEvent("ready");
        Timeline timeline = Recorded.timeline(folder, () -> {
            open.set();
            shut.clear();
            CompletableFuture<?> future = ready.whenSet();
            ready.set();
            future.join();
            open.set();
            shut.clear();
        });
        Drawn data = Drawn.data(timeline);

        assertThat(data.spans()).extracting(Drawn.Span::event).containsExactlyInAnyOrder("open", "ready");
        assertThat(data.spans().get(0)).isEqualTo(new Drawn.Span("open", 0, timeline.duration / 1e6));
        data.assertSaidBy("Perfetto", Drawn.perfetto(timeline, data.events()), 0.001);
        double pixel = timeline.duration / 1e6 / 790;
        data.spans().removeIf(span -> span.to() - span.from() < pixel); // drawn without a name
        data.assertSaidBy("SVG", Drawn.svg(timeline), 0.11 * pixel);
    }
}
