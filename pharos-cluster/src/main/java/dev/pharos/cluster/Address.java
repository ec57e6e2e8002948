// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where the events of a cluster are, and what names become there: of a name all but letters and digits of ASCII and
 * {@code _ . ~ -} is written as {@code %} and two hexadecimal digits for each byte of UTF-8, as in addresses of the web.
 */
record Address(String servers, String root) {
    static final int LONGEST_NAME = 255;

    private static final String DEFAULT_ROOT = "/pharos";
    private static final String FORM = "give it as host:port,host:port/root, for example localhost:2181/orders";
    private static final Pattern SERVER = Pattern.compile("([^\\s:/\\[\\]]+|\\[[0-9a-fA-F:.]+(%\\w+)?]):(\\d{1,5})");
    private static final Pattern ESCAPED = Pattern.compile("([\\w.~-]|%[0-9A-F]{2}){1,1020}");
    private static final Pattern SEGMENT = Pattern.compile("[\\w.~-]+");

    /** Reads an address as users give it. */
    static Address parse(String text) {
        int slash = text.indexOf('/');
        String servers = slash < 0 ? text : text.substring(0, slash);
        for (String server : servers.split(",", -1)) {
            var match = SERVER.matcher(server);
            if (!match.matches()) {
                throw bad(text, "'" + server + "' is no host:port", FORM);
            }
            int port = Integer.parseInt(match.group(3));
            if (port == 0 || port > 65_535) {
                throw bad(text, "there is no port " + port, "give one from 1 to 65535");
            }
        }
        String root = slash < 0 || slash == text.length() - 1 ? DEFAULT_ROOT : text.substring(slash);
        for (String segment : root.substring(1).split("/", -1)) {
            if (!SEGMENT.matcher(segment).matches() || segment.equals(".") || segment.equals("..")) {
                throw bad(text, "'" + root + "' is no root", "give one of letters, digits, _ . ~ - and single slashes");
            }
        }
        if (root.equals("/zookeeper") || root.startsWith("/zookeeper/")) {
            throw bad(text, "the servers keep '/zookeeper' for themselves", "give another root");
        }
        return new Address(servers, root);
    }

    private static IllegalArgumentException bad(String text, String what, String help) {
        return new IllegalArgumentException("address '" + text + "': " + what + "; " + help);
    }

    /** The hosts that have no address, if none has; else an empty text. */
    String unknownHosts() {
        List<String> unknown = new ArrayList<>();
        for (String server : servers.split(",", -1)) {
            String host = server.substring(0, server.lastIndexOf(':'));
            try {
                var unused = InetAddress.getByName(host);
                return "";
            } catch (UnknownHostException e) {
                unknown.add(host);
            }
        }
        return String.join(", ", unknown);
    }

    /** The address of the event of this name. */
    String of(String name) {
        return this + "/" + escape(name);
    }

    @Override
    public String toString() {
        return "zk://" + servers + root;
    }

    /** The name of a node for the event of this name. Throws if it can be none. */
    static String escape(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("the name of an event is empty; give one of 1 to 255 characters");
        } else if (name.length() > LONGEST_NAME) {
            throw new IllegalArgumentException("the name of an event has " + name.length() + " characters, '"
                    + name.substring(0, 20) + "...'; give one of 1 to 255 characters");
        }
        ByteBuffer bytes;
        try {
            bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "the name of an event has half of a surrogate pair; give one that is text", e);
        }
        boolean dots = name.equals(".") || name.equals(".."); // not to be had as names of nodes
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

    /** Whether a node of this name can be an event: somebody else may have made others. */
    static boolean isEscaped(String node) {
        if (!ESCAPED.matcher(node).matches()) {
            return false;
        }
        String name = unescape(node);
        return name.length() <= LONGEST_NAME && escape(name).equals(node);
    }

    /** The name of the event whose node has this name. */
    static String unescape(String node) {
        ByteBuffer bytes = ByteBuffer.allocate(node.length());
        for (int i = 0; i < node.length(); i++) {
            if (node.charAt(i) == '%' && i + 2 < node.length()) {
                bytes.put((byte) Integer.parseInt(node.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                bytes.put((byte) node.charAt(i));
            }
        }
        return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
    }
}
