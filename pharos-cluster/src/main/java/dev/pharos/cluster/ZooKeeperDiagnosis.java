// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.ThreadEvent;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ClientX509Util;
import org.apache.zookeeper.common.X509Exception;
import org.apache.zookeeper.common.X509Util;
import org.jspecify.annotations.Nullable;

/**
 * Why there is no connection. ZooKeeper's client writes that into its log only, and not all of it; so this asks each
 * server what it is, in threads of its own, by connections that begin no session.
 */
final class ZooKeeperDiagnosis {
    /*
     * What is sent is "srvr", a command of four letters, which every ZooKeeper answers, if only by saying that it is not
     * allowed or that there is no majority. A server that closes the connection or says nothing may want TLS, which is
     * tried then; or, if TLS was tried first, may not want it. Of one that closes each connection without a word no more
     * is known; ZooKeeper does so when it has too many.
     */
    private static final String QUESTION = "srvr";

    /** Most other servers answer a line, if only with an error. */
    private static final String LINE = QUESTION + "\r\n\r\n";

    /** One step takes at most this part of the time that is left. */
    private static final int STEPS = 3;

    private static final int LONGEST_ANSWER = 4_096;

    /** How long to wait for the rest of an answer. */
    private static final int REST_MILLIS = 200;

    private static final int LONGEST_QUOTE = 60;

    /** Alerts of TLS by which a server rejects the certificate of its client, or that there is none. */
    private static final Pattern REJECTED =
            Pattern.compile(".*fatal alert: (.*certificate.*|unknown_ca|access_denied)");

    /**
     * What was found of a server.
     *
     * @param what what happens, with %s for the server, or for several
     * @param cure what to do
     * @param lasting whether nothing but a change of the configuration helps, here or there
     */
    private record Finding(String what, String cure, boolean lasting) {}

    private static final Finding NO_NAME_SERVER =
            new Finding("no answer from the name server about %s", "check the name server", false);
    private static final Finding UNKNOWN_HOST =
            new Finding("unknown host in %s", "check the address and the name server", false);
    private static final Finding NOBODY =
            new Finding("nobody listens at %s", "check the address, and that the servers are running", false);
    private static final Finding SILENT =
            new Finding("no answer from %s", "check the address, the network, and that the servers are running", false);
    private static final Finding MUTE = new Finding(
            "connections are accepted, but not answered, by %s",
            "check that this is a ZooKeeper server and is not stuck", false);
    private static final Finding CLOSES = new Finding(
            "connections are closed at once by %s",
            "check that it does not have too many of this machine (maxClientCnxns) or in all (maxCnxns), and that it is"
                    + " a ZooKeeper server",
            false);
    private static final Finding CLOSES_LATER = new Finding(
            "connections are closed after the TLS handshake by %s",
            "check that it accepts the certificate of this client, and its log", false);
    private static final Finding PLAIN = new Finding(
            "TLS is not used at %s", "specify the secureClientPort, or neither trust store nor key store", true);
    private static final Finding TLS =
            new Finding("TLS is required at %s", "specify a trust store, or the clientPort", true);
    private static final Finding UNTRUSTED = new Finding(
            "a certificate that is not trusted at %s", "add it, or that of its authority, to the trust store", true);
    private static final Finding NO_MAJORITY = new Finding(
            "running, but without a majority of the servers: %s",
            "check that a majority is running, and that this is one of them", false);
    private static final Finding SERVES =
            new Finding("running, but has begun no session: %s", "check its load and its log", false);

    private final ClusterAddress address;
    private final Map<ClusterAddress.Server, Finding> findings = new ConcurrentHashMap<>();
    private final long deadline;

    /** What the servers need not be asked for, or null. */
    private final @Nullable EventException failure;

    private volatile @Nullable Exception cause;
    private final ThreadEvent over = new ThreadEvent("examined");

    private ZooKeeperDiagnosis(ClusterAddress address, long deadline, @Nullable EventException failure) {
        this.address = address;
        this.deadline = deadline;
        this.failure = failure;
    }

