// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleConsumer;
import jdk.jfr.EventType;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/**
 * Reads a flight recording. Beside {@link LiveRecording} the only class of the command that needs the module jdk.jfr, so
 * that all others work where that is missing.
 */
final class FlightRecording {
    private static final String WAIT = "dev.pharos.Wait";
    private static final String SET = "dev.pharos.Set";
    private static final String CLEAR = "dev.pharos.Clear";

    /** Whose frames tell nobody why a program waits. */
    private static final Set<String> OWN =
            Set.of("dev.pharos", "dev.pharos.jfr", "dev.pharos.process", "dev.pharos.cluster");

    /** How many stacks of a chunk are known by their object, which spares most of what reading takes. */
    private static final int KNOWN = 10_000;

    private final Waits waits = new Waits();
    private final Changes changes = new Changes();
    private final Map<Long, Integer> threads = new HashMap<>();
    private final List<Timeline.Lane> lanes = new ArrayList<>();
    private final Map<String, Integer> events = new HashMap<>();
    private List<Timeline.Source> sources = new ArrayList<>();
    private final Map<String, Integer> stacks = new LinkedHashMap<>();
    private final Map<RecordedStackTrace, Integer> known = new HashMap<>();
    private final Map<List<String>, Integer> labels = new LinkedHashMap<>();
    private final List<int[]> groups = new ArrayList<>();

    /** By the numbers of the types of events: the settings that leave something out. */
    private final Map<Long, Duration> thresholds = new HashMap<>();

    private final Set<Long> disabled = new HashSet<>();
    private long lost;

    private FlightRecording() {}

