// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/**
 * Who waited for what, for how long, and whose set or clear ended it: what is known of the waits of a program. Times are
 * nanoseconds since the first record began. Rows are in the order in which they began, threads and events in that of their
 * names.
 */
public final class Timeline {
    static final List<String> OUTCOMES = List.of("released", "timed out", "interrupted", "failed");
    static final int RELEASED = 0;
    static final int TIMED_OUT = 1;
    static final int INTERRUPTED = 2;
    static final int FAILED = 3;

    /** What stands for no event, no change, no stack, no label, and no timeout. */
    static final int NONE = -1;

    /**
     * A thread.
     *
     * @param name its last name, or what is shown for one without a name
     */
    record Lane(String name, long id, boolean virtual) {}

    /**
     * An event.
     *
     * @param name its name
     * @param identity what tells it from others
     */
    record Source(String name, String identity) {}

    /** The waits, each a row. */
    static final class Waits {
        private final Table table = new Table(7, 3);

        int size() {
            return table.size();
        }

        int add(int thread, long start, long duration) {
            int wait = table.add();
            table.setInt(0, wait, thread);
            table.setLong(0, wait, start);
            table.setLong(1, wait, duration);
            table.setInt(4, wait, NONE);
            return wait;
        }

        /** For which event, or NONE if it was for several, of which no one has ended it. */
        void event(int wait, int event, boolean clear, long timeout) {
            table.setInt(1, wait, event);
            table.setInt(3, wait, clear ? 1 : 0);
            table.setLong(2, wait, timeout);
        }

        void end(int wait, int outcome, int stack, int label) {
            table.setInt(2, wait, outcome);
            table.setInt(5, wait, stack);
            table.setInt(6, wait, label);
        }

        void renumberEvents(int[] numbers) {
            Timeline.renumber(table, 1, numbers);
        }

        /** The number of the thread that waited. */
        int thread(int wait) {
            return table.getInt(0, wait);
        }

        /** The number of the event, or NONE: see the label. */
        int event(int wait) {
            return table.getInt(1, wait);
        }

        long start(int wait) {
            return table.getLong(0, wait);
        }

        long duration(int wait) {
            return table.getLong(1, wait);
        }

        long end(int wait) {
            return start(wait) + duration(wait);
        }

        /** The number in {@link #OUTCOMES}. */
        int outcome(int wait) {
            return table.getInt(2, wait);
        }

        /** Whether it waited for clear. */
        boolean clear(int wait) {
            return table.getInt(3, wait) != 0;
        }

        /** How long it was to wait at most, or NONE. */
        long timeout(int wait) {
            return table.getLong(2, wait);
        }

        /** The number of the change that ended it, or NONE. */
        int change(int wait) {
            return table.getInt(4, wait);
        }

        int stack(int wait) {
            return table.getInt(5, wait);
        }

        /** For several events: which, as a number of a label. */
        int label(int wait) {
            return table.getInt(6, wait);
        }
    }

    /** The calls of set and clear, each a row. */
    static final class Changes {
        private final Table table = new Table(6, 2);

        int size() {
            return table.size();
        }

        void add(
                int thread,
                int event,
                long start,
                long duration,
                boolean clear,
                boolean changed,
                int released,
                int stack) {
            int change = table.add();
            table.setInt(0, change, thread);
            table.setInt(1, change, event);
            table.setLong(0, change, start);
            table.setLong(1, change, duration);
            table.setInt(2, change, clear ? 1 : 0);
            table.setInt(3, change, changed ? 1 : 0);
            table.setInt(4, change, released);
            table.setInt(5, change, stack);
        }

        void renumberEvents(int[] numbers) {
            Timeline.renumber(table, 1, numbers);
        }

        int thread(int change) {
            return table.getInt(0, change);
        }

        int event(int change) {
            return table.getInt(1, change);
        }

        long start(int change) {
            return table.getLong(0, change);
        }

        long duration(int change) {
            return table.getLong(1, change);
        }

        long end(int change) {
            return start(change) + duration(change);
        }

