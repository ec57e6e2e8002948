// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 10, unit = MINUTES)
class MainTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void demo_withoutName_runsBothAndEndsWithAFactOfEach() {
        assertThat(pharos("demo", "--fast")).isEqualTo(ExitCode.DONE.status);

        String setter = Thread.currentThread().getName();
        assertThat(out())
                .containsSubsequence("--- basic\n", "--- shared-resource\n", "--- measured\n", "--- timeline\n");
        assertThat(factsOfBasic()).endsWith("; released by the set of " + setter);
        assertThat(factsOfSharedResource()).endsWith("; released by the set of " + setter + "; the counter is 5");
        assertThat(out()).contains("\n" + factsOfBasic() + "\n" + factsOfSharedResource() + "\n--- timeline\n");
        assertThat(drawing()) // a worker that comes late finds the event set, and has no lane
                .contains("open", "ready", setter)
                .isSubsetOf(
                        "open", "ready", setter, "waiter", "worker-1", "worker-2", "worker-3", "worker-4", "worker-5");
        assertThat(err()).isEmpty();
    }

    @Test
    void demo_basic_runsOnlyThat() {
        assertThat(pharos("demo", "--fast", "basic")).isEqualTo(ExitCode.DONE.status);

        assertThat(out()).contains("--- basic\n").doesNotContain("shared-resource");
    }

    @Test
    void demo_sharedResource_runsOnlyThat() {
        assertThat(pharos("demo", "shared-resource", "--fast")).isEqualTo(ExitCode.DONE.status);

        assertThat(out()).contains("--- shared-resource\n").doesNotContain("basic");
    }

    @Test
    void version_ofTheCommand_isThatOfTheBuild() throws Exception {
        Matcher version = Pattern.compile("<version>(.*?)</version>").matcher(Files.readString(Path.of("../pom.xml")));
        assertThat(version.find()).isTrue();

        assertThat(pharos("--version")).isEqualTo(ExitCode.DONE.status);
        assertThat(out()).isEqualTo("pharos " + version.group(1) + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "--help, Usage: pharos, Example: pharos wait -t 30s",
        "demo --help, Usage: pharos demo, Example: pharos demo basic --fast",
        "help, Usage: pharos, Example: pharos wait -t 30s",
        "help demo, Usage: pharos demo, Example: pharos demo basic --fast",
        "help hold, Usage: pharos hold, Example: pharos hold"
    })
    void help_ofEveryCommand_hasAnExample(String line, String usage, String example) {
        assertThat(pharos(line.split(" "))).isEqualTo(ExitCode.DONE.status);

        assertThat(out()).startsWith(usage).contains(example);
        assertThat(err()).isEmpty();
    }

    @Test
    void pharos_withoutArguments_printsUsageAsAnError() {
        assertThat(pharos()).isEqualTo(ExitCode.USAGE.status);

        assertThat(err()).startsWith("Usage: pharos [-hV] COMMAND").containsPattern("(?m)^  demo    ");
        assertThat(out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            dmeo             | unknown command 'dmeo' (did you mean 'demo'?): see pharos --help
            --fast           | unknown option '--fast': see pharos --help
            demo foo         | unknown demo 'foo': specify basic, shared-resource or all
            demo BASIC       | unknown demo 'BASIC': specify basic, shared-resource or all
            demo --slow      | unknown option '--slow': see pharos demo --help
            demo -x          | unknown option '-x': see pharos demo --help
            demo basic all   | 'all' is an unexpected argument: see pharos demo --help
            demo @nofile     | unknown demo '@nofile': specify basic, shared-resource or all
            demo --fast=soon | invalid value for option '--fast': 'soon' is not a boolean: see pharos demo --help
            """)
    void pharos_wrongCommandLine_saysWhatAndWhatToDoInOneLine(String line, String reason) {
        assertThat(pharos(line.split(" "))).isEqualTo(ExitCode.USAGE.status);

        assertThat(err()).isEqualTo("pharos: " + reason + "\n");
        assertThat(out()).isEmpty();
    }

    @Test
    void pharos_wrongArgumentOfSeveralLines_saysItInOneLine() {
        assertThat(pharos("demo", "a\nb")).isEqualTo(ExitCode.USAGE.status);

        assertThat(err()).isEqualTo("pharos: unknown demo 'a?b': specify basic, shared-resource or all\n");
    }

    @Test
    void demo_outputIsFull_fails() {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("no space left");
            }
        };

        int status = Main.run(Terminal.of(print(full), print(err)), "demo", "basic", "--fast");

        assertThat(status).isEqualTo(ExitCode.FAILED.status);
        assertThat(err()).isEqualTo("pharos: the output is incomplete: standard output is full or closed\n");
    }

    /** The names of the tracks and the lanes that the demo draws. */
    private List<String> drawing() {
        return out().substring(out().indexOf("--- timeline\n"))
                .lines()
                .skip(3)
                .takeWhile(line -> !line.startsWith("\u2501 event is set"))
                .filter(line -> !line.isEmpty())
                .map(line -> line.substring(0, line.indexOf(' ')))
                .toList();
    }

    private int pharos(String... args) {
        return Main.run(Terminal.of(print(out), print(err)), args);
    }

    private static PrintStream print(OutputStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
    }

    private String factsOfBasic() {
        return lineThatStarts("basic: waiter waited ");
    }

    private String factsOfSharedResource() {
        return lineThatStarts("shared-resource: worker-1 waited ");
    }

    private String lineThatStarts(String prefix) {
        return out().lines().filter(line -> line.startsWith(prefix)).findAny().orElseThrow();
    }
}
