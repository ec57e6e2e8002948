// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Log-in, access lists and TLS, with a real server and certificates that keytool makes. */
class SecurityTest {
    private static final String PASSWORD = Keys.PASSWORD;

    @TempDir
    static Path folder;

    /**
     * Those of the system, as they were. What a server is configured with, ZooKeeper makes properties for all of the
     * JVM.
     */
    private static Properties before;

    private static Keys keys;
    private static ZooKeeperServerEmbedded server;
    private static int port;
    private static int tlsPort;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @BeforeAll
    static void start() throws Exception {
        before = (Properties) System.getProperties().clone();
        keys = new Keys(folder);
        keys.key("server", "-ext", "SAN=dns:localhost,ip:127.0.0.1");
        keys.key("client");
        keys.key("stranger");
        keys.trust("server", "servers.p12");
        keys.trust("client", "clients.p12");
        keys.trust("stranger", "strangers.p12");
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

    /** A node that is there already is not made, where its user may make none beside it. */
    @ParameterizedTest
    @ValueSource(strings = {"/orders", "/team/orders", "/a/b/c/orders"})
    void access_rootMadeByAnAdministrator_isUsed(String root) throws Exception {
        String above = root.substring(0, root.lastIndexOf('/'));
        Nodes.with(port, nodes -> {
            nodes.client.addAuthInfo("digest", "admin:admin".getBytes(StandardCharsets.UTF_8));
            for (int slash = root.indexOf('/', 1); slash > 0; slash = root.indexOf('/', slash + 1)) {
                nodes.create(root.substring(0, slash));
            }
            nodes.create(root);
            nodes.client.setACL(above.isEmpty() ? "/" : above, ZooDefs.Ids.CREATOR_ALL_ACL, -1);
        });
        try (Cluster cluster = connect(root, Servers.PATIENT);
                Cluster other = connect(above + "/none", Servers.PATIENT)) {
            assertWorks(cluster);
            assertThat(cluster.events()).containsExactly("event");
            assertThatThrownBy(() -> other.event("event"))
                    .isInstanceOf(EventException.NotPermitted.class)
                    .hasMessageContaining("/none/event: the node " + above + "/none is missing, and this user may not");
        } finally {
            Nodes.with(port, nodes -> {
                nodes.client.addAuthInfo("digest", "admin:admin".getBytes(StandardCharsets.UTF_8));
                nodes.client.setACL(above.isEmpty() ? "/" : above, ZooDefs.Ids.OPEN_ACL_UNSAFE, -1);
            });
        }
    }

    /** The root is there, and what is under it may not be made. */
    @Test
    void access_rootIsClosed_namesWhatIsMissing() throws Exception {
        Nodes.with(port, nodes -> {
            nodes.create("/shut");
            nodes.client.setACL("/shut", ZooDefs.Ids.READ_ACL_UNSAFE, -1);
        });
        try (Cluster cluster = connect("/shut", Servers.PATIENT)) {
            assertThatThrownBy(() -> cluster.event("x"))
                    .isInstanceOf(EventException.NotPermitted.class)
                    .hasMessageContaining("/shut/x: the node /shut/e is missing, and this user may not create it");
        }
        try (Cluster cluster = connect("/shut/deep/er", Servers.PATIENT)) {
            assertThatThrownBy(() -> cluster.event("x"))
                    .isInstanceOf(EventException.NotPermitted.class)
                    .hasMessageContaining("/shut/deep/er/x: the node /shut/deep is missing, and this user may not");
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
                .isInstanceOf(EventException.Misconfigured.class)
                .hasMessageEndingWith(
                        "/sasl: the JAAS configuration has no entry 'Nobody'; add it, or specify the name of"
                                + " another");
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
        assertThatThrownBy(() -> connectByTls(Servers.PATIENT, "strangers.p12", "client.p12"))
                .isInstanceOf(EventException.Misconfigured.class)
                .hasMessageContaining("a certificate that is not trusted at localhost:" + tlsPort);
    }

    @Test
    @Tag("slow")
    void tls_clientIsAStranger_isRefused() {
        assertThatThrownBy(() -> connectByTls(Servers.PATIENT, "servers.p12", "stranger.p12"))
                .isInstanceOf(EventException.Misconfigured.class)
                .hasMessageContaining("the certificate of this client is rejected, says localhost:" + tlsPort);
    }

    @Test
    @Tag("slow")
    void tls_serverDoesNotUseIt_isTold() {
        Cluster.Options options = Servers.PATIENT.trustStore(keys.file("servers.p12"), PASSWORD);
        assertThat(FailuresTest.failure(EventException.Misconfigured.class, "localhost:" + port, options)
                        .reason())
                .endsWith(": TLS is not used at localhost:" + port
                        + "; specify the secureClientPort, or neither trust store nor key store");
    }

    @Test
    void tls_serverRequiresIt_isTold() {
        assertThat(FailuresTest.failure(EventException.Misconfigured.class, "localhost:" + tlsPort, Servers.PATIENT)
                        .reason())
                .endsWith(": TLS is required at localhost:" + tlsPort + "; specify a trust store, or the clientPort");
    }

    // Stores: what is wrong with them is told before any server is asked, and there is none here

    private static final String NOWHERE = "127.0.0.1:1";

    private static String storeReason(Cluster.Options options) {
        return FailuresTest.failure(EventException.Misconfigured.class, NOWHERE, options)
                .reason();
    }

    private static void assertWrongStore(String file, String password, String why) {
        assertThat(storeReason(Servers.PATIENT.trustStore(keys.file(file), password)))
                .startsWith("the trust store " + keys.file(file) + " " + why);
        assertThat(storeReason(Servers.PATIENT.keyStore(keys.file(file), password)))
                .startsWith("the key store " + keys.file(file) + " " + why);
    }

    @Test
    void stores_wrong_areToldAtOnce() throws Exception {
        Files.createDirectory(keys.file("folder.p12"));
        Files.copy(keys.file("client.p12"), keys.file("client.pfx"));
        Files.writeString(keys.file("text.p12"), "text");
        Files.writeString(keys.file("text.pem"), "text");
        Files.writeString(keys.file("empty.jks"), "");
        assertWrongStore("missing.p12", PASSWORD, "does not exist; ");
        assertWrongStore("folder.p12", PASSWORD, "is a directory; ");
        assertWrongStore(
                "client.pfx", PASSWORD, "is of unknown type; rename it so that it ends in .p12, .jks, .pem or");
        assertWrongStore("client.p12", "wrong", "cannot be opened with this password");
        assertWrongStore("text.p12", PASSWORD, "is damaged, or not of the type that its name ends in (");
        assertWrongStore("text.pem", PASSWORD, "");
        assertWrongStore("empty.jks", PASSWORD, "is damaged, or not of the type that its name ends in (");
        Files.copy(keys.file("client.p12"), keys.file("client.bcfks"));
        assertWrongStore("client.bcfks", PASSWORD, "is of a type that this Java does not have (BCFKS not found)");
    }

    @Test
    void stores_empty_areTold() throws Exception {
        keys.store("empty.p12", "PKCS12", null, null);
        assertWrongStore("empty.p12", PASSWORD, "has no ");
        assertThat(storeReason(Servers.PATIENT.trustStore(keys.file("client.p12"), PASSWORD)))
                .contains("has no trusted certificate; import");
        assertThat(storeReason(Servers.PATIENT.keyStore(keys.file("servers.p12"), PASSWORD)))
                .contains("has no private key; import");
    }

    @Test
    void stores_notReadable_areTold() throws Exception {
        Files.copy(keys.file("client.p12"), keys.file("closed.p12"));
        Files.setPosixFilePermissions(keys.file("closed.p12"), PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(keys.file("closed.p12")), "a user who may not read every file");
        assertWrongStore("closed.p12", PASSWORD, "cannot be read: no permission; ");
    }

    /** The one for the next connection is replaced by one that cannot be opened, then put back. */
    @Test
    @Tag("slow")
    void stores_replacedWhileInUse_isTold() throws Exception {
        Path trust = keys.file("changing.p12");
        Files.copy(keys.file("servers.p12"), trust);
        try (Proxy proxy = new Proxy(tlsPort);
                Cluster cluster = Cluster.connect(
                        "localhost:" + proxy.port() + "/tls",
                        Servers.PATIENT.trustStore(trust, PASSWORD).keyStore(keys.file("client.p12"), PASSWORD));
                ClusterEvent event = cluster.event("replaced")) {
            Files.writeString(trust, "text");
            proxy.reset();
            EventException.Misconfigured failure = null;
            while (failure == null) { // the loss may not have been noticed
                try {
                    boolean unused = event.isSet();
                } catch (EventException.Misconfigured e) {
                    failure = e;
                }
            }
            assertThat(failure.reason()).startsWith("the trust store " + trust + " is damaged");
            Files.copy(keys.file("servers.p12"), trust, StandardCopyOption.REPLACE_EXISTING);
            threads.until("connected again", cluster::isConnected);
            assertThat(event.set()).isTrue();
        }
    }
}
