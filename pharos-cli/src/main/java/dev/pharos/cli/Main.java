// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The pharos command. Each subcommand is a class of its own. */
@Command(
        name = "pharos",
        description =
                "Events for shells: files that are set or clear, and that any process of this machine can wait for; or the"
                        + " same on ZooKeeper servers, for any machine.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Example: pharos wait -t 30s /run/app/db-ready && ./start",
            "Another shell: pharos set /run/app/db-ready"
        })
public final class Main implements Callable<Integer> {
    static final List<String> VERBS =
            List.of("set", "clear", "status", "wait", "hold", "watch", "list", "rm", "serve", "timeline", "demo");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final PrintStream err;

    private Main(PrintStream err) {
        this.err = err;
    }

    private static Object verb(String name, Terminal terminal) {
        return switch (name) {
            case "set" -> new SetVerb(terminal);
            case "clear" -> new ClearVerb(terminal);
            case "status" -> new StatusVerb(terminal);
            case "wait" -> new WaitVerb(terminal);
            case "hold" -> new HoldVerb(terminal);
            case "watch" -> new WatchVerb(terminal);
            case "list" -> new ListVerb(terminal);
            case "rm" -> new RmVerb(terminal);
            case "serve" -> new ServeVerb(terminal);
            case "timeline" -> new TimelineVerb(terminal);
            default -> new DemoVerb(terminal);
        };
    }

    /**
     * Runs the command and exits with its status.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        int status = isHold(args) ? ExitCode.NOT_HELD.status : ExitCode.FAILED.status;
        try {
            Terminal terminal = Terminal.standard();
            Terminal.separateLibraries();
            nameNativeLibrary();
            status = run(terminal, FileName.ofProcess(args), args);
        } catch (Throwable e) { // such as a jar that is missing
            System.err.println("pharos: failed: " + Terminal.plain(e));
        }
        System.exit(status);
    }

    /**
     * Names the native library that is unpacked beside the jars, in the directory that the launcher specifies. JNA would
     * unpack its own at each start, for which there may be no place.
     */
    static void nameNativeLibrary() {
        String machine = System.getProperty("os.arch");
        System.setProperty(
                "jna.boot.library.path",
                System.getProperty("pharos.native", "") + "/" + (machine.equals("amd64") ? "x86-64" : machine));
        if (!Path.of(System.getProperty("user.home")).isAbsolute()) { // as of a user that the system does not know
            System.setProperty("jna.tmpdir", System.getProperty("java.io.tmpdir"));
        }
        if (!Files.isWritable(Path.of(System.getProperty("java.io.tmpdir")))
                && System.getProperty("java.util.logging.config.file") == null) {
            Unpacking.LOG.setLevel(Level.OFF);
        }
    }

    /** Where JNA warns that it has no place to unpack its library, which it need not do. */
    private static final class Unpacking {
        static final Logger LOG = Logger.getLogger("com.sun.jna.Native"); // kept, with its level

        private Unpacking() {}
    }

    private static boolean isHold(String... args) {
        return args.length > 0 && args[0].equals("hold");
    }

    static int run(Terminal terminal, String... args) {
        return run(terminal, FileName.ofStrings(), args);
    }

    private static int run(Terminal terminal, FileName names, String... arguments) {
        String[] args = withoutHelp(arguments);
        Failures failures = new Failures(terminal.err, isHold(args) ? ExitCode.NOT_HELD : ExitCode.FAILED);
        int status;
        try (Connections connections = new Connections()) {
            Address.Converter addresses = new Address.Converter(connections, names);
            status = commandLine(terminal, args)
                    .registerConverter(Path.class, names)
                    .registerConverter(Address.class, addresses)
                    .registerConverter(Address.Directory.class, addresses::convertDirectory)
                    .setParameterExceptionHandler(failures)
                    .setExecutionExceptionHandler(failures)
                    .execute(args);
        } catch (Error e) { // such as no memory, or a file that was truncated while mapped
            status = failures.broken(e);
        }
        return terminal.out.checkError() ? failures.outputLost(terminal.isPipe()) : status;
    }

    /** For "help", "--help"; and for "help wait", "wait --help". */
    private static String[] withoutHelp(String... args) {
        if (args.length == 0 || !args[0].equals("help")) {
            return args;
        }
        if (args.length == 1) {
            return new String[] {"--help"};
        }
        return VERBS.contains(args[1]) ? new String[] {args[1], "--help"} : new String[] {args[1]};
    }

    /** The command with the subcommand of the arguments only, since each takes time to add; or with all of them. */
    static CommandLine commandLine(Terminal terminal, String... args) {
        CommandLine pharos = new CommandLine(new Main(terminal.err));
        boolean one = args.length > 0 && VERBS.contains(args[0]);
        for (String name : VERBS) {
            if (!one || name.equals(args[0])) {
                CommandLine verb = new CommandLine(verb(name, terminal));
                verb.setStopAtPositional(name.equals("hold")); // options after that are those of its command
                pharos.addSubcommand(verb);
            }
        }
        return pharos.setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF))
                .setExpandAtFiles(false)
                .setOverwrittenOptionsAllowed(true)
                .setOut(new PrintWriter(terminal.out, true, StandardCharsets.UTF_8));
    }

    /** Without a command there is nothing to do. */
    @Override
    public Integer call() {
        spec.commandLine().usage(err, Help.Ansi.OFF);
        return ExitCode.USAGE.status;
    }
}
