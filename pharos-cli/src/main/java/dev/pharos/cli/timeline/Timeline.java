// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Who waited for what, for how long, and whose set or clear ended it: what is known of the waits of a program. Times are
 * nanoseconds since the first record began. Waits and changes are in the order in which they began.
 *
 * <p>What a picture shows is decided here, once for all pictures: which rows there are and what they are called, when an
 * event was set, and which change ended a wait.
 */
public final class Timeline {
    static final List<String> OUTCOMES = List.of("released", "timed out", "interrupted", "failed");
    static final int RELEASED = 0;
    static final int TIMED_OUT = 1;
    static final int INTERRUPTED = 2;
    static final int FAILED = 3;

    /** The package of an object's class, where its identity stands for a name. */
    private static final Pattern OBJECT = Pattern.compile("(?<![^ ])(?:[\\w$]+\\.)+(?=[\\w$]+@[0-9a-f]+(?:,|$| and ))");

    /** The class of an object, before its hash and number, where its identity tells events of one name apart. */
    private static final Pattern CLASS = Pattern.compile("^[\\w$.]+@(?=[0-9a-f]+(?:#\\d+)?$)");

    /** What stands for no event, no change, no stack, no label, and no timeout. */
    static final int NONE = -1;

    /**
     * A thread.
     *
     * @param name its last name, or what stands for one
     */
    record Lane(String name, long id, boolean virtual) {}

    /**
     * An event.
     *
     * @param name its name
     * @param identity what tells it from others
     */
    record Source(String name, String identity) {}

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

    /** In the order of the rows that show them. */
    final List<Lane> threads;

    /** In the order of the rows that show them. */
    final List<Source> events;

    final List<String> stacks;

    /** What waits for several events were for, as in "any of a, b". */
    final List<String> labels;

    final Waits waits;
    final Changes changes;

    /** When the events were set. */
    final SetTimes setTimes;

    /** Which rows every picture has. */
    final Rows threadRows;

    final Rows eventRows;

    private final List<String> threadNames;
    private final List<String> eventNames;

    /**
     * Sorts and joins what was read.
     *
     * @param threads the threads by the numbers that the rows have
     * @param events likewise
     * @param groups for each label the events of a wait for all of them, or nothing for one that any of them ends; the
     *     complement of the number of an event that was to be clear where others were to be set
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
        this.labels = labels.stream().map(Timeline::shortName).toList();
        this.waits = waits;
        this.changes = changes;
        this.lost = lost;
        this.gaps = List.copyOf(gaps);
        waits.sort();
        changes.sort();

        long[] firstOfThread = new long[threads.size()];
        long[] firstOfEvent = new long[events.size()];
        Arrays.fill(firstOfThread, Long.MAX_VALUE);
        Arrays.fill(firstOfEvent, Long.MAX_VALUE);
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (int i = 0; i < waits.size(); i++) {
            firstOfThread[waits.thread(i)] = Math.min(firstOfThread[waits.thread(i)], waits.start(i));
            if (waits.event(i) != NONE) {
                firstOfEvent[waits.event(i)] = Math.min(firstOfEvent[waits.event(i)], waits.start(i));
            }
            first = Math.min(first, waits.start(i));
            last = Math.max(last, waits.end(i));
        }
        for (int i = 0; i < changes.size(); i++) {
            firstOfThread[changes.thread(i)] = Math.min(firstOfThread[changes.thread(i)], changes.start(i));
            firstOfEvent[changes.event(i)] = Math.min(firstOfEvent[changes.event(i)], changes.start(i));
            first = Math.min(first, changes.start(i));
            last = Math.max(last, changes.end(i));
        }
        start = isEmpty() ? Instant.EPOCH : Instant.ofEpochSecond(0, first);
        duration = isEmpty() ? 0 : last - first;
        waits.shift(-first);
        changes.shift(-first);

        List<String> names = threads.stream().map(Lane::name).toList();
        int[] order = Rows.order(names, firstOfThread, Comparator.comparing(i -> threads.get(i).id));
        this.threads = IntStream.of(order).mapToObj(threads::get).toList();
        names = this.threads.stream().map(Lane::name).toList();
        threadNames = distinct(
                names,
                this.threads.stream().map(thread -> Long.toString(thread.id)).toList());
        threadRows = Rows.of(names, threadNames);
        int[] numbers = inverse(order, threads.size());
        waits.renumberThreads(numbers);
        changes.renumberThreads(numbers);

        names = events.stream().map(event -> shortName(event.name)).toList();
        order = Rows.order(names, firstOfEvent, Comparator.comparing(i -> events.get(i).identity));
        this.events = IntStream.of(order).mapToObj(events::get).toList();
        names = IntStream.of(order).mapToObj(names::get).toList();
        eventNames = distinct(
                names,
                this.events.stream()
                        .map(event -> CLASS.matcher(event.identity).replaceFirst(""))
                        .toList());
        eventRows = Rows.of(names, eventNames);
        numbers = inverse(order, events.size());
        waits.renumberEvents(numbers);
        changes.renumberEvents(numbers);

        ReleaseMatcher matcher = new ReleaseMatcher(waits, changes, this.events.size());
        for (int i = 0; i < waits.size(); i++) {
            if (waits.outcome(i) == RELEASED) {
                int label = waits.label(i);
                if (waits.event(i) != NONE) {
                    waits.endedBy(i, matcher.one(i, waits.event(i)));
                } else if (label != NONE) {
                    waits.endedBy(i, matcher.all(i, renumbered(groups.get(label), numbers)));
                }
            }
        }
        setTimes = new SetTimes(waits, changes, this.events.size());
    }

    /** The new numbers by the old ones, or NONE for what is left out. */
    private static int[] inverse(int[] order, int size) {
        int[] inverse = new int[size];
        Arrays.fill(inverse, NONE);
        for (int i = 0; i < order.length; i++) {
            inverse[order[i]] = i;
        }
        return inverse;
    }

