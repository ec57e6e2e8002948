// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.EventException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.UnrecoverableKeyException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.KeyStoreFileType;
import org.apache.zookeeper.common.X509Exception;
import org.apache.zookeeper.common.X509Util;
import org.apache.zookeeper.common.ZKConfig;
import org.jspecify.annotations.Nullable;

/**
 * The options of a connection, as ZooKeeper takes them. What is wrong with them is found here, since ZooKeeper would
 * write it into its log and try for ever.
 */
final class ZooKeeperOptions {
    /**
     * The longest answer that is accepted: lists of names are long. The client would cut the connection at one
     * megabyte.
     */
    private static final int LONGEST_ANSWER = 1 << 28;

    /** A class of each library that TLS needs, and the library. The others come with these. */
    private static final Map<String, String> TLS_LIBRARIES = tlsLibraries();

    private final ClusterAddress address;
    private final ZKClientConfig config = new ZKClientConfig();

    private ZooKeeperOptions(ClusterAddress address) {
        this.address = address;
    }

    /** The configuration for these options; throws if no connection can succeed with them. */
    static ZKClientConfig config(ClusterAddress address, Cluster.Options options) {
        ZooKeeperOptions made = new ZooKeeperOptions(address);
        made.config.setProperty(ZKConfig.JUTE_MAXBUFFER, Integer.toString(LONGEST_ANSWER));
        made.authenticate(options.sasl);
        made.encrypt(options.trustStore, options.keyStore);
        return made.config;
    }

    private static Map<String, String> tlsLibraries() {
        Map<String, String> libraries = new LinkedHashMap<>();
        libraries.put("io.netty.channel.epoll.Epoll", "io.netty:netty-transport-classes-epoll");
        libraries.put("io.netty.handler.codec.ByteToMessageDecoder", "io.netty:netty-codec");
        libraries.put("io.netty.handler.ssl.SslHandler", "io.netty:netty-handler");
        return Collections.unmodifiableMap(libraries);
    }

    private EventException wrong(String reason, @Nullable Throwable cause) {
        return new EventException.Misconfigured(address.toString(), reason, cause);
    }

    // Authentication