    /** Begins to ask the servers. They have until a time of {@code System.nanoTime} to answer. */
    static ZooKeeperDiagnosis begin(ClusterAddress address, Cluster.Options options, long deadline) {
        ZKClientConfig config;
        try {
            config = ZooKeeperOptions.config(address, options); // a store may have been replaced
        } catch (EventException e) {
            ZooKeeperDiagnosis found = new ZooKeeperDiagnosis(address, deadline, e);
            found.over.set();
            return found;
        }
        ZooKeeperDiagnosis diagnosis = new ZooKeeperDiagnosis(address, deadline, null);
        AtomicInteger left = new AtomicInteger(address.list().size());
        for (ClusterAddress.Server server : address.list()) {
            Runnable examination = () -> {
                diagnosis.examine(server, config);
                if (left.decrementAndGet() == 0) {
                    diagnosis.over.set();
                }
            };
            Thread thread = new Thread(null, examination, "pharos-cluster asks " + server, 0L, false);
            thread.setDaemon(true);
            thread.start();
        }
        return diagnosis;
    }

    /** Set when all servers were asked. */
    Event over() {
        return over;
    }

    boolean isOver() {
        return over.isSet() || deadline - System.nanoTime() <= 0;
    }

    /** What was found so far, as the reason why something failed. */
    EventException unavailable(String where, long millis) {
        if (failure != null) {
            return failure.forThisThread();
        }
        Map<String, List<String>> servers = new LinkedHashMap<>();
        Set<String> cures = new LinkedHashSet<>();
        boolean lasting = true;
        for (ClusterAddress.Server server : address.list()) {
            Finding finding = findings.getOrDefault(server, NO_NAME_SERVER);
            servers.computeIfAbsent(finding.what, key -> new ArrayList<>()).add(server.toString());
            cures.add(finding.cure);
            lasting &= finding.lasting;
        }
        List<String> parts = new ArrayList<>();
        servers.forEach((what, those) -> parts.add(what.replace("%s", String.join(", ", those))));
        parts.addAll(cures);
        String reason = String.join("; ", parts);
        return lasting
                ? new EventException.Misconfigured(where, "no connection: " + reason, cause)
                : new EventException.Unavailable(where, "no connection within " + millis + " ms: " + reason, cause);
    }

    // The thread of a server

    private void examine(ClusterAddress.Server server, ZKClientConfig config) {
        try {
            List<InetSocketAddress> addresses = ZooKeeperHosts.resolve(server);
            findings.put(server, SILENT);
            boolean reached = false;
            for (int i = 0; i < addresses.size() && !reached; i++) {
                reached = examine(server, addresses.get(i), config, addresses.size() - i);
            }
        } catch (UnknownHostException e) {
            cause = e;
            findings.put(server, UNKNOWN_HOST);
        } catch (RuntimeException | LinkageError e) { // of a library that TLS needs: what was found so far remains
            cause = new IllegalStateException(e);
        }
    }

    /** Examines one address of a server; false if another may be better. */
    private boolean examine(
            ClusterAddress.Server server, InetSocketAddress at, ZKClientConfig config, int addressesLeft) {
        try (Socket socket = new Socket()) {
            socket.connect(at, millis(addressesLeft));
        } catch (SocketTimeoutException e) {
            cause = e;
            return false;
        } catch (IOException e) {
            cause = e;
            if (!isClosedByPeer(e)) {
                boolean refused = e instanceof ConnectException
                        && String.valueOf(e.getMessage()).contains("refused");
                findings.put(server, refused ? NOBODY : unreachable(e));
                return false;
            }
        }
        findings.put(server, MUTE);
        boolean secure = config.getBoolean(ZKClientConfig.SECURE_CLIENT);
        findings.put(server, secure ? examineSecure(at, config) : examinePlain(at));
        return true;
    }

