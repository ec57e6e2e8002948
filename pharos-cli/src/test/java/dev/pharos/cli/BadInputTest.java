// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pharos.cluster.ClusterAddress;
import dev.pharos.process.ProcessEvent;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the verbs say of what they cannot do. None of it needs a process: ArchiveIT has that of each exit status. */
@Timeout(value = 10, unit = MINUTES)
@EnabledOnOs(OS.LINUX)
class BadInputTest {
    @TempDir
    private static Path directory;

    /** The directory as a user writes it, who is in another. */
    private static String here;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeAll
    static void makeFiles() throws Exception {
        here = Path.of("").toAbsolutePath().relativize(directory).toString();
        Path foreign = Files.writeString(directory.resolve("foreign"), "hello\n");
        Files.createSymbolicLink(directory.resolve("link"), foreign);
        try (ProcessEvent event = ProcessEvent.open(directory.resolve("event"))) {
            event.set();
        }
        ProcessEvent.open(directory.resolve("held"), ProcessEvent.Option.HELD).close();
    }

    private record Run(String out, String err, int status) {}

    private Run pharos(String... args) {
        int status = Main.run(Terminal.of(print(out), print(err)), args);
        return new Run(out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8), status);
    }

    private static PrintStream print(ByteArrayOutputStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            set                      |   2 | EVENT is missing: see pharos set --help
            wait --bad x             |   2 | unknown option '--bad': see pharos wait --help
            sett x                   |   2 | unknown command 'sett' (did you mean 'set'?): see pharos --help
            wait -t -5s x            |   2 | invalid value for option '--timeout': '-5s' is not a duration: write it as in 250ms, 30s, 5m or 1h30m: see pharos wait --help
            wait -t NaN x            |   2 | invalid value for option '--timeout': 'NaN' is not a duration: write it as in 250ms, 30s, 5m or 1h30m: see pharos wait --help
            set ''                   |   2 | invalid value for EVENT: it is empty: see pharos set --help
            wait --any --all x       |   2 | --any and --all exclude each other: specify one of them
            set /                    |   3 | /: not an event: it is a directory; specify another path or remove it
            set D/foreign            |   3 | D/foreign: not an event: it has 6 bytes instead of 4096; specify another path or remove it
            rm D/foreign             |   3 | D/foreign: not an event: it has 6 bytes instead of 4096; specify another path or remove it
            set D/link               |   3 | D/link: not an event: it is a symbolic link, which is not followed; specify another path or remove it
            wait D/nowhere/x         |   3 | D/nowhere/x: parent directory does not exist; create it first
            clear D/missing          |   3 | D/missing: does not exist; set it or wait for it first
            list D/nowhere           |   3 | D/nowhere: does not exist
            list D/foreign           |   3 | D/foreign: not a directory
            hold D/held              | 125 | COMMAND is missing: see pharos hold --help
            hold D/held -- D/foreign | 126 | D/foreign: cannot be run
            hold D/held -- nosuch    | 127 | nosuch: no such command
            watch --held D/event     |   3 | D/event: not a held event, since set, or wait or watch without --held, created it; remove it with pharos rm, and use --held there
            wait --timout 1s x       |   2 | unknown option '--timout' (did you mean '--timeout'?): see pharos wait --help
            set --mode 88 x          |   2 | invalid value for option '--mode': '88' is not a mode: write it as in 660 or u=rw,go=r: see pharos set --help
            hold --mode s x -- true  | 125 | invalid value for option '--mode': 's' is not a mode: write it as in 660 or u=rw,go=r: see pharos hold --help
            help sett                |   2 | unknown command 'sett' (did you mean 'set'?): see pharos --help
            set D/held               |   3 | D/held: a held event, which cannot be set or cleared; hold it instead
            serve --port 65536       |   2 | port out of range (0 to 65535): 65536
            serve --port http        |   2 | invalid value for option '--port': 'http' is not an int: see pharos serve --help
            """)
    void pharos_badInput_saysWhatInOneLine(String line, int status, String reason) {
        String[] args = Arrays.stream(line.split(" "))
                .map(arg -> arg.equals("''") ? "" : arg.replaceFirst("^D/", here + "/"))
                .toArray(String[]::new);

        assertThat(pharos(args))
                .isEqualTo(new Run("", "pharos: " + reason.replaceFirst("^D/", here + "/") + "\n", status));
    }

    @Test
    @Timeout(value = 1, unit = MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void list_pipe_saysThatItIsNoDirectory(@TempDir Path place) throws Exception {
        Path pipe = place.resolve("pipe");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "mkfifo");
        assertThat(pharos("list", pipe.toString()))
                .isEqualTo(new Run("", "pharos: " + pipe + ": not a directory\n", 3));
    }

    /** As after a power failure or on a full disk. */
    @Test
    void rm_emptyFileOrPartOfAnEvent_removesIt(@TempDir Path place) throws Exception {
        Path event = directory.resolve("event");
        Path empty = Files.createFile(place.resolve("empty"));
        String advice =
                ", as a file may be after a power failure or on a full disk; if it was an event, remove it, then"
                        + " open the event again everywhere\n";
        String isEmpty = "pharos: " + empty + ": is empty" + advice;
        assertThat(pharos("set", empty.toString())).isEqualTo(new Run("", isEmpty, 3));
        err.reset();
        assertThat(pharos("list", place.toString())).isEqualTo(new Run("", isEmpty, 0));
        err.reset();
        Path part = Files.write(place.resolve("part"), Arrays.copyOf(Files.readAllBytes(event), 100));
        assertThat(pharos("list", place.toString()))
                .isEqualTo(new Run("", isEmpty + "pharos: " + part + ": has 100 bytes instead of 4096" + advice, 3));
        err.reset();
        Path zeros = Files.write(place.resolve("zeros"), new byte[4096]);
        assertThat(pharos("rm", empty.toString(), part.toString(), zeros.toString()))
                .isEqualTo(new Run("", "", 0));
        assertThat(place).isEmptyDirectory();
    }

    @Test
    void set_lettersThatNoLocaleHas_saysSo() {
        assertThat(pharos("set", "\ud800"))
                .isEqualTo(new Run(
                        "",
                        "pharos: invalid value for EVENT: '?' is not a name in UTF-8, the encoding of the locale; use another"
                                + " name: see pharos set --help\n",
                        2));
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
            zk://zk1:2181//x            | '/' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/../x          | '/..' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://127.0.0.1:1/%2e/x      | '/%2e' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://127.0.0.1:1/a%20b/x    | '/a%20b' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/zookeeper/x   | the root '/zookeeper' is reserved by the servers; use another
            zk://zk1:2181               | it has no root; write zk://HOST:PORT,.../ROOT/NAME
            zk://zk1:2181/root          | it has no name after its root; write zk://HOST:PORT,.../ROOT/NAME
            zk://zk1:2181/root/         | the name of an event is empty; specify 1 to 255 characters
            zk://zk1:2181/root/100%     | a % in the name of an event has no two hexadecimal digits after it; write %25 for %
            zk://zk1:2181/root/%FF      | the escapes in the name of an event are not UTF-8; write one for each of its bytes
            """)
    void pharos_badAddress_saysWhatInOneLine(String address, String reason) {
        String sentence = "'" + address + "' is not an address: " + reason;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterAddress.parseEvent(address))
                .withMessage(sentence);
        for (String verb : List.of("set", "clear", "status", "wait", "watch", "rm")) {
            assertThat(pharos(verb, address))
                    .isEqualTo(new Run(
                            "",
                            "pharos: invalid value for EVENT: " + sentence + ": see pharos " + verb + " --help\n",
                            2));
            err.reset();
        }
        assertThat(pharos("hold", address, "--", "true").status()).isEqualTo(125);
    }

    @Test
    void set_addressWithAPassword_doesNotRepeatIt() {
        assertThat(pharos("set", "zk://me:secret@zk1:1/root/x"))
                .isEqualTo(new Run(
                        "",
                        "pharos: invalid value for EVENT: an address has no user"
                                + " before an @; specify the user in the options of the client: see pharos set --help\n",
                        2));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zk://a b:1/r",
                "zk://zk1:0/r",
                "zk://zk1:1/a%20b",
                "zk://zk1:1/r/",
                "zk://zk1:1//",
                "zk://zk1:1/zookeeper"
            })
    void list_badAddress_saysWhatInOneLine(String address) {
        Run run = pharos("list", address);

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err())
                .startsWith("pharos: invalid value for DIR: '" + address + "' is not an address: ")
                .endsWith(": see pharos list --help\n")
                .hasLineCount(1);
    }
}
