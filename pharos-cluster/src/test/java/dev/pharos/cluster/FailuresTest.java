// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each reason why there is no connection is told: with TLS in {@link CertificatesTest} and {@link SecurityTest}. If
 * waiting does not help, a test takes half of a few seconds; otherwise it takes the operation timeout, so most of them are
 * slow.
 */
class FailuresTest {
    private static final Cluster.Options BRIEF = Cluster.Options.DEFAULTS.operationTimeout(Duration.ofSeconds(4));

    private static final Duration LONGEST = Duration.ofMinutes(8);

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    /** How connecting fails, and that the failure has the address of the connection and a reason of one line. */
    static <T extends EventException> T failure(Class<T> kind, String address, Cluster.Options options) {
        T failure = catchThrowableOfType(kind, () -> Cluster.connect(address, options));
        assertThat(failure).as(address).isNotNull();
        assertThat(failure.address()).isEqualTo(ClusterAddress.parse(address).toString());
        assertThat(failure.reason()).doesNotContain("\n", "%s").contains("; ");
        return failure;
    }

    /**
     * As {@link #failure}, where waiting may help; the reason is to contain some words. If the servers have not told it
     * within the operation timeout, as may be on a busy machine, asks again with twice that.
     */
    static EventException unavailable(String address, Cluster.Options options, String why) {
        Duration timeout = options.operationTimeout;
        while (true) {
            EventException failure =
                    failure(EventException.Unavailable.class, address, options.operationTimeout(timeout));
            assertThat(failure.reason()).startsWith("no connection within " + timeout.toMillis() + " ms: ");
            timeout = timeout.multipliedBy(2);
            if (failure.reason().contains(why) || timeout.compareTo(LONGEST) > 0) {
                return failure;
            }
        }
    }

    private static String unavailable(String address, String why) {
        return unavailable(address, BRIEF, why).reason();
    }

    private static void assertUnavailable(String address, String why) {
        assertThat(unavailable(address, why)).contains(": " + why + "; check ");
    }

    /** A program that listens, and does something with each connection. */
    private static final class Listening implements AutoCloseable {
        private final ServerSocket listener;
        private final List<Socket> sockets = new ArrayList<>();

        interface Action {
            void on(Socket socket) throws IOException;
        }

        Listening(Action action) throws IOException {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Thread thread = new Thread(() -> accept(action));
            thread.setDaemon(true);
            thread.start();
        }

        private void accept(Action action) {
            try {
                while (true) {
                    Socket socket = listener.accept();
                    sockets.add(socket);
                    try {
                        action.on(socket);
                    } catch (IOException e) {
                        // the client has closed it
                    }
                }
            } catch (IOException e) {
                // closed
            }
        }