    private static int[] renumbered(int[] old, int[] numbers) {
        return IntStream.of(old)
                .filter(number -> numbers[number < 0 ? ~number : number] != NONE)
                .map(number -> number < 0 ? ~numbers[~number] : numbers[number])
                .toArray();
    }

    /** A name in which the identity of an object goes without the package of its class. */
    private static String shortName(String name) {
        return OBJECT.matcher(name).replaceAll("");
    }

    /** Names, with a mark where several are the same. */
    private static List<String> distinct(List<String> names, List<String> marks) {
        Map<String, Integer> count = new HashMap<>();
        names.forEach(name -> count.merge(name, 1, Integer::sum));
        return IntStream.range(0, names.size())
                .mapToObj(i -> names.get(i)
                        + (count.getOrDefault(names.get(i), 0) < 2
                                        || marks.get(i).isEmpty()
                                ? ""
                                : " (" + marks.get(i) + ")"))
                .toList();
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

    /** What a thread is called; no other is called so. */
    String threadName(int thread) {
        return threadNames.get(thread);
    }

    /** What an event is called; no other is called so. */
    String eventName(int event) {
        return eventNames.get(event);
    }

    /** What a wait was for. */
    String waitedFor(int wait) {
        int label = waits.label(wait);
        return label == NONE ? eventName(waits.event(wait)) : labels.get(label);
    }

    /** The rows of the threads, of which those count that wait most. */
    Rows threadRows(int limit) {
        long[] weights = new long[threads.size()];
        for (int i = 0; i < waits.size(); i++) {
            weights[waits.thread(i)] += waits.duration(i);
        }
        return threadRows.most(limit, weights);
    }

    /** The rows of the events, of which those count that are waited for most. */
    Rows eventRows(int limit) {
        long[] weights = new long[events.size()];
        for (int i = 0; i < waits.size(); i++) {
            if (waits.event(i) != NONE) {
                weights[waits.event(i)] += waits.duration(i);
            }
        }
        return eventRows.most(limit, weights);
    }

    /** Told of a time in which an event was set. */
    interface SetSpans {
        void add(int event, long from, long to);
    }

    /** Tells of all times in which an event was set, as far as they are in the recording. */
    void setSpans(SetSpans spans) {
        for (int event = 0; event < events.size(); event++) {
            boolean set = setTimes.before(event);
            long from = 0;
            for (long turn : setTimes.turns(event)) {
                if (set) {
                    spans.add(event, from, turn);
                }
                set = !set;
                from = turn;
            }
            if (set) {
                spans.add(event, from, duration);
            }
        }
    }
}
