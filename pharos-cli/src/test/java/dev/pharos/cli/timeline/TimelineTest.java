// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.pharos.TestThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Which change is found to have ended a wait, where times are close to one another; and the form for the page. */
class TimelineTest {
    private static final int ONE = 0;
    private static final int OTHER = 1;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private final Waits waits = new Waits();
    private final Changes changes = new Changes();

    private void wait(int event, long start, long end) {
        int wait = waits.add(0, start, end - start);
        waits.event(wait, event, false, Timeline.NONE);
        waits.end(wait, Timeline.RELEASED, Timeline.NONE, event == Timeline.NONE ? 0 : Timeline.NONE);
    }

    private void set(int event, long start, long end) {
        changes.add(1, event, start, end - start, false, true, 0, Timeline.NONE);
    }

    private void clear(int event, long start, long end) {
        changes.add(1, event, start, end - start, true, true, 0, Timeline.NONE);
    }

    private Timeline timeline() {
        return new Timeline(
                "test",
                List.of(new Timeline.Lane("waiter", 1, false), new Timeline.Lane("setter", 2, false)),
                List.of(new Timeline.Source("one", "1"), new Timeline.Source("other", "2")),
                List.of(),
                List.of("all of one, other"),
                List.of(new int[] {ONE, OTHER}),
                waits,
                changes,
                0,
                List.of());
    }

    /** When the change began that ended the only wait. */
    private long endedBy() {
        Timeline timeline = timeline();
        assertThat(timeline.waits.size()).isEqualTo(1);
        int change = timeline.waits.change(0);
        return change == Timeline.NONE ? Timeline.NONE : timeline.changes.start(change);
    }

    @Test
    void change_severalSetsWithinAWait_isTheFirst() {
        set(ONE, 0, 1);
        clear(ONE, 2, 3);
        wait(ONE, 10, 40);
        set(ONE, 20, 21);
        clear(ONE, 25, 26);
        set(ONE, 30, 31);

        assertThat(endedBy()).isEqualTo(20);
    }

    @Test
    void change_setThatBeganBeforeTheWait_isThat() {
        clear(ONE, 0, 1);
        set(ONE, 8, 12);
        wait(ONE, 10, 40);

        assertThat(endedBy()).isEqualTo(8);
    }

    @Test
    void change_earlierSetStillWakesACrowd_isNotThat() {
        set(ONE, 0, 30); // wakes many, while the event is cleared and waited for again
        clear(ONE, 5, 6);
        wait(ONE, 10, 25);
        set(ONE, 20, 21);

        assertThat(endedBy()).isEqualTo(20);
    }

    @Test
    void change_setOfAnotherEventOrAfterTheWait_isNone() {
        wait(ONE, 0, 10);
        set(OTHER, 5, 6);
        set(ONE, 11, 12);

        assertThat(endedBy()).isEqualTo(Timeline.NONE);
    }

    @Test
    void change_waitForAll_isTheLastThatWasStillToCome() {
        set(ONE, 0, 1);
        wait(Timeline.NONE, 10, 40);
        set(OTHER, 20, 21);
        clear(ONE, 25, 26);
        set(ONE, 30, 31); // was set when the wait began

        assertThat(endedBy()).isEqualTo(20);
    }

    @Test
    void change_setThatChangedNothing_isNone() {
        wait(ONE, 0, 10);
        changes.add(1, ONE, 5, 1, false, false, 0, Timeline.NONE);

        assertThat(endedBy()).isEqualTo(Timeline.NONE);
    }

    /** The times in which the first event was set. */
    private List<String> spans() {
        List<String> spans = new ArrayList<>();
        timeline().setSpans((event, from, to) -> spans.add((event == 0 ? "" : event + ": ") + from + "-" + to));
        return spans;
    }

    private void redundant(boolean clear, long start, long end) {
        changes.add(1, ONE, start, end - start, clear, false, 0, Timeline.NONE);
    }

    @Test
    void setSpans_setsAndClears_areTheTimesBetween() {
        clear(ONE, 0, 1); // so it was set before
        set(ONE, 10, 11);
        clear(ONE, 20, 21);
        set(OTHER, 30, 40);

        assertThat(spans()).containsExactly("0-0", "10-20", "1: 30-40");
    }

    @Test
    void setSpans_onlyRedundantCalls_areWhatTheyFound() {
        redundant(false, 0, 1);
        redundant(false, 20, 30);
        assertThat(spans()).containsExactly("0-30");
    }

    @Test
    void setSpans_onlyRedundantClears_areNone() {
        redundant(true, 0, 1);
        redundant(true, 20, 30);
        assertThat(spans()).isEmpty();
    }

    @Test
    void setSpans_redundantSetBeforeAClear_isSetUntilThat() {
        redundant(false, 0, 1);
        clear(ONE, 10, 11);
        redundant(true, 20, 30);
        assertThat(spans()).containsExactly("0-10");
    }

