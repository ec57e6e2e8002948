// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import javax.security.auth.login.Configuration;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.server.embedded.ExitHandler;
import org.apache.zookeeper.server.embedded.ZooKeeperServerEmbedded;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Log-in, access lists and TLS, with a real server and certificates that keytool makes. */
class SecurityTest {
    private static final String PASSWORD = "changeit";
    /** For those who get no answer. */
    private static final Cluster.Options BRIEF = Cluster.Options.DEFAULTS.operationTimeout(Duration.ofSeconds(3));

    @TempDir
    static Path folder;

    /**
     * Those of the system, as they were. What a server is configured with, ZooKeeper makes properties for all of the
     * JVM.
     */
    private static Properties before;

    private static ZooKeeperServerEmbedded server;
    private static int port;
    private static int tlsPort;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @BeforeAll
    static void start() throws Exception {
        before = (Properties) System.getProperties().clone();
        key("server", "-ext", "SAN=dns:localhost,ip:127.0.0.1");
        key("client");
        key("stranger");
        trust("server", "servers.p12");
        trust("client", "clients.p12");
        trust("stranger", "strangers.p12");
        Path jaas = folder.resolve("jaas.conf");
        Files.writeString(jaas, """
                Server { org.apache.zookeeper.server.auth.DigestLoginModule required user_ada="engine"; };
                Ada { org.apache.zookeeper.server.auth.DigestLoginModule required username="ada" password="engine"; };
                Eve { org.apache.zookeeper.server.auth.DigestLoginModule required username="ada" password="wrong"; };
                """);
        System.setProperty("java.security.auth.login.config", jaas.toString());
        Configuration.setConfiguration(null); // a server that ran here before has found none, which is remembered
        System.setProperty(
                "zookeeper.authProvider.sasl", "org.apache.zookeeper.server.auth.SASLAuthenticationProvider");
        port = Servers.freePort();
        tlsPort = Servers.freePort();
        Properties properties = new Properties();
        properties.putAll(Map.of(
                "dataDir",
                folder.resolve("data").toString(),
                "clientPort",
                Integer.toString(port),
                "secureClientPort",
                Integer.toString(tlsPort),
                "admin.enableServer",
                "false",
                "tickTime",
                "500",
                "serverCnxnFactory",
                "org.apache.zookeeper.server.NettyServerCnxnFactory",
                "ssl.keyStore.location",
                folder.resolve("server.p12").toString(),
                "ssl.keyStore.password",
                PASSWORD,
                "ssl.trustStore.location",
                folder.resolve("clients.p12").toString(),
                "ssl.trustStore.password",
                PASSWORD));
        properties.setProperty("maxSessionTimeout", Long.toString(TimeUnit.MINUTES.toMillis(5)));
        server = ZooKeeperServerEmbedded.builder()
                .baseDir(folder)
                .configuration(properties)
                .exitHandler(ExitHandler.LOG_ONLY)
                .build();
        server.start(TimeUnit.MINUTES.toMillis(10));
    }

    @AfterAll
    static void end() {
        server.close();
        System.setProperties(before);
        Configuration.setConfiguration(null);
    }

    /** Makes a key with a certificate. */
    private static void key(String whom, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of("-genkeypair", "-keystore", whom + ".p12", "-alias", whom));
        command.addAll(List.of("-storepass", PASSWORD, "-storetype", "PKCS12"));
        command.addAll(List.of("-keyalg", "EC", "-dname", "CN=localhost", "-validity", "2"));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    /** Makes a store with the certificate of somebody, who is trusted by that. */
    private static void trust(String whom, String name) throws Exception {
        KeyStore own = KeyStore.getInstance(folder.resolve(whom + ".p12").toFile(), PASSWORD.toCharArray());
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry(whom, own.getCertificate(whom));
        try (OutputStream out = Files.newOutputStream(folder.resolve(name))) {
            store.store(out, PASSWORD.toCharArray());
        }
    }

    private static Cluster connect(String root, Cluster.Options options) {
        return Cluster.connect("localhost:" + port + root, options);
    }

    private void assertWorks(Cluster cluster) {
        try (ClusterEvent event = cluster.event("event")) {
            Thread waiter = threads.start(event::await);
            threads.awaitBlocked(waiter);
            assertThat(event.set()).isTrue();
            threads.join(waiter);
            try (ClusterEvent.Hold hold = event.hold()) {
                assertThat(event.clear()).isFalse();
                assertThat(hold.isValid()).isTrue();
            }
            assertThat(event.isSet()).isFalse();
        }
    }

    private static void assertNotPermitted(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(EventException.NotPermitted.class).hasMessageContaining("authenticat");
    }

    // Access lists

