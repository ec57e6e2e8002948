// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.Event;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;

/** What a program needs beside the jars of this library, for a plain connection. */
class DependenciesTest {
    private static final List<Path> OTHERS =
            List.of(of(ZooKeeper.class), of(Stat.class), of(Logger.class), Path.of(nettyHandler()));

    @TempDir
    Path folder;

    /** A program with as few jars as can be. */
    static final class Program {
        private static final Cluster.Options PATIENT =
                Cluster.Options.DEFAULTS.operationTimeout(Duration.ofMinutes(10));

        public static void main(String[] args) throws Exception {
            try (Cluster cluster = Cluster.connect(args[0], PATIENT);
                    ClusterEvent event = cluster.event("event")) {
                event.set();
                event.await();
                System.out.println("released");
            }
        }
    }

    private static Path of(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
    }

    /** A folder with nothing but the program: among the tests there is a class in a package of ZooKeeper. */
    private Path program() throws IOException {
        Path all = folder.resolve("program");
        String name = Program.class.getName().replace('.', '/') + ".class";
        Path copy = all.resolve(name);
        Files.createDirectories(copy.getParent());
        Files.copy(of(Program.class).resolve(name), copy);
        return all;
    }

    private static String nettyHandler() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.contains("netty-handler-"))
                .findAny()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void plainConnection_fourJarsBesideOurs_areEnough(boolean modules) throws Exception {
        assertThat(OTHERS).hasSize(4).doesNotHaveDuplicates();
        Path program = program();
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        if (modules) {
            command.addAll(List.of(
                    "-p",
                    join(List.of(of(Event.class), of(Cluster.class), of(Logger.class))),
                    "--add-modules",
                    "dev.pharos.cluster",
                    "--patch-module",
                    "dev.pharos.cluster=" + program,
                    "-cp",
                    join(OTHERS),
                    "-m",
                    "dev.pharos.cluster/" + Program.class.getName()));
        } else {
            command.addAll(List.of(
                    "-cp",
                    join(Stream.concat(Stream.of(of(Event.class), of(Cluster.class), program), OTHERS.stream())
                            .toList()),
                    Program.class.getName()));
        }
        try (ClusterServer server = ClusterServer.start(0, folder.resolve("data"))) {
            command.add("localhost:" + server.port());
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            assertThat(output).contains("released");
        }
    }

    @Test
    void engine_isTheOnlyOneThatKnowsZooKeeper() throws Exception {
        try (Stream<Path> sources = Files.list(Path.of("src/main/java/dev/pharos/cluster"))) {
            List<String> knowing = sources.filter(source -> contains(source, "import org.apache.zookeeper"))
                    .map(source -> source.getFileName().toString())
                    .sorted()
                    .toList();
            assertThat(knowing).containsExactly("ClusterServer.java", "ZooKeeperEngine.java");
        }
    }

    private static boolean contains(Path source, String text) {
        try {
            return Files.readString(source).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String join(List<Path> paths) {
        return String.join(
                File.pathSeparator, paths.stream().map(Path::toString).toList());
    }
}
