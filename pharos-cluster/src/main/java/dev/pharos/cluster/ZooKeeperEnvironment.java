// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.zookeeper.CreateMode;

/**
 * Keeps ZooKeeper from looking up the name of this machine. Its classes {@code ZooKeeper} and {@code ZooKeeperServer} do
 * so when they are initialized, to write it into their log, logged or not; nothing configures that (3.4 to 3.9). Where
 * the name of a machine is not in its own file of hosts and the name server does not answer, that takes 10 seconds or
 * more, as long as an operation may take.
 */
final class ZooKeeperEnvironment {
    /*
     * The look-up is in Environment, a class with nothing but that log. It is defined here, before ZooKeeper would load
     * it, from its own file with two names exchanged: instead of the name of the local host it then logs the loopback
     * address. If ZooKeeper has been used in this JVM before, or has come to differ, nothing is changed.
     */
    private static final String CLASS = "Environment";

    private static final Map<String, String> EXCHANGED =
            Map.of("getLocalHost", "getLoopbackAddress", "getCanonicalHostName", "getHostAddress");

    private ZooKeeperEnvironment() {}

    /** Is done once, by the initialization of this class. */
    static void avoidLookUp() {}

    static {
        define();
    }

    private static void define() {
        try (InputStream file = CreateMode.class.getResourceAsStream(CLASS + ".class")) {
            if (file != null) {
                byte[] changed = exchange(file.readAllBytes());
                Class<?> unused = MethodHandles.privateLookupIn(CreateMode.class, MethodHandles.lookup())
                        .defineClass(changed);
            }
        } catch (IOException | IllegalAccessException | RuntimeException | LinkageError e) {
            // it is loaded already, or this JVM defines no classes: the name is looked up
        }
    }

    private static byte[] exchange(byte[] file) {
        String text = new String(file, StandardCharsets.ISO_8859_1);
        for (Map.Entry<String, String> names : EXCHANGED.entrySet()) {
            text = text.replace(constant(names.getKey()), constant(names.getValue()));
        }
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A name as it is in the constant pool of a class file: a tag, its length in two bytes, and its characters. */
    private static String constant(String name) {
        return "\1\0" + (char) name.length() + name;
    }
}