    @Test
    void access_creator_keepsOthersOut() {
        try (Cluster ada = connect(
                        "/private", Servers.PATIENT.digest("ada", "engine").access(Cluster.Access.CREATOR));
                Cluster other = connect("/private", Servers.PATIENT);
                Cluster eve = connect("/private", Servers.PATIENT.digest("ada", "wrong"))) {
            assertWorks(ada);
            for (Cluster stranger : List.of(other, eve)) {
                assertNotPermitted(() -> stranger.event("event"));
                assertNotPermitted(() -> stranger.status("event"));
                assertNotPermitted(() -> stranger.delete("event"));
                assertNotPermitted(stranger::events);
            }
        }
    }

    @Test
    void access_everybodyWaits_letsOthersWaitButNotSet() {
        try (Cluster ada = connect(
                        "/public", Servers.PATIENT.digest("ada", "engine").access(Cluster.Access.EVERYBODY_MAY_WAIT));
                Cluster other = connect("/public", Servers.PATIENT)) {
            assertWorks(ada);
            ClusterEvent event = other.event("event");
            assertThat(event.isSet()).isFalse();
            assertNotPermitted(event::set);
            assertNotPermitted(event::hold);
            Thread waiter = threads.start(event::await);
            threads.awaitBlocked(waiter);
            ada.event("event").set();
            threads.join(waiter);
            waiter = threads.start(event::awaitClear);
            threads.awaitBlocked(waiter);
            ada.event("event").clear();
            threads.join(waiter);
            assertThat(other.events()).containsExactly("event");
        }
    }

    @Test
    void access_creator_leavesRoomForOtherRoots() {
        try (Cluster ada = connect(
                        "/shared/ada", Servers.PATIENT.digest("ada", "engine").access(Cluster.Access.CREATOR));
                Cluster other = connect("/shared/other", Servers.PATIENT)) {
            assertWorks(ada);
            assertWorks(other);
        }
    }

    @Test
    void access_creatorWithoutLogin_throws() {
        try (Cluster nobody = connect("/nobody", Servers.PATIENT.access(Cluster.Access.CREATOR))) {
            assertNotPermitted(() -> nobody.event("event"));
        }
    }

    @Test
    void access_revokedWhileInUse_throws() throws Exception {
        try (Cluster ada =
                connect("/revoked", Servers.PATIENT.digest("ada", "engine").access(Cluster.Access.CREATOR))) {
            ClusterEvent event = ada.event("event");
            Nodes.with(port, nodes -> {
                nodes.client.addAuthInfo("digest", "ada:engine".getBytes(StandardCharsets.UTF_8));
                nodes.client.setACL(
                        "/revoked/e/event",
                        new ArrayList<>(List.of(new ACL(ZooDefs.Perms.ADMIN, ZooDefs.Ids.ANYONE_ID_UNSAFE))),
                        -1);
            });
            assertNotPermitted(event::isSet);
            assertNotPermitted(event::set);
            assertNotPermitted(event::await);
        }
    }

    // SASL

    @Test
    void sasl_digestMd5_isTheUser() {
        try (Cluster ada = connect("/sasl", Servers.PATIENT.sasl("Ada").access(Cluster.Access.CREATOR));
                Cluster other = connect("/sasl", Servers.PATIENT)) {
            assertWorks(ada);
            assertNotPermitted(() -> other.event("event"));
        }
    }

    @Test
    void sasl_wrongPassword_isRefused() {
        assertThatThrownBy(() -> connect("/sasl", Servers.PATIENT.sasl("Eve")))
                .isInstanceOf(EventException.NotPermitted.class)
                .hasMessageContaining("authentication failed");
    }

    @Test
    void sasl_noSuchEntry_isRefused() {
        assertThatThrownBy(() -> connect("/sasl", Servers.PATIENT.sasl("Nobody")))
                .isInstanceOf(EventException.NotPermitted.class)
                .hasMessageContaining("authentication failed");
    }

    // TLS

    private static Cluster connectByTls(Cluster.Options options, String trust, String identity) {
        return Cluster.connect(
                "localhost:" + tlsPort + "/tls",
                options.trustStore(folder.resolve(trust), PASSWORD).keyStore(folder.resolve(identity), PASSWORD));
    }

    @Test
    void tls_bothTrustEachOther_works() {
        try (Cluster cluster = connectByTls(Servers.PATIENT, "servers.p12", "client.p12")) {
            assertWorks(cluster);
        }
    }

    @Test
    void tls_serverIsAStranger_isRefused() {
        assertThatThrownBy(() -> connectByTls(BRIEF, "strangers.p12", "client.p12"))
                .isInstanceOf(EventException.Unavailable.class);
    }

    @Test
    void tls_clientIsAStranger_isRefused() {
        assertThatThrownBy(() -> connectByTls(BRIEF, "servers.p12", "stranger.p12"))
                .isInstanceOf(EventException.Unavailable.class);
    }
}
