// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.pharos.cluster.ClusterAddress;
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

@Timeout(60)
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
        "demo --help, Usage: pharos demo, Example: pharos demo basic --fast"
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
            dmeo             | there is no command 'dmeo': see pharos --help
            --fast           | there is no option '--fast': see pharos --help
            demo foo         | there is no demo 'foo': choose basic, shared-resource or all
            demo BASIC       | there is no demo 'BASIC': choose basic, shared-resource or all
            demo --slow      | there is no option '--slow': see pharos demo --help
            demo -x          | there is no option '-x': see pharos demo --help
            demo basic all   | 'all' is one argument too many: see pharos demo --help
            demo @nofile     | there is no demo '@nofile': choose basic, shared-resource or all
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

        assertThat(err()).isEqualTo("pharos: there is no demo 'a?b': choose basic, shared-resource or all\n");
    }

    /** The sentences are those of the library: {@code ClusterAddressTest} there has more of them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            zk://                       | '' is not host:port, as in zk1:2181 or [::1]:2181
            zk:///root/x                | '' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1/root/x             | 'zk1' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1:2181,/root/x       | '' is not host:port, as in zk1:2181 or [::1]:2181
            zk://a b:2181/r/n           | 'a b:2181' is not host:port, as in zk1:2181 or [::1]:2181
            zk://::1:2181/root/x        | '::1:2181' is not host:port, as in zk1:2181 or [::1]:2181
            zk://[1:2:3]:2181/root/x    | '[1:2:3]:2181' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1:0/root/x           | port 0 is out of range, which is 1 to 65535
            zk://zk1:70000/root/x       | port 70000 is out of range, which is 1 to 65535
            zk://zk1:2181//x            | '/' is not a root, which is of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/../x          | '/..' is not a root, which is of letters, digits, _ . ~ - and single slashes
            zk://127.0.0.1:1/%2e/x      | '/%2e' is not a root, which is of letters, digits, _ . ~ - and single slashes
            zk://127.0.0.1:1/a%20b/x    | '/a%20b' is not a root, which is of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/zookeeper/x   | the root '/zookeeper' is reserved by the servers; use another
            zk://zk1:2181               | it has no root; write zk://HOST:PORT,.../ROOT/NAME
            zk://zk1:2181/root          | it has no name after its root; write zk://HOST:PORT,.../ROOT/NAME
            zk://zk1:2181/root/         | the name of an event is empty; give one of 1 to 255 characters
            zk://zk1:2181/root/100%     | a % in the name of an event has no two hexadecimal digits after it; write %25 for %
            zk://zk1:2181/root/%FF      | the escapes in the name of an event are not UTF-8; write one for each of its bytes
            """)
    void pharos_badAddress_saysWhatInOneLine(String address, String reason) {
        String sentence = "'" + address + "' is not an address: " + reason;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterAddress.parseEvent(address))
                .withMessage(sentence);
        for (String verb : List.of("set", "clear", "status", "wait", "watch", "rm")) {
            assertThat(pharos(verb, address)).isEqualTo(ExitCode.USAGE.status);
            assertThat(err())
                    .isEqualTo("pharos: invalid value for positional parameter at index 0..* (EVENT): " + sentence
                            + ": see pharos " + verb + " --help\n");
            err.reset();
        }
        assertThat(pharos("hold", address, "--", "true")).isEqualTo(ExitCode.NOT_HELD.status);
        assertThat(err()).contains(": " + sentence + ": see ");
        assertThat(out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "zk://a b:1/r",
        "zk://zk1:0/r",
        "zk://zk1:1/a%20b",
        "zk://zk1:1/r/",
        "zk://zk1:1//",
        "zk://zk1:1/zookeeper"
    })
    void list_badAddress_saysWhatInOneLine(String address) {
        assertThat(pharos("list", address)).isEqualTo(ExitCode.USAGE.status);

        assertThat(err())
                .startsWith("pharos: invalid value for positional parameter at index 0 (DIR): '" + address
                        + "' is not an address: ")
                .endsWith(": see pharos list --help\n")
                .hasLineCount(1);
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
