// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** The archive that the build leaves, unpacked in a folder of its own, and shells in which its command can be run. */
final class Installed implements AutoCloseable {
    /** How long anything may take: what hangs is found by it, and never a machine that has much to do. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    /** Before a command: a build in the background ignores Ctrl-C, and so would all that it starts. */
    private static final List<String> DEFAULT_SIGNALS = List.of("env", "--default-signal");

    private static final Path HOME = unpack();

    /** Where the shells run. */
    final Path folder;

    private final List<Process> started = new ArrayList<>();

    Installed(Path folder) throws IOException {
        this.folder = folder;
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x")); // for other users too
    }

    /** What a process has left. */
    record Run(String out, String err, int status) {}

    private static Path unpack() {
        try {
            Path home = Files.createTempDirectory(
                    "pharos a", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            Process tar = new ProcessBuilder(
                            "tar", "xzf", System.getProperty("pharos.archive"), "-C", "" + home, "--strip-components=1")
                    .inheritIO()
                    .start();
            assertThat(tar.waitFor()).isZero();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(home)));
            return home;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted((one, other) -> other.compareTo(one))
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            // what is left is in the folder for temporary files
        }
    }

    static Path home() {
        return HOME;
    }

    /** A script of a page, which is to be patient on a machine that has much to do. */
    static String patient(String script) {
        return script.replaceAll(" -t \\d+[sm] ", " -t 1h ");
    }

    /** Runs a script in sh, to its end. */
    Run sh(String script) {
        return finish(start("sh", "-c", script));
    }

    /** Runs a script in bash, to its end. */
    Run bash(String script) {
        return finish(start("bash", "-c", script));
    }

    /** Starts a command; what it prints is kept, and if it still runs at the end of the test, it is killed. */
    Process start(String... command) {
        try {
            Path out = folder.resolve("out." + started.size());
            List<String> line = new ArrayList<>(DEFAULT_SIGNALS);
            line.addAll(List.of(command));
            ProcessBuilder builder = new ProcessBuilder(line)
                    .directory(folder.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(folder.resolve("err." + started.size()).toFile());
            Map<String, String> environment = builder.environment();
            environment.put(
                    "PATH",
                    HOME.resolve("bin") + ":" + System.getProperty("java.home") + "/bin:" + System.getenv("PATH"));
            environment.put("XDG_CACHE_HOME", HOME.resolve("cache").toString());
            environment.put("JAVA_HOME", System.getProperty("java.home"));
            environment.remove("NO_COLOR");
            environment.put("TERM", "xterm");
            Process process = builder.start();
            started.add(process);
            return process;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until a process ends. */
    Run finish(Process process) {
        try {
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s has ended", process.info().commandLine())
                    .isTrue();
            return new Run(out(process), err(process), process.exitValue());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    String out(Process process) {
        return read("out.", process);
    }

    String err(Process process) {
        return read("err.", process);
    }

    private String read(String kind, Process process) {
        try {
            return Files.readString(folder.resolve(kind + started.indexOf(process)), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Polls until something is so. */
    static void until(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(Duration.ofNanos(System.nanoTime() - start)).as(what).isLessThan(LIMIT);
            LockSupport.parkNanos(10_000_000L);
        }
    }

    /** Waits until a process listens for an event: a set that comes then is one that it waits for. */
    static void untilListening(Process process) {
        untilListening(process, 1);
    }

    /** Waits until a process listens for so many events, by a thread for each. */
    static void untilListening(Process process, int events) {
        until("a process listens", () -> listeners(process) == events);
    }

    private static long listeners(Process process) {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            return threads.filter(thread -> {
                        try {
                            return Files.readString(thread.resolve("comm")).startsWith("pharos-listene");
                        } catch (IOException e) {
                            return false; // it has ended
                        }
                    })
                    .count();
        } catch (IOException e) {
            throw new AssertionError("the process has ended", e);
        }
    }

    /** Sends a signal. */
    static void signal(Process process, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-s", name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Override
    public void close() {
        started.forEach(process -> process.destroyForcibly().onExit().join());
    }
}
