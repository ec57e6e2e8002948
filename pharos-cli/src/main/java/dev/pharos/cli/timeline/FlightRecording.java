// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleConsumer;
import java.util.regex.Pattern;
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
    private static final String PREFIX = "dev.pharos.";
    private static final String WAIT = PREFIX + "Wait";
    private static final String SET = PREFIX + "Set";
    private static final String CLEAR = PREFIX + "Clear";

    /** The fields of the records, as far as all versions have them. */
    private static final Map<String, List<String>> FIELDS = Map.of(
            WAIT, List.of("event", "identity", "waitsFor", "outcome", "timeout"),
            SET, List.of("event", "identity", "changed", "released"),
            CLEAR, List.of("event", "identity", "changed", "released"));

    /** Before what is wrong with a type of records. */
    private static final String STRANGE = "?";

    /** The class of the uppermost frame of each record, below the package of Pharos, wherever a tool has put that. */
    private static final String TOP = ".jfr.Records";

    /** The packages whose frames tell nobody why a program waits. */
    private static final Set<String> OWN = Set.of("", ".jfr", ".spi", ".process", ".cluster");

    /** The class that runs a wait in a thread of its pool, between such frames. */
    private static final String POOL = "java.util.concurrent.ForkJoinPool";

    /** What an identity has besides the class and the hash of an object, since two may have the same hash. */
    private static final Pattern NUMBER = Pattern.compile("(?<=@[0-9a-f]{1,8})#\\d+$");

    /** Before the identity of an event that was to be clear, of a wait for all of several of which others were to be set. */
    private static final String TO_BE_CLEAR = "\\-";

    private static final Pattern ESCAPED = Pattern.compile("\\\\[\\\\n]");

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
    private final Map<Label, Integer> labels = new LinkedHashMap<>();
    private final List<int[]> groups = new ArrayList<>();

    /** By the numbers of the types of events: the settings that leave something out. */
    private final Map<Long, Duration> thresholds = new HashMap<>();

    private final Set<Long> disabled = new HashSet<>();
    private long lost;

    /** What is wrong with records that look like those of Pharos. */
    private final Set<String> strange = new LinkedHashSet<>();

    /** What stands for the types of records by their names. */
    private final Map<String, String> kinds = new HashMap<>();

    /** When the first wait or change began, and when the last ended. */
    private long first = Long.MAX_VALUE;

    private long last = Long.MIN_VALUE;

    private FlightRecording() {}

    /** What a wait for several was for, and the events if it was for all. */
    private record Label(String name, List<Member> members) {}

    /** One of several events, and whether it was to be clear although others were to be set. */
    private record Member(String identity, boolean negated) {}

    /**
     * Reads a recording.
     *
     * @param name what it is called
     * @throws FileSystemException if the file cannot be opened, or is no recording that can be read: with a reason in words
     * @throws IOException if reading fails
     */
    static Timeline read(Path file, String name, DoubleConsumer progress) throws IOException {
        Chunks chunks = Chunks.of(file);
        if (chunks.gap == null) {
            return read(file, file, name, chunks, progress);
        }
        Path copy = Files.createTempFile("pharos", ".jfr");
        try {
            chunks.copy(file, copy);
            return read(copy, file, name, chunks, progress);
        } finally {
            Files.delete(copy);
        }
    }

    /** Reads a recording, or a copy of what can be read of it. */
    private static Timeline read(Path from, Path file, String name, Chunks chunks, DoubleConsumer progress)
            throws IOException {
        FlightRecording recording = new FlightRecording();
        Map<String, List<Long>> types = new HashMap<>();
        String end = chunks.gap;
        try (RecordingFile records = new RecordingFile(from)) {
            for (EventType type : records.readEventTypes()) {
                types.computeIfAbsent(recording.kind(type), kind -> new ArrayList<>())
                        .add(type.getId());
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
            if (recording.waits.size() + recording.changes.size() == 0 || e instanceof OutOfMemoryError) {
                throw damaged(file, e);
            }
            end = "damaged";
        }
        if (recording.last < recording.first && !recording.strange.isEmpty()) {
            throw Chunks.bad(file, recording.strange.iterator().next());
        }
        try {
            return recording.timeline(name, types, end);
        } catch (OutOfMemoryError e) {
            throw damaged(file, e);
        }
    }

    private static FileSystemException damaged(Path file, Throwable cause) {
        String reason = cause instanceof OutOfMemoryError
                ? "damaged, or too long for the memory of this Java: JAVA_TOOL_OPTIONS=-Xmx4g gives it more"
                : "damaged: it cannot be read to its end; record again";
        FileSystemException failure = Chunks.bad(file, reason);
        failure.initCause(cause);
        return failure;
    }

    /**
     * The parts of a recording, each of which can be read alone.
     *
     * @param start when the first began
     * @param end when the last ended
     * @param offsets where they are, and where the last of them ends
     * @param gap why this is not all of the recording, or not all of a part; null if it is
     */
    private record Chunks(
            long start,
            long end,
            List<Long> offsets,
            @Nullable String gap) {
        private static final int HEADER = 68;
        private static final int MAGIC = 0x464c5200; // FLR and a zero

        /** Where the header has the state of a chunk: zero once it is complete, before that the number of its flushes. */
        private static final int STATE = 64;

        private static final String CUT_OFF = "cut off, or damaged";
        private static final String ASSEMBLE = "; of a program that was killed, jfr assemble writes one";
        private static final String KILLED = "its program was killed, or still runs";

        /** Reads where they are, and when: what is no recording, or has no part that can be read, ends here. */
        static Chunks of(Path file) throws IOException {
            if (Files.isDirectory(file)) {
                throw bad(file, "a directory; specify a recording" + ASSEMBLE);
            } else if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw bad(file, "no regular file; copy it into one first, since it is read more than once");
            }
            try (FileChannel channel = FileChannel.open(file)) {
                long size = channel.size();
                if (size == 0) {
                    throw bad(
                            file,
                            "empty; a recording is written when it is dumped, or when the program ends" + ASSEMBLE);
                }
                long start = 0;
                long end = 0;
                String gap = null;
                List<Long> offsets = new ArrayList<>(List.of(0L));
                for (long at = 0; at < size; at = offsets.get(offsets.size() - 1)) {
                    ByteBuffer header = ByteBuffer.allocate(HEADER);
                    while (header.hasRemaining() && channel.read(header, at + header.position()) > 0) {}
                    if (at == 0 && (header.position() < 4 || header.getInt(0) != MAGIC)) {
                        throw bad(file, "not a flight recording of Java");
                    }
                    boolean cutOff =
                            header.hasRemaining() || header.getInt(0) != MAGIC || header.getLong(8) > size - at;
                    if (cutOff || header.getLong(8) < HEADER) {
                        if (at == 0) {
                            throw bad(
                                    file,
                                    cutOff
                                            ? CUT_OFF + "; copy it again, or record again"
                                            : "still being written; jcmd PID JFR.dump writes a recording" + ASSEMBLE);
                        }
                        gap = cutOff && gap == null ? CUT_OFF : KILLED;
                        break;
                    }
                    gap = header.get(STATE) != 0 ? KILLED : gap;
                    start = at == 0 ? header.getLong(32) : start;
                    end = header.getLong(32) + header.getLong(40);
                    offsets.add(at + header.getLong(8));
                }
                return new Chunks(start, end, List.copyOf(offsets), gap);
            }
        }

        /** Copies them, as if all were complete: JDK 25 reads no other to its end. */
        void copy(Path from, Path to) throws IOException {
            try (FileChannel in = FileChannel.open(from);
                    FileChannel out = FileChannel.open(to, StandardOpenOption.WRITE)) {
                long size = offsets.get(offsets.size() - 1);
                for (long at = 0; at < size; at += in.transferTo(at, size - at, out)) {}
                for (long at : offsets.subList(0, offsets.size() - 1)) {
                    out.write(ByteBuffer.allocate(1), at + STATE);
                }
            }
        }

        static FileSystemException bad(Path file, String reason) {
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
        String kind = kind(record.getEventType());
        switch (kind) {
            case WAIT -> addWait(record);
            case SET -> addChange(record, false);
            case CLEAR -> addChange(record, true);
            case "jdk.ActiveSetting" -> addSetting(record);
            case "jdk.DataLoss" -> lost += record.getLong("amount");
            default -> {
                if (kind.startsWith(STRANGE)) {
                    strange.add(kind.substring(STRANGE.length()));
                }
            }
        }
    }

    /** The name of a type of records; of one of Pharos, the name without what a tool that relocates packages made of it. */
    private String kind(EventType type) {
        String known = kinds.get(type.getName());
        if (known != null) {
            return known;
        }
        String kind = type.getName();
        String simple = kind.substring(kind.lastIndexOf('.') + 1);
        if (type.getCategoryNames().equals(List.of("Pharos")) && FIELDS.containsKey(PREFIX + simple)) {
            kind = PREFIX + simple;
        }
        for (String field : FIELDS.getOrDefault(kind, List.of())) {
            if (type.getField(field) == null) {
                kind = STRANGE + "the records " + type.getName() + " have no field '" + field
                        + "': a tool has removed or renamed it; let it keep the fields that have a jdk.jfr.Name";
                break;
            }
        }
        kinds.put(type.getName(), kind);
        return kind;
    }

    private void addWait(RecordedEvent record) throws IOException {
        String name = orEmpty(record, "event");
        String identity = orEmpty(record, "identity"); // none, of a wait for any event of which none ended it
        String outcome = text(record, "outcome");
        boolean clear = text(record, "waitsFor").equals("clear");
        List<Member> members = null;
        boolean several;
        if (record.hasField("group")) {
            String group = orEmpty(record, "group");
            several = !group.isEmpty();
            members = group.equals("all") ? members(identity) : null;
        } else { // of a version before that field
            several = identity.indexOf('\n') >= 0 || name.startsWith("all of ") || name.startsWith("any of ");
            members = identity.indexOf('\n') < 0
                    ? null
                    : Arrays.stream(identity.split("\n"))
                            .map(line -> new Member(line, false))
                            .toList();
        }
        long timeout = record.getLong("timeout");
        int code = Timeline.OUTCOMES.indexOf(outcome);
        if (code < 0) {
            throw new IOException("a wait whose outcome is '" + outcome + "'");
        }
        int thread = thread(record.getThread());
        int stack = stack(record.getStackTrace());
        boolean none = members != null || (several && identity.isEmpty());
        int event = none ? Timeline.NONE : event(identity, several ? "" : name);
        int label = several ? label(name, members == null ? List.of() : members) : Timeline.NONE;
        seen(record);
        int wait = waits.add(thread, nanos(record.getStartTime()), nanos(record.getDuration()));
        waits.event(wait, event, clear, timeout == Long.MAX_VALUE ? Timeline.NONE : timeout);
        waits.end(wait, code, stack, label);
    }

    /** The events of a wait for all of them: one per line, with line breaks and backslashes escaped. */
    private static List<Member> members(String identity) {
        return Arrays.stream(identity.split("\n", -1))
                .map(FlightRecording::member)
                .toList();
    }

    private static Member member(String line) {
        boolean negated = line.startsWith(TO_BE_CLEAR);
        String escaped = negated ? line.substring(TO_BE_CLEAR.length()) : line;
        String identity =
                ESCAPED.matcher(escaped).replaceAll(match -> match.group().equals("\\n") ? "\n" : "\\\\");
        return new Member(identity, negated);
    }

    private void seen(RecordedEvent record) {
        first = Math.min(first, nanos(record.getStartTime()));
        last = Math.max(last, nanos(record.getEndTime()));
    }

    private static long nanos(Duration time) {
        return time.getSeconds() * 1_000_000_000L + time.getNano();
    }

    private void addChange(RecordedEvent record, boolean clear) {
        seen(record);
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
        String object = NUMBER.matcher(identity).replaceFirst("");
        String shown = name.isEmpty() ? (identity.isEmpty() ? "unknown event" : object) : name;
        String key = identity.isEmpty() ? "\n" + shown : identity;
        Integer number = events.putIfAbsent(key, sources.size());
        if (number == null) {
            sources.add(new Timeline.Source(shown, identity));
            return sources.size() - 1;
        }
        if (!name.isEmpty() && sources.get(number).name().equals(object)) {
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
            groups.replaceAll(group -> Arrays.stream(group)
                    .map(i -> i < 0 ? ~number[~i] : number[i])
                    .toArray());
        }
    }

    /** The number of a label: of what several are called, and of all, who they are. */
    private int label(String name, List<Member> members) {
        Integer number = labels.putIfAbsent(new Label(name, members), groups.size());
        if (number == null) {
            groups.add(members.stream()
                    .filter(member -> !member.identity.isEmpty())
                    .mapToInt(member -> member.negated ? ~event(member.identity, "") : event(member.identity, ""))
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
        String root = "dev.pharos";
        for (RecordedFrame frame : trace.getFrames()) {
            String type = frame.getMethod().getType().getName();
            if (text.length() == 0 && type.endsWith(TOP)) {
                root = type.substring(0, type.length() - TOP.length());
            }
            if (text.length() > 0 || !isOwn(type, root)) {
                text.append(text.length() == 0 ? "" : "\n").append(type).append('.');
                text.append(frame.getMethod().getName());
                text.append(frame.getLineNumber() > 0 ? " line " + frame.getLineNumber() : "");
            }
        }
        return text.append(trace.isTruncated() ? "\n..." : "").toString();
    }

    private static boolean isOwn(String type, String root) {
        String in = type.substring(0, Math.max(0, type.lastIndexOf('.')));
        return type.equals(POOL) || (in.startsWith(root) && OWN.contains(in.substring(root.length())));
    }

    private Timeline timeline(String name, Map<String, List<Long>> types, @Nullable String end) {
        findAgain();
        List<String> gaps = new ArrayList<>(strange);
        if (end != null && last >= first) {
            gaps.add(end + ": the records that can be read end at " + Axis.shown(last - first)
                    + ", and some before that may be missing");
        }
        for (String type : List.of(WAIT, SET, CLEAR)) {
            List<Long> ids = types.getOrDefault(type, List.of());
            String what = type.substring(type.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT) + "s";
            if (ids.stream().anyMatch(disabled::contains)) {
                gaps.add("no " + what + " were recorded, at least for a time: " + type + "#enabled was false");
            }
            Duration threshold = ids.stream()
                    .map(id -> thresholds.getOrDefault(id, Duration.ZERO))
                    .max(Comparator.naturalOrder())
                    .orElse(Duration.ZERO);
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
                labels.keySet().stream().map(Label::name).toList(),
                groups,
                waits,
                changes,
                lost,
                gaps);
    }
}
