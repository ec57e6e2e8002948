// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import com.sun.jna.NativeLibrary;
import dev.pharos.EventException;
import dev.pharos.cluster.ClusterAddress;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A process that holds an event while a command runs, which has replaced the process of {@code hold}. */
final class HolderProcess {
    /*
     * Some process has to hold while the command runs. If that were the process that was started, it would have to pass
     * on signals, the exit status and the place of the command in front of the terminal, and kill -9 would hit it and
     * not the command. If it were the process of the command, which could inherit the lock of a file, the hold would end
     * when the command closes the files that it does not know, as most servers do first, and would not end with the
     * command if a child process of it has inherited them too. So it is a process beside the command, which inherits
     * nothing.
     *
     * What ties the two together is that the holder process waits for the process of the command: RunningCommand.
     * It finds that by its number, while it still is the process of hold, and tells it only then that the event is held;
     * so it cannot find another process with the same number, unless the process of hold has ended, and then nobody
     * reads what it tells. Whatever ends the process of hold, or of the command, from then on releases the event. The
     * holder process cannot be told of it any earlier than the parent of the command, so for a moment after that the
     * event is still set.
     *
     * The holder process is not a child of the command, which may wait for all of its own: a shell starts it and ends.
     * (Where the command is the first process of a container, all processes without a parent are its children.) It leaves
     * the session, and so the terminal and the process group, and ignores what a service manager sends to all processes
     * of a service, since what all of these end is the command. Its standard files are closed once it holds, so that a
     * reader of the output of the command does not wait for it; if it may lose the hold, its messages go where those of
     * the command go until that has ended.
     */

    private static final String HELD = "held";
    private static final String FAILED = "failed: ";

    /**
     * Starts what follows in the background: with its messages to file 3, so that what Java itself has to say does not
     * go among them.
     */
    private static final String START = "trap '' HUP INT QUIT TERM TSTP; \"$@\" 3>&2 2>/dev/null &";

    /** A process that lives long and allocates little: what it allocates is soon collected, and not left for later. */
    private static final String SMALL = "-Xmn1m";

    private static final int MESSAGES = 3;

    private final Connections connections = new Connections();
    private final Messages messages;
    private final Address address;
    private final Mode mode;

    /** The hold, or the last one if the holds are lost. */
    private volatile Address.@Nullable Hold hold;

    HolderProcess(String address, Mode mode, boolean quiet) {
        messages = new Messages(Terminal.standard(), quiet);
        this.mode = mode;
        this.address = address.startsWith(ClusterAddress.SCHEME)
                ? ZooKeeperAddress.parse(address, connections)
                : new FileAddress(address, Path.of(address));
    }

    /** Starts a holder process for this process, and returns once it holds. */
    static void start(Address address, Mode mode, boolean quiet) throws IOException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", START, "sh"));
        command.addAll(Exec.thisJava(SMALL));
        command.addAll(List.of(
                HolderProcess.class.getName(),
                Long.toString(ProcessHandle.current().pid()),
                address.toString(),
                mode.toString(),
                Boolean.toString(quiet)));
        int[] pipe = new int[2]; // what Java itself has for this ends with the shell
        if (c("pipe", pipe) != 0) {
            throw new IOException("no pipe can be created");
        }
        Process shell = new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(new File("/proc/self/fd/" + pipe[1]))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String answer;
        try (InputStream answers = new FileInputStream("/proc/self/fd/" + pipe[0])) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(answers, StandardCharsets.UTF_8));
            c("close", pipe[0]);
            c("close", pipe[1]);
            do {
                answer = lines.readLine(); // Java itself may have something to say first
            } while (answer != null && !answer.equals(HELD) && !answer.startsWith(FAILED));
        }
        shell.onExit().join(); // otherwise the command would have an unknown child
        if (answer == null) {
            throw new IOException(
                    "the process that would hold it cannot be started; there may be no memory for a" + " second Java");
        } else if (!answer.equals(HELD)) {
            throw new IOException(answer.substring(FAILED.length()));
        }
    }

    /**
     * Holds an event while a process runs.
     *
     * @param args the process, the address of the event, its mode, and whether to print no messages
     */
    public static void main(String[] args) {
        Main.nameNativeLibrary();
        HolderProcess holder = new HolderProcess(args[1], Mode.of(args[2]), Boolean.parseBoolean(args[3]));
        c("setsid"); // fails if it leads a process group of its own, which will do
        c("dup2", MESSAGES, 2);
        c("close", MESSAGES);
        holder.holdWhileRunning(Long.parseLong(args[0]));
        System.exit(ExitCode.DONE.status);
    }

    /** Holds the event while a process runs, whose parent waits for the answer. */
    void holdWhileRunning(long pid) {
        try {
            RunningCommand command = RunningCommand.of(pid);
            Thread thread = new Thread(this::hold, "pharos-holder");
            thread.setDaemon(true);
            thread.start();
            command.awaitEnd();
            release();
        } catch (IOException | RuntimeException | Error e) {
            report(String.valueOf(e));
        }
    }

    private void hold() {
        try {
            Address.Hold held = address.hold(mode);
            hold = held;
            if (answer(HELD) && address instanceof FileAddress) {
                c("chdir", "/"); // which may be unmounted meanwhile
                closeOutput(2);
            }
            while (true) {
                held.onLost().join();
                messages.fail(address, "no longer held: this machine was disconnected from the servers for too long");
                held = holdAgain();
                hold = held;
                messages.fail(address, "held again");
            }
        } catch (EventException | IOException e) {
            report(Messages.reason(e));
        } catch (RuntimeException | Error e) {
            report(String.valueOf(e));
        }
    }

    private Address.Hold holdAgain() throws IOException {
        while (true) {
            try {
                return address.hold(mode);
            } catch (EventException.Unavailable | EventException.Misconfigured | EventException.OutcomeUnknown e) {
                // again: each attempt takes the time that an operation may take
            }
        }
    }

    private void release() {
        closeOutput(2); // a reader of its messages does not wait for the servers
        Address.Hold last = hold;
        try {
            if (last != null) {
                last.close();
            }
        } finally {
            connections.close();
        }
    }

    private void report(String reason) {
        if (!answer(FAILED + reason)) {
            messages.fail(address, reason);
        }
    }

    /** Sends the outcome to the process of hold; false if it has ended, or the outcome was sent before. */
    private static boolean answer(String line) {
        System.out.writeBytes((Terminal.plain(line) + "\n").getBytes(StandardCharsets.UTF_8));
        boolean sent = !System.out.checkError();
        closeOutput(1);
        return sent;
    }

    /** Closes an output, so that its reader does not wait, and no file that is opened later takes its place. */
    private static void closeOutput(int file) {
        c("dup2", 0, file);
    }

    /** Calls a function of the C library. */
    private static int c(String name, Object... arguments) {
        return NativeLibrary.getInstance("c").getFunction(name).invokeInt(arguments);
    }
}
