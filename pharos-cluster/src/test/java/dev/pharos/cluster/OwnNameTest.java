// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * No name is looked up on the way to a numeric address, neither that of this machine nor that of the address: a name
 * server that does not answer would hold up each connection for ten seconds or more. Programs run on a machine that does
 * not know its own name, and its name server is this test, which records what it is asked.
 */
@EnabledOnOs(OS.LINUX)
class OwnNameTest {
    private static final InetSocketAddress NAME_SERVER = new InetSocketAddress("127.0.0.9", 53);

    @TempDir
    Path folder;

    /** Holds an event; as a user of SASL, if there is a second argument. */
    static final class Client {
        public static void main(String[] args) {
            Cluster.Options options = Servers.PATIENT;
            if (args.length > 1) {
                System.setProperty("java.security.auth.login.config", "jaas.conf");
                options = options.sasl(args[1]);
            }
            try (Cluster cluster = Cluster.connect(args[0], options);
                    ClusterEvent event = cluster.event("x");
                    ClusterEvent.Hold hold = event.hold()) {
                System.out.println("valid: " + hold.isValid());
            }
        }
    }

    /** Serves, and is its own client. */
    static final class Server {
        public static void main(String[] args) {
            try (ClusterServer server = ClusterServer.start(0, Path.of(args[0]))) {
                Client.main(new String[] {"127.0.0.1:" + server.port()});
            }
        }
    }

    @BeforeEach
    void prepare() throws Exception {
        Files.writeString(folder.resolve("resolv"), "nameserver 127.0.0.9\n");
        Files.writeString(folder.resolve("hosts"), "127.0.0.1 localhost\n");
        Files.writeString(folder.resolve("nss"), "hosts: files dns\n");
        assumeTrue(there("true").isEmpty(), "mount and host names of one's own, as root has them");
    }

    /** Runs a command on such a machine; what it prints. */
    private String there(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("unshare", "-m", "-u", "sh", "-c", """
                mount --make-rprivate / && mount --bind resolv /etc/resolv.conf && mount --bind hosts /etc/hosts &&
                mount --bind nss /etc/nsswitch.conf && hostname web-1 && exec "$@"
                """, "sh"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? output : output + "failed\n";
    }

    private void assertAsksNobody(Class<?> program, String... arguments) throws Exception {
        Queue<String> asked = new ConcurrentLinkedQueue<>();
        try (DatagramSocket nameServer = bind()) {
            Thread thread = new Thread(() -> record(nameServer, asked));
            thread.setDaemon(true);
            thread.start();
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    program.getName()));
            command.addAll(List.of(arguments));
            String output = there(command.toArray(new String[0]));
            assertThat(asked).as(output).isEmpty();
            assertThat(output).contains("valid: true");
        }
    }

    private static DatagramSocket bind() {
        try {
            return new DatagramSocket(NAME_SERVER);
        } catch (SocketException e) {
            assumeTrue(false, "the port of a name server: " + e.getMessage());
            throw new AssertionError(e);
        }
    }

    private static void record(DatagramSocket nameServer, Queue<String> asked) {
        try {
            while (true) {
                DatagramPacket question = new DatagramPacket(new byte[512], 512);
                nameServer.receive(question);
                asked.add(new String(question.getData(), 12, question.getLength() - 12, StandardCharsets.ISO_8859_1)
                        .replaceAll("[^\\w-]+", "."));
            }
        } catch (IOException e) {
            // closed
        }
    }

    @Test
    void client_nameServerIsSilent_isNotAsked() throws Exception {
        try (ClusterServer server = ClusterServer.start(0, folder.resolve("data"))) {
            assertAsksNobody(Client.class, "127.0.0.1:" + server.port());
        }
    }

    @Test
    void clientWithSasl_nameServerIsSilent_isNotAsked() throws Exception {
        Files.writeString(folder.resolve("jaas.conf"), """
                Server { org.apache.zookeeper.server.auth.DigestLoginModule required user_ada="engine"; };
                Ada { org.apache.zookeeper.server.auth.DigestLoginModule required username="ada" password="engine"; };
                """);
        try (Servers servers = Servers.start(
                1,
                "-Djava.security.auth.login.config=" + folder.resolve("jaas.conf"),
                "-Dzookeeper.authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
                "-Dzookeeper.fips-mode=false")) {
            assertAsksNobody(Client.class, servers.address(), "Ada");
        }
    }

    @Test
    void server_nameServerIsSilent_isNotAsked() throws Exception {
        assertAsksNobody(Server.class, "data");
    }
}
