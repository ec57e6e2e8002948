// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.cluster.Cluster;
import dev.pharos.cluster.ClusterEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The address of an event on ZooKeeper, as in {@code zk://zk1:2181,zk2:2181/root/name}, or of a root of such. */
final class ClusterAddress extends Address {
    static final String SCHEME = "zk://";

    /** A name or a number, or a number of IPv6 in brackets; and a port. */
    private static final Pattern SERVER = Pattern.compile("(?:[^\\[\\]:]+|\\[[0-9A-Fa-f:.]+\\]):([0-9]{1,5})");

    private static final Pattern ROOT = Pattern.compile("(?:/(?!\\.{1,2}(?:/|$))[\\w.~%-]+)+");

    /** A byte, or a percent sign that means none. */
    private static final Pattern ESCAPE = Pattern.compile("%(?:([0-9A-Fa-f]{2})|)");

    private static final int LONGEST_NAME = 255;

    private static final String FORM = ": write zk://HOST:PORT,.../ROOT/NAME";

    private final Connections connections;
    private final String servers;
    private final String root;
    private final String name;

    private ClusterAddress(String text, Connections connections, String servers, String root, String name) {
        super(text);
        this.connections = connections;
        this.servers = servers;
        this.root = root;
        this.name = name;
    }

    /** The address of an event; throws if it is none, saying why. */
    static ClusterAddress event(String text, Connections connections) {
        String path = path(text);
        int slash = path.lastIndexOf('/');
        if (slash <= 0) {
            throw new IllegalArgumentException("has no " + (path.length() > 1 ? "name after its root" : "root") + FORM);
        }
        String name = decode(path.substring(slash + 1));
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            throw new IllegalArgumentException(
                    name.isEmpty() ? "has an empty name" + FORM : "has a name of more than 255 characters");
        }
        return new ClusterAddress(text, connections, servers(text), root(path.substring(0, slash)), name);
    }

    /** The address of a root; throws if it is none, saying why. */
    static ClusterAddress root(String text, Connections connections) {
        String path = path(text);
        if (path.length() <= 1) {
            throw new IllegalArgumentException("has no root: write zk://HOST:PORT,.../ROOT");
        }
        return new ClusterAddress(text, connections, servers(text), root(path), "");
    }

    private static String servers(String text) {
        int slash = text.indexOf('/', SCHEME.length());
        String servers = text.substring(SCHEME.length(), slash < 0 ? text.length() : slash);
        if (servers.contains("@")) {
            throw new IllegalArgumentException("has a user in it: put that in the file that PHAROS_CLUSTER names");
        }
        for (String server : servers.split(",", -1)) {
            Matcher parts = SERVER.matcher(server);
            if (!parts.matches()) {
                throw new IllegalArgumentException(
                        "has '" + server + "' where a server should be: write HOST:PORT, as in zk1:2181");
            }
            int port = Integer.parseInt(parts.group(1));
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("has the port " + port + ": ports are 1 to 65535");
            }
        }
        return servers;
    }

    /** What follows the servers, with the slash before it. */
    private static String path(String text) {
        if (text.indexOf('\uFFFD') >= 0) {
            throw new IllegalArgumentException("has letters that the locale has not: use one with UTF-8");
        }
        servers(text); // what is wrong first is told first
        int slash = text.indexOf('/', SCHEME.length());
        return slash < 0 ? "" : text.substring(slash);
    }

    private static String root(String path) {
        if (!ROOT.matcher(path).matches()) {
            throw new IllegalArgumentException(
                    "has the root '" + path + "': a root is of letters, digits, _ . ~ - and single slashes");
        } else if (path.equals("/zookeeper") || path.startsWith("/zookeeper/")) {
            throw new IllegalArgumentException("has the root '/zookeeper', which the servers keep for themselves");
        }
        return path;
    }

    /** A name without escapes: each is a byte of UTF-8. */
    private static String decode(String escaped) {
        if (escaped.indexOf('%') < 0) {
            return escaped;
        }
        ByteBuffer bytes = ByteBuffer.allocate(escaped.getBytes(StandardCharsets.UTF_8).length);
        int end = 0;
        for (Matcher escape = ESCAPE.matcher(escaped); escape.find(); end = escape.end()) {
            if (escape.group(1) == null) {
                throw new IllegalArgumentException("has a % without two hexadecimal digits after it: write %25 for %");
            }
            bytes.put(escaped.substring(end, escape.start()).getBytes(StandardCharsets.UTF_8));
            bytes.put((byte) Integer.parseInt(escape.group(1), 16));
        }
        bytes.put(escaped.substring(end).getBytes(StandardCharsets.UTF_8));
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("has escapes that are not UTF-8", e);
        }
    }

    /** A name with escapes for all that is not a letter or digit of ASCII or one of {@code _ . ~ -}. */
    private static String encode(String name) {
        StringBuilder escaped = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = b >= 0 && (Character.isLetterOrDigit(b) || "_.~-".indexOf(b) >= 0);
            escaped.append(plain ? Character.toString(b) : String.format("%%%02X", b));
        }
        return escaped.toString();
    }

    String servers() {
        return servers;
    }

    private Cluster cluster() throws IOException {
        return connections.to(servers + root);
    }

    @Override
    boolean set() throws IOException {
        try (ClusterEvent event = cluster().event(name)) {
            return event.set();
        }
    }

    @Override
    boolean clear() throws IOException {
        Cluster cluster = cluster();
        cluster.look(name); // throws if it is missing
        try (ClusterEvent event = cluster.event(name)) {
            return event.clear();
        }
    }

    @Override
    Sighting look() throws IOException {
        Cluster.State state = cluster().look(name);
        return new Sighting(this, "cluster", state.set(), OptionalInt.of(state.holders()), Optional.of(state.since()));
    }

    @Override
    ClusterEvent open(boolean held) throws IOException {
        return cluster().event(name);
    }

    @Override
    Event await(boolean held) {
        return new Reaching(this);
    }

    @Override
    Hold hold(Exec program, boolean quiet) throws IOException {
        return Keeper.start(this, program, quiet);
    }

    @Override
    void remove() throws IOException {
        if (!cluster().delete(name)) {
            throw new EventException.Unavailable(toString(), "does not exist; set it or wait for it first", null);
        }
    }

    @Override
    List<ClusterAddress> list() throws IOException {
        return cluster().events().stream()
                .map(event -> new ClusterAddress(this + "/" + encode(event), connections, servers, root, event))
                .toList();
    }

    @Override
    String name() {
        return name;
    }

    /** The name that the event has, once it is open: the address with just those escapes that are needed. */
    String canonical() {
        return SCHEME + servers + root + "/" + encode(name);
    }
}
