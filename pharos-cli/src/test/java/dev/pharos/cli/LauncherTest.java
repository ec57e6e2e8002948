// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as a process, in a tree of its own, with a mvn and a java that only record how they were called. */
@Timeout(value = 10, unit = MINUTES)
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final String BUILDING = "pharos: building (first use, less than a minute)...\n";

    @TempDir
    private Path directory;

    private Path tree;
    private Path bin;

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
        script("mvn", "echo built >>'" + directory + "/builds'");
        script(
                "java",
                "case $* in -version) echo 'openjdk version \"17.0.1\"' >&2; exit;; *TrainingRun*) exit 1;; esac",
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
                "echo built >>'" + directory + "/builds'");
        script(
                "java",
                "case $* in -version) echo asked >>'" + directory + "/asked';",
                "echo 'openjdk version \"17\"' >&2;; esac");
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
        List<String> command = new ArrayList<>(List.of(tree.resolve(launcher).toString()));
        command.addAll(Arrays.asList(args));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(directory.resolve(name + ".out").toFile())
                .redirectError(directory.resolve(name + ".err").toFile());
        builder.environment().remove("JAVA_HOME");
        builder.environment().put("PATH", path);
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
