// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pharos hold}: holds an event while a command runs. */
@Command(
        name = "hold",
        description =
                "Holds an event while a command runs: it is set until the command terminates, for whatever reason. The"
                        + " command replaces this process, so it receives the signals, and its exit status is that of hold. Creates"
                        + " the event if it does not exist.",
        exitCodeListHeading = "%nExit status: that of the command, or%n",
        exitCodeList = {
            "125:the command line is wrong, or the event cannot be held",
            "126:the command cannot be run",
            "127:no such command"
        },
        footer = {"", "Example: pharos hold /run/app/db-up -- postgres -D data"})
final class HoldVerb implements Callable<Integer> {
    @Mixin
    private final Messages messages;

    @Mixin
    private final Mode mode = new Mode();

    @Parameters(index = "0", paramLabel = "EVENT", description = Address.HELP)
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Address address;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "COMMAND",
            description = "The command to run, and its arguments, after --.")
    private List<String> command = List.of();

    HoldVerb(Terminal terminal) {
        messages = new Messages(terminal);
    }

    @Override
    public Integer call() {
        List<String> program = command.get(0).equals("--") ? command.subList(1, command.size()) : command;
        if (program.isEmpty()) {
            messages.fail(address, "no command specified after --");
            return ExitCode.NOT_HELD.status;
        }
        Exec exec = new Exec(program);
        ExitCode obstacle = exec.obstacle();
        if (obstacle != ExitCode.DONE) {
            return cannot(program, obstacle);
        }
        try {
            HolderProcess.start(address, mode, messages.isQuiet());
            messages.tell(address, "held");
            return cannot(program, exec.run()); // returns only if it fails
        } catch (IOException e) {
            messages.fail(address, e);
        } catch (RuntimeException | VirtualMachineError e) {
            messages.fail(address, "failed: " + e);
        } catch (Error e) { // no JNA or another one, no place for its library, native access denied
            messages.fail(address, "cannot be held: native access is unavailable (" + e + ")");
        }
        return ExitCode.NOT_HELD.status;
    }

    private int cannot(List<String> program, ExitCode obstacle) {
        messages.fail(program.get(0), obstacle == ExitCode.NOT_FOUND ? "no such command" : "cannot be run");
        return obstacle.status;
    }
}
