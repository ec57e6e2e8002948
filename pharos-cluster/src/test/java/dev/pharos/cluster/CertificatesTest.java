// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.EventException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Certificates that are not right: each is told as what it is. */
@Tag("slow")
class CertificatesTest {
    private static final Cluster.Options BRIEF = Cluster.Options.DEFAULTS.operationTimeout(Duration.ofSeconds(20));

    @TempDir
    static Path folder;

    private static Keys keys;

    @BeforeAll
    static void make() throws Exception {
        keys = new Keys(folder);
        keys.key("authority", "-ext", "bc:c");
        keys.key("other", "-ext", "bc:c");
        keys.trust("authority", "authorities.p12");
        keys.trust("other", "others.p12");
        String here = "SAN=ip:127.0.0.1";
        keys.signedKey("right", "authority", "-ext", here);
        keys.signedKey("elsewhere", "authority", "-ext", "SAN=dns:zk1.example");
        keys.signedKey("expired", "authority", "-ext", here, "-startdate", "-10d", "-validity", "5");
        keys.signedKey("early", "authority", "-ext", here, "-startdate", "+10d", "-validity", "5");
        keys.signedKey("client", "authority");
        keys.signedKey("stranger", "other");
    }

    /** A server that wants a certificate of its clients, from the authority. */
    private static Servers serve(int port, String key) {
        return Servers.start(
                1,
                "secureClientPort=" + port,
                "secureClientPortAddress=127.0.0.1",
                "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
                "ssl.keyStore.location=" + keys.file(key),
                "ssl.keyStore.password=" + Keys.PASSWORD,
                "ssl.trustStore.location=" + keys.file("authorities.p12"),
                "ssl.trustStore.password=" + Keys.PASSWORD);
    }

    private static Cluster.Options options(Cluster.Options options, String trust, String key) {
        Cluster.Options trusting = options.trustStore(keys.file(trust), Keys.PASSWORD);
        return key == null ? trusting : trusting.keyStore(keys.file(key), Keys.PASSWORD);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            elsewhere | a certificate for other names at                | specify the server by a name that its certificate has
            expired   | a certificate that has expired at               | renew it
            early     | a certificate that is not valid yet at          | check the clocks of both machines
            """)
    void connect_wrongCertificate_isTold(String whose, String what, String cure) {
        int port = Servers.freePort();
        try (Servers servers = serve(port, whose + ".p12")) {
            assertThat(servers.isAlive(0)).isTrue();
            String address = "127.0.0.1:" + port;
            EventException failure = whose.equals("early") // which time mends
                    ? FailuresTest.unavailable(address, options(BRIEF, "authorities.p12", "client.p12"), what)
                    : FailuresTest.failure(
                            EventException.Misconfigured.class,
                            address,
                            options(Servers.PATIENT, "authorities.p12", "client.p12"));
            assertThat(failure.reason())
                    .contains(": " + what + " " + address + " (")
                    .endsWith("; " + cure);
            assertThat(failure.getCause()).isNotNull();
        }
    }

    @Test
    void connect_oneSideDoesNotTrustTheOther_isTold() throws Exception {
        int port = Servers.freePort();
        String address = "127.0.0.1:" + port;
        Files.copy(keys.file("right.p12"), keys.file("replaced.p12"));
        try (Servers servers = serve(port, "replaced.p12")) {
            try (Cluster cluster =
                    Cluster.connect(address, options(Servers.PATIENT, "authorities.p12", "client.p12"))) {
                assertThat(cluster.event("x").set()).isTrue();
            }
            assertThat(reason(address, options(Servers.PATIENT, "others.p12", "client.p12")))
                    .contains(": a certificate that is not trusted at " + address
                            + "; add it, or that of its authority,");
            assertThat(reason(address, options(Servers.PATIENT, "authorities.p12", "stranger.p12")))
                    .contains(": the certificate of this client is rejected, says " + address);
            assertThat(reason(address, options(Servers.PATIENT, "authorities.p12", null)))
                    .contains(": the certificate of this client is missing, says " + address);

            // Certificates are replaced while a client is connected: by a wrong one, then by a right one.
            try (Cluster cluster = Cluster.connect(address, options(BRIEF, "authorities.p12", "client.p12"));
                    ClusterEvent event = cluster.event("x")) {
                Files.copy(keys.file("expired.p12"), keys.file("replaced.p12"), StandardCopyOption.REPLACE_EXISTING);
                servers.kill(0);
                servers.restart(0);
                servers.awaitServing();
                EventException.Misconfigured failure = null;
                while (failure == null) { // before, nobody may have listened
                    try {
                        boolean unused = event.isSet();
                    } catch (EventException.Unavailable e) {
                        // not yet
                    } catch (EventException.Misconfigured e) {
                        failure = e;
                    }
                }
                assertThat(failure.reason()).contains("a certificate that has expired at " + address);
                Files.copy(keys.file("right.p12"), keys.file("replaced.p12"), StandardCopyOption.REPLACE_EXISTING);
                servers.kill(0);
                servers.restart(0);
                event.await(); // it was set, and the connection is made again
            }
        }
    }

    private static String reason(String address, Cluster.Options options) {
        return FailuresTest.failure(EventException.Misconfigured.class, address, options)
                .reason();
    }
}