    private void authenticate(@Nullable String entry) {
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, Boolean.toString(entry != null));
        if (entry != null) {
            config.setProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, entry);
            config.setProperty("zookeeper.fips-mode", "false"); // which would forbid DIGEST-MD5
            if (!isKerberos(entry) && config.getProperty(ZKClientConfig.ZOOKEEPER_SERVER_PRINCIPAL) == null) {
                // Only Kerberos uses it. Unless it is set, ZooKeeper asks the name server for that of each address.
                config.setProperty(ZKClientConfig.ZOOKEEPER_SERVER_PRINCIPAL, "zookeeper/zookeeper");
            }
        }
    }

    private boolean isKerberos(String entry) {
        AppConfigurationEntry[] modules;
        try {
            modules = Configuration.getConfiguration().getAppConfigurationEntry(entry);
        } catch (SecurityException | IllegalArgumentException e) {
            throw wrong("the JAAS configuration cannot be read (" + e.getMessage() + "); check its file", e);
        }
        if (modules == null) {
            throw wrong(
                    "the JAAS configuration has no entry '" + entry + "'; add it, or specify the name of another",
                    null);
        }
        for (AppConfigurationEntry module : modules) {
            if (module.getLoginModuleName().contains("Krb5")) {
                return true;
            }
        }
        return false;
    }

    // TLS

    private void encrypt(Cluster.Options.@Nullable Store trust, Cluster.Options.@Nullable Store key) {
        if (trust != null || key != null) {
            checkTlsLibraries();
            config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
            config.setProperty(
                    ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
        }
        if (trust != null) {
            config.setProperty("zookeeper.ssl.trustStore.location", trust.file().toString());
            config.setProperty("zookeeper.ssl.trustStore.password", trust.password());
            check("trust store", trust, config.getProperty("zookeeper.ssl.trustStore.type"), this::checkTrusted);
        }
        if (key != null) {
            config.setProperty("zookeeper.ssl.keyStore.location", key.file().toString());
            config.setProperty("zookeeper.ssl.keyStore.password", key.password());
            check("key store", key, config.getProperty("zookeeper.ssl.keyStore.type"), this::checkKey);
        }
    }

    private void checkTlsLibraries() {
        for (Map.Entry<String, String> library : TLS_LIBRARIES.entrySet()) {
            try {
                Class<?> unused = Class.forName(library.getKey(), false, ZKConfig.class.getClassLoader());
            } catch (ClassNotFoundException | LinkageError e) {
                throw wrong(
                        "TLS needs " + library.getValue() + " and its dependencies, which are not on the class path;"
                                + " add " + String.join(" and ", TLS_LIBRARIES.values())
                                + " in the version that ZooKeeper uses",
                        e);
            }
        }
    }

    /** Opens a store as ZooKeeper will, and looks for what has to be in it. Returns what is missing, or null. */
    private interface Opening {
        @Nullable
        String open(String file, String password, @Nullable String type)
                throws IOException, GeneralSecurityException, X509Exception;
    }

    private void check(String what, Cluster.Options.Store store, @Nullable String type, Opening opening) {
        String name = "the " + what + " " + store.file() + " ";
        String problem = fileProblem(store.file(), type);
        if (problem != null) {
            throw wrong(name + problem, null);
        }
        try {
            problem = opening.open(store.file().toString(), store.password(), type);
        } catch (IOException | GeneralSecurityException | X509Exception | RuntimeException e) {
            throw wrong(name + openingProblem(e), e);
        }
        if (problem != null) {
            throw wrong(name + problem, null);
        }
    }

    private static @Nullable String fileProblem(Path file, @Nullable String type) {
        if (Files.notExists(file)) {
            return "does not exist; create it, or specify another";
        } else if (Files.isDirectory(file)) {
            return "is a directory; specify a file";
        } else if (!Files.isReadable(file)) {
            return "cannot be read: no permission; change its permissions, or specify another";
        }
        try {
            KeyStoreFileType unused = KeyStoreFileType.fromPropertyValueOrFileName(type, file.toString());
            return null;
        } catch (IllegalArgumentException e) {
            return "is of unknown type; rename it so that it ends in .p12, .jks, .pem or .bcfks, according to its type";
        }
    }

    private static String openingProblem(Throwable thrown) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            if (e instanceof UnrecoverableKeyException) {
                return "cannot be opened with this password, which has to be that of the store and of its keys;"
                        + " specify the right one";
            } else if (e instanceof KeyStoreException
                    && e.getMessage() != null
                    && e.getMessage().contains("not found")) {
                return "is of a type that this Java does not have (" + e.getMessage() + "); convert it to .p12";
            }
        }
        Throwable last = thrown;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return "is damaged, or not of the type that its name ends in (" + last.getMessage() + "); specify another";
    }

    private @Nullable String checkTrusted(String file, String password, @Nullable String type)
            throws IOException, GeneralSecurityException {
        KeyStore store = X509Util.loadTrustStore(file, password, type);
        for (String alias : Collections.list(store.aliases())) {
            if (store.isCertificateEntry(alias)) {
                return null;
            }
        }
        return "has no trusted certificate; import that of the servers, or of their authority, with keytool -importcert";
    }

    private @Nullable String checkKey(String file, String password, @Nullable String type)
            throws IOException, GeneralSecurityException, X509Exception {
        KeyStore store = X509Util.loadKeyStore(file, password, type);
        for (String alias : Collections.list(store.aliases())) {
            if (store.isKeyEntry(alias)) {
                Object unused = X509Util.createKeyManager(file, password, type); // opens the keys, too
                return null;
            }
        }
        return "has no private key; import one with its certificate, or specify another store";
    }
}
