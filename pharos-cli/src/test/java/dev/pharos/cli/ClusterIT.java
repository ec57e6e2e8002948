// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import dev.pharos.cluster.Proxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command with events of a cluster: the archive that the build leaves, and real servers that it runs. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class ClusterIT {
    /** The type of the request that ends a session, which is -11. */
    private static final String END_OF_SESSION = "\u00ff\u00ff\u00ff\u00f5";

    /** Nobody listens at this port, which is for a service that nobody has. */
    private static final String NOWHERE = "zk://127.0.0.1:1/root";

    /** A number of this machine that others hardly have: so a port that is free there stays so. */
    private static final String HOST = "127." + (1 + ProcessHandle.current().pid() % 65_000 / 255) + "."
            + ProcessHandle.current().pid() % 255 + ".1";

    /**
     * For scripts: a wait for less than five seconds, of which the servers get all. Where they were not reached in those,
     * as the wait then says, it tells nothing of the event.
     */
    private static final String REACHING = """
            reaching() {
                while pharos wait "$@" >said 2>&1; waited=$?; grep -q 'could not be reached$' said; do :; done
                cat said
                return $waited
            }
            """;

    @TempDir
    private static Path serverDirectory;

    private static Installed serving;

    /** Where the server of all tests has its events. */
    private static String served;

    @TempDir
    private Path directory;

    private Installed pharos;

    /** A root of this test. */
    private String root;

    @BeforeAll
    static void serve() throws IOException {
        Connections.quieten(); // the proxies connect from here
        serving = new Installed(serverDirectory);
        served = address(serving, serving.start("pharos", "serve", "--port", "0", "--data", "data"));
    }

    @AfterAll
    static void end() {
        serving.close();
    }

    @BeforeEach
    void install() throws IOException {
        pharos = new Installed(directory);
        // For a machine with much to do, on which a client may not come to say for long that it is there.
        Files.writeString(directory.resolve("patient"), "session.timeout = 40s\noperation.timeout = 10m\n");
        root = served + "/" + directory.getFileName();
    }

    @AfterEach
    void close() {
        pharos.close();
    }

    /** What a server prints, once it serves. */
    private static String address(Installed shells, Process server) {
        Installed.until("a server serves", () -> shells.out(server).endsWith("\n") || !server.isAlive());
        assertThat(shells.err(server)).isEmpty();
        assertThat(shells.out(server)).matches("zk://127\\.[0-9.]+:\\d+/pharos\n");
        return shells.out(server).strip();
    }

    private Installed.Run sh(String script) {
        return pharos.sh("export Z=" + root + " PHAROS_CLUSTER=patient\n" + script);
    }

    private String inRoot(String text) {
        return text.replace("$Z", root);
    }

    @Test
    void setClearStatusWaitRm_inTurn_tellByTheirStatus() {
        Installed.Run run = sh(REACHING + """
                exec 2>&1
                pharos status $Z/x; echo $?
                pharos clear $Z/x; echo $?
                pharos set $Z/x $Z/y; echo $?
                pharos status $Z/x $Z/y; echo $?
                pharos set -v $Z/x; echo $?
                pharos clear $Z/x; echo $?
                pharos status -q $Z/x $Z/y; echo $?
                reaching -t 0 $Z/y; echo $?
                reaching -t 0 $Z/x; echo $?
                reaching -t 10ms --any $Z/x $Z/y; echo $?
                pharos wait -q -t 10ms $Z/x $Z/y; echo $?
                pharos wait -t 10m --clear $Z/x; echo $?
                pharos rm $Z/x $Z/y; echo $?
                pharos rm $Z/x; echo $?
                """);

        assertThat(run.out()).isEqualTo(inRoot("""
                pharos: $Z/x: does not exist; set it or wait for it first
                3
                pharos: $Z/x: does not exist; set it or wait for it first
                3
                0
                $Z/x: set
                $Z/y: set
                0
                pharos: $Z/x: was already set
                0
                0
                1
                0
                pharos: $Z/x: not set within 0s
                124
                0
                124
                0
                0
                pharos: $Z/x: does not exist; set it or wait for it first
                3
                """));
    }

    @Test
    void list_namesOfAllKinds_areTheAddressesOfTheEvents() {
        Installed.Run run = sh("""
                pharos set "$Z/a b" $Z/%2Fetc%2Fhosts "$Z/caf\u00e9" $Z/100%25 $Z/caf%C3%A9
                pharos list $Z | sed 's/20[^ ]*Z/T/'
                pharos list --json $Z | sed 's/"since":"[^"]*"/"since":"T"/'
                pharos list --json $Z | sed 's/.*"path":"\\([^"]*\\)".*/\\1/' | xargs pharos status
                pharos list $Z/none
                """);

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).startsWith("""
                STATE  HELD BY  SINCE                 NAME
                set    0        T  /etc/hosts
                set    0        T  100%
                set    0        T  a b
                set    0        T  caf\u00e9
                """).contains(inRoot("""
                {"path":"$Z/%2Fetc%2Fhosts","kind":"cluster","state":"set","holders":0,"since":"T"}
                """)).endsWith(inRoot("""
                $Z/%2Fetc%2Fhosts: set
                $Z/100%25: set
                $Z/a%20b: set
                $Z/caf%C3%A9: set
                """));
    }

    @ParameterizedTest
    @CsvSource({"set, 3", "clear, 3", "status, 3", "watch, 3", "rm, 3", "hold, 125"})
    void pharos_noServer_failsWithOneSentence(String verb, int status) {
        Installed.Run run = pharos.sh("""
                echo operation.timeout = 500ms >options
                PHAROS_CLUSTER=options pharos %s %s/x %s""".formatted(verb, NOWHERE, verb.equals("hold") ? "-- true" : ""));

        assertThat(run.err())
                .matches("pharos: " + NOWHERE + "/x: no (connection within|server has answered in) [^\n]*\n");
        assertThat(run).isEqualTo(new Installed.Run("", run.err(), status));
    }

    @Test
    void wait_noServer_goesOnUntilItsTimeIsOver() {
        assertThat(pharos.sh("pharos wait -t 1s " + NOWHERE + "/x"))
                .isEqualTo(new Installed.Run(
                        "", "pharos: " + NOWHERE + "/x: not set within 1s; 127.0.0.1:1 could not be reached\n", 124));
        assertThat(sh("(pharos wait -v --any " + NOWHERE + "/x y 2>&1) & pharos set y; wait")
                        .out())
                .matches("pharos: y: set after .* s\n");
    }

    @Test
    void wait_nobodyListens_saysSoInTheEnd() {
        Installed.Run run = pharos.sh("""
                echo operation.timeout = 2s >options
                PHAROS_CLUSTER=options pharos wait -t 20s %s/x""".formatted(NOWHERE));

        assertThat(run)
                .isEqualTo(new Installed.Run(
                        "",
                        "pharos: " + NOWHERE + "/x: not set within 20s; 127.0.0.1:1 could not be reached: no connection"
                                + " within 2000 ms: nobody listens at 127.0.0.1:1; check the address, and that the"
                                + " servers are running\n",
                        124));
    }

    /** What waiting does not mend is told at once: a wait, which goes on without servers, ends too. */
    @ParameterizedTest
    @CsvSource({"set, 3", "clear, 3", "status, 3", "wait, 3", "watch, 3", "rm, 3", "hold, 125"})
    void pharos_badStore_failsWithOneSentence(String verb, int status) {
        assertThat(pharos.sh("""
                printf 'trust.store = missing.p12\\ntrust.password = none\\n' >options
                PHAROS_CLUSTER=options pharos %s %s/x %s""".formatted(verb, NOWHERE, verb.equals("hold") ? "-- true" : "")))
                .isEqualTo(new Installed.Run(
                        "",
                        "pharos: " + NOWHERE
                                + "/x: the trust store missing.p12 does not exist; create it, or specify another\n",
                        status));
    }

    @Test
    void pharos_badJaasConfiguration_failsWithOneSentence() {
        Installed.Run run = pharos.sh("""
                printf 'sasl.entry = Ada\\nsasl.config = missing.conf\\n' >options
                PHAROS_CLUSTER=options pharos wait %1$s/x; echo $?
                echo 'Eve { };' >missing.conf
                PHAROS_CLUSTER=options pharos set %1$s/x; echo $?""".formatted(NOWHERE));

        assertThat(run.out()).isEqualTo("3\n3\n");
        assertThat(run.err()).hasLineCount(2).contains("/x: the JAAS configuration ");
    }

    @ParameterizedTest
    @CsvSource({"set, 3", "wait, 3", "hold, 125"})
    void pharos_somethingElseListens_failsWithOneSentence(String verb, int status) throws IOException {
        try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> greet(other));
            thread.setDaemon(true);
            thread.start();
            String address = "127.0.0.1:" + other.getLocalPort();
            Installed.Run run = pharos.sh("""
                    echo operation.timeout = 8s >options
                    PHAROS_CLUSTER=options pharos %s zk://%s/root/x %s""".formatted(verb, address, verb.equals("hold") ? "-- true" : ""));

            assertThat(run)
                    .isEqualTo(new Installed.Run(
                            "",
                            "pharos: zk://" + address
                                    + "/root/x: no connection: no ZooKeeper server, since"
                                    + " the answer is 'SSH-2.0-OpenSSH_9.2', at " + address + "; check the address\n",
                            status));
        }
    }

    private static void greet(ServerSocket listener) {
        try {
            while (true) {
                listener.accept()
                        .getOutputStream()
                        .write("SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // closed
        }
    }

    @Test
    void wait_connectionIsLost_saysSo() {
        Process waiting;
        String event;
        try (Proxy proxy = new Proxy(port(served))) {
            event = through(proxy);
            waiting = pharos.start("env", "PHAROS_CLUSTER=patient", "pharos", "wait", "-t", "30s", event);
            Installed.until(
                    "it has connected", () -> sh("pharos status -q $Z/x").status() == 1);
        }

        assertThat(pharos.finish(waiting))
                .isEqualTo(new Installed.Run(
                        "",
                        "pharos: " + event + ": not set within 30s; the connection to 127.0.0.1:" + port(event)
                                + " is lost, so it may have been set\n",
                        124));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            none                  | does not exist
            digest.user = me      | has no line 'digest.password'
            colour = red          | has a line 'colour', which is not an option: see docs/cli.md
            access = friends      | has 'friends' for access: write everybody, everybody-may-wait or creator
            session.timeout = now | has 'now' for session.timeout: write it as in 250ms, 30s or 5m
            """)
    void pharos_badOptions_saysWhatInOneLine(String line, String reason) throws IOException {
        if (!line.equals("none")) {
            Files.writeString(directory.resolve("options"), line + "\n");
        }
        assertThat(sh("PHAROS_CLUSTER=options pharos set $Z/x"))
                .isEqualTo(new Installed.Run(
                        "", inRoot("pharos: $Z/x: the file options, which PHAROS_CLUSTER names, " + reason + "\n"), 3));
    }

    @Test
    void options_logIn_keepsOthersFromAnEvent() {
        root = served.replace("/pharos", "/" + directory.getFileName()); // what is above is of who has made it too
        Installed.Run run = sh("""
                printf 'operation.timeout = 10m\\ndigest.user = me\\ndigest.password = secret\\naccess = everybody-may-wait\\n' >options
                PHAROS_CLUSTER=options pharos set $Z/x; echo $?
                pharos status $Z/x; echo $?
                pharos clear $Z/x; echo $?
                PHAROS_CLUSTER=options pharos clear $Z/x; echo $?
                """);

        assertThat(run.out()).isEqualTo(inRoot("0\n$Z/x: set\n0\n3\n0\n"));
        assertThat(run.err()).startsWith(inRoot("pharos: $Z/x: ")).hasLineCount(1);
    }

    @Test
    void wait_filesAndClusters_areWaitedForTogether() {
        Installed.Run run = sh("""
                (pharos wait -t 10m --all x $Z/x; echo all $?) >all &
                (pharos wait --any --json no $Z/x >any; echo any $? >>any) &
                pharos set x $Z/x; wait; cat all; sed 's/_ms":[0-9]*/_ms":N/' any
                pharos wait -q -t 10ms --all no $Z/x; echo $?
                """);

        assertThat(run.out()).isEqualTo(inRoot("""
                all 0
                {"result":"set","paths":["$Z/x"],"waited_ms":N}
                any 0
                124
                """));
        assertThat(run.err()).isEmpty();
    }

    @Test
    void hold_timeAndAgain_isAlwaysHeld() {
        assertThat(sh("for i in 1 2 3 4 5 6 7 8; do pharos hold $Z/x -- sh -c 'exit 7'; printf \"$? \"; done"))
                .isEqualTo(new Installed.Run("7 7 7 7 7 7 7 7 ", "", 0));
    }

    @Test
    void hold_command_hasItsPlaceItsSignalsAndItsStatus() throws Exception {
        assertThat(sh("pharos hold $Z/x -- sh -c 'exit 7'")).isEqualTo(new Installed.Run("", "", 7));
        assertThat(sh("pharos hold $Z/x -- pharos status -v $Z/x").out())
                .startsWith(inRoot("$Z/x: set, held by 1, since 20"));
        assertThat(sh("pharos wait -t 10m --clear $Z/x; pharos status $Z/x").out())
                .isEqualTo(inRoot("$Z/x: clear\n"));
        // Who reads what the command prints does not wait for whoever holds, and the command has no child.
        assertThat(sh("pharos hold $Z/x -- sh -c 'read -r it </proc/$$/task/$$/children; echo \"<$it>\"' | cat")
                        .out())
                .isEqualTo("<>\n");
        String signals = "grep -E 'SigBlk|SigIgn' /proc/self/status | sed 's/.*\\(.\\{7\\}\\)$/\\1/'";
        assertThat(sh("pharos hold $Z/x -- " + signals)).isEqualTo(new Installed.Run("0000000\n0000000\n", "", 0));

        Process holding = pharos.start("pharos", "hold", root + "/x", "--", "sleep", "1000");
        assertThat(sh("pharos wait $Z/x").status()).isZero();
        Installed.signal(holding, "TERM");
        assertThat(pharos.finish(holding)).isEqualTo(new Installed.Run("", "", 143));
    }

    @Test
    void hold_holderIsKilled_letsGoBeforeTheSessionEnds() throws Exception {
        try (Proxy proxy = new Proxy(port(served))) {
            String event = through(proxy);
            Process holding =
                    pharos.start("env", "PHAROS_CLUSTER=patient", "pharos", "hold", event, "--", "sleep", "1000");
            assertThat(sh("pharos wait $Z/x").status()).isZero();
            Event asked = new ThreadEvent("to end the session");
            proxy.before(END_OF_SESSION, asked::set);
            Process waiting = pharos.start("env", "PHAROS_CLUSTER=patient", "pharos", "wait", "--clear", root + "/x");
            Installed.signal(holding, "KILL");

            assertThat(pharos.finish(waiting)).isEqualTo(new Installed.Run("", "", 0));
            assertThat(asked.isSet()).as("the keeper asked for it").isTrue();
            Installed.until("the keeper has ended", () -> keeper(event) == null);
        }
    }

    @Test
    void hold_keeperIsKilled_endsWithTheSession() throws Exception {
        Files.writeString(directory.resolve("options"), "session.timeout = 4s\noperation.timeout = 10m\n");
        Process holding =
                pharos.start("env", "PHAROS_CLUSTER=options", "pharos", "hold", root + "/x", "--", "sleep", "1000");
        assertThat(sh("pharos wait $Z/x").status()).isZero();
        ProcessHandle keeper = keeper(root + "/x");
        assertThat(keeper).isNotNull();
        keeper.destroyForcibly();

        assertThat(sh("pharos wait --clear $Z/x").status()).isZero();
        assertThat(holding.isAlive()).isTrue();
    }

    /** The change is made, but before its outcome is known somebody has deleted the event. */
    @Test
    void set_answerIsLost_tellsThatItIsNotKnown() {
        assertThat(sh("pharos set $Z/x && pharos clear $Z/x").status()).isZero();
        try (Proxy proxy = new Proxy(port(served))) {
            proxy.before("/s-", () -> proxy.drop(false, true));
            String event = through(proxy);
            Process setting = pharos.start("env", "PHAROS_CLUSTER=patient", "pharos", "set", event);
            assertThat(sh("pharos wait $Z/x && pharos rm $Z/x")).isEqualTo(new Installed.Run("", "", 0));
            proxy.reset();
            proxy.heal();

            assertThat(pharos.finish(setting))
                    .isEqualTo(new Installed.Run(
                            "",
                            "pharos: " + event
                                    + ": the connection was lost during the change, which may have been made;"
                                    + " check, or repeat it\n",
                            ExitCode.UNKNOWN.status));
        }
    }

    @Test
    void hold_sessionExpires_holdsAgain() throws Exception {
        try (Proxy proxy = new Proxy(port(served))) {
            String event = through(proxy);
            Process holding =
                    pharos.start("env", "PHAROS_CLUSTER=patient", "pharos", "hold", event, "--", "sleep", "1000");
            assertThat(sh("pharos wait $Z/x").status()).isZero();
            Installed.until("the session is over", () -> isOver(proxy));
            Installed.until("it has held again", () -> pharos.err(holding).endsWith("again\n"));

            assertThat(pharos.err(holding))
                    .isEqualTo(
                            "pharos: %1$s: no longer held: this machine was disconnected from the servers for too long\npharos: %1$s: held again\n"
                                    .formatted(event));
            assertThat(sh("pharos status -v $Z/x").out()).startsWith(inRoot("$Z/x: set, held by 1, since 20"));
            Installed.signal(holding, "KILL");
            assertThat(sh("pharos wait -t 10m --clear $Z/x").status()).isZero();
        }
    }

    private static boolean isOver(Proxy proxy) {
        try {
            return proxy.expire("127.0.0.1:" + port(served));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The event x of this test, as it is reached through a proxy. */
    private String through(Proxy proxy) {
        return root.replace(":" + port(served) + "/", ":" + proxy.port() + "/") + "/x";
    }

    private static int port(String address) {
        return Integer.parseInt(address.replaceAll("zk://.*:(\\d+)/.*", "$1"));
    }

    /** The process that holds for a command of this test. */
    private static ProcessHandle keeper(String event) {
        return ProcessHandle.allProcesses()
                .filter(process -> List.of(process.info().arguments().orElse(new String[0]))
                        .containsAll(List.of(HolderProcess.class.getName(), event)))
                .findAny()
                .orElse(null);
    }

    // Servers of a test's own

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            return socket.getLocalPort();
        }
    }

    @Test
    void waitAndWatch_serverIsKilledAndStartedAgain_goOn() throws Exception {
        String port = Integer.toString(freePort());
        Process server = pharos.start("pharos", "serve", "--host", HOST, "--port", port, "--data", "data");
        String own = address(pharos, server);
        pharos.sh("pharos set " + own + "/kept");
        Process watching = pharos.start("pharos", "watch", own + "/x");
        Process waiting = pharos.start("pharos", "wait", own + "/x");
        Installed.until("it watches", () -> pharos.out(watching).endsWith("x\n"));
        Installed.signal(server, "KILL");
        assertThat(pharos.finish(server).status()).isEqualTo(137);
        address(pharos, pharos.start("pharos", "serve", "--host", HOST, "--port", port, "--data", "data"));

        assertThat(pharos.sh("pharos set " + own + "/x")).isEqualTo(new Installed.Run("", "", 0));
        assertThat(pharos.finish(waiting)).isEqualTo(new Installed.Run("", "", 0));
        Installed.until("it is told", () -> pharos.out(watching).endsWith("Z  set    " + own + "/x\n"));
        assertThat(pharos.sh("pharos status -q " + own + "/kept").status()).isZero();
        Installed.signal(watching, "INT");
        assertThat(pharos.finish(watching).status()).isEqualTo(ExitCode.INTERRUPTED.status);
        assertThat(pharos.err(watching)).isEmpty();
    }

    /**
     * A server that wants a certificate, and knows a user: one key for both sides is enough to see that the lines
     * count.
     */
    @Test
    void options_tlsAndSasl_connectToServersThatWantThem() throws Exception {
        int tls = freePort();
        int plain = freePort();
        Installed.Run made = pharos.sh("""
                set -e
                exec 2>&1
                keys="-storetype PKCS12 -storepass changeit"
                keytool -genkeypair -keystore key.p12 $keys -alias it -keyalg EC -dname CN=localhost -ext SAN=ip:%1$s
                keytool -exportcert -keystore key.p12 $keys -alias it -file it.cer
                keytool -importcert -noprompt -keystore trust.p12 $keys -alias it -file it.cer
                cat >jaas.conf <<'END'
                Server { org.apache.zookeeper.server.auth.DigestLoginModule required user_ada="engine"; };
                Ada { org.apache.zookeeper.server.auth.DigestLoginModule required username="ada" password="engine"; };
                Eve { org.apache.zookeeper.server.auth.DigestLoginModule required username="ada" password="wrong"; };
                END
                cat >server.cfg <<'END'
                dataDir=data
                clientPort=%2$d
                clientPortAddress=%1$s
                secureClientPort=%3$d
                secureClientPortAddress=%1$s
                admin.enableServer=false
                serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory
                authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider
                ssl.keyStore.location=key.p12
                ssl.keyStore.password=changeit
                ssl.trustStore.location=trust.p12
                ssl.trustStore.password=changeit
                END
                cat >tls <<'END'
                operation.timeout = 10m
                trust.store = trust.p12
                trust.password = changeit
                key.store = key.p12
                key.password = changeit
                END
                cat >sasl <<'END'
                operation.timeout = 10m
                sasl.entry = Ada
                sasl.config = jaas.conf
                access = creator
                END
                """.formatted(HOST, plain, tls));
        assertThat(made.status()).as(made.out()).isZero();
        pharos.start(
                "java",
                "-Djava.security.auth.login.config=jaas.conf",
                "-Dzookeeper.fips-mode=false",
                "-cp",
                Installed.home() + "/lib/*",
                "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                "server.cfg");

        Installed.Run run = pharos.sh("""
                        PHAROS_CLUSTER=tls pharos set zk://TLS/tls/x; echo $?
                        PHAROS_CLUSTER=patient pharos status zk://PLAIN/tls/x; echo $?
                        PHAROS_CLUSTER=sasl pharos set zk://PLAIN/sasl/x; echo $?
                        PHAROS_CLUSTER=patient pharos status -q zk://PLAIN/sasl/x; echo $?
                        PHAROS_CLUSTER=sasl pharos status -q zk://PLAIN/sasl/x; echo $?
                        sed 's/10m/8s/' tls >brief; echo 'operation.timeout = 8s' >none
                        PHAROS_CLUSTER=brief pharos wait zk://PLAIN/tls/x 2>&1; echo $?
                        PHAROS_CLUSTER=none pharos wait zk://TLS/tls/x 2>&1; echo $?
                        sed '/^key/d' brief >keyless
                        PHAROS_CLUSTER=keyless pharos set zk://TLS/tls/x 2>&1; echo $?
                        sed 's/= Ada/= Eve/' sasl >eve
                        PHAROS_CLUSTER=eve pharos wait zk://PLAIN/sasl/x 2>&1; echo $?
                        """.replace("TLS", HOST + ":" + tls).replace("PLAIN", HOST + ":" + plain));

        // JDK 25 has the name of the alert before it, too.
        String out = run.out().replaceAll("\\((\\(\\w+\\) )?Received fatal alert: \\w+\\)", "(ALERT)");
        assertThat(new Installed.Run(out, run.err(), run.status()))
                .isEqualTo(new Installed.Run(
                        """
                        0
                        zk://PLAIN/tls/x: set
                        0
                        0
                        3
                        0
                        pharos: zk://PLAIN/tls/x: no connection: TLS is not used at PLAIN; specify the secureClientPort, or neither trust store nor key store
                        3
                        pharos: zk://TLS/tls/x: no connection: TLS is required at TLS; specify a trust store, or the clientPort
                        3
                        pharos: zk://TLS/tls/x: no connection: the certificate of this client is missing, says TLS (ALERT); specify a key store
                        3
                        pharos: zk://PLAIN/sasl/x: authentication failed; check user, password and the servers
                        3
                        """.replace("PLAIN", HOST + ":" + plain)
                                .replace("TLS is", "tls is")
                                .replace("TLS", HOST + ":" + tls)
                                .replace("tls is", "TLS is"),
                        "",
                        0));
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void serve_signal_endsWithItsStatus(String signal, int status) throws Exception {
        Process server = pharos.start("pharos", "serve", "--port", "0", "--data", "data");
        String address = address(pharos, server);
        Installed.signal(server, signal);

        assertThat(pharos.finish(server)).isEqualTo(new Installed.Run(address + "\n", "", status));
    }

    @Test
    void serve_portOrFolderIsInUse_saysSo() {
        int port = port(served);
        assertThat(pharos.sh("pharos serve --port " + port + " --data data"))
                .isEqualTo(new Installed.Run(
                        "",
                        "pharos: 127.0.0.1:" + port
                                + ": not available (Address already in use); stop the process that uses it, or specify another port\n",
                        3));
        Path folder = serverDirectory.resolve("data");
        assertThat(pharos.sh("pharos serve --port 0 --data '" + folder + "'"))
                .isEqualTo(new Installed.Run(
                        "",
                        "pharos: " + folder + ": in use by another server; stop that or specify another directory\n",
                        3));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            --port 0 --host nowhere.invalid  | 3 | nowhere.invalid: unknown host; specify a name or an address of this machine
            --port 0 --data file             | 3 | $D/file: not a directory; specify another
            --port 0 --data old              | 3 | $D/old: the server cannot start: No snapshot found, but there are log entries. Something is broken!
            """)
    void serve_badInput_saysWhatInOneLine(String line, int status, String reason) {
        Installed.Run run = pharos.sh("""
                mkdir -p old/version-2; echo old >old/version-2/snapshot.5; echo old >old/version-2/log.6; echo >file
                pharos serve --data data %s""".formatted(line));

        assertThat(run)
                .isEqualTo(
                        new Installed.Run("", "pharos: " + reason.replace("$D", directory.toString()) + "\n", status));
    }

    @Test
    void serve_noPermission_saysSo() throws Exception {
        assumeTrue(Files.getOwner(directory).getName().equals("root"), "to be another user");
        Installed.Run run = pharos.sh("""
                mkdir -m 700 data
                setpriv --reuid 65534 --regid 65534 --clear-groups pharos serve --port 0 --data data""");

        assertThat(run)
                .isEqualTo(new Installed.Run(
                        "",
                        "pharos: " + directory
                                + "/data: no permission; change its owner, or specify another directory\n",
                        3));
    }

    // What the others are to be spared

    @Test
    void verbs_ofFiles_loadNothingOfClusters() throws Exception {
        String java = "java -Xlog:class+load:file=loaded -cp '" + Installed.home() + "/lib/pharos-cli.jar' "
                + Main.class.getName();
        Installed.Run run = pharos.sh("set -e\n" + java + " set x; mv loaded one; " + java + " wait x");
        assertThat(run.out()).isEmpty();
        assertThat(run.status()).as(run.err()).isZero(); // later Javas warn of native calls, without the launcher

        for (String file : List.of("one", "loaded")) {
            assertThat(Files.readAllLines(directory.resolve(file)))
                    .anyMatch(line -> line.contains(" dev.pharos.cli.FileAddress "))
                    .noneMatch(line -> line.contains(" org.apache.zookeeper.")
                            || line.contains(" org.slf4j.")
                            || line.contains(" io.netty.")
                            || line.contains(" dev.pharos.cluster.Cluster "));
        }
    }

    @Test
    void readme_exampleOfAClusterAsItStands_runs() throws Exception {
        Matcher example = Pattern.compile("(?ms)^## Between machines$.*?^```sh\n(.*?)^```$.*?^```java\n(.*?)^```$")
                .matcher(Files.readString(Path.of("../README.md")));
        assertThat(example.find()).isTrue();
        assertThat(example.group(1)).hasLineCount(2);
        assertThat(example.group(2)).hasLineCount(12);
        String port = Integer.toString(freePort()); // another may have 2181 here
        String script = example.group(1).replace("pharos serve", "pharos serve --host " + HOST + " --port " + port);
        Files.writeString(directory.resolve("Harbour.java"), there(example.group(2), port));

        Installed.Run run = sh("export XDG_DATA_HOME=.\n" + there(script, port) + "java -cp '" + Installed.home()
                + "/lib/*' Harbour.java 2>log; kill $!; wait\n");

        assertThat(run.out()).isEqualTo("zk://" + HOST + ":" + port + "/pharos\nthe lighthouse is lit\n");
    }

    private static String there(String text, String port) {
        return text.replace("127.0.0.1:2181", HOST + ":" + port);
    }
}
