// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A held event is set exactly while the process of the command runs, whatever that does; and the command is as it would
 * be without {@code hold}. For events in files and on servers.
 */
@EnabledOnOs(OS.LINUX)
class HoldIT {
    /** Closes all files, as a server does that wants none of another program. */
    private static final String CLOSE_ALL =
            "for file in $(ls /proc/$$/fd); do [ $file = 255 ] || exec {file}>&-; done; exec 255>&-; ";

    /** A process whose first thread ends: another one writes to the file "threads" and goes on. */
    private static final String FIRST_THREAD_ENDS = """
            import ctypes, threading, time
            def go_on():
                open("threads", "w").close()
                time.sleep(1000)
            threading.Thread(target=go_on).start()
            ctypes.CDLL(None).pthread_exit(None)
            """;

    /** Runs a program that is refused pidfd_open, which is system call 434, as by the container runtimes of 2019. */
    private static final String WITHOUT_PIDFD = """
            import ctypes, errno, os, struct, sys
            c = ctypes.CDLL(None, use_errno=True)
            filter = struct.pack("HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, 434, 0x06, 0, 0, 0x50000 | errno.EPERM,
                    0x06, 0, 0, 0x7fff0000)
            code = ctypes.create_string_buffer(filter)
            program = struct.pack("HxxxxxxQ", 4, ctypes.addressof(code))
            if c.prctl(38, 1, 0, 0, 0) or c.prctl(22, 2, ctypes.c_char_p(program), 0, 0):
                sys.exit("no filter")
            os.execvp(sys.argv[1], sys.argv[1:])
            """;

    /** Where the event is. */
    private enum Reach {
        FILE,
        SERVER
    }

    @TempDir
    private static Path serverDirectory;

    private static Installed serving;

    /** The root of the events of a server. */
    private static String served;

    @TempDir
    private Path directory;

    private Installed pharos;

    @BeforeAll
    static void serve() throws IOException {
        serving = new Installed(serverDirectory);
        Process server = serving.start("pharos", "serve", "--port", "0", "--data", "data");
        Installed.until("a server serves", () -> serving.out(server).endsWith("\n") || !server.isAlive());
        served = serving.out(server).strip();
    }

    @AfterAll
    static void end() {
        serving.close();
    }

    @BeforeEach
    void install() throws IOException {
        pharos = new Installed(directory);
        Files.writeString(directory.resolve("options"), "session.timeout = 40s\noperation.timeout = 10m\n");
        Files.writeString(directory.resolve("threads.py"), FIRST_THREAD_ENDS);
        Files.writeString(directory.resolve("without-pidfd.py"), WITHOUT_PIDFD);
    }

    @AfterEach
    void close() {
        pharos.close();
    }

    private Installed.Run sh(Reach reach, String script) {
        return pharos.sh(variables(reach) + script);
    }

    /** Starts a command: the shell is replaced by that. */
    private Process start(Reach reach, String command) {
        return pharos.start("sh", "-c", variables(reach) + "exec " + command);
    }

    private String variables(Reach reach) {
        return "export PHAROS_CLUSTER=options E=" + event(reach) + "\n";
    }

    private String event(Reach reach) {
        return reach == Reach.FILE ? "x" : served + "/" + directory.getFileName() + "/x";
    }

    private void untilHeld(Reach reach, Process command) {
        assertThat(sh(reach, "pharos wait --held $E").status()).isZero();
        Installed.until(
                "the command runs",
                () -> !command.info().command().orElse("java").endsWith("java"));
    }

    private void assertHeld(Reach reach) {
        assertThat(sh(reach, "pharos status $E").out()).isEqualTo(event(reach) + ": set\n");
    }

    private void assertReleased(Reach reach) {
        assertThat(sh(reach, "pharos wait -t 10m --clear $E")).isEqualTo(new Installed.Run("", "", 0));
    }

    private void assumePrograms(String... names) {
        for (String name : names) {
            assumeTrue(
                    pharos.sh("PATH=$PATH:/usr/sbin:/sbin command -v " + name).status() == 0,
                    name + " is not installed: this is skipped");
        }
    }

