// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A program that replaces this process, as with the exec of a shell. */
final class Exec {
    private static final int NO_SUCH_FILE = 2;
    private static final int SET_FLAGS = 2;
    private static final int CLOSE_ON_EXEC = 1;
    private static final int UNBLOCK = 1;

    /** The bytes of a set of signals, and the bit of SIGQUIT, which is number 3. */
    private static final int SIGNALS = 128;

    private static final byte QUIT = 1 << 2;

    private final List<String> command;

    /** Where the program is, if it was found. */
    private final @Nullable Path program;

    Exec(List<String> command) {
        this.command = List.copyOf(command);
        program = find(command.get(0));
    }

    /** Found as by the shell: in the directories of PATH if there is no / in its name. */
    private static @Nullable Path find(String name) {
        if (name.contains("/")) {
            return Files.exists(Path.of(name)) ? Path.of(name) : null;
        }
        Path found = null;
        String directories = System.getenv("PATH");
        for (String directory : (directories == null ? "/bin:/usr/bin" : directories).split(File.pathSeparator, -1)) {
            Path candidate = Path.of(directory.isEmpty() ? "." : directory, name);
            if (!name.isEmpty() && Files.isRegularFile(candidate) && (found == null || !Files.isExecutable(found))) {
                found = candidate;
            }
        }
        return found;
    }

    /** The reason why the program cannot be run, as far as is known in advance; DONE if there is none. */
    ExitCode obstacle() {
        if (program == null) {
            return ExitCode.NOT_FOUND;
        }
        return Files.isRegularFile(program) && Files.isExecutable(program) ? ExitCode.DONE : ExitCode.CANNOT_RUN;
    }

    /** Replaces this process with the program. Returns only if that fails. */
    ExitCode run() {
        NativeLibrary c = NativeLibrary.getInstance("c");
        unblockQuit(c.getFunction("pthread_sigmask"));
        List<Pointer> arguments = new ArrayList<>();
        for (byte[] argument : arguments()) {
            Memory memory = new Memory(argument.length + 1L);
            memory.write(0, argument, 0, argument.length);
            memory.setByte(argument.length, (byte) 0);
            arguments.add(memory);
        }
        String file = String.valueOf(program);
        c.getFunction("execvp").invokeInt(new Object[] {
            file.contains("/") ? file : "./" + file, arguments.toArray(new Pointer[0]) // with a null at its end
        });
        return Native.getLastError() == NO_SUCH_FILE ? ExitCode.NOT_FOUND : ExitCode.CANNOT_RUN;
    }

    /**
     * Marks the files that the JVM has opened to be closed on exec. The program inherits those that this process was
     * started with, which the launcher lists.
     */
    void closeOwnFiles() {
        List<String> inherited =
                List.of(System.getProperty("pharos.inherited", "").split(" ", -1));
        Function fcntl = NativeLibrary.getInstance("c").getFunction("fcntl");
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                String number = descriptor.getFileName().toString();
                if (Integer.parseInt(number) > 2 && !inherited.contains(number)) {
                    fcntl.invokeInt(new Object[] {Integer.valueOf(number), SET_FLAGS, CLOSE_ON_EXEC});
                }
            }
        } catch (IOException e) {
            // Without /proc the program inherits a few more files.
        }
    }

    /** A pipe, to another process or from one. Its ends are files that a process can be started with. */
    static final class Pipe implements Address.Hold {
        private final Function close = NativeLibrary.getInstance("c").getFunction("close");
        private final int[] ends = new int[2];

        Pipe() throws IOException {
            if (NativeLibrary.getInstance("c").getFunction("pipe").invokeInt(new Object[] {ends}) != 0) {
                throw new IOException("cannot create a pipe");
            }
        }

        File reading() {
            return new File("/proc/self/fd/" + ends[0]);
        }

        File writing() {
            return new File("/proc/self/fd/" + ends[1]);
        }

        void closeReading() {
            close.invokeInt(new Object[] {ends[0]});
        }

        /** Lets the program inherit the end for writing. */
        void keepOnExec() {
            NativeLibrary.getInstance("c").getFunction("fcntl").invokeInt(new Object[] {ends[1], SET_FLAGS, 0});
        }

        /** Closes the end for writing: the reader finds the end of input, if no other process has it open. */
        @Override
        public void close() {
            close.invokeInt(new Object[] {ends[1]});
        }
    }

    /** The command line of this Java, up to the class path, to start another like it. */
    static List<String> thisJava() throws IOException {
        List<String> line = new ArrayList<>();
        for (byte[] argument : given()) {
            String text = new String(argument, charset());
            if (text.equals("-jar")) {
                line.set(
                        0,
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
                line.addAll(List.of("-cp", System.getProperty("java.class.path")));
                return line;
            }
            line.add(text);
        }
        throw new IOException("how this Java was started cannot be read from /proc/self/cmdline");
    }

    /** The JVM blocks SIGQUIT in all threads but one, and a program inherits what is blocked. */
    private static void unblockQuit(Function sigmask) {
        byte[] signals = new byte[SIGNALS];
        signals[0] = QUIT;
        sigmask.invokeInt(new Object[] {UNBLOCK, signals, null});
    }

    /** The arguments as this process was given them, byte by byte: Java may have no characters for some of them. */
    private List<byte[]> arguments() {
        List<byte[]> given;
        try {
            given = given();
        } catch (IOException e) {
            given = List.of();
        }
        if (given.size() >= command.size()) {
            return given.subList(given.size() - command.size(), given.size());
        }
        return command.stream().map(argument -> argument.getBytes(charset())).toList();
    }

    private static List<byte[]> given() throws IOException {
        List<byte[]> given = new ArrayList<>();
        byte[] line = Files.readAllBytes(Path.of("/proc/self/cmdline"));
        int start = 0;
        for (int i = 0; i < line.length; i++) {
            if (line[i] == 0) {
                given.add(Arrays.copyOfRange(line, start, i));
                start = i + 1;
            }
        }
        return given;
    }

    private static Charset charset() {
        return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    }
}
