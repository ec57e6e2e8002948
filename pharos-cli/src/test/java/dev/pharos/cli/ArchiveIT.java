// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import dev.pharos.cli.timeline.Recorded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The archive that the build leaves, as real processes in a real shell. */
@EnabledOnOs(OS.LINUX)
class ArchiveIT {
    private static final Pattern PROGRESS = Pattern.compile("\rwaiting for x: (\\w+), (\\w+) left");

    @TempDir
    private Path directory;

    private Installed pharos;

    @BeforeEach
    void install() throws IOException {
        pharos = new Installed(directory);
    }

    @AfterEach
    void close() {
        pharos.close();
    }

    @Test
    void archive_unpacked_hasAllThatIsInstalled() {
        Path home = Installed.home();
        assertThat(home.resolve("bin/pharos")).isExecutable();
        assertThat(home.resolve("LICENSE")).isRegularFile();
        assertThat(home.resolve("share/man/man1/pharos.1")).isRegularFile();
        for (String verb : Main.VERBS) {
            assertThat(home.resolve("share/man/man1/pharos-" + verb + ".1")).isRegularFile();
        }
        for (String file : List.of("bash/pharos", "zsh/_pharos", "fish/pharos.fish")) {
            assertThat(home.resolve("share/completions").resolve(file)).isRegularFile();
        }
    }

    @Test
    void setClearStatusRm_inTurn_tellByTheirStatus() {
        Installed.Run run = pharos.sh("""
                pharos status x 2>&1; echo $?
                pharos set x y; echo $?
                pharos status x y; echo $?
                pharos set -v x 2>&1; echo $?
                pharos clear x; echo $?
                pharos status x y; echo $?
                pharos status -q x; echo $?
                pharos wait -t 0 y; echo $?
                pharos wait -t 0 x; echo $?
                pharos wait -t 10ms --any x y; echo $?
                pharos wait -q -t 10ms x y; echo $?
                pharos wait --clear x; echo $?
                pharos rm x y; echo $?
                pharos rm x 2>&1; echo $?
                """);

        assertThat(run.out()).isEqualTo("""
                pharos: x: does not exist; set it or wait for it first
                3
                0
                x: set
                y: set
                0
                pharos: x: was already set
                0
                0
                x: clear
                y: set
                1
                1
                0
                124
                0
                124
                0
                0
                pharos: x: does not exist; set it or wait for it first
                3
                """);
        assertThat(run.err()).isEqualTo("pharos: x: not set within 0s\n");
    }

    /** What each says is for BadInputTest. */
    @Test
    void pharos_anyFailure_endsWithItsStatus() {
        Installed.Run run = pharos.sh("""
                exec 2>&1
                echo hello >foreign
                pharos wait --bad x; echo $?
                pharos set foreign; echo $?
                pharos hold held; echo $?
                pharos hold held -- ./foreign; echo $?
                pharos hold held -- nosuch; echo $?
                pharos hold held -- sh -c 'exit 7'; echo $?
                """);

        assertThat(run.out()).isEqualTo("""
                pharos: unknown option '--bad': see pharos wait --help
                2
                pharos: foreign: not an event: it has 6 bytes instead of 4096; specify another path or remove it
                3
                pharos: COMMAND is missing: see pharos hold --help
                125
                pharos: ./foreign: cannot be run
                126
                pharos: nosuch: no such command
                127
                7
                """);
    }

    @Tag("slow")
    @Test
    void set_localeWithoutTheLetters_saysSo() {
        assertThat(pharos.sh("LC_ALL=C pharos set \u00e9"))
                .isEqualTo(new Installed.Run(
                        "",
                        "pharos: invalid value for EVENT: '??' is not a name in US-ASCII, the encoding of the locale;"
                                + " set LC_ALL to a locale with UTF-8, such as C.UTF-8: see pharos set --help\n",
                        2));
    }

    @Tag("slow")
    @Test
    void pharos_noPermission_saysSo() throws Exception {
        assumeTrue(Files.getOwner(directory).getName().equals("root"), "to be another user");
        Installed.Run run = pharos.sh("""
                umask 022
                nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
                pharos set secret open; chmod 644 open
                pharos hold held -- true; chmod 644 held
                nobody pharos set secret; echo $?
                nobody pharos wait secret; echo $?
                nobody pharos status secret; echo $?
                nobody pharos set new; echo $?
                nobody pharos status open; echo $?
                nobody pharos wait open; echo $?
                nobody pharos clear open; echo $?
                nobody pharos hold held -- true; echo $?
                rm held
                nobody pharos list .; echo $?
                nobody pharos timeline secret; echo $?
                """);

        assertThat(run.out())
                .startsWith("3\n3\n3\n3\nopen: set\n0\n0\n3\n125\nSTATE")
                .endsWith("  open\n3\n3\n");
        assertThat(run.err().lines())
                .hasSize(8)
                .allMatch(line -> line.startsWith("pharos: ") && line.contains("perm"))
                .contains("pharos: held: this user may wait for it, but has no permission to change it");
    }

