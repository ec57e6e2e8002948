// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.pharos.TestThreads;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The trace for Perfetto, as another reader of JSON understands it. */
class PerfettoTraceTest {
    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @TempDir
    private Path folder;

    private Timeline timeline;
    private List<JsonObject> trace;

    @BeforeEach
    void write() throws Exception {
        trace(Recorded.timeline(folder, () -> Recorded.everyKind(threads)));
    }

    private void trace(Timeline traced) throws Exception {
        timeline = traced;
        StringWriter out = new StringWriter();
        PerfettoTrace.write(timeline, out);
        trace = StreamSupport.stream(
                        JsonParser.parseString(out.toString())
                                .getAsJsonObject()
                                .getAsJsonArray("traceEvents")
                                .spliterator(),
                        false)
                .map(JsonElement::getAsJsonObject)
                .toList();
    }

    private List<JsonObject> of(String phase) {
        return trace.stream()
                .filter(event -> event.get("ph").getAsString().equals(phase))
                .toList();
    }

    private static long nanos(JsonObject event, String field) {
        return event.get(field).getAsBigDecimal().movePointRight(3).longValueExact();
    }

    @Test
    void write_realRecording_hasASliceForEachWaitAndChange() {
        assertThat(of("X")).hasSize(timeline.waits.size() + timeline.changes.size());
        assertThat(of("X"))
                .extracting(slice -> slice.get("name").getAsString())
                .contains(
                        "wait for ready",
                        "wait for ready to be clear",
                        "wait for ready, interrupted",
                        "wait for ready, timed out",
                        "wait for all of ready, stop",
                        "set ready",
                        "set ready, redundant",
                        "clear ready");
        for (int i = 0; i < timeline.waits.size(); i++) {
            int tid = timeline.waits.thread(i) + 1;
            long start = timeline.waits.start(i);
            long duration = timeline.waits.duration(i);
            assertThat(of("X")).anySatisfy(slice -> {
                assertThat(slice.get("tid").getAsInt()).isEqualTo(tid);
                assertThat(nanos(slice, "ts")).isEqualTo(start);
                assertThat(nanos(slice, "dur")).isEqualTo(duration);
            });
        }
    }

    @Test
    void write_threads_haveTheirNames() {
        Map<Integer, String> names = new HashMap<>();
        of("M").stream()
                .filter(name -> name.get("name").getAsString().equals("thread_name"))
                .forEach(name -> names.put(
                        name.get("tid").getAsInt(),
                        name.getAsJsonObject("args").get("name").getAsString()));
        assertThat(names).hasSize(timeline.threads.size());
        for (int i = 0; i < timeline.threads.size(); i++) {
            assertThat(names).containsEntry(i + 1, timeline.threads.get(i).name());
        }
    }

    @Test
    void write_arrows_leadFromTheSliceOfAChangeToThatOfAWait() {
        long joined = IntStream.range(0, timeline.waits.size())
                .filter(i -> timeline.waits.change(i) != Timeline.NONE)
                .count();
        Map<Integer, JsonObject> ends = new HashMap<>();
        of("f").forEach(end -> ends.put(end.get("id").getAsInt(), end));
        assertThat(joined).isEqualTo(4);
        assertThat(of("s")).hasSize((int) joined).allSatisfy(start -> {
            JsonObject end = ends.get(start.get("id").getAsInt());
            assertThat(nanos(start, "ts")).isLessThanOrEqualTo(nanos(end, "ts"));
            assertThat(end.get("bp").getAsString()).isEqualTo("e");
            assertThat(slicesAt(start)).containsOnly("change");
            assertThat(slicesAt(end)).containsOnly("wait");
        });
    }

    private List<String> slicesAt(JsonObject arrow) {
        long time = nanos(arrow, "ts");
        return of("X").stream()
                .filter(slice -> slice.get("tid").equals(arrow.get("tid")))
                .filter(slice -> nanos(slice, "ts") <= time && time < nanos(slice, "ts") + nanos(slice, "dur"))
                .map(slice -> slice.get("cat").getAsString())
                .toList();
    }

    @Test
    void write_timesInWhichAnEventIsSet_haveABeginAndAnEnd() {
        assertThat(of("b")).extracting(PerfettoTraceTest::span).containsExactly("ready is set", "stop is set");
        assertThat(of("e")).extracting(PerfettoTraceTest::span).containsExactly("ready is set", "stop is set");
        assertThat(nanos(of("b").get(0), "ts")).isEqualTo(timeline.changes.start(0));
        assertThat(nanos(of("e").get(0), "ts")).isEqualTo(timeline.changes.start(2));
    }

    private static String span(JsonObject event) {
        return event.get("name").getAsString();
    }

    @Test
    void write_slicesOfAThreadThatOverlap_nest() throws Exception {
        Waits waits = new Waits();
        long[][] times = {{0, 100}, {10, 20}, {15, 30}, {90, 110}, {105, 200}, {200, 201}};
        for (long[] time : times) {
            int wait = waits.add(0, time[0], time[1] - time[0]);
            waits.event(wait, 0, false, Timeline.NONE);
            waits.end(wait, Timeline.FAILED, Timeline.NONE, Timeline.NONE);
        }
        trace(new Timeline(
                "test",
                List.of(new Timeline.Lane("one", 1, false)),
                List.of(new Timeline.Source("event", "1")),
                List.of(),
                List.of(),
                List.of(),
                waits,
                new Changes(),
                0,
                List.of()));

        assertNested();
    }

    @Test
    void write_realRecording_nests() {
        assertNested();
    }

    private void assertNested() {
        Map<Integer, Deque<Long>> open = new HashMap<>();
        of("X").stream()
                .sorted(Comparator.comparing((JsonObject slice) -> nanos(slice, "ts"))
                        .thenComparing(slice -> -nanos(slice, "dur")))
                .forEach(slice -> {
                    Deque<Long> ends = open.computeIfAbsent(slice.get("tid").getAsInt(), tid -> new ArrayDeque<>());
                    long start = nanos(slice, "ts");
                    long end = start + nanos(slice, "dur");
                    while (!ends.isEmpty() && ends.getFirst() <= start) {
                        ends.removeFirst();
                    }
                    assertThat(ends.isEmpty() || end <= ends.getFirst())
                            .as("%s nests", slice)
                            .isTrue();
                    ends.addFirst(end);
                });
        assertThat(open).isNotEmpty();
    }
}
