// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What events write into a flight recording. */
class RecorderTest {
    private static final String WAIT = "dev.pharos.Wait";
    private static final String SET = "dev.pharos.Set";
    private static final String CLEAR = "dev.pharos.Clear";

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @TempDir
    Path folder;

    @Test
    void await_released_isRecordedWithinTheSet() throws Exception {
        ThreadEvent event = new ThreadEvent("ready");
        List<RecordedEvent> records = record(() -> {
            Thread waiter = threads.start(() -> event.await());
            threads.awaitBlocked(waiter);
            event.set();
            threads.join(waiter);
        });

        RecordedEvent wait = only(records, WAIT);
        assertThat(fields(wait)).isEqualTo(wait("ready", identity(event), "set", "released", Long.MAX_VALUE));
        RecordedEvent set = only(records, SET);
        assertThat(fields(set)).isEqualTo(change("ready", identity(event), true, 1));
        assertThat(set.getStartTime()).isBetween(wait.getStartTime(), wait.getEndTime());
        assertThat(set.getThread().getJavaName())
                .isEqualTo(Thread.currentThread().getName());
        assertThat(wait.getThread().getJavaName()).isNotEqualTo(set.getThread().getJavaName());
    }

    @Test
    void awaitClear_crowdAndFutureReleased_areCountedByTheClear() throws Exception {
        ThreadEvent event = ThreadEvent.initiallySet();
        List<RecordedEvent> records = record(() -> {
            List<Thread> waiters = threads.start(3, () -> event.awaitClear(1, TimeUnit.HOURS));
            threads.awaitBlocked(waiters);
            CompletableFuture<Void> future = event.whenClear();
            event.clear();
            threads.join(waiters);
            threads.get(future);
        });

        String identity = identity(event);
        assertThat(named(records, WAIT))
                .hasSize(3)
                .allSatisfy(wait -> assertThat(fields(wait))
                        .isEqualTo(wait(identity, identity, "clear", "released", 3_600_000_000_000L)));
        assertThat(fields(only(records, CLEAR))).isEqualTo(change(identity, identity, true, 4));
    }

    @Test
    void await_timedOutOrInterrupted_isRecordedSo() throws Exception {
        ThreadEvent event = new ThreadEvent("late");
        List<RecordedEvent> records = record(() -> {
            assertThat(event.await(1, TimeUnit.NANOSECONDS)).isFalse();
            Thread.currentThread().interrupt();
            assertThatThrownBy(event::await).isInstanceOf(InterruptedException.class);
        });

        assertThat(named(records, WAIT))
                .extracting(RecorderTest::fields)
                .containsExactly(
                        wait("late", identity(event), "set", "timed out", 1L),
                        wait("late", identity(event), "set", "interrupted", Long.MAX_VALUE));
    }

    @Test
    void await_doesNotHaveToWait_isNotRecorded() throws Exception {
        ThreadEvent event = new ThreadEvent("open");
        List<RecordedEvent> records = record(() -> {
            event.set();
            event.await();
            assertThat(event.await(Duration.ofDays(1))).isTrue();
            assertThat(event.awaitClear(0, TimeUnit.SECONDS)).isFalse();
        });

        assertThat(named(records, WAIT)).isEmpty();
    }

    @Test
    void set_redundant_isRecordedAsNoChange() throws Exception {
        ThreadEvent event = new ThreadEvent("twice");
        List<RecordedEvent> records = record(() -> {
            event.clear();
            event.set();
            event.set();
        });

        assertThat(named(records, SET))
                .extracting(RecorderTest::fields)
                .containsExactly(change("twice", identity(event), true, 0), change("twice", identity(event), false, 0));
        assertThat(fields(only(records, CLEAR))).isEqualTo(change("twice", identity(event), false, 0));
    }

    @Test
    void awaitAny_released_isOneRecordThatNamesTheEventReturned() throws Exception {
        ThreadEvent red = new ThreadEvent("red");
        ThreadEvent green = new ThreadEvent("green");
        List<RecordedEvent> records = record(() -> {
            Thread waiter =
                    threads.start(() -> assertThat(Event.awaitAny(red, green)).isSameAs(green));
            threads.awaitBlocked(waiter);
            green.set();
            threads.join(waiter);
        });

        assertThat(fields(only(records, WAIT)))
                .isEqualTo(ofGroup("any", wait("red, green", identity(green), "set", "released", Long.MAX_VALUE)));
        assertThat(fields(only(records, SET))).isEqualTo(change("green", identity(green), true, 1));
    }

