// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of the events of a cluster: its servers, and the root, which is the node that has the events under it. It
 * is written {@code zk://host:port,host:port/root}, where
 * <ul>
 *   <li>{@code zk://} may be omitted;
 *   <li>a host is a name, an IPv4 address, or an IPv6 address in brackets, perhaps with a zone, as in
 *       {@code [fe80::1%eth0]};
 *   <li>a port is 1 to 65535;
 *   <li>the root consists of ASCII letters and digits, {@code _ . ~ -} and single slashes; the default is
 *       {@code /pharos}.
 * </ul>
 *
 * <p>The address of an event appends its name: see {@link OfEvent}.
 */
public final class ClusterAddress {
    /** The scheme, with which addresses begin. */
    public static final String SCHEME = "zk://";

    static final int LONGEST_NAME = 255;

    private static final String DEFAULT_ROOT = "/pharos";
    private static final String FORM = "write zk://HOST:PORT,.../ROOT/NAME";

    /** A name or an address of IPv4, or one of IPv6 in brackets with a zone or without; and a port. */
    private static final Pattern SERVER =
            Pattern.compile("([\\p{L}\\p{N}._-]+|(\\[[0-9a-fA-F:.]+)(?:%[\\w.~-]+)?\\]):([0-9]+)");

    private static final Pattern ROOT = Pattern.compile("(?:/(?!\\.{1,2}(?:/|$))[\\w.~-]+)+");

    /** A server. The host is a name or an IP address, without brackets. */
    record Server(String host, int port) {
        @Override
        public String toString() {
            return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
        }
    }

    private final String servers;
    private final List<Server> list;
    private final String root;

    private ClusterAddress(String servers, Collection<Server> list, String root) {
        this.servers = servers;
        this.list = List.copyOf(list);
        this.root = root;
    }

    /**
     * Parses the address of the events of a cluster.
     *
     * @param text the address
     * @return the parsed address
     * @throws IllegalArgumentException if the text does not have this form
     */
    public static ClusterAddress parse(String text) {
        String rest = withoutScheme(text);
        int slash = rest.indexOf('/');
        boolean hasRoot = slash >= 0 && slash < rest.length() - 1;
        return of(text, slash < 0 ? rest : rest.substring(0, slash), hasRoot ? rest.substring(slash) : DEFAULT_ROOT);
    }

    /**
     * Parses the address of an event.
     *
     * @param text the address
     * @return the parsed address
     * @throws IllegalArgumentException if the text does not have the form of {@link OfEvent}
     */
    public static OfEvent parseEvent(String text) {
        String rest = withoutScheme(text);
        int slash = rest.indexOf('/');
        int last = rest.lastIndexOf('/');
        String servers = slash < 0 ? rest : rest.substring(0, slash);
        if (slash == last) {
            ClusterAddress unused = of(text, servers, DEFAULT_ROOT); // report the first error first
            throw bad(text, "it has no " + (slash < 0 ? "root" : "name after its root") + "; " + FORM);
        }
        ClusterAddress address = of(text, servers, rest.substring(slash, last));
        try {
            return address.event(unescape(rest.substring(last + 1)));
        } catch (IllegalArgumentException e) {
            throw bad(text, String.valueOf(e.getMessage()));
        }
    }

    private static String withoutScheme(String text) {
        return text.startsWith(SCHEME) ? text.substring(SCHEME.length()) : text;
    }

    private static ClusterAddress of(String text, String servers, String root) {
        if (servers.indexOf('@') >= 0) { // and perhaps a password, so it is not repeated
            throw new IllegalArgumentException(
                    "an address has no user before an @; specify the user in the options of the client");
        }
        Set<Server> list = new LinkedHashSet<>();
        for (String server : servers.split(",", -1)) {
            Matcher parts = SERVER.matcher(server);
            if (!parts.matches() || !isAddress(parts.group(2))) {
                throw bad(text, "'" + server + "' is not host:port, as in zk1:2181 or [::1]:2181");
            }
            String port = parts.group(3);
            if (port.length() > 5 || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65_535) {
                throw bad(text, "port " + port + " is out of range, which is 1 to 65535");
            }
            String host = parts.group(1);
            list.add(new Server(
                    host.startsWith("[") ? host.substring(1, host.length() - 1) : host, Integer.parseInt(port)));
        }
        if (!ROOT.matcher(root).matches()) {
            throw bad(
                    text,
                    "'" + root + "' is not a root, which consists of letters, digits, _ . ~ - and single slashes");
        } else if (root.equals("/zookeeper") || root.startsWith("/zookeeper/")) {
            throw bad(text, "the root '/zookeeper' is reserved by the servers; use another");
        }
        return new ClusterAddress(servers, list, root);
    }

    /** Whether this is the beginning of an IPv6 address in brackets; or null, where a name is. */
    private static boolean isAddress(@Nullable String beginning) {
        try {
            return beginning == null || InetAddress.getByName(beginning + "]").getAddress().length > 0; // asks nobody
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static IllegalArgumentException bad(String text, String why) {
        return new IllegalArgumentException("'" + text + "' is not an address: " + why);
    }

    /**
     * Returns the servers.
     *
     * @return the servers as they were written, as in {@code zk1:2181,zk2:2181}
     */
    public String servers() {
        return servers;
    }

    /** The servers one by one, each once. */
    List<Server> list() {
        return list;
    }

    /**
     * Returns the root.
     *
     * @return the root, as in {@code /orders}
     */
    public String root() {
        return root;
    }

    /**
     * Returns the address of an event under this root.
     *
     * @param name the name of the event
     * @return its address
     * @throws IllegalArgumentException if the name is empty, has more than 255 characters, or is not text
     */
    public OfEvent event(String name) {
        return new OfEvent(this, name);
    }

    /** Returns the address with its scheme and its root, as in {@code zk://zk1:2181,zk2:2181/orders}. */
    @Override
    public String toString() {
        return SCHEME + servers + root;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClusterAddress address && servers.equals(address.servers) && root.equals(address.root);
    }

    @Override
    public int hashCode() {
        return 31 * servers.hashCode() + root.hashCode();
    }

    /**
     * The address of an event: {@code zk://host:port,host:port/root/name}. The name is any text; a character that is
     * not an ASCII letter or digit or one of {@code _ . ~ -} is written as {@code %} and two hexadecimal digits for
     * each of its UTF-8 bytes, as in a URL. All of these except {@code %} and {@code /} may also be written literally.
     *
     * @param cluster the address of the cluster
     * @param name the name of the event, without escapes
     */
    public record OfEvent(ClusterAddress cluster, String name) {
        /**
         * Creates the address of an event.
         *
         * @param cluster the address of the cluster
         * @param name the name of the event, without escapes
         * @throws IllegalArgumentException if the name is empty, has more than 255 characters, or is not text
         */
        public OfEvent {
            String unused = escape(name); // throws
        }

        /** Returns the address, in which the name has escapes: the {@link ClusterEvent#name name} of the event. */
        @Override
        public String toString() {
            return cluster + "/" + escape(name);
        }
    }

    /** The address of the event of this name, as text. */
    String of(String name) {
        return event(name).toString();
    }

    /** The name of a node for the event of this name. Throws if there is none. */
    static String escape(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("the name of an event is empty; specify 1 to 255 characters");
        } else if (name.length() > LONGEST_NAME) {
            throw new IllegalArgumentException("the name of an event has " + name.length() + " characters, '"
                    + name.substring(0, 20) + "...'; specify 1 to 255 characters");
        }
        ByteBuffer bytes = encode(name);
        boolean dots = name.equals(".") || name.equals(".."); // reserved as names of nodes
        StringBuilder node = new StringBuilder();
        while (bytes.hasRemaining()) {
            char c = (char) (bytes.get() & 0xFF);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || "_~-".indexOf(c) >= 0 || (c == '.' && !dots))) {
                node.append(c);
            } else {
                node.append(String.format("%%%02X", (int) c));
            }
        }
        return node.toString();
    }

    /** The name that has these escapes. Throws if one is not an escape. */
    static String unescape(String escaped) {
        ByteBuffer bytes = encode(escaped);
        ByteBuffer name = ByteBuffer.allocate(bytes.remaining());
        while (bytes.hasRemaining()) {
            byte b = bytes.get();
            if (b == '%') {
                int high = bytes.hasRemaining() ? Character.digit(bytes.get(), 16) : -1;
                int low = bytes.hasRemaining() ? Character.digit(bytes.get(), 16) : -1;
                if (high < 0 || low < 0) {
                    throw new IllegalArgumentException(
                            "a % in the name of an event has no two hexadecimal digits after it; write %25 for %");
                }
                b = (byte) (high << 4 | low);
            }
            name.put(b);
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(name.flip()).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "the escapes in the name of an event are not UTF-8; write one for each of its bytes", e);
        }
    }

    private static ByteBuffer encode(String name) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the name of an event has an unpaired surrogate; specify valid text", e);
        }
    }

    /** Whether a node of this name can be an event: other programs may have created others. */
    static boolean isEscaped(String node) {
        try {
            return escape(unescape(node)).equals(node);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
