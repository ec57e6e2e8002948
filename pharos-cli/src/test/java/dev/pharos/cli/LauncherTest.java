// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pharos.TestThreads;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher as a process, in a tree of its own, with a mvn and a java that only record how they were called. */
@Timeout(value = 10, unit = MINUTES)
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final String BUILDING = "pharos: building (first use, less than a minute)...\n";

    @TempDir
    private Path directory;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private Path tree;
    private Path bin;

    /** What the launcher finds in the environment beside PATH. */
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void makeTree() throws IOException {
        tree = Files.createDirectories(directory.resolve("a tree"));
        bin = Files.createDirectories(directory.resolve("bin"));
        Files.copy(Path.of("../pharos"), tree.resolve("pharos"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.createFile(tree.resolve("pom.xml"));
        Files.createDirectories(tree.resolve(".mvn"));
        Files.createDirectories(tree.resolve("pharos-cli/src/main"));
        Files.createFile(tree.resolve("pharos-cli/pom.xml"));
        Files.copy(Path.of("build"), tree.resolve("pharos-cli/build"));
        Files.createFile(tree.resolve("pharos-cli/src/main/Main.java"));
        script(
                "mvn",
                "mkdir -p '" + tree + "/pharos-cli/target/lib'; : >'" + tree + "/pharos-cli/target/lib/pharos-cli.jar'",
                "echo built >>'" + directory + "/builds'");
        script(
                "java",
                "case $* in -version) echo 'openjdk version \"17.0.1\"' >&2; exit;;",
                "*-Xshare:on*Trial) exit $SHARING;; *Trial) exit 77;;",
                "*TrainingRun*) for made in \"$@\"; do case $made in *AtExit=*) made=${made#*=}; break;; esac; done",
                "echo trained >>'" + directory + "/trained'; eval \"$TRAINING\"; exit;; esac",
                "while [ \"$1\" != -jar ]; do shift; done",
                "shift 2; printf '<%s>' \"$@\"; exit 42");
    }

    @Test
    void launcher_firstUse_buildsOnce() throws Exception {
        assertThat(run("pharos").err).isEqualTo(BUILDING);
        assertThat(run("pharos").err).isEmpty();

        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void launcher_anyArguments_passesThemAndTheStatusOn() throws Exception {
        Run run = run("pharos", "demo", "", "a  b", "*", "--x='$y'");

        assertThat(run.out).isEqualTo("<demo><><a  b><*><--x='$y'>");
        assertThat(run.status).isEqualTo(42);
    }

    @Test
    void launcher_sourceChanged_buildsAgain() throws Exception {
        run("pharos");
        for (String source : List.of("pom.xml", "pharos-cli/pom.xml", "pharos-cli/src/main/Main.java")) {
            Files.setLastModifiedTime(
                    tree.resolve(source), FileTime.from(Instant.now().plusSeconds(2)));
            assertThat(run("pharos").err).isEqualTo("pharos: building (the sources have changed)...\n");
            Files.setLastModifiedTime(tree.resolve(source), FileTime.from(Instant.EPOCH));
        }
        assertThat(run("pharos").err).isEmpty();
    }

    @Test
    void launcher_sourceDeleted_buildsAgain() throws Exception {
        run("pharos");
        // File systems tell times by a clock that ticks every few milliseconds: a stand-in builds within one.
        Files.setLastModifiedTime(
                tree.resolve("pharos-cli/target/lib/built"),
                FileTime.from(Instant.now().minusSeconds(2)));
        Files.delete(tree.resolve("pharos-cli/src/main/Main.java"));
        run("pharos");

        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void launcher_buildFails_showsItsOutputAndDoesNotCountAsBuilt() throws Exception {
        script("mvn", "echo 'a broken thing'; exit 1");
        for (int attempt = 0; attempt < 2; attempt++) {
            Run run = run("pharos");

            assertThat(run.err)
                    .isEqualTo(BUILDING + "a broken thing\npharos: the build failed, for the reason above\n");
            assertThat(run.out).isEmpty();
            assertThat(run.status).isEqualTo(ExitCode.FAILED.status);
        }
    }

    @Test
    void launcher_severalAtOnce_buildOnce() throws Exception {
        // A build takes until the others have started: each of them asks java for its version first.
        script(
                "mvn",
                "while [ $(wc -l <'" + directory + "/asked') -lt 4 ]; do :; done",
                "mkdir -p '" + tree + "/pharos-cli/target/lib'; : >'" + tree + "/pharos-cli/target/lib/pharos-cli.jar'",
                "echo built >>'" + directory + "/builds'");
        script(
                "java",
                "case $* in -version) echo asked >>'" + directory + "/asked';",
                "echo 'openjdk version \"17\"' >&2;; *Trial) exit 77;; esac");
        List<Process> launchers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            launchers.add(start("launcher-" + i, withStandIns(), "pharos"));
        }
        for (Process launcher : launchers) {
            assertThat(launcher.waitFor()).isZero();
        }

        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void launcher_throughSymbolicLinks_findsItsTree() throws Exception {
        Path links = Files.createDirectories(directory.resolve("links"));
        Files.createSymbolicLink(links.resolve("absolute"), tree.resolve("pharos"));
        Files.createSymbolicLink(links.resolve("relative"), Path.of("../links/absolute"));

        assertThat(run("../links/relative", "demo").out).isEqualTo("<demo>");
    }

    @Test
    void launcher_javaMissing_saysSo() throws Exception {
        Files.delete(bin.resolve("java"));

        Run run = runWithOnly("dirname");

        assertThat(run.err).isEqualTo("pharos: no java found: install a JDK, version 17 or later, or set JAVA_HOME\n");
        assertThat(run.status).isEqualTo(ExitCode.FAILED.status);
    }

    @Test
    void launcher_javaTooOld_saysSo() throws Exception {
        script("java", "echo 'java version \"1.8.0_402\"' >&2");

        assertThat(run("pharos").err)
                .isEqualTo("pharos: " + bin.resolve("java")
                        + " is too old: install a JDK, version 17 or later, or set JAVA_HOME\n");
    }

    @Test
    void launcher_mvnMissing_saysSo() throws Exception {
        Files.delete(bin.resolve("mvn"));

        Run run = runWithOnly("dirname", "cat", "sed", "flock", "find");

        assertThat(run.err).isEqualTo("pharos: no mvn found: install Maven, version 3.8.7 or later\n");
        assertThat(run.status).isEqualTo(ExitCode.FAILED.status);
    }

    // The archive of classes, of the command as it is installed

    /** Makes an installed command of the tree. */
    private Path install() throws IOException {
        Path home = Files.createDirectories(directory.resolve("home"));
        Files.createDirectories(home.resolve("bin"));
        Files.createDirectories(home.resolve("lib"));
        Files.copy(tree.resolve("pharos"), home.resolve("bin/pharos"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.createFile(home.resolve("lib/pharos-cli.jar"));
        environment.put("XDG_CACHE_HOME", directory.resolve("cache").toString());
        return home.resolve("bin/pharos");
    }

    private List<String> cached() throws IOException {
        Path cache = directory.resolve("cache/pharos");
        if (!Files.isDirectory(cache)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(cache)) {
            return files.map(file -> file.getFileName().toString().replaceFirst("^[0-9]+-[0-9]+", "N"))
                    .toList();
        }
    }

    private int trainings() throws IOException {
        return Files.exists(directory.resolve("trained"))
                ? Files.readAllLines(directory.resolve("trained")).size()
                : 0;
    }

    @ParameterizedTest
    @CsvSource({
        "exit 0, 77, N.jsa",
        "echo made >\"$made\"; exit 1, 1, N.jsa",
        "exit 1, 77, N.jsa.making",
        "kill -s KILL $$, 77, N.jsa.making"
    })
    void launcher_javaMakesNoArchive_triesOnce(String training, String sharing, String left) throws Exception {
        Path pharos = install();
        environment.put("TRAINING", training);
        environment.put("SHARING", sharing);
        for (int attempt = 0; attempt < 3; attempt++) {
            assertThat(runWith(withStandIns(), pharos.toString(), "status")).isEqualTo(new Run("<status>", "", 42));
        }

        assertThat(trainings()).isEqualTo(1);
        assertThat(cached()).containsExactly(left);
        try (Stream<Path> files = Files.list(directory.resolve("cache/pharos"))) {
            assertThat(files.filter(Files::isRegularFile))
                    .allMatch(file -> file.toFile().length() == 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"HUP, 129", "INT, 130", "QUIT, 131", "TERM, 143"})
    void launcher_signalWhileTheArchiveIsMade_endsAtOnceAndLeavesNothing(String signal, int status) throws Exception {
        Path pharos = install();
        environment.put("TRAINING", "echo $$ >'" + directory + "/training'; exec sleep 1000");
        Process launcher = start("run", withStandIns(), "env", "--default-signal", pharos.toString(), "wait");
        long training = awaitTraining();
        signal(launcher.pid(), signal);

        assertThat(launcher.waitFor()).isEqualTo(status);
        assertThat(ProcessHandle.of(training).map(ProcessHandle::isAlive)).isNotEqualTo(Optional.of(true));
        assertThat(cached()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"HUP, 129", "INT, 130", "QUIT, 131", "TERM, 143"})
    void launcher_firstProcessOfAContainer_endsBySignalAtOnce(String signal, int status) throws Exception {
        assumeTrue(isPossible("unshare", "--pid", "--fork", "true"), "to be the first process");
        Path pharos = install();
        for (String phase : List.of("the archive is made", "the command runs")) {
            String hang = "echo $$ >'" + directory + "/training'; exec sleep 1000";
            environment.put("TRAINING", phase.equals("the command runs") ? "exit 0" : hang);
            script(
                    "java",
                    "case $* in *Trial) exit 77;; *TrainingRun*) eval \"$TRAINING\"; exit;; *) " + hang + ";; esac");
            Process unshare = start(
                    "run",
                    withStandIns(),
                    "env",
                    "--default-signal",
                    "unshare",
                    "--pid",
                    "--fork",
                    "--kill-child",
                    pharos.toString(),
                    "wait");
            awaitFile(directory.resolve("training"));
            ProcessHandle launcher = unshare.children().findAny().orElseThrow();
            signal(launcher.pid(), signal);

            assertThat(unshare.waitFor()).as(phase).isEqualTo(status);
            Files.delete(directory.resolve("training"));
        }
    }

    @Test
    void launcher_relativeCacheDirectory_isIgnored() throws Exception {
        Path pharos = install();
        environment.put("HOME", directory.resolve("cache").toString());
        for (String relative : List.of("relative", "./relative", "")) {
            environment.put("XDG_CACHE_HOME", relative);
            runWith(withStandIns(), pharos.toString(), "status");
        }
        assertThat(directory.resolve("relative")).doesNotExist();
        assertThat(directory.resolve("cache/.cache/pharos")).isDirectory();

        environment.remove("XDG_CACHE_HOME");
        environment.put("HOME", "relative");
        assertThat(runWith(withStandIns(), pharos.toString(), "status").err).isEmpty();
        environment.remove("HOME");
        assertThat(runWith(withStandIns(), pharos.toString(), "status").err).isEmpty();
        assertThat(directory.resolve("relative")).doesNotExist();
        assertThat(Path.of("/.cache/pharos")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mkdir", "find", "ls", "rm", "cksum", "mv"})
    void launcher_minimalUserland_saysNothing(String missing) throws Exception {
        Path pharos = install();
        for (String program : List.of("mkdir", "find", "ls", "rm", "cksum", "mv", "readlink", "cat", "sleep")) {
            if (!program.equals(missing)) {
                script(program, "PATH='" + System.getenv("PATH") + "' exec " + program + " \"$@\"");
            }
        }
        environment.put("TRAINING", "exit 0");

        assertThat(runWith(bin.toString(), pharos.toString(), "status")).isEqualTo(new Run("<status>", "", 42));
        assertThat(cached()).doesNotContain("-.jsa");
        assertThat(runWith(bin.toString(), pharos.toString(), "status")).isEqualTo(new Run("<status>", "", 42));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            exit 1                               |
            exit 0                               |
            exit 4                               |
            kill -s SEGV $$                      |
            echo 'Error: could not open x' >&2; exit 1 | : Error: could not open x
            printf 'Error occurred during initialization of VM\\nno room\\n'; exit 1 | : no room
            """)
    void launcher_javaIsBroken_saysSo(String java, String reason) throws Exception {
        Path pharos = install();
        script("java", java);
        for (String verb : List.of("status", "wait", "hold")) {
            Run run = runWith(withStandIns(), pharos.toString(), verb, "x");

            assertThat(run)
                    .isEqualTo(new Run(
                            "",
                            "pharos: " + bin.resolve("java") + " does not start" + (reason == null ? "" : reason)
                                    + ": check that Java installation\n",
                            verb.equals("hold") ? 125 : 3));
        }
    }

    @Test
    void launcher_directoryThatWasRemoved_saysSo() throws Exception {
        Path pharos = install();
        for (String verb : List.of("status", "hold")) {
            String script = "mkdir gone && cd gone && rmdir ../gone && exec \"$@\"";
            Run run = runWith(withStandIns(), "env", "sh", "-c", script, "sh", pharos.toString(), verb, "x");

            assertThat(run.out).isEmpty();
            assertThat(run.err) // below what the shell may have to say
                    .endsWith("pharos: the current directory was removed, or its path is too long: change to another"
                            + " directory\n");
            assertThat(run.status).isEqualTo(verb.equals("hold") ? 125 : 3);
        }
    }

    private long awaitTraining() throws Exception {
        awaitFile(directory.resolve("training"));
        return Long.parseLong(Files.readString(directory.resolve("training")).strip());
    }

    private void awaitFile(Path file) {
        threads.until(file + " is written", () -> {
            try {
                return Files.exists(file) && Files.size(file) > 0;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    private static void signal(long process, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-s", name, Long.toString(process))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static boolean isPossible(String... command) throws Exception {
        return new ProcessBuilder(command).start().waitFor() == 0;
    }

    private record Run(String out, String err, int status) {}

    private Run run(String launcher, String... args) throws Exception {
        return runWith(withStandIns(), launcher, args);
    }

    /** Runs with nothing to be found but the stand-ins and these programs of the system. */
    private Run runWithOnly(String... programs) throws Exception {
        for (String program : programs) {
            script(program, "PATH='" + System.getenv("PATH") + "' exec " + program + " \"$@\"");
        }
        return runWith(bin.toString(), "pharos");
    }

    private Run runWith(String path, String launcher, String... args) throws Exception {
        Process process = start("run", path, launcher, args);
        int status = process.waitFor();
        return new Run(
                Files.readString(directory.resolve("run.out")), Files.readString(directory.resolve("run.err")), status);
    }

    private Process start(String name, String path, String launcher, String... args) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(launcher.equals("env") ? launcher : tree.resolve(launcher).toString());
        command.addAll(Arrays.asList(args));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(directory.resolve(name + ".out").toFile())
                .redirectError(directory.resolve(name + ".err").toFile());
        builder.environment().remove("JAVA_HOME");
        builder.environment().put("PATH", path);
        builder.environment().remove("XDG_CACHE_HOME");
        builder.environment().remove("HOME");
        builder.environment().putAll(environment);
        return builder.start();
    }

    private String withStandIns() {
        return bin + File.pathSeparator + System.getenv("PATH");
    }

    private int builds() throws IOException {
        return Files.readAllLines(directory.resolve("builds")).size();
    }

    private void script(String name, String... lines) throws IOException {
        Path file = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