    @Test
    void setSpans_clearThatIsCalledBeforeTheSetItUndoes_isAfterThat() {
        clear(ONE, 0, 6);
        set(ONE, 1, 5);
        set(ONE, 20, 30); // so it was clear then
        assertThat(spans()).containsExactly("1-1", "20-30");
    }

    @Test
    void setSpans_redundantSetWithinACallOfClear_isBeforeThat() {
        set(ONE, 0, 1);
        clear(ONE, 10, 30);
        redundant(false, 15, 16);
        assertThat(spans()).containsExactly("0-15");
    }

    @Test
    void setSpans_setThatStillWakesACrowd_isItsStart() {
        set(ONE, 0, 30);
        redundant(false, 3, 4);
        clear(ONE, 5, 6);
        redundant(true, 7, 8);
        set(ONE, 20, 21);
        assertThat(spans()).containsExactly("0-5", "20-30");
    }

    @Test
    void setSpans_waitsThatNobodyHereEnded_tellOfOtherProcesses() {
        wait(ONE, 0, 10);
        wait(ONE, 2, 14); // released by the same set, and awake later
        clear(ONE, 12, 13);
        wait(ONE, 15, 20);
        clear(ONE, 22, 23);
        assertThat(spans()).containsExactly("10-12", "20-22");
    }

    @Test
    void setSpans_setsThatOtherProcessesUndo_areOneTime() {
        set(ONE, 0, 1);
        set(ONE, 10, 11);
        set(ONE, 20, 21);
        clear(ONE, 30, 31);
        assertThat(spans()).containsExactly("0-30");
    }

    @Test
    void setSpans_onlyAWaitForClear_isSetMeanwhile() {
        int wait = waits.add(0, 0, 10);
        waits.event(wait, ONE, true, 10);
        waits.end(wait, Timeline.TIMED_OUT, Timeline.NONE, Timeline.NONE);
        assertThat(spans()).containsExactly("0-10");
    }

    @Test
    void setSpans_waitForClearThatNobodyHereEnded_isSetUntilThen() {
        int wait = waits.add(0, 0, 10);
        waits.event(wait, ONE, true, Timeline.NONE);
        waits.end(wait, Timeline.RELEASED, Timeline.NONE, Timeline.NONE);
        wait(ONE, 20, 40);
        assertThat(spans()).containsExactly("0-10", "40-40");
    }

    @Test
    void threads_anyOrder_areInThatOfTheirNumbers() {
        List<String> names = new ArrayList<>(List.of("worker-10", "worker-2", "main", "worker-1", "worker-02", ""));
        names.sort(new NaturalOrder());

        assertThat(names).containsExactly("", "main", "worker-1", "worker-02", "worker-2", "worker-10");
    }

    @Test
    void writeJson_realRecording_hasEveryNumber(@TempDir Path folder) throws Exception {
        Timeline timeline = Recorded.timeline(folder, () -> Recorded.everyKind(threads));
        StringBuilder text = new StringBuilder();
        PageJson.write(timeline, text);

        JsonObject json = JsonParser.parseString(text.toString()).getAsJsonObject();
        assertThat(json.get("start").getAsString()).isEqualTo(timeline.start.toString());
        assertThat(json.get("duration").getAsLong()).isEqualTo(timeline.duration);
        assertThat(json.getAsJsonArray("threads")).hasSize(timeline.threads.size());
        JsonObject columns = json.getAsJsonObject("waits");
        Waits read = timeline.waits;
        assertThat(longs(columns, "thread")).isEqualTo(column(read.size(), read::thread));
        assertThat(longs(columns, "event")).isEqualTo(column(read.size(), read::event));
        assertThat(longs(columns, "duration")).isEqualTo(column(read.size(), read::duration));
        assertThat(longs(columns, "outcome")).isEqualTo(column(read.size(), read::outcome));
        assertThat(longs(columns, "change")).isEqualTo(column(read.size(), read::change));
        assertThat(longs(columns, "stack")).isEqualTo(column(read.size(), read::stack));
        assertThat(longs(columns, "label")).isEqualTo(column(read.size(), read::label));
        List<Long> starts = longs(columns, "start");
        for (int i = 1; i < starts.size(); i++) {
            starts.set(i, starts.get(i) + starts.get(i - 1));
        }
        assertThat(starts).isEqualTo(column(read.size(), read::start)).isSorted();
    }

    private static List<Long> longs(JsonObject columns, String name) {
        List<Long> longs = new ArrayList<>();
        columns.getAsJsonArray(name).forEach(element -> longs.add(element.getAsLong()));
        return longs;
    }

    private static List<Long> column(int size, IntToLongFunction value) {
        return IntStream.range(0, size).mapToLong(value).boxed().toList();
    }
}