    @Test
    void awaitAny_timedOut_namesTheFirstEventsAndCountsTheOthers() throws Exception {
        Event[] events =
                IntStream.range(0, 10).mapToObj(i -> new ThreadEvent("e" + i)).toArray(Event[]::new);
        List<RecordedEvent> records = record(() -> Event.awaitAny(Duration.ofNanos(1), events));

        Map<String, Object> fields = fields(only(records, WAIT));
        assertThat(fields.get("event")).isEqualTo("any of e0, e1, e2, e3, e4, e5, e6, e7 and 2 more");
        assertThat(fields.get("identity")).isNull();
        assertThat(fields.get("outcome")).isEqualTo("timed out");
    }

    @Test
    void awaitAll_released_hasTheIdentitiesOfAll() throws Exception {
        ThreadEvent near = ThreadEvent.initiallySet();
        Event far = new DelegatingEvent(ThreadEvent.initiallySet()) {
            @Override
            public String name() {
                return "zk://far";
            }
        };
        List<RecordedEvent> records = record(() -> Event.awaitAll(near, far));

        assertThat(fields(only(records, WAIT)))
                .isEqualTo(ofGroup(
                        "all",
                        wait(
                                near.name() + ", zk://far",
                                identity(near) + "\nzk://far",
                                "set",
                                "released",
                                Long.MAX_VALUE)));
    }

    @Test
    void awaitAny_negated_isRecordedAsAWaitForClear() throws Exception {
        ThreadEvent red = new ThreadEvent("red");
        ThreadEvent green = ThreadEvent.initiallySet("green");
        List<RecordedEvent> records = record(() -> {
            Thread waiter = threads.start(() -> Event.awaitAny(red, green.negated()));
            threads.awaitBlocked(waiter);
            green.negated().set();
            threads.join(waiter);
        });

        assertThat(fields(only(records, WAIT)))
                .isEqualTo(
                        ofGroup("any", wait("red, not green", identity(green), "clear", "released", Long.MAX_VALUE)));
        assertThat(fields(only(records, CLEAR))).isEqualTo(change("green", identity(green), true, 1));
    }

    @Test
    void awaitAll_negated_marksThoseAmongOthers() throws Exception {
        ThreadEvent red = ThreadEvent.initiallySet("red");
        ThreadEvent green = new ThreadEvent("green");
        assertThat(fields(only(record(() -> Event.awaitAll(red, green.negated())), WAIT)))
                .isEqualTo(ofGroup(
                        "all",
                        wait(
                                "red, not green",
                                identity(red) + "\n\\-" + identity(green),
                                "set",
                                "released",
                                Long.MAX_VALUE)));

        red.clear();
        assertThat(fields(only(record(() -> Event.awaitAll(red.negated(), green.negated())), WAIT)))
                .isEqualTo(ofGroup(
                        "all",
                        wait(
                                "red, green",
                                identity(red) + "\n" + identity(green),
                                "clear",
                                "released",
                                Long.MAX_VALUE)));
    }

    @Test
    void awaitAll_namesWithLineBreaks_haveALineEachInTheIdentity() throws Exception {
        List<Event> events = Stream.of("/run/a\nb", "/run/a\\nb", "/run/c\rd")
                .<Event>map(name -> new DelegatingEvent(ThreadEvent.initiallySet()) {
                    @Override
                    public String name() {
                        return name;
                    }
                })
                .toList();
        List<RecordedEvent> records = record(() -> Event.awaitAll(events.toArray(Event[]::new)));

        assertThat(only(records, WAIT).getString("identity")).isEqualTo("/run/a\\nb\n/run/a\\\\nb\n/run/c\rd");
    }

    @Test
    void await_eventCalledLikeAGroup_isOfNoGroup() throws Exception {
        ThreadEvent event = new ThreadEvent("any of the lamps");
        List<RecordedEvent> records = record(() -> event.await(1, TimeUnit.NANOSECONDS));

        assertThat(fields(only(records, WAIT)))
                .isEqualTo(wait("any of the lamps", identity(event), "set", "timed out", 1L));
    }

    @Test
    void change_twoEventsOfOneHash_areToldApart() throws Exception {
        Map<Integer, ThreadEvent> byHash = new HashMap<>();
        ThreadEvent one = null;
        ThreadEvent other;
        do {
            other = new ThreadEvent();
            one = byHash.put(System.identityHashCode(other), other);
        } while (one == null);
        Event[] both = {one, other};
        List<RecordedEvent> records = record(() -> {
            both[0].set();
            both[1].set();
            both[0].clear();
            both[1].clear();
        });

        List<String> identities =
                records.stream().map(record -> record.getString("identity")).toList();
        assertThat(identities.get(0)).startsWith(identity(one)).isEqualTo(identities.get(2));
        assertThat(identities.get(1)).startsWith(identity(one)).isEqualTo(identities.get(3));
        assertThat(identities.get(0)).isNotEqualTo(identities.get(1));
    }

