// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.IOException;
import java.io.Writer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Writes a timeline as a trace that ui.perfetto.dev and chrome://tracing open, in their JSON: a track for each thread, with
 * a slice for each wait, set and clear, an arrow from each set or clear to the waits that it ended, and a track for each
 * event with the times in which it was set.
 */
final class PerfettoTrace {
    private static final String THREADS = ",\"pid\":1,\"tid\":";

    private final Timeline timeline;
    private final Writer out;
    private boolean first = true;

    /** For each thread, when the slices end that are open, the innermost first: the slices of a thread must nest. */
    private final List<Deque<Long>> open = new ArrayList<>();

    private PerfettoTrace(Timeline timeline, Writer out) {
        this.timeline = timeline;
        this.out = out;
        timeline.threads.forEach(thread -> open.add(new ArrayDeque<>()));
    }

    static void write(Timeline timeline, Writer out) throws IOException {
        new PerfettoTrace(timeline, out).write();
    }

    private void write() throws IOException {
        out.write("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
        name("process_name", "\"pid\":1,\"tid\":0", "threads of " + timeline.recording);
        name("process_name", "\"pid\":2,\"tid\":0", "events");
        for (int i = 0; i < timeline.threads.size(); i++) {
            String thread = "\"pid\":1,\"tid\":" + (i + 1);
            name("thread_name", thread, timeline.threadName(i));
            next().write("{\"ph\":\"M\",\"name\":\"thread_sort_index\"," + thread + ",\"args\":{\"sort_index\":" + i
                    + "}}");
        }
        Waits waits = timeline.waits;
        Changes changes = timeline.changes;
        int wait = 0;
        int change = 0;
        while (wait < waits.size() || change < changes.size()) {
            boolean waitIsNext =
                    change == changes.size() || (wait < waits.size() && waits.start(wait) <= changes.start(change));
            if (waitIsNext) {
                write(wait++);
            } else {
                writeChange(change++);
            }
        }
        writeSetSpans();
        out.write("\n],\"otherData\":{\"start\":\"" + timeline.start + "\"}}\n");
    }

    private void name(String what, String whose, String name) throws IOException {
        next().write("{\"ph\":\"M\",\"name\":\"" + what + "\"," + whose + ",\"args\":{\"name\":");
        Json.quote(out, name);
        out.write("}}");
    }

    private Writer next() throws IOException {
        out.write(first ? "" : ",\n");
        first = false;
        return out;
    }

    private void write(int wait) throws IOException {
        Waits waits = timeline.waits;
        int outcome = waits.outcome(wait);
        String name = "wait for " + timeline.waitedFor(wait) + (waits.clear(wait) ? " to be clear" : "")
                + (outcome == Timeline.RELEASED ? "" : ", " + Timeline.OUTCOMES.get(outcome));
        long start = slice("wait", name, waits.thread(wait), waits.start(wait), waits.end(wait));
        out.write("\"outcome\":\"" + Timeline.OUTCOMES.get(outcome) + "\"");
        if (waits.timeout(wait) != Timeline.NONE) {
            out.write(",\"timeout_ns\":" + waits.timeout(wait));
        }
        end(waits.event(wait), waits.stack(wait));
        int change = waits.change(wait);
        // An arrow starts within a slice, ends within another, and points ahead.
        long arrival = waits.end(wait) - 1;
        if (change != Timeline.NONE && arrival >= Math.max(start, timeline.changes.start(change))) {
            flow("s", wait, timeline.changes.thread(change), timeline.changes.start(change));
            flow("f", wait, waits.thread(wait), arrival);
        }
    }

    private void writeChange(int change) throws IOException {
        Changes changes = timeline.changes;
        String name = (changes.clear(change) ? "clear " : "set ")
                + timeline.eventName(changes.event(change))
                + (changes.changed(change) ? "" : ", redundant");
        slice("change", name, changes.thread(change), changes.start(change), changes.end(change));
        out.write("\"changed\":" + changes.changed(change) + ",\"released\":" + changes.released(change));
        end(changes.event(change), changes.stack(change));
    }

    /** Writes a slice up to its arguments, and returns when it starts: later than given, if another is not over by then. */
    private long slice(String category, String name, int thread, long given, long end) throws IOException {
        Deque<Long> ends = open.get(thread);
        long start = given;
        while (!ends.isEmpty() && ends.getFirst() < end) {
            start = Math.max(start, ends.removeFirst());
        }
        start = Math.min(start, end);
        ends.addFirst(end);
        next().write("{\"ph\":\"X\",\"cat\":\"" + category + "\",\"name\":");
        Json.quote(out, name);
        out.write(",\"ts\":" + micros(start) + ",\"dur\":" + micros(end - start) + THREADS + (thread + 1)
                + ",\"args\":{");
        return start;
    }

    private void end(int event, int stack) throws IOException {
        if (event != Timeline.NONE) {
            out.write(",\"identity\":");
            Json.quote(out, timeline.events.get(event).identity());
        }
        if (stack != Timeline.NONE) {
            out.write(",\"stack\":");
            Json.quote(out, timeline.stacks.get(stack));
        }
        out.write("}}");
    }

    private void flow(String phase, int id, int thread, long time) throws IOException {
        next().write("{\"ph\":\"" + phase + "\",\"cat\":\"release\",\"name\":\"release\",\"id\":" + (id + 1)
                + (phase.equals("f") ? ",\"bp\":\"e\"" : "") + ",\"ts\":" + micros(time) + THREADS + (thread + 1)
                + "}");
    }

    /** Spans of different events overlap, so they are no slices of a thread. */
    private void writeSetSpans() throws IOException {
        List<long[]> spans = new ArrayList<>();
        timeline.setSpans((event, from, to) -> spans.add(new long[] {event, from, to}));
        for (long[] span : spans) {
            span("b", span[0], span[1]);
            span("e", span[0], span[2]);
        }
    }

    private void span(String phase, long event, long time) throws IOException {
        next().write("{\"ph\":\"" + phase + "\",\"cat\":\"is set\",\"id\":" + (event + 1) + ",\"name\":");
        Json.quote(out, timeline.eventName((int) event) + " is set");
        out.write(",\"ts\":" + micros(time) + ",\"pid\":2,\"tid\":0}");
    }

    /** In microseconds, to the nanosecond. */
    private static String micros(long nanos) {
        String digits = Long.toString(nanos % 1000 + 1000).substring(1);
        return nanos / 1000 + "." + digits;
    }
}
