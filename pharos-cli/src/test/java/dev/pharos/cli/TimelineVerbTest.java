// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import dev.pharos.cli.timeline.Recorded;
import dev.pharos.cli.timeline.Timeline;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The verb, with real recordings, and with files that are none. */
class TimelineVerbTest {
    private static final String DAMAGED = "damaged: it cannot be read to its end; record again";
    private static final String NOTHING = "contains no wait, set or clear of an event; record the program with"
            + " java -XX:StartFlightRecording:filename=app.jfr";
    private static final String ASSEMBLE = "; of a program that was killed, jfr assemble writes one";
    private static final String UNFINISHED = "still being written; jcmd PID JFR.dump writes a recording" + ASSEMBLE;
    private static final String CUT_OFF = "cut off, or damaged; copy it again, or record again";

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @TempDir
    private static Path recordings;

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Path recording;

    @BeforeAll
    static void record() throws Exception {
        Recorded.record(recordings.resolve("app.jfr"), () -> Recorded.everyKind(new TestThreads()));
    }

    @BeforeEach
    void copy() throws Exception {
        recording = Files.copy(recordings.resolve("app.jfr"), folder.resolve("app.jfr"));
    }

    private int timeline(Object... args) {
        out.reset();
        err.reset();
        List<String> line = new ArrayList<>(List.of("timeline"));
        for (Object arg : args) {
            line.add(arg.toString());
        }
        return Main.run(Terminal.of(print(out), print(err)), line.toArray(new String[0]));
    }