    /**
     * Whether there was a connection. If the other side accepts it, closes it and resets it, that may be what Linux tells
     * when Java asks whether the attempt to connect has succeeded.
     */
    static boolean isClosedByPeer(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("Broken pipe") || message.contains("reset");
    }

    private static Finding unreachable(IOException e) {
        return new Finding(
                "no way to %s (" + quote(String.valueOf(e.getMessage())) + ")",
                "check the address and the network",
                false);
    }

    private Finding examinePlain(InetSocketAddress at) {
        String answer = ask(at, QUESTION);
        if (answer == null || answer.isEmpty() || !Character.isLetter(answer.charAt(0))) {
            return speaksTls(at) ? TLS : examineOther(at, answer);
        }
        return examineAnswer(answer);
    }

    /** What neither answers as ZooKeeper nor speaks TLS. */
    private Finding examineOther(InetSocketAddress at, @Nullable String answer) {
        if (answer != null) {
            return answer.isEmpty() ? CLOSES : examineAnswer(answer);
        }
        String other = ask(at, LINE);
        return other == null || other.isEmpty() ? MUTE : examineAnswer(other);
    }

    private static Finding examineAnswer(String answer) {
        if (!isZooKeeper(answer)) {
            return new Finding(
                    "no ZooKeeper server, since the answer is '" + quote(answer) + "', at %s",
                    "check the address",
                    true);
        }
        boolean alone = answer.contains("not currently serving") || answer.contains("Mode: read-only");
        return alone ? NO_MAJORITY : SERVES;
    }

    private static boolean isZooKeeper(@Nullable String answer) {
        return answer != null
                && (answer.contains("Zookeeper version")
                        || answer.contains("Mode: ")
                        || answer.contains("This ZooKeeper instance")
                        || answer.contains("is not in the whitelist"));
    }