        boolean clear(int change) {
            return table.getInt(2, change) != 0;
        }

        /** Whether the event was not so already. */
        boolean changed(int change) {
            return table.getInt(3, change) != 0;
        }

        /** How many waited for it. */
        int released(int change) {
            return table.getInt(4, change);
        }

        int stack(int change) {
            return table.getInt(5, change);
        }
    }

    /** The name of the file that was read. */
    final String recording;

    /** When the first record began. */
    final Instant start;

    /** Until the last record ended, in nanoseconds. */
    final long duration;

    /** How many bytes of records the program could not write fast enough. */
    final long lost;

    /** What the recording leaves out, a sentence each. */
    final List<String> gaps;

    final List<Lane> threads;
    final List<Source> events;
    final List<String> stacks;

    /** What waits for several events were for, as in "any of a, b". */
    final List<String> labels;

    final Waits waits;
    final Changes changes;

    /**
     * Sorts and joins what was read.
     *
     * @param threads the threads by the numbers that the rows have
     * @param events likewise
     * @param groups for each label the events of a wait for all of them, or nothing for one that any of them ends
     */
    Timeline(
            String recording,
            List<Lane> threads,
            List<Source> events,
            List<String> stacks,
            List<String> labels,
            List<int[]> groups,
            Waits waits,
            Changes changes,
            long lost,
            List<String> gaps) {
        this.recording = recording;
        this.stacks = List.copyOf(stacks);
        this.labels = List.copyOf(labels);
        this.waits = waits;
        this.changes = changes;
        this.lost = lost;
        this.gaps = List.copyOf(gaps);
        waits.table.sort(0);
        changes.table.sort(0);

        long first = Math.min(
                waits.size() == 0 ? Long.MAX_VALUE : waits.start(0),
                changes.size() == 0 ? Long.MAX_VALUE : changes.start(0));
        long last = first;
        for (int i = 0; i < waits.size(); i++) {
            last = Math.max(last, waits.end(i));
            waits.table.setLong(0, i, waits.start(i) - first);
        }
        for (int i = 0; i < changes.size(); i++) {
            last = Math.max(last, changes.end(i));
            changes.table.setLong(0, i, changes.start(i) - first);
        }
        start = waits.size() + changes.size() == 0 ? Instant.EPOCH : Instant.ofEpochSecond(0, first);
        duration = last - first;

        NaturalOrder order = new NaturalOrder();
        int[] threadOrder = IntStream.range(0, threads.size())
                .boxed()
                .sorted((i, j) -> {
                    int names = order.compare(threads.get(i).name, threads.get(j).name);
                    return names != 0 ? names : Long.compare(threads.get(i).id, threads.get(j).id);
                })
                .mapToInt(Integer::intValue)
                .toArray();
        int[] eventOrder = IntStream.range(0, events.size())
                .boxed()
                .sorted((i, j) -> {
                    int names = order.compare(events.get(i).name, events.get(j).name);
                    return names != 0 ? names : order.compare(events.get(i).identity, events.get(j).identity);
                })
                .mapToInt(Integer::intValue)
                .toArray();
        this.threads = IntStream.of(threadOrder).mapToObj(threads::get).toList();
        this.events = IntStream.of(eventOrder).mapToObj(events::get).toList();
        int[] newThread = inverse(threadOrder);
        int[] newEvent = inverse(eventOrder);
        renumber(waits.table, 0, newThread);
        renumber(changes.table, 0, newThread);
        waits.renumberEvents(newEvent);
        changes.renumberEvents(newEvent);

        ReleaseMatcher matcher = new ReleaseMatcher(waits, changes, events.size());
        for (int i = 0; i < waits.size(); i++) {
            if (waits.outcome(i) == RELEASED) {
                int label = waits.label(i);
                if (waits.event(i) != NONE) {
                    waits.table.setInt(4, i, matcher.one(i, waits.event(i)));
                } else if (label != NONE) {
                    int[] all = IntStream.of(groups.get(label))
                            .map(event -> newEvent[event])
                            .toArray();
                    waits.table.setInt(4, i, matcher.all(i, all));
                }
            }
        }
    }