    private static PrintStream print(OutputStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void timeline_noOption_makesAPageBesideTheRecordingAndPrintsItsName() {
        assertThat(timeline(recording)).isEqualTo(ExitCode.DONE.status);

        assertThat(out()).isEqualTo(folder.resolve("app.html") + "\n");
        assertThat(err()).isEmpty();
        assertThat(folder.resolve("app.html")).content().startsWithIgnoringCase("<!doctype html>");
    }

    @Test
    void timeline_severalOutputs_makesThemAllAndIsSilent() {
        Path page = folder.resolve("page.html");
        Path svg = folder.resolve("picture.svg");
        Path trace = folder.resolve("trace.json");
        assertThat(timeline("-o", page, "--svg", svg, "--perfetto", trace, recording))
                .isZero();
        assertThat(timeline("-o", page, "--svg", svg, "--perfetto", trace, recording))
                .isZero(); // over them

        assertThat(out() + err()).isEmpty();
        assertThat(List.of(page, svg, trace))
                .allSatisfy(file -> assertThat(file).isNotEmptyFile());
        assertThat(folder.resolve("app.html")).doesNotExist();
    }

    @Test
    void timeline_text_drawsAndPrintsASummary() {
        assertThat(timeline("--text", recording)).isZero();

        assertThat(out().lines().findFirst())
                .hasValueSatisfying(line -> assertThat(line)
                        .matches("app\\.jfr: 7 waits and 4 changes of 2 events by 7 threads in .* m?s"));
        assertThat(out())
                .contains("\nlongest waits\n", "\ntimeouts\n", "\nsets of what was set already\n")
                .containsPattern("(?m) at .*  one for ready, released by "
                        + Thread.currentThread().getName() + "$")
                .containsPattern(
                        "(?m)^        1  ready, in dev\\.pharos\\.cli\\.timeline\\.Recorded\\.everyKind line \\d+$");
        assertThat(err()).isEmpty();
    }

    @Test
    void timeline_json_hasTheNumbersOfTheRecording() throws Exception {
        assertThat(timeline("--json", recording)).isZero();

        Timeline timeline = Recorded.read(recording);
        List<JsonObject> rows = out().lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        assertThat(rows)
                .extracting(row -> row.get("event").getAsString())
                .containsExactlyInAnyOrder("ready", "stop", "all of ready, stop", "any of ready, stop");
        assertThat(rows)
                .extracting(row -> row.get("waited_ns").getAsLong())
                .isSortedAccordingTo((a, b) -> Long.compare(b, a));
        assertThat(rows.stream()
                        .mapToLong(row -> row.get("waited_ns").getAsLong())
                        .sum())
                .isEqualTo(Recorded.waited(timeline));
        JsonObject ready = rows.stream()
                .filter(row -> row.get("event").getAsString().equals("ready"))
                .findFirst()
                .orElseThrow();
        ready.remove("waited_ns");
        ready.remove("longest_ns");
        ready.remove("identity");
        assertThat(ready)
                .hasToString("{\"event\":\"ready\",\"waits\":5,\"timeouts\":1,\"interrupts\":1,\"sets\":2,"
                        + "\"redundant_sets\":1,\"clears\":1,\"released\":4}");
    }

    @Test
    void timeline_settingsThatLeaveSomethingOut_areTold() throws Exception {
        Map<String, String> settings = Map.of("jdk.ActiveSetting#enabled", "true", "dev.pharos.Wait#threshold", "1 h");
        Path file = Recorded.record(folder.resolve("short.jfr"), settings, () -> Recorded.everyKind(threads));
        assertThat(timeline("--json", file)).isZero();

        assertThat(err())
                .isEqualTo("pharos: " + file
                        + ": waits shorter than 3600 s are left out: dev.pharos.Wait#threshold was set\n");
    }

    @Test
    void timeline_recordingWithoutEvents_saysHowToMakeOne() throws Exception {
        Path file = Recorded.record(folder.resolve("idle.jfr"), () -> {});

        assertFails(file, NOTHING);
        assertThat(folder.resolve("idle.html")).doesNotExist();
    }

    private void assertFails(Path file, String reason) {
        assertThat(timeline(file)).as(reason).isEqualTo(ExitCode.FAILED.status);
        assertThat(err()).isEqualTo("pharos: " + file + ": " + reason + "\n");
        assertThat(out()).isEmpty();
    }

    private Path file(String name, byte[] bytes) throws Exception {
        return Files.write(folder.resolve(name), bytes);
    }

    @Test
    void timeline_noRecording_saysWhatItIs() throws Exception {
        byte[] random = new byte[10_000];
        new Random(1).nextBytes(random);
        assertFails(
                file("empty", new byte[0]),
                "empty; a recording is written when it is dumped, or when the program ends" + ASSEMBLE);
        assertFails(file("random", random), "not a flight recording of Java");
        assertFails(file("short", new byte[] {'F', 'L'}), "not a flight recording of Java");
        assertFails(file("text", "hello\n".getBytes(StandardCharsets.UTF_8)), "not a flight recording of Java");
        assertFails(file("magic", new byte[] {'F', 'L', 'R', 0}), CUT_OFF);
        assertFails(folder, "a directory; specify a recording" + ASSEMBLE);
        assertFails(folder.resolve("missing"), "does not exist");
        if (Files.exists(Path.of("/dev/zero"))) {
            assertFails(
                    Path.of("/dev/zero"), "no regular file; copy it into one first, since it is read more than once");
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.0001, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.9999})
    void timeline_cutOffRecording_saysSo(double share) throws Exception {
        byte[] whole = Files.readAllBytes(recording);
        byte[] part = Arrays.copyOf(whole, (int) (whole.length * share));

        assertFails(file("cut.jfr", part), CUT_OFF);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.0001, 0.1, 0.5, 0.9, 0.9999})
    void timeline_secondChunkIsCutOff_drawsTheFirstAndSaysWhereItEnds(double share) throws Exception {
        byte[] first = Files.readAllBytes(recording);
        byte[] both = Arrays.copyOf(first, first.length + (int) (first.length * share));
        System.arraycopy(first, 0, both, first.length, both.length - first.length);
        Path file = file("cut.jfr", both);
        assertThat(timeline("--text", file)).isZero();

        assertThat(out()).contains(": 7 waits and 4 changes of 2 events by 7 threads in ");
        assertThat(err())
                .matches("pharos: \\Q" + file + "\\E: cut off, or damaged: the records that can be read end at "
                        + "[0-9.]+ m?s, and some before that may be missing\n");
    }

