// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import dev.pharos.Event;
import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import jdk.jfr.Recording;

/** Real flight recordings of real threads. */
public final class Recorded {
    private Recorded() {}

    /** Records what is done, in a file, with settings as after -XX:StartFlightRecording. */
    public static Path record(Path file, Map<String, String> settings, TestThreads.Action action) throws Exception {
        try (Recording recording = new Recording()) {
            settings.forEach((name, value) -> recording.setSettings(merge(recording.getSettings(), name, value)));
            recording.start();
            action.run();
            recording.stop();
            recording.dump(file);
        }
        return file;
    }

    private static Map<String, String> merge(Map<String, String> settings, String name, String value) {
        settings.put(name, value);
        return settings;
    }

    public static Path record(Path file, TestThreads.Action action) throws Exception {
        return record(file, Map.of(), action);
    }

    /** What a recording tells. */
    public static Timeline read(Path file) throws IOException {
        return Timeline.read(file, share -> {});
    }

    static Timeline timeline(Path folder, TestThreads.Action action) throws Exception {
        return read(record(folder.resolve("test.jfr"), action));
    }

    /** Begins a new chunk in all recordings that go on. */
    static void rotate() {
        try (Recording other = new Recording()) {
            other.start();
        }
    }

    /**
     * Starts a thread of that name, and waits until it is parked. It has the name from the start: the name that it has then
     * is the one that Java records.
     */
    public static Thread startBlocked(TestThreads threads, String name, TestThreads.Action action) {
        Thread thread = threads.start(name, action);
        threads.awaitBlocked(thread);
        return thread;
    }

    /** Waits of every kind and every outcome, by threads named after them. */
    public static void everyKind(TestThreads threads) throws Exception {
        ThreadEvent ready = new ThreadEvent("ready");
        ThreadEvent stop = new ThreadEvent("stop");
        List<Thread> waiters = List.of(
                startBlocked(threads, "one", () -> ready.await()),
                startBlocked(threads, "any", () -> Event.awaitAny(stop, ready)),
                startBlocked(threads, "all", () -> Event.awaitAll(ready, stop)));
        ready.set();
        threads.join(waiters.subList(0, 2));
        ready.set();
        Thread clear = startBlocked(threads, "clear", () -> ready.awaitClear());
        ready.clear();
        threads.join(clear);
        Thread interrupted = startBlocked(threads, "interrupted", () -> {
            try {
                ready.await();
            } catch (InterruptedException e) {
                return;
            }
            throw new AssertionError("not interrupted");
        });
        interrupted.interrupt();
        threads.join(interrupted);
        threads.join(threads.start("timeout", () -> {
            ready.await(1, TimeUnit.MILLISECONDS);
            Event.awaitAny(Duration.ofMillis(1), ready, stop);
        }));
        stop.set();
        threads.join(waiters);
    }

    public static int waits(Timeline timeline) {
        return timeline.waits.size();
    }

    public static int changes(Timeline timeline) {
        return timeline.changes.size();
    }

    /** How long all waits took together, in nanoseconds. */
    public static long waited(Timeline timeline) {
        return IntStream.range(0, timeline.waits.size())
                .mapToLong(timeline.waits::duration)
                .sum();
    }

    /** The number of the only wait of the thread of that name. */
    static int waitOf(Timeline timeline, String thread) {
        int[] found = IntStream.range(0, timeline.waits.size())
                .filter(i ->
                        timeline.threads.get(timeline.waits.thread(i)).name().equals(thread))
                .toArray();
        if (found.length != 1) {
            throw new AssertionError(thread + " has the waits " + Arrays.toString(found) + " of " + timeline.threads);
        }
        return found[0];
    }
}