    @Test
    void change_recorded_doesNotKeepTheEvent() throws Exception {
        List<WeakReference<ThreadEvent>> events = new ArrayList<>();
        record(() -> {
            for (int i = 0; i < 100; i++) {
                ThreadEvent event = new ThreadEvent("gone");
                event.set();
                events.add(new WeakReference<>(event));
            }
        });

        threads.until("they are collected", () -> {
            System.gc();
            return events.stream().allMatch(event -> event.get() == null);
        });
    }

    /** Tools that shrink a program keep the texts of annotations, and give fields new names. */
    @Test
    void records_fields_areNamedByAnnotations() throws Exception {
        assertThat(Stream.of(Class.forName("dev.pharos.jfr.Records").getDeclaredClasses())
                        .filter(jdk.jfr.Event.class::isAssignableFrom)
                        .flatMap(type -> Stream.of(type.getDeclaredFields()))
                        .filter(field -> !Modifier.isPrivate(field.getModifiers()))) // of the flight recorder
                .hasSize(10)
                .allSatisfy(field -> assertThat(field.getAnnotation(Name.class))
                        .isNotNull()
                        .extracting(Name::value)
                        .isEqualTo(field.getName()));
    }

    @Test
    void awaitAny_eventFails_isRecordedSo() throws Exception {
        Event broken = new DelegatingEvent(new ThreadEvent()) {
            @Override
            public CompletableFuture<Void> whenSet(Executor executor) {
                return CompletableFuture.failedFuture(new IllegalStateException("broken"));
            }
        };
        List<RecordedEvent> records =
                record(() -> assertThatThrownBy(() -> Event.awaitAny(broken)).isInstanceOf(CompletionException.class));

        assertThat(fields(only(records, WAIT)).get("outcome")).isEqualTo("failed");
    }

    @Test
    void recording_threshold_leavesOutTheShorterWaits() throws Exception {
        List<RecordedEvent> records = record(
                recording -> recording.enable(WAIT).withThreshold(Duration.ofHours(1)),
                () -> assertThat(new ThreadEvent().await(1, TimeUnit.NANOSECONDS))
                        .isFalse());

        assertThat(records).isEmpty();
    }

    @Test
    void recording_eventSwitchedOff_leavesItOutAndTheOthersIn() throws Exception {
        List<RecordedEvent> records = record(recording -> recording.disable(SET), () -> {
            ThreadEvent event = new ThreadEvent();
            event.set();
            event.clear();
        });

        assertThat(records)
                .extracting(record -> record.getEventType().getName())
                .containsExactly(CLEAR);
    }

    @Test
    void recording_stackTraces_leadToTheCallerOrAreLeftOut() throws Exception {
        ThreadEvent event = new ThreadEvent();
        List<RecordedEvent> records = record(recording -> recording.enable(SET).withoutStackTrace(), () -> {
            event.set();
            changeFromHere(event);
        });

        assertThat(only(records, SET).getStackTrace()).isNull();
        assertThat(only(records, CLEAR).getStackTrace().getFrames())
                .extracting(RecordedFrame::getMethod)
                .extracting(method -> method.getName())
                .contains("clear", "changeFromHere");
    }

    private static void changeFromHere(Event event) {
        event.clear();
    }

    @Test
    void recordings_beforeAndAfterAndBetweenWhichNothingIsRecorded_haveAllTheirOwn() throws Exception {
        ThreadEvent event = new ThreadEvent("now and then");
        event.set();
        for (int i = 0; i < 3; i++) {
            List<RecordedEvent> records = record(() -> {
                event.clear();
                assertThat(event.await(1, TimeUnit.NANOSECONDS)).isFalse();
                event.set();
            });

            assertThat(records)
                    .extracting(record -> record.getEventType().getName())
                    .containsExactly(CLEAR, WAIT, SET);
            event.clear();
            event.set();
        }
    }

    @Test
    void initiallySet_whileRecording_isNotRecordedAsASet() throws Exception {
        assertThat(record(() -> assertThat(ThreadEvent.initiallySet().isSet()).isTrue()))
                .isEmpty();
    }