    private static void assumeRoot() {
        assumeTrue(System.getProperty("user.name").equals("root"), "needs root: this is skipped");
    }

    // Set exactly while the process of the command runs

    @ParameterizedTest
    @EnumSource
    void hold_commandClosesAllFilesAndRunsAnother_untilItIsKilled(Reach reach) throws Exception {
        Process command = start(reach, "pharos hold $E -- bash -c '" + CLOSE_ALL + "exec sleep 1000'");
        untilHeld(reach, command);
        Installed.until(
                "the command runs another",
                () -> command.info().command().orElse("").endsWith("sleep"));
        assertHeld(reach);
        Installed.signal(command, "KILL");

        assertThat(pharos.finish(command).status()).isEqualTo(137);
        assertReleased(reach);
    }

    /** Which has what its parent has inherited. */
    @ParameterizedTest
    @EnumSource
    void hold_childProcessOutlivesTheCommand_endsWithTheCommand(Reach reach) throws Exception {
        assertThat(sh(reach, "pharos hold $E -- sh -c 'sleep 1000 & echo $! >child; exit 7'")
                        .status())
                .isEqualTo(7);
        assertReleased(reach);

        assertThat(pharos.sh("kill " + read(directory.resolve("child"))).status())
                .isZero();
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void hold_parentDoesNotWaitForTheCommand_endsWithTheCommand(Reach reach) {
        Process parent =
                start(reach, "sh -c 'pharos hold $E -- sh -c \"echo \\$\\$ >command; exit\" & exec sleep 1000'");
        Path number = directory.resolve("command");
        Installed.until("the command has ended", () -> Files.exists(number) && isZombie(read(number)));
        assertReleased(reach);

        assertThat(isZombie(read(number))).isTrue();
        assertThat(parent.isAlive()).isTrue();
    }

    /** Whether the first thread of a process has ended, for which nobody has waited. */
    private static boolean isZombie(String process) {
        Path stat = Path.of("/proc", process, "stat");
        return !process.isEmpty() && Files.exists(stat) && read(stat).contains(") Z ");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void hold_firstThreadOfTheCommandEnds_untilTheOthersEnd(Reach reach) throws Exception {
        assumePrograms("python3");
        Process command = start(reach, "pharos hold $E -- python3 threads.py");
        Installed.until(
                "only the other thread runs",
                () -> Files.exists(directory.resolve("threads")) && isZombie(Long.toString(command.pid())));
        assertHeld(reach);
        Installed.signal(command, "KILL");

        assertReleased(reach);
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void hold_systemWithoutPidfd_isTheSame(Reach reach) throws Exception {
        assumePrograms("python3");
        Process command = start(reach, "python3 without-pidfd.py pharos hold $E -- python3 threads.py");
        Installed.until(
                "only the other thread runs",
                () -> Files.exists(directory.resolve("threads")) && isZombie(Long.toString(command.pid())));
        long holder = holder(command).pid();
        assertThat(pharos.sh("ls -l /proc/" + holder + "/fd").out()).contains("/proc/" + command.pid() + "/stat\n");
        assertHeld(reach);
        Installed.signal(command, "KILL");

        assertReleased(reach);
    }

    @ParameterizedTest
    @EnumSource
    void hold_killedBeforeTheCommandRuns_isReleasedAndTheCommandNeverRuns(Reach reach) throws Exception {
        Process hold = start(reach, "pharos hold $E -- sh -c 'echo ran >ran'");
        Installed.until("there is a process that will hold", () -> holder(hold) != null || !hold.isAlive());
        Installed.signal(hold, "KILL");

        assertThat(pharos.finish(hold).status()).isEqualTo(137);
        Installed.until("it has ended", () -> holder(hold) == null);
        assertThat(sh(reach, "pharos wait --held -t 10m --clear $E").status()).isZero();
        assertThat(directory.resolve("ran")).doesNotExist();
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({
        "FILE, #!/nowhere/sh, 127, no such command",
        "SERVER, #!/nowhere/sh, 127, no such command",
        "FILE, #!/etc/passwd, 126, cannot be run",
        "SERVER, #!/etc/passwd, 126, cannot be run"
    })
    void hold_commandCannotBeRun_isReleased(Reach reach, String firstLine, int status, String reason) {
        Installed.Run run = sh(reach, "echo '" + firstLine + "' >bad; chmod +x bad; pharos hold $E -- ./bad");

        assertThat(run).isEqualTo(new Installed.Run("", "pharos: ./bad: " + reason + "\n", status));
        assertReleased(reach);
    }

    @Test
    void hold_eventCannotBeHeld_saysWhyAndTheCommandDoesNotRun() {
        Installed.Run run = pharos.sh("""
                exec 2>&1
                pharos set event
                pharos hold event -- sh -c 'echo ran >ran'; echo $?
                pharos hold nowhere/x -- sh -c 'echo ran >ran'; echo $?
                pharos hold options -- sh -c 'echo ran >ran'; echo $?
                """);

        assertThat(run.out()).isEqualTo("""
                pharos: event: not a held event, since set, or wait or watch without --held, created it; remove it with pharos rm, and use --held there
                125
                pharos: nowhere/x: parent directory does not exist; create it first
                125
                pharos: options: not an event: it has 46 bytes instead of 4096; specify another path or remove it
                125
                """);
        assertThat(directory.resolve("ran")).doesNotExist();
    }

    /** Nor does the process that holds, or a second line come from its Java. */
    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void hold_withoutNativeAccess_saysSo(Reach reach) {
        Installed.Run run = sh(
                reach,
                "cp -r '" + Installed.home() + "' copy; rm -r copy/lib/native; "
                        + "JAVA_TOOL_OPTIONS='-Djna.nosys=true -Djna.noclasspath=true' "
                        + "copy/bin/pharos hold $E -- sh -c 'echo ran >ran'");

        assertThat(run.err().lines().filter(line -> !line.startsWith("Picked up")))
                .singleElement()
                .asString()
                .startsWith("pharos: " + event(reach) + ": cannot be held: native access is unavailable (");
        assertThat(run.status()).isEqualTo(125);
        assertThat(directory.resolve("ran")).doesNotExist();
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void hold_severalCommands_untilTheLastHasEnded(Reach reach) throws Exception {
        Process first = start(reach, "pharos hold $E -- sleep 1000");
        untilHeld(reach, first);
        Process second = start(reach, "pharos hold $E -- sleep 1000");
        Installed.until(
                "both hold", () -> sh(reach, "pharos status -v $E").out().contains("held by 2,"));
        Installed.signal(first, "KILL");
        Installed.until(
                "one holds", () -> sh(reach, "pharos status -v $E").out().contains(": set, held by 1,"));
        Installed.signal(second, "TERM");

        assertReleased(reach);
    }

    @Test
    void hold_holderIsKilled_endsAndTheCommandGoesOn() {
        Process command = start(Reach.FILE, "pharos hold $E -- sleep 1000");
        untilHeld(Reach.FILE, command);
        holder(command).destroyForcibly();

        assertReleased(Reach.FILE);
        assertThat(command.isAlive()).isTrue();
    }

    /** As service managers do, and terminals. */
    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void hold_holderGetsTheSignalsOfTheCommand_isHeldUntilThatHasEnded(Reach reach) throws Exception {
        Process command =
                start(reach, "pharos hold $E -- sh -c 'trap \"\" HUP INT QUIT TERM; echo >ready; exec sleep 1000'");
        Installed.until("the command ignores them", () -> Files.exists(directory.resolve("ready")));
        ProcessHandle holder = holder(command);
        for (String signal : List.of("HUP", "INT", "QUIT", "TERM", "TSTP")) {
            assertThat(pharos.sh("kill -" + signal + " " + holder.pid()).status())
                    .isZero();
        }
        assertThat(read(Path.of("/proc", Long.toString(holder.pid()), "stat"))
                        .replaceFirst(".*[)] ", "")
                        .split(" ", -1)[3])
                .as("its session")
                .isEqualTo(Long.toString(holder.pid()));
        assertHeld(reach);
        Installed.signal(command, "KILL");

        assertReleased(reach);
        Installed.until("the holder has ended", () -> !holder.isAlive());
    }

    /** The holder is a child of the command there, as all that have no parent; and ends with all processes. */
    @Tag("slow")
    @Test
    void hold_firstProcessOfAContainer_endsWithIt() throws Exception {
        assumeRoot();
        assumeTrue(pharos.sh("unshare -pf --mount-proc true").status() == 0, "no namespaces: this is skipped");
        Process container =
                pharos.start("unshare", "-pf", "--mount-proc", "pharos", "hold", "x", "--", "sleep", "1000");
        assertThat(pharos.sh("pharos wait --held x").status()).isZero();
        List<ProcessHandle> first = container.children().toList();
        assertThat(first).hasSize(1);
        assertHeld(Reach.FILE);
        first.get(0).destroyForcibly();

        assertReleased(Reach.FILE);
    }

    /** The process that holds for a command, if there is one. */
    private ProcessHandle holder(Process command) {
        return ProcessHandle.allProcesses()
                .filter(process -> List.of(process.info().arguments().orElse(new String[0]))
                        .containsAll(List.of(HolderProcess.class.getName(), Long.toString(command.pid()))))
                .findAny()
                .orElse(null);
    }

    // As without hold

    @ParameterizedTest
    @EnumSource
    void hold_command_isTheProcessThatWasStartedAndHasNoChild(Reach reach) {
        Process command = start(
                reach,
                "pharos hold $E -- sh -c 'read -r it </proc/$$/task/$$/children; echo \"<$it>\"; exec sleep 1000'");
        Installed.until("the command runs", () -> pharos.out(command).endsWith("\n"));

        assertThat(pharos.out(command)).isEqualTo("<>\n");
        Installed.until(
                "the command runs", () -> command.info().command().orElse("").endsWith("sleep"));
    }

    @ParameterizedTest
    @EnumSource
    void hold_signalsIgnoredOrBlocked_areSoInTheCommand(Reach reach) {
        // sh itself resets SIGCHLD.
        String env = "env --ignore-signal=PIPE,QUIT,USR2,XFSZ,HUP,TERM,TSTP,SEGV --block-signal=USR1,INT,CHLD,RTMIN+5 ";
        String look = "grep -E '^Sig(Blk|Ign)' /proc/self/status";
        Installed.Run run =
                sh(reach, env + look + "; " + env + "pharos hold $E -- " + look + "; pharos hold $E -- " + look);

        assertThat(run.err()).isEmpty();
        List<String> sets = run.out().lines().map(HoldIT::forPrograms).toList();
        assertThat(sets).hasSize(6);
        assertThat(sets.subList(2, 4)).isEqualTo(sets.subList(0, 2)).isNotEqualTo(sets.subList(4, 6));
        assertThat(sets.subList(4, 6)).containsExactly("SigBlk: 0", "SigIgn: 0");
    }

    /** A set of signals without 32 and 33, which belong to the C library. */
    private static String forPrograms(String line) {
        long set = Long.parseUnsignedLong(line.substring(8), 16) & ~(3L << 31);
        return line.substring(0, 8).strip() + " " + Long.toHexString(set);
    }

    /** Which of its files a command finds open, of those below 256. */
    @Tag("slow")
    @ParameterizedTest
    @CsvSource({
        "FILE, <&-",
        "FILE, >&-",
        "FILE, 2>&-",
        "FILE, <&- >&-",
        "FILE, <&- 2>&-",
        "FILE, >&- 2>&-",
        "FILE, <&- >&- 2>&-",
        "FILE, 3<options 9>>options",
        "SERVER, <&-",
        "SERVER, >&-",
        "SERVER, 2>&-",
        "SERVER, <&- >&-",
        "SERVER, <&- 2>&-",
        "SERVER, >&- 2>&-",
        "SERVER, <&- >&- 2>&-",
        "SERVER, 3<options 9>>options"
    })
    void hold_filesClosedOrOpen_areSoInTheCommand(Reach reach, String redirections) throws Exception {
        Files.writeString(directory.resolve("look"), """
                found=
                for file in $(seq 0 255); do
                    [ ! -h /proc/$$/fd/$file ] || found="$found $file $(readlink /proc/$$/fd/$file)"
                done
                echo "$found" >found.$1
                """);
        String look = "sh -c '. ./look' sh ";
        Installed.Run run =
                sh(reach, look + "without " + redirections + "; pharos hold $E -- " + look + "with " + redirections);

        assertThat(run).isEqualTo(new Installed.Run("", "", 0));
        assertThat(directory.resolve("found.with")).hasSameTextualContentAs(directory.resolve("found.without"));
    }

    @ParameterizedTest
    @EnumSource
    void hold_closedInput_isNoFileOfTheJvm(Reach reach) {
        assertThat(sh(reach, "pharos hold $E -- cat <&- 2>/dev/null | wc -c").out())
                .isEqualTo("0\n");
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void hold_environmentAndLimits_areThoseOfTheCommand(Reach reach) {
        String look =
                "bash -c 'env | grep -v ^_= | sort; ulimit -Sa; ulimit -Ha; umask; pwd; nice; cat /proc/self/oom_score_adj'";

        assertThat(sh(reach, "pharos hold $E -- " + look)).isEqualTo(sh(reach, look));
    }

    // Servers of Debian, which close what they inherit

    /** A server, in the foreground; with a directory /run of its own, where some have a file that there is only once. */
    private enum Daemon {
        DNSMASQ("dnsmasq", "dnsmasq -k --conf-file=/dev/null --port=0 --pid-file=/run/up"),
        SSHD(
                "sshd",
                "$(command -v sshd) -D -e -f /dev/null -h $PWD/key -o ListenAddress=127.0.0.1 -o Port=$PORT"
                        + " -o PidFile=/run/up"),
        NGINX("nginx", "nginx -p $PWD -c nginx.conf -e stderr"),
        CRON("cron", "cron -f"),
        SOCAT("socat", "socat UNIX-LISTEN:/run/up,fork SYSTEM:cat");

        private final String program;
        private final String line;

        Daemon(String program, String line) {
            this.program = program;
            this.line = line;
        }

        /** What it creates once it runs. */
        String sign() {
            return this == CRON ? "/run/crond.pid" : "/run/up";
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource
    void hold_daemonInTheForeground_isHeldUntilItEnds(Daemon daemon) throws Exception {
        assumeRoot();
        assumePrograms("unshare", daemon.program);
        if (daemon == Daemon.SSHD) {
            assumeTrue(pharos.sh("ssh-keygen -q -N '' -t ed25519 -f key").status() == 0, "no ssh-keygen");
        }
        Files.writeString(directory.resolve("nginx.conf"), """
                    daemon off; pid /run/up; error_log stderr; worker_processes 2;
                    events { }
                    http { access_log off; server { listen unix:/run/socket; } }
                    """);
        for (Reach reach : Reach.values()) {
            for (String signal : List.of("TERM", "KILL")) {
                holdsWhileItRuns(reach, daemon, signal);
            }
        }
    }

    private void holdsWhileItRuns(Reach reach, Daemon daemon, String signal) throws Exception {
        Process command = start(
                reach,
                "env \"PATH=$PATH:/usr/sbin:/sbin\" PORT=" + freePort()
                        + " pharos hold $E -- unshare -m --propagation private sh -c '"
                        + "mount -t tmpfs none /run && mkdir -p /run/sshd && exec " + daemon.line + "'");
        Path sign = Path.of("/proc/" + command.pid() + "/root" + daemon.sign());
        Installed.until(
                "the server runs",
                () -> !command.isAlive()
                        || (Files.exists(sign)
                                && command.info().command().orElse("").endsWith("/" + daemon.program)));
        assertThat(command.isAlive()).as(pharos.err(command)).isTrue();
        assertHeld(reach);
        assertThat(sh(reach, "pharos wait -q -t 10ms --clear $E").status()).isEqualTo(124);
        List<ProcessHandle> workers = command.descendants().toList();
        Installed.signal(command, signal);

        assertReleased(reach);
        workers.forEach(ProcessHandle::destroyForcibly); // nobody else does, if the server was killed
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
