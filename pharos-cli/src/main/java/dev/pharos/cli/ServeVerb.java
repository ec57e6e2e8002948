// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.EventException;
import dev.pharos.cluster.ClusterAddress;
import dev.pharos.cluster.ClusterServer;
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

/** {@code pharos serve}: serves events of a cluster of one machine. */
@Command(
        name = "serve",
        description = "Serves events for other processes and machines, until interrupted: a server of ZooKeeper. Prints"
                + " under which address, as soon as it does. What is set stays so when it is started again with the same"
                + " data.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "2:the command line is wrong",
            "3:it cannot serve, or no longer",
            "130:ended by Ctrl-C",
            "143:ended by SIGTERM"
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
            description = "Where to serve; 0 takes a port that is free (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "The name or number of this machine to serve under, 0.0.0.0 for all it has; whoever can reach"
                    + " that may change events (default: ${DEFAULT-VALUE}, which is this machine only).")
    private String host = "127.0.0.1";

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "The folder that keeps the events (default: pharos in $XDG_DATA_HOME, or in" + " ~/.local/share).")
    private @Nullable Path data;

    ServeVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > 65535) {
            throw new ParameterException(spec.commandLine(), "there is no port " + port + ": give one from 0 to 65535");
        }
        Connections.quieten();
        Path folder = data == null ? defaultData() : data;
        try (ClusterServer server = ClusterServer.start(host, port, folder)) {
            Runtime.getRuntime().addShutdownHook(new Thread(server::close, "pharos-serve-end"));
            messages.terminal.out.println(ClusterAddress.parse(reachable() + ":" + server.port()));
            server.awaitEnd();
        } catch (EventException e) {
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
            // this machine does not know itself by name
        }
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    private static Path defaultData() {
        String base = System.getenv("XDG_DATA_HOME");
        return base == null || base.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".local", "share", "pharos")
                : Path.of(base, "pharos");
    }
}