    private Finding examineSecure(InetSocketAddress at, ZKClientConfig config) {
        try (ClientX509Util util = new ClientX509Util();
                SSLSocket socket = secure(connect(at), at, util.createSSLContext(config))) {
            SSLParameters parameters = socket.getSSLParameters();
            boolean delegated =
                    X509Util.getFipsMode(config) || config.getProperty(util.getSslTruststoreLocationProperty()) == null;
            if (delegated && util.isServerHostnameVerificationEnabled(config)) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            }
            String protocols = config.getProperty(
                    util.getSslEnabledProtocolsProperty(),
                    config.getProperty(util.getSslProtocolProperty(), X509Util.DEFAULT_PROTOCOL));
            parameters.setProtocols(protocols.split(",", -1));
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(millis(2)); // for both sides to compute
            socket.startHandshake();
            socket.setSoTimeout(millis(STEPS + 1));
            // By TLS 1.3 it judges our certificate after the handshake, and what is sent by then may cost its word.
            String answer = read(socket, "");
            if (answer == null) {
                answer = read(socket, QUESTION);
            }
            return answer == null ? MUTE : answer.isEmpty() ? CLOSES_LATER : examineAnswer(answer);
        } catch (SSLException e) {
            cause = e;
            Finding certificate = examineCertificate(e);
            return certificate != null ? certificate : examineFailedTls(at, config, e);
        } catch (IOException e) {
            cause = e;
            return examineFailedTls(at, config, e);
        } catch (X509Exception e) { // a store that was replaced just now
            cause = e;
            return new Finding("no TLS connection to %s (" + e.getMessage() + ")", "check the stores", true);
        }
    }

    /** What a failed handshake says about the certificate of the server; null if that is not the reason. */
    private static @Nullable Finding examineCertificate(SSLException failed) {
        boolean untrusted = false;
        for (Throwable e = failed; e != null; e = e.getCause()) {
            String detail = "(" + quote(String.valueOf(e.getMessage())) + ")";
            if (e instanceof CertificateExpiredException) {
                return new Finding("a certificate that has expired at %s " + detail, "renew it", true);
            } else if (e instanceof CertificateNotYetValidException) {
                return new Finding(
                        "a certificate that is not valid yet at %s " + detail,
                        "check the clocks of both machines",
                        false);
            }
            untrusted |= e instanceof CertPathBuilderException || e instanceof CertPathValidatorException;
            if (e instanceof CertificateException && e.getCause() == null && !untrusted) {
                return new Finding(
                        "a certificate for other names at %s " + detail,
                        "specify the server by a name that its certificate has",
                        true);
            }
        }
        return untrusted ? UNTRUSTED : null;
    }

    private Finding examineFailedTls(InetSocketAddress at, ZKClientConfig config, IOException failed) {
        String message = String.valueOf(failed.getMessage());
        if (REJECTED.matcher(message).matches()) {
            boolean key = config.getProperty("zookeeper.ssl.keyStore.location") != null;
            return new Finding(
                    "the certificate of this client is " + (key ? "rejected" : "missing") + ", says %s (" + message
                            + ")",
                    key
                            ? "specify a key store whose certificate it trusts, or add that to the trust store of the servers"
                            : "specify a key store",
                    true);
        } else if (message.contains("fatal alert")) {
            return new Finding(
                    "no TLS connection to %s (" + message + ")", "check the TLS versions and ciphers of both", true);
        }
        String answer = ask(at, QUESTION);
        return isZooKeeper(answer) ? PLAIN : examineOther(at, answer);
    }

    // Connections

    /** What a server answers; empty if it closes the connection without a word, null if it says nothing. */
    private @Nullable String ask(InetSocketAddress at, String question) {
        try (Socket socket = connect(at)) {
            return read(socket, question);
        } catch (IOException e) {
            return "";
        }
    }

    private static @Nullable String read(Socket socket, String question) throws SSLException {
        StringBuilder answer = new StringBuilder();
        try {
            socket.getOutputStream().write(question.getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[LONGEST_ANSWER];
            for (int length = in.read(buffer); length >= 0 && answer.length() < LONGEST_ANSWER; ) {
                answer.append(new String(buffer, 0, length, StandardCharsets.ISO_8859_1));
                socket.setSoTimeout(REST_MILLIS);
                length = in.read(buffer);
            }
        } catch (SocketTimeoutException e) {
            return answer.isEmpty() ? null : answer.toString();
        } catch (SSLException e) {
            throw e;
        } catch (IOException e) {
            return answer.toString(); // it was reset
        }
        return answer.toString();
    }

    /** Whether there is anything that speaks TLS, whoever it is; nothing is sent to it. */
    private boolean speaksTls(InetSocketAddress at) {
        Unverified seen = new Unverified();
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {seen}, null);
            try (SSLSocket socket = secure(connect(at), at, context)) {
                socket.startHandshake();
                return true;
            }
        } catch (IOException e) {
            return seen.certificate || String.valueOf(e.getMessage()).contains("fatal alert");
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Trusts everybody, to see who presents a certificate. */
    private static final class Unverified implements X509TrustManager {
        private volatile boolean certificate;

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("not a client");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            certificate = true;
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private Socket connect(InetSocketAddress at) throws IOException {
        Socket socket = new Socket();
        try {
            socket.connect(at, millis(STEPS));
            socket.setSoTimeout(millis(STEPS));
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static SSLSocket secure(Socket socket, InetSocketAddress at, SSLContext context) throws IOException {
        return (SSLSocket) context.getSocketFactory().createSocket(socket, at.getHostString(), at.getPort(), true);
    }

    /** A part of the time that is left; at least one, since zero is no limit. */
    private int millis(int parts) {
        return (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()) / parts);
    }

    /** The first line of a text from elsewhere, if it is not long. */
    private static String quote(String text) {
        String line = text.lines()
                .findFirst()
                .orElse("")
                .replaceAll("[^\\x20-\\x7e]", "?")
                .replace('%', '?');
        return line.length() > LONGEST_QUOTE ? line.substring(0, LONGEST_QUOTE) + "..." : line;
    }
}
