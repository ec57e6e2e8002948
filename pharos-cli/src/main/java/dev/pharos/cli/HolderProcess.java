// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.EventException;
import dev.pharos.cluster.ClusterEvent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** A process that holds an event of a cluster for a program, which has replaced the process of the command. */
final class HolderProcess {
    /*
     * A hold of a cluster lives with a connection, so some process has to keep that up while the program runs. If that
     * were the process that was started, it would have to pass on signals, the exit status and the place of the program
     * in front of the terminal, and kill -9 would hit it and not the program. So it is a process beside the program,
     * and the program takes the place of the one that was started, as it does with files.
     *
     * The two share a pipe. The program inherits the end for writing, without knowing it; the holder process reads from
     * the other, and releases the hold at the end of input: when the program has terminated, for whatever reason, and
     * all processes that have inherited the end from it. So an event of a cluster is held by the same processes as a
     * file.
     *
     * The holder process is not a child of the program, which may wait for all of its own: a shell starts it and ends.
     * It ignores the signals of the terminal, since what they end is the program. It reports on its output whether it
     * holds, and then closes that, so that a reader of the output of the program does not wait for the holder process.
     */

    private static final String HELD = "held";

    /**
     * Starts what follows in the background, with the standard input that is given, which the shell would take away.
     */
    private static final String START = "trap '' HUP INT QUIT TERM TSTP; exec 3<&0; \"$@\" <&3 3<&- &";

    private final Connections connections = new Connections();
    private final Messages messages;

    private HolderProcess(boolean quiet) {
        messages = new Messages(Terminal.standard(), quiet);
    }

    /** Starts a holder process, and returns once it holds, with the end of the pipe, which a program inherits. */
    static Address.Hold start(ZooKeeperAddress address, Exec program, boolean quiet) throws IOException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", START, "sh"));
        command.addAll(Exec.thisJava());
        command.addAll(List.of(HolderProcess.class.getName(), address.toString(), Boolean.toString(quiet)));
        Exec.Pipe pipe = new Exec.Pipe();
        Exec.Pipe answers = new Exec.Pipe(); // what Java itself has for this ends with the shell
        Process shell = new ProcessBuilder(command)
                .redirectInput(pipe.reading())
                .redirectOutput(answers.writing())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        pipe.closeReading();
        String answer;
        try (BufferedReader lines = Files.newBufferedReader(answers.reading().toPath())) {
            answers.close();
            answers.closeReading();
            answer = lines.readLine();
        }
        shell.onExit().join(); // otherwise the program would have an unknown child
        if (HELD.equals(answer)) {
            program.closeOwnFiles();
            pipe.keepOnExec();
            return pipe;
        }
        pipe.close();
        throw new IOException(answer == null ? "the process that would hold it could not be started" : answer);
    }

    /**
     * Holds an event.
     *
     * @param args the address of the event, and whether to print no messages
     * @throws IOException if the pipe cannot be read
     */
    public static void main(String[] args) throws IOException {
        HolderProcess holder = new HolderProcess(Boolean.parseBoolean(args[1]));
        Thread thread = new Thread(() -> holder.hold(args[0]), "pharos-holder");
        thread.setDaemon(true);
        thread.start();
        long unused = System.in.transferTo(OutputStream.nullOutputStream()); // until the program has ended
        System.err.close(); // a reader of its messages does not wait for the servers
        holder.connections.close();
        System.exit(ExitCode.DONE.status);
    }

    private void hold(String text) {
        ZooKeeperAddress address = ZooKeeperAddress.parse(text, connections);
        try {
            ClusterEvent event = address.open(false);
            ClusterEvent.Hold hold = event.hold();
            answer(HELD);
            while (true) {
                hold.onLost().join();
                messages.fail(address, "no longer held: this machine was disconnected from the servers for too long");
                hold = holdAgain(event);
                messages.fail(address, "held again");
            }
        } catch (EventException | IOException e) {
            report(address, Messages.reason(e));
        } catch (RuntimeException | Error e) {
            report(address, "failed: " + e);
        }
    }

    private void report(ZooKeeperAddress address, String reason) {
        if (!answer(reason)) {
            messages.fail(address, reason);
        }
    }

    private static ClusterEvent.Hold holdAgain(ClusterEvent event) {
        while (true) {
            try {
                return event.hold();
            } catch (EventException.Unavailable | EventException.Misconfigured | EventException.OutcomeUnknown e) {
                // again: each attempt takes the time that an operation may take
            }
        }
    }

    /** Sends the outcome to the process that waits for it; false if it was sent before. */
    private static boolean answer(String line) {
        System.out.println(line);
        boolean sent = !System.out.checkError();
        System.out.close();
        return sent;
    }
}
