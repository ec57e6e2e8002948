// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.Reservoir;
import dev.pharos.Event;
import dev.pharos.EventException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.xerial.snappy.Snappy;

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

    /** A program that serves. */
    static final class ServerProgram {
        public static void main(String[] args) {
            try (ClusterServer server = ClusterServer.start(0, Path.of(args[0]))) {
                System.out.println("serves: " + (server.port() > 0));
            } catch (EventException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
        }
    }

    /** A program that connects by TLS. */
    static final class TlsProgram {
        public static void main(String[] args) {
            try (Cluster cluster =
                    Cluster.connect("127.0.0.1:1", Cluster.Options.DEFAULTS.trustStore(Path.of("trust.p12"), ""))) {
                System.out.println(cluster);
            } catch (EventException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
        }
    }

    private static Path of(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
    }

    /** A folder with nothing but the program: among the tests there is a class in a package of ZooKeeper. */
    private Path program(Class<?> program) throws IOException {
        Path all = folder.resolve("program");
        String name = program.getName().replace('.', '/') + ".class";
        Path copy = all.resolve(name);
        Files.createDirectories(copy.getParent());
        Files.copy(of(program).resolve(name), copy);
        return all;
    }

    private static String nettyHandler() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.contains("netty-handler-"))
                .findAny()
                .orElseThrow();
    }

    /** Runs a program that has the jars of a plain connection, and these. What it prints. */
    private String run(boolean modules, Class<?> type, List<Path> more, String argument) throws Exception {
        Path program = program(type);
        List<Path> others = Stream.concat(OTHERS.stream(), more.stream()).toList();
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
                    join(others),
                    "-m",
                    "dev.pharos.cluster/" + type.getName()));
        } else {
            command.addAll(List.of(
                    "-cp",
                    join(Stream.concat(Stream.of(of(Event.class), of(Cluster.class), program), others.stream())
                            .toList()),
                    type.getName()));
        }
        command.add(argument);
        File errors = folder.resolve("errors").toFile();
        Process process = new ProcessBuilder(command).redirectError(errors).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(output + Files.readString(errors.toPath()))
                .isZero();
        delete(program);
        return output;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void plainConnection_fourJarsBesideOurs_areEnough(boolean modules) throws Exception {
        assertThat(OTHERS).hasSize(4).doesNotHaveDuplicates();
        try (ClusterServer server = ClusterServer.start(0, folder.resolve("data"))) {
            assertThat(run(modules, Program.class, List.of(), "localhost:" + server.port()))
                    .isEqualTo("released\n");
        }
    }

    /** With the jars that Maven gives to who depends on this module: the others that it has are optional. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void server_jarsOfMavenAlone_saysWhatToAdd(boolean modules) throws Exception {
        String data = folder.resolve("data").toString();
        assertThat(run(modules, ServerProgram.class, List.of(), data))
                .isEqualTo("Misconfigured: 127.0.0.1:0: a server needs two libraries that a client does not; add "
                        + ClusterServer.METRICS + " and " + ClusterServer.SNAPPY + " to the class path\n");
        assertThat(run(modules, ServerProgram.class, List.of(of(Reservoir.class)), data))
                .startsWith("Misconfigured: ");
        assertThat(run(modules, ServerProgram.class, List.of(of(Reservoir.class), of(Snappy.class)), data))
                .isEqualTo("serves: true\n");
        String versions = Files.readString(Path.of("../pom.xml"));
        assertThat(versions)
                .contains(
                        "<metrics.version>" + version(ClusterServer.METRICS) + "<",
                        "<snappy.version>" + version(ClusterServer.SNAPPY) + "<");
    }

    private static String version(String artifact) {
        return artifact.substring(artifact.lastIndexOf(':') + 1);
    }

    @Test
    void tls_jarsOfMavenAlone_saysWhatToAdd() throws Exception {
        assertThat(run(false, TlsProgram.class, List.of(), ""))
                .matches(
                        "Misconfigured: zk://127\\.0\\.0\\.1:1/pharos: TLS needs \\S+ and its dependencies, which are not"
                                + " on the class path; add io\\.netty:netty-transport-classes-epoll and io\\.netty:netty-codec [^\n]*\n");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void engine_isTheOnlyOneThatKnowsZooKeeper() throws Exception {
        try (Stream<Path> sources = Files.list(Path.of("src/main/java/dev/pharos/cluster"))) {
            List<String> knowing = sources.filter(source -> contains(source, "import org.apache.zookeeper"))
                    .map(source -> source.getFileName().toString())
                    .sorted()
                    .toList();
            assertThat(knowing)
                    .containsExactly(
                            "ClusterServer.java",
                            "ZooKeeperDiagnosis.java",
                            "ZooKeeperEngine.java",
                            "ZooKeeperEnvironment.java",
                            "ZooKeeperHosts.java",
                            "ZooKeeperOptions.java");
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