        String address() {
            return "127.0.0.1:" + listener.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    @Tag("slow")
    void connect_unknownHost_isTold() {
        assertUnavailable("no-such-host.invalid:2181", "unknown host in no-such-host.invalid:2181");
    }

    @Test
    @Tag("slow")
    void connect_nobodyListens_isTold() {
        String one = "127.0.0.1:" + Servers.freePort();
        String other = "127.0.0.1:" + Servers.freePort();
        assertUnavailable(one + "," + other, "nobody listens at " + one + ", " + other);
        assertUnavailable(one + "," + one, "nobody listens at " + one);
        String six = "[::1]:" + Servers.freePort();
        assertThat(unavailable(six, six))
                .containsPattern("(nobody listens at|no way to) \\Q" + six + "\\E"); // where IPv6 is off
    }

    @Test
    void connect_severalReasons_areToldOfEach() {
        String nobody = "127.0.0.1:" + Servers.freePort();
        assertUnavailable(
                "no-such-host.invalid:1," + nobody,
                "unknown host in no-such-host.invalid:1; nobody listens at " + nobody);
    }

    @Test
    void connect_nobodyAnswers_isTold() throws IOException {
        try (Listening mute = new Listening(socket -> {})) {
            assertUnavailable(mute.address(), "connections are accepted, but not answered, by " + mute.address());
        }
    }

    @Test
    @Tag("slow")
    void connect_handshakeIsNotAnswered_isTold() throws IOException {
        try (ServerSocket full = full()) {
            String address = "127.0.0.1:" + full.getLocalPort();
            assertUnavailable(address, "no answer from " + address);
        }
    }

    /** One whose system answers no further attempt to connect, as a machine that is off: its backlog is full. */
    private static ServerSocket full() throws IOException {
        ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        for (int i = 0; i < 8; i++) {
            Socket waiting = new Socket();
            waiting.setReuseAddress(true);
            Thread thread = new Thread(() -> {
                try (waiting) {
                    waiting.connect(full.getLocalSocketAddress(), (int) TimeUnit.MINUTES.toMillis(10));
                    int unused = waiting.getInputStream().read();
                } catch (IOException e) {
                    // closed
                }
            });
            thread.setDaemon(true);
            thread.start();
        }
        while (answers(full.getLocalSocketAddress())) {
            Thread.onSpinWait();
        }
        return full;
    }

    private static boolean answers(java.net.SocketAddress address) {
        Socket socket = new Socket();
        try {
            socket.connect(address, 300);
            return true; // and is left to fill the backlog
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    @Tag("slow")
    void connect_connectionsAreClosed_isTold() throws IOException {
        try (Listening closing = new Listening(Socket::close)) {
            String closed = "connections are closed at once by " + closing.address();
            assertThat(unavailable(closing.address(), closed))
                    .contains(": " + closed + "; ")
                    .contains("maxClientCnxns");
        }
    }

    /** Whether a blocking connect is so late that it fails in this way is a matter of luck. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isClosedByPeer_connectionWasAcceptedAndReset_true(boolean closedFirst) throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                SocketChannel client = SocketChannel.open()) {
            client.configureBlocking(false);
            client.connect(listener.getLocalSocketAddress());
            try (Socket accepted = listener.accept()) {
                if (closedFirst) {
                    accepted.shutdownOutput();
                }
                accepted.setSoLinger(true, 0);
            }
            IOException failure = catchThrowableOfType(IOException.class, client::finishConnect);
            assertThat(ZooKeeperDiagnosis.isClosedByPeer(failure))
                    .as(failure.getMessage())
                    .isTrue();
        }
    }

    @Test
    void isClosedByPeer_nobodyListens_false() {
        IOException refused = catchThrowableOfType(
                IOException.class, () -> new Socket(InetAddress.getLoopbackAddress(), Servers.freePort()).close());
        assertThat(ZooKeeperDiagnosis.isClosedByPeer(refused)).isFalse();
    }

    @Test
    void connect_somethingElseAnswers_isToldAndLasts() throws IOException {
        try (Listening http = new Listening(socket -> answerLine(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"));
                Listening ssh = new Listening(socket -> say(socket, "SSH-2.0-OpenSSH_9.2 100%s\r\n"))) {
            assertThat(failure(EventException.Misconfigured.class, http.address(), Servers.PATIENT)
                            .reason())
                    .isEqualTo("no connection: no ZooKeeper server, since the answer is"
                            + " 'HTTP/1.1 400 Bad Request', at " + http.address() + "; check the address");
            assertThat(failure(EventException.Misconfigured.class, ssh.address(), Servers.PATIENT)
                            .reason())
                    .contains("'SSH-2.0-OpenSSH_9.2 100?s', at " + ssh.address());
        }
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void answerLine(Socket socket, String text) {
        Thread thread = new Thread(() -> {
            try (socket) {
                int read = 0;
                while (read >= 0 && read != '\n') {
                    read = socket.getInputStream().read();
                }
                say(socket, text);
            } catch (IOException e) {
                // it has gone
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** One of the servers may be able to serve later: it is not known that waiting does not help. */
    @Test
    @Tag("slow")
    void connect_oneServerIsSomethingElse_isTold() throws IOException {
        try (Listening ssh = new Listening(socket -> say(socket, "SSH-2.0-OpenSSH_9.2\r\n"))) {
            String nobody = "127.0.0.1:" + Servers.freePort();
            assertThat(unavailable(ssh.address() + "," + nobody, "no ZooKeeper server"))
                    .contains("nobody listens at " + nobody);
        }
    }

    // With servers

    @Test
    @Tag("slow")
    void connect_tooManyConnections_isTold() {
        try (Servers servers = Servers.start(1, "maxClientCnxns=1");
                Cluster first = connectOnceFree(servers.address())) {
            assertThat(first.isConnected()).isTrue();
            String closed = "connections are closed at once by " + servers.address();
            assertThat(unavailable(servers.address(), closed))
                    .contains(
                            ": " + closed + "; check that it does not have too many of this machine (maxClientCnxns)");
        }
    }

    /** The server may not have noticed yet that the one connection of those who have asked it before is closed. */
    private static Cluster connectOnceFree(String address) {
        return Cluster.connect(address, Servers.PATIENT);
    }

    @Test
    @Tag("slow")
    void connect_noMajority_isTold() {
        try (Servers servers = Servers.start(3)) {
            servers.kill(1);
            servers.kill(2);
            threads.until("no majority", () -> servers.ask(0, "srvr").contains("not currently serving"));
            assertUnavailable(
                    servers.address(),
                    "running, but without a majority of the servers: " + servers.address(0) + "; nobody listens at "
                            + servers.address(1) + ", " + servers.address(2));
            assertUnavailable(
                    servers.address(0), "running, but without a majority of the servers: " + servers.address(0));
        }
    }

    @Test
    @Tag("slow")
    void connect_readOnlyServer_isTold() {
        try (Servers servers = Servers.start(3, "-Dreadonlymode.enabled=true")) {
            servers.kill(1);
            servers.kill(2);
            threads.until("read-only", () -> servers.ask(0, "srvr").contains("Mode: read-only"));
            assertUnavailable(
                    servers.address(0), "running, but without a majority of the servers: " + servers.address(0));
        }
    }

    @Test
    void connect_serversRequireAuthentication_isTold() {
        try (Servers servers = Servers.start(1, "enforce.auth.enabled=true", "enforce.auth.schemes=digest")) {
            EventException.NotPermitted failure =
                    failure(EventException.NotPermitted.class, servers.address(), Servers.PATIENT);
            assertThat(failure.reason()).startsWith("the servers accept only users who authenticate; specify a user");
            try (Cluster ada = Cluster.connect(servers.address(), Servers.PATIENT.digest("ada", "engine"))) {
                assertThat(ada.event("x").set()).isTrue();
            }
        }
    }

    /** On a busy machine the first attempt may take too long. */
    private static Cluster connectHoweverLate(String address) {
        while (true) {
            try {
                return Cluster.connect(address, BRIEF);
            } catch (EventException.Unavailable e) {
                // once more
            }
        }
    }

    @Test
    void methods_connectionIsLost_tellWhy() {
        try (Servers servers = Servers.start(1);
                Cluster cluster = connectHoweverLate(servers.address());
                ClusterEvent event = cluster.event("x")) {
            servers.kill(0);
            EventException.Unavailable failure = null;
            while (failure == null) { // the first call may be under way when the connection is lost
                try {
                    boolean unused = event.isSet();
                } catch (EventException.Unavailable e) {
                    failure = e;
                }
            }
            assertThat(failure.address()).isEqualTo(event.name());
            assertThat(failure.reason()).contains("nobody listens at " + servers.address());
            assertThat(cluster.isConnected()).isFalse();
        }
    }

    // Time

    /** The session timeout, by which ZooKeeper would measure its patience, is much longer than the operation timeout. */
    @Test
    @Tag("slow")
    void connect_someServersAreDead_findsTheOtherInTime() throws IOException {
        Cluster.Options options = Cluster.Options.DEFAULTS
                .sessionTimeout(Duration.ofMinutes(60))
                .operationTimeout(Duration.ofSeconds(30));
        try (Servers servers = Servers.start(1, "maxSessionTimeout=3600000");
                ServerSocket one = full();
                ServerSocket other = full()) {
            String address =
                    "127.0.0.1:" + one.getLocalPort() + ",127.0.0.1:" + other.getLocalPort() + "," + servers.address();
            for (int i = 0; i < 4; i++) { // in random order
                try (Cluster cluster = Cluster.connect(address, options)) {
                    assertThat(cluster.isConnected()).isTrue();
                }
            }
        }
    }

    @Test
    @Tag("slow")
    void connect_nobodyAnswersInALongSession_failsInTheTimeOfOneOperation() throws IOException {
        Cluster.Options options = Cluster.Options.DEFAULTS
                .sessionTimeout(Duration.ofMinutes(60))
                .operationTimeout(Duration.ofSeconds(15));
        try (Listening mute = new Listening(socket -> {})) {
            long start = System.nanoTime();
            EventException.Unavailable unused = failure(EventException.Unavailable.class, mute.address(), options);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
        }
    }
}
