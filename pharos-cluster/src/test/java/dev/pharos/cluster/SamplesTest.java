// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The code in the Javadoc of this module and in docs/cluster.md, as it stands but for the addresses and the patience:
 * it runs.
 */
class SamplesTest {
    private static final Pattern JAVADOC = Pattern.compile("(?ms)<pre>\\{@code$(.*?)^ \\* }</pre>");
    private static final Pattern PAGE = Pattern.compile("(?ms)^```java$(.*?)^```$");

    /** As {@link Servers#PATIENT}: a machine may be so busy that it answers only after ten seconds. */
    private static final String PATIENT = "Cluster.Options.DEFAULTS.operationTimeout(java.time.Duration.ofMinutes(10))";

    @TempDir
    Path folder;

    private static String javadoc(Class<?> type) throws IOException {
        Path source = Path.of("src/main/java", type.getName().replace('.', '/') + ".java");
        return only(JAVADOC, Files.readString(source)).replaceAll("(?m)^ \\* ", "");
    }

    /** The code that a text has, which is to be one piece. */
    private static String only(Pattern code, String text) {
        Matcher samples = code.matcher(text);
        assertThat(samples.results()).hasSize(1);
        samples.reset();
        assertThat(samples.find()).isTrue();
        return samples.group(1);
    }

    /** Starts a program of these lines, in the folder. */
    private Process start(String sample) throws IOException {
        Path program = Files.writeString(folder.resolve("Sample.java"), """
                import dev.pharos.cluster.*;
                import java.nio.file.Path;

                class Sample {
                    public static void main(String[] args) throws Exception {
                        %s
                    }
                }
                """.formatted(sample));
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.toString())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
    }

    private static void assertEnds(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    @Test
    void cluster_asItStands_waitsForAnotherMachine() throws Exception {
        String sample = javadoc(Cluster.class);
        assertThat(javadoc(ClusterEvent.class)).isEqualTo(sample);
        assertThat(only(PAGE, Files.readString(Path.of("../docs/cluster.md")))).isEqualTo(sample);
        try (ClusterServer server = ClusterServer.start(0, folder.resolve("servers"))) {
            String servers = "127.0.0.1:" + server.port();
            Process process = start(sample.replace("zk1:2181,zk2:2181,zk3:2181", servers)
                    .replace("/orders\")", "/orders\", " + PATIENT + ")"));
            try (Cluster cluster = Cluster.connect(servers + "/orders", Servers.PATIENT);
                    ClusterEvent ready = cluster.event("database is up")) {
                ready.set();
            }
            assertEnds(process);
        }
    }

    @Test
    void clusterServer_asItStands_setsAnEventThatIsKept() throws Exception {
        assertEnds(start(javadoc(ClusterServer.class)
                .replace("2181", "0")
                .replace("server.port())", "server.port(), " + PATIENT + ")")));
        try (ClusterServer server = ClusterServer.start(0, folder.resolve("data"));
                Cluster cluster = Cluster.connect("127.0.0.1:" + server.port(), Servers.PATIENT)) {
            assertThat(cluster.status("ready").set()).isTrue();
        }
    }
}