    @Test
    void wait_startedFirst_isReleasedBySet() {
        Process waiting = pharos.start("pharos", "wait", "-v", "--json", "x", "y");
        Installed.untilListening(waiting, 2);
        pharos.sh("pharos set x; pharos clear x; pharos set y");
        Installed.Run run = pharos.finish(waiting);

        assertThat(run.status()).isZero();
        assertThat(run.out()).matches("\\{\"result\":\"set\",\"paths\":\\[\"x\",\"y\"\\],\"waited_ms\":\\d+\\}\n");
        assertThat(run.err()).matches("pharos: x: set after .* s\npharos: y: set after .* s\n");
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"HUP, 129", "INT, 130", "QUIT, 131", "USR1, 138", "USR2, 140", "ALRM, 142", "TERM, 143"})
    void waitAndWatch_signal_endWithItsStatus(String signal, int status) throws Exception {
        Process watching = pharos.start("pharos", "watch", "x");
        Installed.until("it has printed the state", () -> pharos.out(watching).endsWith("\n"));
        Installed.untilListening(watching);
        Installed.signal(watching, signal);

        assertThat(pharos.finish(watching)).satisfies(run -> {
            assertThat(run.status()).isEqualTo(status);
            assertThat(run.err()).isEmpty();
            assertThat(run.out()).hasLineCount(1);
        });

        Process waiting = pharos.start("pharos", "wait", "x");
        Installed.untilListening(waiting);
        Installed.signal(waiting, signal);

        assertThat(pharos.finish(waiting)).isEqualTo(new Installed.Run("", "", status));
    }

    @Tag("slow")
    @Test
    void wait_eventIsRemoved_fails() {
        Process waiting = pharos.start("pharos", "wait", "x");
        Installed.untilListening(waiting);
        pharos.sh("pharos rm x");

        assertThat(pharos.finish(waiting).err())
                .startsWith("pharos: x: removed or replaced while in use; run the command again ");
        assertThat(waiting.exitValue()).isEqualTo(ExitCode.FAILED.status);
    }

    @Tag("slow")
    @Test
    void wait_manyProcesses_areReleasedByOneSet() {
        List<Process> waiting = new ArrayList<>();
        for (int i = 0; i < Integer.getInteger("pharos.waiters"); i++) {
            waiting.add(pharos.start("pharos", "wait", "x"));
        }
        waiting.forEach(Installed::untilListening);
        assertThat(pharos.sh("pharos set x").status()).isZero();

        assertThat(waiting)
                .allSatisfy(process -> assertThat(pharos.finish(process)).isEqualTo(new Installed.Run("", "", 0)));
    }

    @Tag("slow")
    @Test
    void hold_command_hasItsPlaceItsSignalsItsFilesAndItsStatus() throws Exception {
        assertThat(pharos.sh("pharos hold x -- sh -c 'exit 7'").status()).isEqualTo(7);
        assertThat(pharos.sh("LC_ALL=C pharos hold x -- printf '<%s>' '' 'a  b' -x -- \u00e9")
                        .out())
                .isEqualTo("<><a  b><-x><--><\u00e9>");
        // Of the signals, the 28 that are for programs: some of the others belong to the C library.
        String signals = "grep -E 'SigBlk|SigIgn' /proc/self/status | sed 's/.*\\(.\\{7\\}\\)$/\\1/'";
        assertThat(pharos.sh("pharos hold x -- " + signals)).isEqualTo(new Installed.Run("0000000\n0000000\n", "", 0));
        assertThat(pharos.sh("exec 7</dev/null; pharos hold x -- sh -c 'readlink /proc/$$/fd/*'")
                        .out()
                        .lines()
                        .filter(file -> !file.equals("/dev/null") && !file.startsWith(directory.toString())))
                .isEmpty();
        assertThat(pharos.sh("pharos hold x -- pharos status -v x").out()).startsWith("x: set, held by 1, since 20");

        Process holding = pharos.start("pharos", "hold", "x", "--", "sleep", "1000");
        Installed.until(
                "the command runs", () -> holding.info().command().orElse("").endsWith("sleep"));
        assertThat(pharos.sh("pharos list .").out())
                .matches("STATE  HELD BY  SINCE                 NAME\nset    1        20\\S*Z  x\n");
        Installed.signal(holding, "TERM");
        assertThat(pharos.finish(holding)).isEqualTo(new Installed.Run("", "", 143));
        assertThat(pharos.sh("pharos wait -t 10m --clear x; pharos status x"))
                .isEqualTo(new Installed.Run("x: clear\n", "", 1));
    }

    @Tag("slow")
    @Test
    void hold_holderIsKilled_releasesThoseWhoWaitForClear() throws Exception {
        Process holding = pharos.start("pharos", "hold", "x", "--", "sleep", "1000");
        assertThat(pharos.sh("pharos wait --held x").status()).isZero();
        Process waiting = pharos.start("pharos", "wait", "--clear", "x");
        Installed.untilListening(waiting);
        Installed.signal(holding, "KILL");

        assertThat(pharos.finish(waiting)).isEqualTo(new Installed.Run("", "", 0));
        assertThat(pharos.sh("pharos status -v x").status()).isEqualTo(ExitCode.NO.status);
    }

    @Tag("slow")
    @Test
    void watch_changes_areTold() throws Exception {
        Process watching = pharos.start("pharos", "watch", "--json", "x");
        for (String state : List.of("clear", "set", "clear")) {
            pharos.sh("pharos " + (state.equals("set") ? "set" : "clear") + " x");
            Installed.until(
                    state, () -> pharos.out(watching).endsWith("\"path\":\"x\",\"state\":\"" + state + "\"}\n"));
        }
        Installed.signal(watching, "INT");

        Installed.Run run = pharos.finish(watching);
        assertThat(run.status()).isEqualTo(ExitCode.INTERRUPTED.status);
        assertThat(run.out().lines()).hasSize(3);
        assertThat(run.err()).isEmpty();
    }

    @Tag("slow")
    @Test
    void pharos_nobodyReadsItsOutput_endsQuietly() {
        Installed.Run run = pharos.bash("pharos watch x | head -n 1 | cut -d' ' -f3; echo ${PIPESTATUS[0]}");

        assertThat(run).isEqualTo(new Installed.Run("clear\n141\n", "", 0));
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({">&-", ">/dev/full"})
    void status_outputIsLost_fails(String redirection) {
        Installed.Run run = pharos.sh("pharos set x; pharos status x " + redirection);

        assertThat(run.err()).isEqualTo("pharos: the output is incomplete: standard output is full or closed\n");
        assertThat(run.status()).isEqualTo(ExitCode.FAILED.status);
    }

    @Tag("slow")
    @Test
    void list_folder_tellsOfEveryEvent() {
        Installed.Run run = pharos.sh("""
                mkdir run; pharos set run/b; pharos wait -t 0 run/a; pharos wait -t 0 --held run/c; echo hello >run/d
                pharos list run | cut -c1-14,37-; pharos list --json run | sed 's/"since":"[^"]*"/"since":"T"/'
                """);

        assertThat(run.out()).isEqualTo("""
                STATE  HELD BY  NAME
                clear  -        a
                set    -        b
                clear  0        c
                {"path":"run/a","kind":"flag","state":"clear","since":"T"}
                {"path":"run/b","kind":"flag","state":"set","since":"T"}
                {"path":"run/c","kind":"held","state":"clear","holders":0,"since":"T"}
                """);
    }

    @Tag("slow")
    @Test
    void launcher_noJavaNoCache_saysSoOrGoesWithout() {
        assertThat(pharos.sh("JAVA_HOME=/nowhere pharos set x"))
                .isEqualTo(new Installed.Run(
                        "",
                        "pharos: JAVA_HOME is '/nowhere', which has no bin/java: set it to a JDK, version 17 or later\n",
                        3));
        assertThat(pharos.sh("JAVA_HOME=/nowhere pharos hold x -- true").status())
                .isEqualTo(ExitCode.NOT_HELD.status);
        assertThat(pharos.sh("XDG_CACHE_HOME=/proc/nowhere pharos set x")).isEqualTo(new Installed.Run("", "", 0));
    }

    @Tag("slow")
    @Test
    void set_withoutNativeCalls_worksAndSaysSoInOneLine() {
        Installed.Run run = pharos.sh(
                "JAVA_TOOL_OPTIONS=-Ddev.pharos.process.polling=true pharos set x 2>&1 | grep -v '^Picked up'; pharos status x");

        assertThat(run.out()).matches("pharos: Process events are polled, [^\n]*\nx: set\n");
        assertThat(run.status()).isZero();
    }

    @Tag("slow")
    @Test
    void completion_inBash_knowsVerbsAndOptions() {
        Installed.Run run = pharos.bash(". '" + Installed.home() + "/share/completions/bash/pharos'\n" + """
                COMP_WORDS=(pharos wa) COMP_CWORD=1; _complete_pharos; echo "${COMPREPLY[@]}"
                COMP_WORDS=(pharos wait --t) COMP_CWORD=2; _complete_pharos; echo "${COMPREPLY[@]}"
                """);

        assertThat(run.out().replace("'", "").lines().map(String::strip)).containsExactly("wait watch", "--timeout");
    }

    @Tag("slow")
    @Test
    void manual_everyPage_isFormattedWithoutWarnings() {
        assumeTrue(pharos.sh("command -v man groff").status() == 0, "a manual reader");
        assertThat(pharos.sh("groff -ww -man -Tutf8 '" + Installed.home() + "'/share/man/man1/*.1 >/dev/null"))
                .isEqualTo(new Installed.Run("", "", 0));
    }

    @Tag("slow")
    @Test
    void demo_timeline_makesAPageInItsOwnFileAndNoOther() {
        Installed.Run run = pharos.sh("pharos demo --fast basic --timeline page.html | tail -n 1; ls *.html *.jfr");

        // A waiter that comes late does not wait.
        assertThat(run.out()).matches("\u2501 event is set   (\u2586 thread waits   )?\u25b2 sets\npage.html\n");
        assertThat(pharos.sh("LC_ALL=C pharos demo --fast basic | tail -n 1").out())
                .matches("= event is set   (# thread waits   )?S sets\n");
    }

    /** Makes app.jfr: one thread that waits until its event is set. */
    private void recordAWait() throws Exception {
        TestThreads threads = new TestThreads();
        Recorded.record(directory.resolve("app.jfr"), () -> {
            ThreadEvent event = new ThreadEvent("ready");
            Thread waiter = Recorded.startBlocked(threads, "waiter", event::await);
            event.set();
            threads.join(waiter);
        });
    }

    @Tag("slow")
    @Test
    void timeline_text_isDrawnInTheLettersOfTheLocale() throws Exception {
        recordAWait();

        assertThat(pharos.sh("pharos timeline --text app.jfr").out())
                .contains("\u2501 event is set   \u2586 thread waits   \u25b2 sets\n");
        assertThat(pharos.sh("LC_ALL=C pharos timeline --text app.jfr").out())
                .contains("= event is set   # thread waits   S sets\n");
    }

    // On a terminal

    private Installed.Run onTerminal(String command) {
        assumeTrue(pharos.sh("command -v script").status() == 0, "a terminal");
        return pharos.sh("script -qec 'stty cols 80; " + command + "' /dev/null");
    }

    @Tag("slow")
    @Test
    void terminal_status_isColouredUnlessNotWanted() {
        pharos.sh("pharos set x");
        assertThat(onTerminal("pharos status x").out()).isEqualTo("x: \u001b[32mset\u001b[0m\r\n");
        assertThat(onTerminal("NO_COLOR=1 pharos status x").out()).isEqualTo("x: set\r\n");
    }

    @Tag("slow")
    @Test
    void terminal_demo_isDrawnInItsWidthAndInColours() throws Exception {
        recordAWait();
        Installed.Run run = onTerminal("stty cols 60; pharos demo --fast basic");

        assertThat(run.out().substring(run.out().indexOf("--- timeline"))).contains("\u001b[32m\u2501\u001b[0m");
        assertThat(run.out().lines().filter(line -> line.contains("\u252c")))
                .singleElement()
                .satisfies(axis -> assertThat(axis).hasSize(59));
        assertThat(onTerminal("pharos timeline --text app.jfr").out())
                .contains("\u001b[36m\u2586\u001b[0m", "\u001b[32m\u2501\u001b[0m");
    }

    @Tag("slow")
    @Test
    void terminal_verboseWait_showsItsProgressInOneLine() {
        assumeTrue(pharos.sh("command -v script").status() == 0, "a terminal");
        Process waiting = pharos.start("script", "-qec", "stty cols 80; pharos wait -v -t 50m x", "/dev/null");
        Installed.until("two times are shown", () -> times(pharos.out(waiting)).size() > 1);
        pharos.sh("pharos set x");
        Installed.Run run = pharos.finish(waiting);

        assertThat(run.status()).isZero();
        assertThat(run.out()).matches("(?s).*\r {79}\rpharos: x: set after [0-9.]+ s\r\n");
        assertThat(times(run.out()))
                .allSatisfy((passed, left) -> assertThat(passed.plus(left))
                        .isBetween(Duration.ofMinutes(50).minusSeconds(1), Duration.ofMinutes(50)));
        assertThat(onTerminal("pharos wait -v -t 10ms y").out()).endsWith("pharos: y: not set within 10ms\r\n");
        assertThat(onTerminal("pharos wait -t 10ms y").out()).doesNotContain("waiting");
    }

    /** What the lines of progress say has passed, and is left. */
    private static Map<Duration, Duration> times(String shown) {
        Map<Duration, Duration> times = new HashMap<>();
        PROGRESS.matcher(shown).results().forEach(line -> times.put(duration(line.group(1)), duration(line.group(2))));
        return times;
    }

    /** As in 49m57s. */
    private static Duration duration(String shown) {
        return Duration.parse("PT" + shown);
    }
}