    private static int[] inverse(int[] order) {
        int[] inverse = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            inverse[order[i]] = i;
        }
        return inverse;
    }

    private static void renumber(Table table, int column, int[] numbers) {
        for (int i = 0; i < table.size(); i++) {
            int old = table.getInt(column, i);
            table.setInt(column, i, old == NONE ? NONE : numbers[old]);
        }
    }

    // What the command asks for

    /**
     * Tells whether recordings can be made and read: whether this Java has the module {@code jdk.jfr}.
     *
     * @return {@code true} if they can
     */
    public static boolean canRecord() {
        return ModuleLayer.boot().findModule("jdk.jfr").isPresent();
    }

    /**
     * Starts a recording of what this process does with events.
     *
     * @return the recording, which is to be closed
     * @throws IOException if this Java cannot record, as where it may not write temporary files
     */
    public static LiveRecording record() throws IOException {
        return LiveRecording.start();
    }

    /**
     * Reads a flight recording.
     *
     * @param recording the file
     * @param progress is told now and then what share of the file has been read, from 0 to 1
     * @return what was recorded
     * @throws java.nio.file.FileSystemException if the file cannot be opened, or is not a recording that can be read: with a
     *     reason in words
     * @throws IOException if reading fails
     */
    public static Timeline read(Path recording, DoubleConsumer progress) throws IOException {
        return FlightRecording.read(recording, String.valueOf(recording.getFileName()), progress);
    }

    /**
     * Returns what the recording leaves out.
     *
     * @return a sentence each
     */
    public List<String> gaps() {
        return gaps;
    }

    /**
     * Tells whether no wait, set or clear was recorded.
     *
     * @return {@code true} if there is none
     */
    public boolean isEmpty() {
        return waits.size() + changes.size() == 0;
    }

    /**
     * Writes a page for a browser: one HTML file, which loads nothing.
     *
     * @param out where to; it is not closed
     * @throws IOException if it cannot be written
     */
    public void writePage(Writer out) throws IOException {
        HtmlPage.write(this, out);
    }

    /**
     * Writes a picture as SVG.
     *
     * @param out where to; it is not closed
     * @throws IOException if it cannot be written
     */
    public void writeSvg(Writer out) throws IOException {
        SvgPicture.write(this, out);
    }

    /**
     * Writes a trace that ui.perfetto.dev opens.
     *
     * @param out where to; it is not closed
     * @throws IOException if it cannot be written
     */
    public void writePerfetto(Writer out) throws IOException {
        PerfettoTrace.write(this, out);
    }

    /**
     * Draws a picture in text.
     *
     * @param canvas what to draw it on
     */
    public void draw(Canvas canvas) {
        TextPicture.print(this, canvas);
    }

    /**
     * Prints a headline, the picture in text, and a summary.
     *
     * @param canvas what to draw it on
     */
    public void print(Canvas canvas) {
        Summary summary = new Summary(this);
        canvas.out().println(Canvas.plain(recording) + ": " + summary.headline());
        canvas.out().println();
        draw(canvas);
        canvas.out().println();
        summary.print(canvas.out());
    }

    /**
     * Returns a summary.
     *
     * @return an object for each event, or several that were waited for together; what was waited for longest comes first
     */
    public List<Json> summary() {
        return new Summary(this).rows.stream().map(Summary.Row::json).toList();
    }

    // What the pictures ask for

    /** What a wait was for. */
    String waitedFor(int wait) {
        int label = waits.label(wait);
        return label == NONE ? events.get(waits.event(wait)).name() : labels.get(label);
    }

    /** Told of a time in which an event was set. */
    interface SetSpans {
        void add(int event, long from, long to);
    }

    /** Tells of all times in which an event was set, as far as they are known. */
    void setSpans(SetSpans spans) {
        // Sets less clears: where a set and a clear overlap, either may have begun first, and the sum is right after
        // both.
        int[] level = new int[events.size()];
        boolean[] seen = new boolean[level.length];
        long[] setAt = new long[level.length];
        for (int i = 0; i < changes.size(); i++) {
            int event = changes.event(i);
            if (changes.changed(i)) {
                if (!seen[event]) {
                    seen[event] = true;
                    level[event] = changes.clear(i) ? 1 : 0; // set since before the first record
                }
                level[event] += changes.clear(i) ? -1 : 1;
                if (!changes.clear(i) && level[event] == 1) {
                    setAt[event] = changes.start(i);
                } else if (changes.clear(i) && level[event] == 0) {
                    spans.add(event, setAt[event], changes.start(i));
                }
            }
        }
        for (int event = 0; event < level.length; event++) {
            if (level[event] > 0) {
                spans.add(event, setAt[event], duration);
            }
        }
    }

    // As JSON, for the page

    /** Writes all of it as a JSON object, a list for each column. The columns called start hold differences. */
    void writeJson(Appendable out) throws IOException {
        out.append("{\"recording\":");
        Json.quote(out, recording);
        out.append(",\"start\":\"").append(start.toString());
        out.append("\",\"duration\":").append(Long.toString(duration));
        out.append(",\"lost\":").append(Long.toString(lost));
        out.append(",\"gaps\":");
        strings(out, gaps);
        out.append(",\"threads\":[");
        for (int i = 0; i < threads.size(); i++) {
            Lane thread = threads.get(i);
            out.append(i == 0 ? "{\"name\":" : ",\n{\"name\":");
            Json.quote(out, thread.name);
            out.append(",\"id\":").append(Long.toString(thread.id));
            out.append(",\"virtual\":").append(Boolean.toString(thread.virtual)).append('}');
        }
        out.append("],\"events\":[");
        for (int i = 0; i < events.size(); i++) {
            out.append(i == 0 ? "{\"name\":" : ",\n{\"name\":");
            Json.quote(out, events.get(i).name);
            out.append(",\"identity\":");
            Json.quote(out, events.get(i).identity);
            out.append('}');
        }
        out.append("],\"stacks\":");
        strings(out, stacks);
        out.append(",\"labels\":");
        strings(out, labels);
        out.append(",\"outcomes\":");
        strings(out, OUTCOMES);
        out.append(",\"waits\":{");
        int size = waits.size();
        column(out, "thread", size, waits::thread);
        column(out.append(','), "event", size, waits::event);
        column(out.append(','), "start", size, i -> waits.start(i) - (i == 0 ? 0 : waits.start(i - 1)));
        column(out.append(','), "duration", size, waits::duration);
        column(out.append(','), "outcome", size, waits::outcome);
        column(out.append(','), "clear", size, i -> waits.clear(i) ? 1 : 0);
        column(out.append(','), "timeout", size, waits::timeout);
        column(out.append(','), "change", size, waits::change);
        column(out.append(','), "stack", size, waits::stack);
        column(out.append(','), "label", size, waits::label);
        out.append("},\"changes\":{");
        size = changes.size();
        column(out, "thread", size, changes::thread);
        column(out.append(','), "event", size, changes::event);
        column(out.append(','), "start", size, i -> changes.start(i) - (i == 0 ? 0 : changes.start(i - 1)));
        column(out.append(','), "duration", size, changes::duration);
        column(out.append(','), "clear", size, i -> changes.clear(i) ? 1 : 0);
        column(out.append(','), "changed", size, i -> changes.changed(i) ? 1 : 0);
        column(out.append(','), "released", size, changes::released);
        column(out.append(','), "stack", size, changes::stack);
        out.append("}}\n");
    }

    private static void strings(Appendable out, List<String> texts) throws IOException {
        out.append('[');
        for (int i = 0; i < texts.size(); i++) {
            out.append(i == 0 ? "" : ",\n");
            Json.quote(out, texts.get(i));
        }
        out.append(']');
    }

    private static void column(Appendable out, String name, int size, IntToLongFunction value) throws IOException {
        out.append('"').append(name).append("\":[");
        for (int i = 0; i < size; i++) {
            out.append(i == 0 ? "" : ",").append(Long.toString(value.applyAsLong(i)));
        }
        out.append(']');
    }
}