    @Test
    void jfrMissing_eventsWorkAllTheSame() throws Exception {
        assertThat(run(EveryHook.class, "--limit-modules", "java.base")).isEqualTo("no jdk.jfr, released");
    }

    /** As in a container whose class loaders show only what was asked for. */
    @Test
    void jfrNotShownByTheClassLoader_eventsWorkAllTheSame() throws Exception {
        assertThat(run(InALoaderWithoutJfr.class)).isEqualTo("jdk.jfr, released");
    }

    @Test
    void nothingIsRecorded_firstUse_loadsNothingOfTheRecorder() throws Exception {
        String output = run(EveryHook.class, "-Xlog:class+load");

        assertThat(output).contains("released", "dev.pharos.jfr.Recorder ");
        assertThat(output).doesNotContain("dev.pharos.jfr.Records ").doesNotContain("jdk.jfr.internal.");
    }

    /** What a program prints that runs in a JVM of its own. */
    private static String run(Class<?> program, String... options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** Runs the next program by a class loader that does not find the classes of the recorder. */
    static final class InALoaderWithoutJfr {
        public static void main(String[] args) throws Exception {
            List<URL> path = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
                path.add(Path.of(entry).toUri().toURL());
            }
            ClassLoader loader = new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader()) {
                @Override
                protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                    if (name.startsWith("jdk.jfr.")) {
                        throw new ClassNotFoundException(name);
                    }
                    return super.loadClass(name, resolve);
                }
            };
            Method main = loader.loadClass(EveryHook.class.getName()).getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            main.invoke(null, (Object) args);
        }
    }

    /** A program that uses every hook of the recorder, in a JVM that may not have one. */
    static final class EveryHook {
        public static void main(String[] args) throws Exception {
            System.out.print(ModuleLayer.boot().findModule("jdk.jfr").isPresent() ? "jdk.jfr, " : "no jdk.jfr, ");
            ThreadEvent event = new ThreadEvent();
            Thread setter = new Thread(event::set);
            setter.start();
            event.await();
            event.clear();
            Event.awaitAny(event, ThreadEvent.initiallySet());
            setter.join();
            System.out.print("released");
        }
    }

    private List<RecordedEvent> record(TestThreads.Action action) throws Exception {
        return record(recording -> {}, action);
    }

    /** What is recorded of events while an action runs. */
    private List<RecordedEvent> record(Consumer<Recording> settings, TestThreads.Action action) throws Exception {
        Path file = folder.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            settings.accept(recording);
            recording.start();
            action.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(record -> record.getEventType().getName().startsWith("dev.pharos."))
                .toList();
    }

    private static List<RecordedEvent> named(List<RecordedEvent> records, String name) {
        return records.stream()
                .filter(record -> record.getEventType().getName().equals(name))
                .toList();
    }

    private static RecordedEvent only(List<RecordedEvent> records, String name) {
        List<RecordedEvent> named = named(records, name);
        assertThat(named).hasSize(1);
        return named.get(0);
    }

    /** The fields that are not those of every record. */
    private static Map<String, Object> fields(RecordedEvent record) {
        return record.getFields().stream()
                .map(ValueDescriptor::getName)
                .filter(name -> !List.of("startTime", "duration", "eventThread", "stackTrace")
                        .contains(name))
                .filter(name -> record.getValue(name) != null)
                .collect(Collectors.toMap(name -> name, name -> value(record, name)));
    }

    /** The value of a field; of an identity, what is also in {@code toString}. */
    private static Object value(RecordedEvent record, String name) {
        Object value = record.getValue(name);
        return name.equals("identity") ? value.toString().replaceAll("#\\d+", "") : value;
    }

    /** The fields of a wait for several events. */
    private static Map<String, Object> ofGroup(String group, Map<String, Object> wait) {
        Map<String, Object> fields = new HashMap<>(wait);
        fields.put("group", group);
        fields.put("event", group + " of " + wait.get("event"));
        return fields;
    }

    private static Map<String, Object> wait(
            String event, String identity, String waitsFor, String outcome, long timeout) {
        return Map.of(
                "event", event, "identity", identity, "waitsFor", waitsFor, "outcome", outcome, "timeout", timeout);
    }

    private static Map<String, Object> change(String event, String identity, boolean changed, int released) {
        return Map.of("event", event, "identity", identity, "changed", changed, "released", released);
    }

    /** As in {@code toString} and in thread dumps. */
    private static String identity(ThreadEvent event) {
        return Stream.of(event.toString().split("\\[")).findFirst().orElseThrow();
    }
}
