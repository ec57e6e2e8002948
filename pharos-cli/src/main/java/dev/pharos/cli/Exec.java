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
    private static final int SET_MASK = 2;

    /** What the manifest of the jar says, for Java that is not started with -jar. */
    private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

    /** What signal(2) takes for a signal that is to be ignored. */
    private static final Pointer IGNORE = Pointer.createConstant(1);

    /** The bytes of a set of signals in the C library. The kernel uses the first eight, with a bit for each signal. */
    private static final int SIGNAL_SET = 128;

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
        passFiles(c.getFunction("fcntl"));
        passSignals(c.getFunction("signal"), c.getFunction("pthread_sigmask"));
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
     * Passes on the files that the launcher was started with, and no other: not those of the JVM, and not those that the
     * launcher has opened because a standard file was closed.
     */
    private static void passFiles(Function fcntl) {
        List<String> passed =
                List.of(System.getProperty("pharos.files", "0,1,2").split(",", -1));
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                String number = descriptor.getFileName().toString();
                if (!passed.contains(number)) {
                    fcntl.invokeInt(new Object[] {Integer.valueOf(number), SET_FLAGS, CLOSE_ON_EXEC});
                }
            }
        } catch (IOException e) {
            // Without /proc the program inherits a few more files.
        }
    }

    /**
     * Passes on the signals that the launcher was started with ignored or blocked. The JVM handles and blocks signals as
     * it needs them; those that it handles are not ignored in a program that replaces it.
     */
    private static void passSignals(Function signal, Function sigmask) {
        for (long ignored = signals("pharos.ignored"); ignored != 0; ignored &= ignored - 1) {
            signal.invokePointer(new Object[] {Long.numberOfTrailingZeros(ignored) + 1, IGNORE});
        }
        try (Memory blocked = new Memory(SIGNAL_SET)) {
            blocked.clear();
            blocked.setLong(0, signals("pharos.blocked"));
            sigmask.invokeInt(new Object[] {SET_MASK, blocked, null});
        }
    }

    /** A set of signals in the form in which /proc/PID/status has it. */
    private static long signals(String property) {
        return Long.parseUnsignedLong(System.getProperty(property, "0"), 16);
    }

    /** The command line of this Java, up to the class path, to start another like it with one more option. */
    static List<String> thisJava(String option) throws IOException {
        List<String> line = new ArrayList<>();
        for (byte[] argument : given()) {
            String text = new String(argument, charset());
            if (text.equals("-jar")) {
                line.set(
                        0,
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
                line.addAll(List.of(option, NATIVE_ACCESS, "-cp", System.getProperty("java.class.path")));
                return line;
            }
            line.add(text);
        }
        throw new IOException("how this Java was started cannot be read from /proc/self/cmdline");
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
