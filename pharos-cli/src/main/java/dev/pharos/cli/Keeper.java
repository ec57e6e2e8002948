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

/** A process that holds an event of a cluster for a program, which has the place of the process that was started for it. */
final class Keeper {
    /*
     * A hold of a cluster lives with a connection, so somebody has to keep that up while the program runs. If that were
     * the process that was started, it would have to pass on signals, the exit status and the place of the program in
     * front of the terminal, and kill -9 would hit it and not the program. So it is a process beside the program, and
     * the program takes the place of the one that was started, as it does with files.
     *
     * The two share a pipe. The program inherits the end for writing, which it does not know of; the keeper reads from
     * the other, and lets go when that ends: when the program has ended, however that came, and all that have inherited
     * the end from it. So what holds an event of a cluster is what holds a file.
     *
     * The keeper is not a child of the program, which may wait for all of its own: a shell starts it and ends. It ignores
     * the signals of the terminal, since what they end is the program. It says by its output whether it holds, and then
     * closes that, so that whoever reads the output of the program does not wait for the keeper.
     */

    private static final String HELD = "held";

    /** Starts what follows in the background, with the standard input that is given, which the shell would take away. */
    private static final String START = "trap '' HUP INT QUIT TERM TSTP; exec 3<&0; \"$@\" <&3 3<&- &";

    private final Connections connections = new Connections();
    private final Messages messages;

    private Keeper(boolean quiet) {
        messages = new Messages(Terminal.standard(), quiet);
    }

    /** Starts a keeper, and returns once it holds, with the end of the pipe, which a program inherits. */
    static Address.Hold start(ZooKeeperAddress address, Exec program, boolean quiet) throws IOException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", START, "sh"));
        command.addAll(Exec.thisJava());
        command.addAll(List.of(Keeper.class.getName(), address.toString(), Boolean.toString(quiet)));
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
        shell.onExit().join(); // else the program would have a child that it does not know of
        if (HELD.equals(answer)) {
            program.closeOwnFiles();
            pipe.keepOnExec();
            return pipe;
        }
        pipe.close();
        throw new IOException(answer == null ? "the process that is to hold it could not be started" : answer);
    }

    /**
     * Keeps an event.
     *
     * @param args its address, and whether nothing is to be said
     * @throws IOException if the pipe cannot be read
     */
    public static void main(String[] args) throws IOException {
        Keeper keeper = new Keeper(Boolean.parseBoolean(args[1]));
        Thread thread = new Thread(() -> keeper.keep(args[0]), "pharos-keeper");
        thread.setDaemon(true);
        thread.start();
        long unused = System.in.transferTo(OutputStream.nullOutputStream()); // until the program has ended
        System.err.close(); // whoever reads what the program says does not wait for the servers
        keeper.connections.close();
        System.exit(ExitCode.DONE.status);
    }

    private void keep(String text) {
        ZooKeeperAddress address = ZooKeeperAddress.parse(text, connections);
        try {
            ClusterEvent event = address.open(false);
            ClusterEvent.Hold hold = event.hold();
            answer(HELD);
            while (true) {
                hold.onLost().join();
                messages.fail(address, "no longer held, since the servers did not hear of this machine in time");
                hold = holdAgain(event);
                messages.fail(address, "held again");
            }
        } catch (EventException | IOException e) {
            tell(address, Messages.reason(e));
        } catch (RuntimeException | Error e) {
            tell(address, "failed: " + e);
        }
    }

    private void tell(ZooKeeperAddress address, String reason) {
        if (!answer(reason)) {
            messages.fail(address, reason);
        }
    }

    private static ClusterEvent.Hold holdAgain(ClusterEvent event) {
        while (true) {
            try {
                return event.hold();
            } catch (EventException.Unavailable | EventException.OutcomeUnknown e) {
                // again: each attempt takes the time that an operation may take
            }
        }
    }

    /** Tells the process that waits for it how it went; false if it was told before. */
    private static boolean answer(String line) {
        System.out.println(line);
        boolean told = !System.out.checkError();
        System.out.close();
        return told;
    }
}
