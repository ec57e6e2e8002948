// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.EventException;
import dev.pharos.cluster.ClusterAddress;
import dev.pharos.cluster.ClusterServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code pharos serve}: runs a server for events. */
@Command(
        name = "serve",
        description =
                "Runs a ZooKeeper server for the events of other processes and machines, until interrupted. Prints the"
                        + " root of its events as soon as it is ready. A server that is started again with the same data has the same"
                        + " events.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "2:the command line is wrong",
            "3:the server cannot start, or has failed",
            "130:terminated by Ctrl-C",
            "143:terminated by SIGTERM"
        },
        footer = {"", "Example: pharos serve --data /var/lib/pharos"})
final class ServeVerb implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Mixin
    private final Messages messages;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "2181",
            description = "The port to listen on; 0 for a free port (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description =
                    "The host name or IP address to bind to; 0.0.0.0 for all interfaces. Every client that can connect"
                            + " may change events (default: ${DEFAULT-VALUE}, for this machine only).")
    private String host = "127.0.0.1";

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "The directory in which the events are stored (default: pharos in $XDG_DATA_HOME or ~/.local/share).")
    private @Nullable Path data;

    ServeVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > 65535) {
            throw new ParameterException(spec.commandLine(), "port out of range (0 to 65535): " + port);
        }
        Connections.quieten();
        try (ClusterServer server = ClusterServer.start(host, port, data == null ? defaultData() : data)) {
            messages.terminal.out.println(ClusterAddress.parse(reachable() + ":" + server.port()));
            server.awaitTermination();
        } catch (EventException | IOException e) {
            messages.fail(String.valueOf(e.getMessage()));
        }
        return ExitCode.FAILED.status;
    }

    /** The host as others may write it. */
    private String reachable() {
        try {
            InetAddress address = InetAddress.getByName(host);
            if (address.isAnyLocalAddress()) {
                return InetAddress.getLocalHost().getHostName();
            }
        } catch (UnknownHostException e) {
            // this machine cannot resolve its own name
        }
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    /** As the XDG Base Directory Specification has it: a relative path is not valid. */
    private static Path defaultData() throws IOException {
        Path base = directory("XDG_DATA_HOME");
        if (base != null) {
            return base.resolve("pharos");
        }
        Path home = directory("HOME");
        home = home == null ? Path.of(System.getProperty("user.home")) : home;
        if (!home.isAbsolute()) {
            throw new IOException("this user has no home directory to store the events in; specify --data");
        }
        return home.resolve(".local").resolve("share").resolve("pharos");
    }

    /** The absolute path in a variable of the environment, or null if there is none. */
    private static @Nullable Path directory(String variable) throws IOException {
        String value = System.getenv(variable);
        if (value == null || value.isEmpty()) {
            return null;
        }
        Path path = FileName.ofVariable(variable, value);
        return path.isAbsolute() ? path : null;
    }
}