    @Test
    void timeline_recordIsWrong_drawsThoseBeforeItAndSaysWhereTheyEnd() throws Exception {
        byte[] bytes = Files.readAllBytes(recording);
        byte[] outcome = "timed out".getBytes(StandardCharsets.UTF_8);
        byte[] wrong = "timed uot".getBytes(StandardCharsets.UTF_8);
        // A value has its length before it; the text is also in the description of the field, which may come later.
        int at = new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf((char) outcome.length + "timed out") + 1;
        assertThat(at).isPositive();
        System.arraycopy(wrong, 0, bytes, at, wrong.length);
        Path file = file("wrong.jfr", bytes);
        assertThat(timeline("--text", file)).isZero();

        // Of the same thread, and so before it in any order in which the JVM writes what threads have recorded.
        assertThat(out()).contains("timeout for ready, timed out");
        assertThat(err())
                .matches("pharos: \\Q" + file + "\\E: damaged: the records that can be read end at "
                        + "[0-9.]+ m?s, and some before that may be missing\n");
    }

    /** The fields of the header of a chunk are longs: its size, where its constants are, and where its types are. */
    @ParameterizedTest
    @CsvSource({
        "8, 4611686018427387904, '" + CUT_OFF + "'",
        "8, 0, '" + UNFINISHED + "'",
        "8, -1, '" + UNFINISHED + "'",
        "16, -1, " + DAMAGED,
        "16, 4611686018427387904, " + DAMAGED,
        "24, 0, " + DAMAGED,
        "24, -1, " + DAMAGED,
        "24, 4611686018427387904, " + DAMAGED
    })
    void timeline_headerThatClaimsNonsense_isDamaged(int at, long claim, String reason) throws Exception {
        byte[] bytes = Files.readAllBytes(recording);
        ByteBuffer.wrap(bytes).putLong(at, claim);

        assertFails(file("claim.jfr", bytes), reason);
    }

