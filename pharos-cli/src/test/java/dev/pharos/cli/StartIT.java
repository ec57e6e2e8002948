// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The installed command in environments that are not made for it. LauncherTest has those that need no Java. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class StartIT {
    private static final List<String> VARIABLES = List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

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

    /** What the command itself says, and not Java of the options that it has found. */
    private static String messages(Installed.Run run) {
        return run.err()
                .lines()
                .filter(line -> !line.contains("Picked up"))
                .map(line -> line + "\n")
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-XX:+UseG1GC",
                "-XX:+UseParallelGC -XX:MaxRAMPercentage=50",
                "-XX:+UseConcMarkSweepGC -XX:+NoSuchOption",
                "-Xmx200m -Xms100m -Xshare:off"
            })
    void status_optionsThatAreNoObstacle_answers(String options) {
        pharos.sh("pharos set set; pharos wait -t 0 clear");
        for (String variable : VARIABLES) {
            String set = "export " + variable + "='" + options + "'; ";

            Installed.Run run = pharos.sh(set + "pharos status set; echo $?; pharos status clear; echo $?");
            assertThat(run.out()).as(variable).isEqualTo("set: set\n0\nclear: clear\n1\n");
            assertThat(messages(run)).as(variable).isEmpty();
            run = pharos.sh(set + "pharos hold held -- sh -c 'echo \"$" + variable + "\"; exit 7'");
            assertThat(run.out()).as("what the command of hold has").isEqualTo(options + "\n");
            assertThat(run.status()).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-javaagent:/nowhere/agent.jar", "-XX:ObjectAlignmentInBytes=3", "-Xinternalversion", "@nowhere"
            })
    void pharos_optionsWithWhichJavaDoesNotRun_saysSoInOneLine(String options) {
        pharos.sh("pharos set x");
        for (String variable : VARIABLES) {
            if (options.startsWith("@") && !variable.equals("JDK_JAVA_OPTIONS")) {
                continue; // no file of options, but an unknown one
            }
            Installed.Run run = pharos.sh("export " + variable + "='" + options + "'; "
                    + "pharos status x; echo $?; pharos wait -t 0 y; echo $?; pharos hold held -- echo held; echo $?");

            assertThat(run.out()).as(variable).isEqualTo("3\n3\n125\n");
            assertThat(messages(run).lines())
                    .as(variable)
                    .hasSize(3)
                    .allMatch(line -> line.matches(
                            "pharos: .*/java does not start.*: check " + variable + " and that Java installation"));
        }
        assertThat(directory.resolve("y")).doesNotExist();
    }

    @Test
    void pharos_littleAddressSpace_answersOrSaysSo() {
        pharos.sh("pharos set set; pharos wait -t 0 clear");
        Installed.Run small = pharos.sh("ulimit -v 1200000; pharos status set; pharos status clear; echo $?;"
                + " pharos hold held -- sh -c 'exit 7'; echo $?");
        assertThat(small).isEqualTo(new Installed.Run("set: set\nclear: clear\n1\n7\n", "", 0));

        Installed.Run none =
                pharos.sh("ulimit -v 150000; pharos status set; echo $?; pharos hold held -- true; echo $?");
        assertThat(none.out()).isEqualTo("3\n125\n");
        assertThat(none.err().lines())
                .hasSize(2)
                .allMatch(
                        line -> line.matches(
                                "pharos: .*/java does not start.*: check the limits that ulimit -a prints and that Java installation"));
        assertThat(directory).isDirectoryNotContaining("glob:**hs_err*");
    }

    @Test
    void pharos_jarThatIsMissing_saysSo() {
        Installed.Run run = pharos.sh("cp -r '" + Installed.home() + "' home; rm home/lib/pharos-cli.jar;"
                + " home/bin/pharos status x; echo $?; home/bin/pharos hold x -- true");

        assertThat(run.out()).isEqualTo("3\n");
        assertThat(run.status()).isEqualTo(125);
        assertThat(run.err().lines()).hasSize(2).allMatch(line -> line.endsWith("install the command again"));
    }

    // Places where nothing can be unpacked

    @Test
    void pharos_userThatTheSystemDoesNotKnow_worksAndLeavesNothingBehind() throws Exception {
        assumeTrue(Files.getOwner(directory).getName().equals("root"), "to be another user");
        Installed.Run run = pharos.sh("""
                mkdir -m 777 work tmp; chmod 711 .; cd work; unset HOME XDG_CACHE_HOME XDG_DATA_HOME
                unknown() { setpriv --reuid 54321 --regid 54321 --clear-groups "$@"; }
                unknown pharos set x; echo $?
                unknown pharos wait x; echo $?
                unknown pharos hold held -- sh -c 'exit 7'; echo $?
                unknown pharos serve --port 0; echo $?
                ls -A
                """);

        assertThat(run.out()).isEqualTo("0\n0\n7\n3\nheld\nx\n");
        assertThat(run.err())
                .isEqualTo("pharos: this user has no home directory to store the events in; specify --data\n");
    }

    @Test
    void pharos_noPlaceToWriteButThatOfTheEvent_worksSilently() throws Exception {
        assumeTrue(pharos.sh("unshare --mount mount -t tmpfs none /mnt").status() == 0, "to mount file systems");
        Installed.Run run = pharos.sh("unshare --mount sh -c '"
                + "mount --bind . /mnt; mount --bind \"" + Installed.home()
                + "\" /media; mount -o remount,bind,ro /media;"
                + "mount -t tmpfs -o ro none /tmp; mount -o remount,bind,ro /;"
                + "cd /mnt; export HOME=/proc; unset XDG_CACHE_HOME;"
                + "/media/bin/pharos set x; echo $?; /media/bin/pharos wait x; echo $?;"
                + "/media/bin/pharos hold held -- sh -c \"exit 7\"; echo $?; /media/bin/pharos clear x; echo $?;"
                + "/media/bin/pharos set -q y; echo $?'");

        assertThat(run).isEqualTo(new Installed.Run("0\n0\n7\n0\n0\n", "", 0));
    }

    @Test
    void set_quietWhereNativeCallsAreImpossible_saysNothing() {
        Installed.Run run =
                pharos.sh("JAVA_TOOL_OPTIONS=-Ddev.pharos.process.polling=true pharos set -q x; pharos status x");

        assertThat(run.out()).isEqualTo("x: set\n");
        assertThat(messages(run)).isEmpty();
    }

    // Names that are not text

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set",
                "clear",
                "status",
                "wait -t 0",
                "watch",
                "rm",
                "list",
                "hold -q",
                "timeline",
                "timeline -o",
                "wait --timeout 0 zk://127.0.0.1:1/r/"
            })
    void pharos_nameThatIsNotInTheEncoding_isRefused(String verb) {
        Installed.Run run = pharos.sh("pharos set other; for name in 'x\\350' '\\355\\240\\200'; do "
                + "name=$(printf \"$name\"); pharos " + verb + (verb.endsWith("/") ? "" : " ") + "\"$name\""
                + (verb.endsWith("-o") ? " app.jfr" : verb.startsWith("hold") ? " -- true" : "")
                + "; echo $?; done; ls *x*");

        assertThat(run.out()).isEqualTo((verb.startsWith("hold") ? "125\n" : "2\n").repeat(2));
        assertThat(run.err().lines().filter(line -> !line.startsWith("ls: ")))
                .hasSize(2)
                .allMatch(line -> line.contains(
                        "\uFFFD' is not a name in UTF-8, the encoding of the locale; use another name: see pharos "));
    }

    @Test
    void set_nameWithTheReplacementCharacter_isThatOfItsBytes() {
        Installed.Run run = pharos.sh("pharos set \"$(printf 'x\\357\\277\\275')\" 'what?'; ls x* w* | od -An -c -v");

        assertThat(run.out().replaceAll("\\s+", " ")).isEqualTo(" w h a t ? \\n x 357 277 275 \\n ");
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "POSIX"})
    void pharos_directoryThatTheLocaleCannotName_isUsed(String locale) {
        Installed.Run run = pharos.sh(
                "mkdir \u00e9 \"$(printf 'd\\350')\"; for d in \u00e9 d*; do (cd \"$d\"; LC_ALL=" + locale
                        + "; export LC_ALL; pharos set x; pharos status x ./x; pharos list . | cut -c1-4; pharos rm x; ls); done");

        assertThat(run).isEqualTo(new Installed.Run("x: set\n./x: set\nSTAT\nset \n".repeat(2), "", 0));
    }

    @Test
    void list_nameThatIsNotInTheEncoding_showsItsBytes() {
        Installed.Run run = pharos.sh("""
                pharos set e; mkdir run; mv e run/"$(printf 'x\\350\\303\\251%%20')"
                pharos list run | tail -n 1 | cut -c39-; pharos list --json run | cut -d, -f1
                LC_ALL=C pharos list run | tail -n 1 | cut -c39-
                """);

        assertThat(run.out()).isEqualTo("x\\xe8\u00e9%20\n{\"path\":\"run/x\\\\xe8\\u00e9%20\"\nx\\xe8\\xc3\\xa9%20\n");
        assertThat(run.err()).isEmpty();
    }

    // Permissions

    @Test
    void setWaitWatchAndHold_mode_isThatOfANewFileWhateverTheUmask() {
        Installed.Run run = pharos.sh("""
                umask 077
                pharos set -m 660 set; pharos wait --mode=u=rw,go=r -t 0 wait; pharos hold --mode 666 held -- true
                pharos watch -m ug=rw,o= watch | head -n 1 >/dev/null; pharos set default; pharos set --mode 666 default
                stat -c '%n %a' *
                """);

        assertThat(run.out().lines().filter(line -> !line.matches("(out|err).*")))
                .containsExactly("default 600", "held 666", "set 660", "wait 644", "watch 660");
    }

    @Test
    void setAndWait_twoUsersOfAGroup_shareAnEvent() throws Exception {
        assumeTrue(Files.getOwner(directory).getName().equals("root"), "to be another user");
        Installed.Run run = pharos.sh("""
                umask 022
                one() { setpriv --reuid 54321 --regid 54321 --groups 65000 "$@"; }
                other() { setpriv --reuid 54322 --regid 54322 --groups 65000 "$@"; }
                mkdir shared; chgrp 65000 shared; chmod 2770 shared
                one pharos wait -m 660 -t 0 shared/x; other pharos set shared/x; one pharos clear shared/x
                other pharos status shared/x
                one pharos set shared/y; other pharos status shared/y
                """);

        assertThat(run.out()).isEqualTo("shared/x: clear\n");
        assertThat(run.err().lines()).hasSize(2).last().asString().startsWith("pharos: shared/y: may not be opened ");
    }

    // What a library prints

    @Test
    void serve_serverRemovesSnapshots_printsOnlyItsRoot() throws Exception {
        Process first = pharos.start("pharos", "serve", "--port", "0", "--data", "data");
        Installed.until("it serves", () -> pharos.out(first).endsWith("\n"));
        pharos.sh("pharos set " + pharos.out(first).strip() + "/x");
        Installed.signal(first, "QUIT");
        assertThat(pharos.finish(first).status()).isEqualTo(131);
        Path data = directory.resolve("data/version-2");
        Path snapshot;
        try (Stream<Path> files = Files.list(data)) {
            snapshot = files.filter(file -> file.getFileName().toString().startsWith("snapshot."))
                    .findAny()
                    .orElseThrow();
        }
        for (int i = 1; i < 6; i++) {
            Files.copy(snapshot, data.resolve("snapshot.fffffff" + i));
        }
        Process second = pharos.start("pharos", "serve", "--port", "0", "--data", "data");
        Installed.until("snapshots are removed", () -> Files.notExists(data.resolve("snapshot.fffffff1")));
        Installed.until("it serves", () -> pharos.out(second).endsWith("\n"));
        Installed.signal(second, "TERM");

        assertThat(pharos.finish(second)).satisfies(run -> {
            assertThat(run.out()).matches("zk://127[^\n]*\n");
            assertThat(run.err()).isEmpty();
            assertThat(run.status()).isEqualTo(143);
        });
    }
}