    /**
     * Reads a recording.
     *
     * @param name what it is called
     * @throws FileSystemException if the file cannot be opened, or is no recording that can be read: with a reason in words
     * @throws IOException if reading fails
     */
    static Timeline read(Path file, String name, DoubleConsumer progress) throws IOException {
        Chunks chunks = Chunks.of(file);
        FlightRecording recording = new FlightRecording();
        Map<String, Long> types = new HashMap<>();
        try (RecordingFile records = new RecordingFile(file)) {
            for (EventType type : records.readEventTypes()) {
                types.put(type.getName(), type.getId());
            }
            for (int i = 0; records.hasMoreEvents(); i++) {
                RecordedEvent record = records.readEvent();
                recording.add(record);
                if (i % 10_000 == 0) {
                    progress.accept(chunks.share(record.getEndTime()));
                }
            }
        } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError | InternalError e) {
            // The parser trusts the file: what a damaged one makes it do ends in any of these.
            throw damaged(file, e);
        }
        try {
            return recording.timeline(name, types);
        } catch (OutOfMemoryError e) {
            throw damaged(file, e);
        }
    }

    private static FileSystemException damaged(Path file, Throwable cause) {
        String reason = cause instanceof OutOfMemoryError
                ? "damaged, or too long for the memory of this Java: JAVA_TOOL_OPTIONS=-Xmx4g gives it more"
                : "damaged: it cannot be read to its end; record again";
        FileSystemException failure = new FileSystemException(file.toString(), null, reason);
        failure.initCause(cause);
        return failure;
    }

    /** The parts of a recording, each of which can be read alone. */
    private record Chunks(long start, long end) {
        private static final int HEADER = 68;
        private static final int MAGIC = 0x464c5200; // FLR and a zero

        /** Reads where they are, and when: what is no recording, or not all of one, ends here. */
        static Chunks of(Path file) throws IOException {
            if (Files.isDirectory(file)) {
                throw bad(file, "a directory; specify a recording");
            } else if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw bad(file, "no regular file; copy it into one first, since it is read more than once");
            }
            try (FileChannel channel = FileChannel.open(file)) {
                long size = channel.size();
                if (size == 0) {
                    throw bad(file, "empty; a recording is written when it is dumped, or when the program ends");
                }
                long start = 0;
                long end = 0;
                long at = 0;
                while (at < size) {
                    ByteBuffer header = ByteBuffer.allocate(HEADER);
                    while (header.hasRemaining() && channel.read(header, at + header.position()) > 0) {}
                    if (at == 0 && (header.position() < 4 || header.getInt(0) != MAGIC)) {
                        throw bad(file, "not a flight recording of Java");
                    }
                    if (header.hasRemaining() || header.getInt(0) != MAGIC || header.getLong(8) > size - at) {
                        throw bad(file, "cut off, or damaged; copy it again, or record again");
                    }
                    if (header.getLong(8) < HEADER) {
                        throw bad(file, "still being written, or its program was killed; jcmd PID JFR.dump writes one");
                    }
                    start = at == 0 ? header.getLong(32) : start;
                    end = header.getLong(32) + header.getLong(40);
                    at += header.getLong(8);
                }
                return new Chunks(start, end);
            }
        }

        private static FileSystemException bad(Path file, String reason) {
            return new FileSystemException(file.toString(), null, reason);
        }

        double share(Instant time) {
            double share = (double) (nanos(time) - start) / Math.max(1, end - start);
            return Math.min(1, Math.max(0, share));
        }
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    /** A text that every record has. */
    private static String text(RecordedEvent record, String field) throws IOException {
        String text = record.getString(field);
        if (text == null) {
            throw new IOException("a record of " + record.getEventType().getName() + " without " + field);
        }
        return text;
    }

    private static String orEmpty(RecordedEvent record, String field) {
        String text = record.getString(field);
        return text == null ? "" : text;
    }

    private void add(RecordedEvent record) throws IOException {
        switch (record.getEventType().getName()) {
            case WAIT -> addWait(record);
            case SET -> addChange(record, false);
            case CLEAR -> addChange(record, true);
            case "jdk.ActiveSetting" -> addSetting(record);
            case "jdk.DataLoss" -> lost += record.getLong("amount");
            default -> {} // of no concern
        }
    }

    private void addWait(RecordedEvent record) throws IOException {
        String name = orEmpty(record, "event");
        String identity = orEmpty(record, "identity"); // none, of a wait for any event of which none ended it
        String outcome = text(record, "outcome");
        boolean all = identity.indexOf('\n') >= 0;
        boolean several = all || name.startsWith("all of ") || name.startsWith("any of ");
        boolean none = all || (several && identity.isEmpty());
        int event = none ? Timeline.NONE : event(identity, several ? "" : name);
        long timeout = record.getLong("timeout");
        int code = Timeline.OUTCOMES.indexOf(outcome);
        if (code < 0) {
            throw new IOException("a wait whose outcome is '" + outcome + "'");
        }
        int wait = waits.add(thread(record.getThread()), nanos(record.getStartTime()), nanos(record.getDuration()));
        waits.event(
                wait,
                event,
                text(record, "waitsFor").equals("clear"),
                timeout == Long.MAX_VALUE ? Timeline.NONE : timeout);
        waits.end(
                wait, code, stack(record.getStackTrace()), several ? label(name, all ? identity : "") : Timeline.NONE);
    }

    private static long nanos(Duration time) {
        return time.getSeconds() * 1_000_000_000L + time.getNano();
    }

    private void addChange(RecordedEvent record, boolean clear) {
        changes.add(
                thread(record.getThread()),
                event(orEmpty(record, "identity"), orEmpty(record, "event")),
                nanos(record.getStartTime()),
                nanos(record.getDuration()),
                clear,
                record.getBoolean("changed"),
                record.getInt("released"),
                stack(record.getStackTrace()));
    }

    private void addSetting(RecordedEvent record) {
        long type = record.getLong("id");
        String value = orEmpty(record, "value");
        switch (orEmpty(record, "name")) {
            case "threshold" -> {
                Duration threshold = threshold(value);
                thresholds.merge(type, threshold, (one, other) -> one.compareTo(other) > 0 ? one : other);
            }
            case "enabled" -> {
                if (value.equals("false")) {
                    disabled.add(type);
                }
            }
            default -> {} // leaves nothing out
        }
    }

    /** A threshold as the JVM writes it: "20 ms", or "0 ns". */
    private static Duration threshold(String value) {
        String[] parts = value.split(" ", 2);
        long count = parts[0].matches("[0-9]{1,15}") ? Long.parseLong(parts[0]) : 0;
        return switch (parts.length < 2 ? "" : parts[1]) {
            case "ns" -> Duration.ofNanos(count);
            case "us" -> Duration.ofNanos(count * 1_000);
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            case "d" -> Duration.ofDays(count);
            default -> Duration.ZERO;
        };
    }

    private int thread(@Nullable RecordedThread thread) {
        long id = thread == null ? -1 : thread.getJavaThreadId();
        Integer number = threads.putIfAbsent(id, lanes.size());
        if (number == null) {
            lanes.add(lane(thread, id));
            return lanes.size() - 1;
        }
        if (thread != null
                && thread.getJavaName() != null
                && !thread.getJavaName().isEmpty()) {
            if (!lanes.get(number).name().equals(thread.getJavaName())) {
                lanes.set(number, lane(thread, id)); // it has a new name
            }
        }
        return number;
    }

    private static Timeline.Lane lane(@Nullable RecordedThread thread, long id) {
        if (thread == null) {
            return new Timeline.Lane("unknown thread", id, false);
        }
        // Since Java 21.
        boolean virtual = thread.hasField("virtual") && thread.getBoolean("virtual");
        String name = thread.getJavaName();
        boolean named = name != null && !name.isEmpty();
        return new Timeline.Lane(named ? name : (virtual ? "virtual thread #" : "thread #") + id, id, virtual);
    }

    /** The number of an event. Its name may come later than its identity; either may be missing. */
    private int event(String identity, String name) {
        String shown = name.isEmpty() ? (identity.isEmpty() ? "unknown event" : identity) : name;
        String key = identity.isEmpty() ? "\n" + shown : identity;
        Integer number = events.putIfAbsent(key, sources.size());
        if (number == null) {
            sources.add(new Timeline.Source(shown, identity));
            return sources.size() - 1;
        }
        if (!name.isEmpty() && sources.get(number).name().equals(identity)) {
            sources.set(number, new Timeline.Source(name, identity));
        }
        return number;
    }

    /**
     * Finds events again that were told by their name alone. JDK 17 loses some of the longer texts where a new chunk begins:
     * they are told without their identity there.
     */
    private void findAgain() {
        Map<String, Integer> byName = new HashMap<>(); // or NONE, if several have the name
        for (int i = 0; i < sources.size(); i++) {
            if (!sources.get(i).identity().isEmpty()) {
                byName.merge(sources.get(i).name(), i, (one, other) -> Timeline.NONE);
            }
        }
        List<Timeline.Source> kept = new ArrayList<>();
        int[] number = new int[sources.size()];
        Arrays.fill(number, Timeline.NONE);
        for (int i = 0; i < number.length; i++) {
            boolean known = !sources.get(i).identity().isEmpty();
            if (known || byName.getOrDefault(sources.get(i).name(), Timeline.NONE) == Timeline.NONE) {
                number[i] = kept.size();
                kept.add(sources.get(i));
            }
        }
        for (int i = 0; i < number.length; i++) {
            if (number[i] == Timeline.NONE) {
                number[i] = number[byName.getOrDefault(sources.get(i).name(), Timeline.NONE)];
            }
        }
        if (kept.size() < sources.size()) {
            sources = kept;
            waits.renumberEvents(number);
            changes.renumberEvents(number);
            groups.replaceAll(group -> Arrays.stream(group).map(i -> number[i]).toArray());
        }
    }

    /** The number of a label: of what several are called, and of all, who they are, a line each. */
    private int label(String name, String identities) {
        Integer number = labels.putIfAbsent(List.of(name, identities), groups.size());
        if (number == null) {
            groups.add(Arrays.stream(identities.split("\n"))
                    .filter(identity -> !identity.isEmpty())
                    .mapToInt(identity -> event(identity, ""))
                    .toArray());
            return groups.size() - 1;
        }
        return number;
    }

    private int stack(@Nullable RecordedStackTrace trace) {
        if (trace == null) {
            return Timeline.NONE;
        }
        Integer number = known.get(trace);
        if (number == null) {
            if (known.size() == KNOWN) {
                known.clear();
            }
            String text = text(trace);
            number = text.isEmpty() ? Timeline.NONE : stacks.computeIfAbsent(text, unused -> stacks.size());
            known.put(trace, number);
        }
        return number;
    }

    private static String text(RecordedStackTrace trace) {
        StringBuilder text = new StringBuilder();
        for (RecordedFrame frame : trace.getFrames()) {
            String type = frame.getMethod().getType().getName();
            boolean own = OWN.contains(type.substring(0, Math.max(0, type.lastIndexOf('.'))));
            if (text.length() > 0 || !own) {
                text.append(text.length() == 0 ? "" : "\n").append(type).append('.');
                text.append(frame.getMethod().getName());
                text.append(frame.getLineNumber() > 0 ? " line " + frame.getLineNumber() : "");
            }
        }
        return text.append(trace.isTruncated() ? "\n..." : "").toString();
    }

    private Timeline timeline(String name, Map<String, Long> types) {
        findAgain();
        List<String> gaps = new ArrayList<>();
        for (String type : List.of(WAIT, SET, CLEAR)) {
            Long id = types.get(type);
            String what = type.substring(type.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT) + "s";
            if (id != null && disabled.contains(id)) {
                gaps.add("no " + what + " were recorded, at least for a time: " + type + "#enabled was false");
            }
            Duration threshold = id == null ? Duration.ZERO : thresholds.getOrDefault(id, Duration.ZERO);
            if (!threshold.isZero()) {
                gaps.add(what + " shorter than " + Axis.shown(threshold.toNanos()) + " are left out: " + type
                        + "#threshold was set");
            }
        }
        if (lost > 0) {
            gaps.add(lost + " bytes of records were lost: the program wrote them faster than they could be kept");
        }
        return new Timeline(
                name,
                lanes,
                sources,
                new ArrayList<>(stacks.keySet()),
                labels.keySet().stream().map(key -> key.get(0)).toList(),
                groups,
                waits,
                changes,
                lost,
                gaps);
    }
}