    @Test
    void timeline_bytesThatAreWrong_areDamagedOrOfNoConcern() throws Exception {
        byte[] whole = Files.readAllBytes(recording);
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            byte[] bytes = whole.clone();
            for (int wrong = 0; wrong < 20; wrong++) {
                bytes[68 + random.nextInt(bytes.length - 68)] = (byte) random.nextInt();
            }
            Path file = file("wrong.jfr", bytes);
            if (timeline("--json", file) == ExitCode.DONE.status) {
                assertThat(out()).isNotEmpty();
            } else {
                assertThat(err()) // or they made the reader pass over all that is of concern
                        .isIn("pharos: " + file + ": " + DAMAGED + "\n", "pharos: " + file + ": " + NOTHING + "\n");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            RECORDING -o FOLDER             | 3 | FOLDER: not a regular file; specify another
            RECORDING -o FOLDER/no/page     | 3 | FOLDER/no/page: parent directory does not exist; create it first
            RECORDING --svg RECORDING       | 2 | this would overwrite the recording: specify another file
            RECORDING -o FOLDER/./app.jfr   | 2 | this would overwrite the recording: specify another file
            RECORDING -o FOLDER/a --svg FOLDER/a | 2 | two outputs cannot be written to one file: specify another
            RECORDING --text --json         | 2 | --text and --json exclude each other: specify one of them
            --text                          | 2 | RECORDING is missing: see pharos timeline --help
            """)
    void timeline_wrongOutput_saysSo(String line, int status, String reason) throws Exception {
        byte[] before = Files.readAllBytes(recording);
        String args = line.replace("RECORDING", "" + recording).replace("FOLDER", "" + folder);
        assertThat(timeline((Object[]) args.split(" ", -1))).isEqualTo(status);

        assertThat(err()).isEqualTo("pharos: " + reason.replace("FOLDER", "" + folder) + "\n");
        assertThat(recording).hasBinaryContent(before);
    }

    // In a JVM of its own

    private record Run(int status, String out, String err) {}

    private Run java(List<String> options, Object... args) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(
                List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(options);
        command.add(Main.class.getName());
        for (Object arg : args) {
            command.add(arg.toString());
        }
        Path printed = folder.resolve("printed");
        Path told = folder.resolve("told");
        Process process = new ProcessBuilder(command)
                .redirectOutput(printed.toFile())
                .redirectError(told.toFile())
                .start();
        return new Run(process.waitFor(), Files.readString(printed), Files.readString(told));
    }

    @Tag("slow")
    @Test
    void timeline_manyWaits_needLittleMemory() throws Exception {
        int waits = 100_000;
        Path file = Recorded.record(folder.resolve("many.jfr"), () -> {
            ThreadEvent ping = new ThreadEvent("ping");
            ThreadEvent pong = new ThreadEvent("pong");
            Thread other = threads.start(() -> {
                for (int i = 0; i < waits / 2; i++) {
                    ping.await();
                    ping.clear();
                    pong.set();
                }
            });
            for (int i = 0; i < waits / 2; i++) {
                ping.set();
                pong.await();
                pong.clear();
            }
            threads.join(other);
        });
        Timeline timeline = Recorded.read(file);
        Run run = java(List.of("-Xmx64m"), "timeline", "--json", file);

        assertThat(Recorded.changes(timeline)).isEqualTo(2 * waits);
        assertThat(run.err).isEmpty();
        assertThat(run.status).isZero();
        long counted = run.out
                .lines()
                .mapToLong(line -> JsonParser.parseString(line)
                        .getAsJsonObject()
                        .get("waits")
                        .getAsLong())
                .sum();
        assertThat(counted).isEqualTo(Recorded.waits(timeline)).isPositive(); // who comes late does not wait
    }

    @Tag("slow")
    @Test
    void pharos_withoutTheModuleOfRecordings_saysSoAndDoesTheRest() throws Exception {
        List<String> without = List.of("--limit-modules", "java.base,java.logging,java.desktop,jdk.unsupported");
        Path page = folder.resolve("page.html");

        assertThat(java(without, "timeline", recording))
                .isEqualTo(
                        new Run(
                                3,
                                "",
                                "pharos: " + recording
                                        + ": this Java installation has no module jdk.jfr, which reads recordings; use a full JDK\n"));
        Run demo = java(without, "demo", "--fast", "basic");
        assertThat(demo.status).isZero();
        assertThat(demo.out).contains("--- measured\nbasic: waiter waited ").doesNotContain("--- timeline");
        assertThat(demo.err)
                .isEqualTo("pharos: demo: no timeline: this Java installation has no module jdk.jfr; use a full JDK\n");
        assertThat(java(without, "demo", "--fast", "basic", "--timeline", page).status)
                .isEqualTo(ExitCode.FAILED.status);
        assertThat(page).doesNotExist();
        assertThat(java(without, "status", folder.resolve("missing")).status).isEqualTo(ExitCode.FAILED.status);
    }

    @Test
    void demo_timeline_writesAPage() throws Exception {
        Path page = folder.resolve("demo.html");
        int status =
                Main.run(Terminal.of(print(out), print(err)), "demo", "--fast", "basic", "--timeline", page.toString());

        assertThat(status).isZero();
        assertThat(page).content().startsWithIgnoringCase("<!doctype html>");
        status = Main.run(Terminal.of(print(out), print(err)), "demo", "--fast", "basic", "--timeline", "" + folder);
        assertThat(status).isEqualTo(ExitCode.FAILED.status);
        assertThat(err()).isEqualTo("pharos: " + folder + ": not a regular file; specify another\n");
    }
}
