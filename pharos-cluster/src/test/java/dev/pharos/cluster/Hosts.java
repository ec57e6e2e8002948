// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Hosts on a network that can be parted: network namespaces of Linux on two bridges, of which a host is on one. What is
 * sent to the other side is lost, without a word to anybody. This JVM is on the first. All is gone when this JVM is.
 */
final class Hosts implements AutoCloseable {
    private static final String NAME = "ph" + ProcessHandle.current().pid();

    private final String network = "198.18." + ProcessHandle.current().pid() % 256 + ".";
    private final int count;

    /** Deletes everything when its input ends, which is when it is closed or this JVM is no more. */
    private final Process end;

    /** Tells whether this user may have hosts, by an attempt: root of Linux, with the command ip and the right to use it. */
    static boolean arePossible() {
        String bridge = NAME + "a";
        try {
            Process attempt = start("ip netns add " + NAME + " && ip link add " + bridge + " type bridge; made=$?;"
                    + " ip link del " + bridge + "; ip netns del " + NAME + "; exit $made");
            return attempt.onExit().join().exitValue() == 0;
        } catch (UncheckedIOException e) {
            return false; // no shell
        }
    }

    /** Makes so many hosts, all connected. */
    Hosts(int count) {
        this.count = count;
        List<String> commands = new ArrayList<>();
        for (String bridge : List.of("a", "b")) {
            commands.add("ip link add " + NAME + bridge + " type bridge");
            commands.add("ip link set " + NAME + bridge + " up");
        }
        commands.add("ip addr add " + network + "254/24 dev " + NAME + "a");
        for (int i = 0; i < count; i++) {
            String ip = "ip -n " + host(i);
            commands.add("ip netns add " + host(i));
            commands.add("ip link add " + NAME + "v" + i + " type veth peer name eth0 netns " + host(i));
            commands.add("ip link set " + NAME + "v" + i + " master " + NAME + "a up");
            commands.add(ip + " addr add " + address(i) + "/24 dev eth0");
            commands.add(ip + " link set eth0 up");
            commands.add(ip + " link set lo up");
        }
        List<String> undo = new ArrayList<>(List.of("read -r line"));
        for (int i = 0; i < count; i++) {
            undo.add("ip link del " + NAME + "v" + i);
            undo.add("ip netns del " + host(i));
        }
        undo.add("ip link del " + NAME + "a");
        undo.add("ip link del " + NAME + "b");
        end = start("trap '' INT HUP TERM; " + String.join("; ", undo));
        run(commands);
    }

    private static Process start(String script) {
        try {
            return new ProcessBuilder("sh", "-c", script)
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(List<String> commands) {
        Process process = start(String.join(" && ", commands));
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.onExit().join().exitValue() != 0) {
                throw new IllegalStateException(said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String host(int host) {
        return NAME + "-" + host;
    }

    /** The address of a host. */
    String address(int host) {
        return network + (host + 1);
    }

    /** What runs the command that follows on a host. */
    String[] command(int host) {
        return new String[] {"ip", "netns", "exec", host(host)};
    }

    /** Parts these hosts from all others, and from this JVM. They reach one another. */
    void part(List<Integer> hosts) {
        run(hosts.stream()
                .map(host -> "ip link set " + NAME + "v" + host + " master " + NAME + "b")
                .toList());
    }

    /** Connects all hosts again. */
    void heal() {
        List<String> commands = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            commands.add("ip link set " + NAME + "v" + i + " master " + NAME + "a");
        }
        run(commands);
    }

    @Override
    public void close() throws IOException {
        end.getOutputStream().close();
        end.onExit().join();
    }
}
