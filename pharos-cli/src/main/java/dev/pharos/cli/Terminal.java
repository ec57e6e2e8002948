// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import com.sun.jna.NativeLibrary;
import dev.pharos.cli.timeline.Canvas;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The streams for data and messages, and whether they are terminals. */
final class Terminal {
    private static final int POLLERR = 8;

    /** The minimum width of a terminal, which is also assumed for a file. */
    private static final int WIDTH = 80;

    private static final long TIOCGWINSZ = 0x5413;

    /** For data. Complete with each line. */
    final PrintStream out;

    /** For messages. */
    final PrintStream err;

    /** Whether the data may be coloured. */
    final boolean coloured;

    /** Whether messages go where a line can be written over. */
    final boolean live;

    /** Whether the data may have letters that are not in ASCII. */
    final boolean unicode;

    private final boolean ofTheProcess;
    private final boolean shown;

    private Terminal(PrintStream out, PrintStream err, boolean ofTheProcess, String terminals, boolean unicode) {
        this.out = out;
        this.err = err;
        this.ofTheProcess = ofTheProcess;
        this.unicode = unicode;
        shown = terminals.contains("1");
        String noColour = System.getenv("NO_COLOR");
        boolean smart = !"dumb".equals(System.getenv("TERM"));
        coloured = shown && smart && (noColour == null || noColour.isEmpty());
        live = terminals.contains("2") && smart;
    }

    /** The streams of this process. The launcher knows which of them are terminals: 1, 2, 12 or neither. */
    static Terminal standard() {
        // Which property has it depends on the version of Java, and on whether it is a terminal.
        String encoding = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding", ""));
        boolean unicode = (encoding.isEmpty() ? Charset.defaultCharset().name() : encoding).startsWith("UTF");
        return new Terminal(System.out, System.err, true, System.getProperty("pharos.terminals", ""), unicode);
    }

    /**
     * Keeps what a library prints out of the data, and out of the messages, unless the user has configured its log.
     * For a process that has no other use for the streams of the system.
     */
    static void separateLibraries() {
        System.setOut(System.getProperty("java.util.logging.config.file") == null ? nowhere() : System.err);
    }

    /** Keeps the messages of libraries off this terminal. */
    void silenceLibraries() {
        if (ofTheProcess) {
            System.setErr(nowhere());
        }
    }

    private static PrintStream nowhere() {
        return new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    }

    /** Streams that are no terminals. */
    static Terminal of(PrintStream out, PrintStream err) {
        return new Terminal(out, err, false, "", true);
    }

    /** Whether the output goes, or went, to another process, which may have closed it. */
    boolean isPipe() {
        try {
            int type = ofTheProcess ? (int) Files.getAttribute(Path.of("/dev/stdout"), "unix:mode") & 0170000 : 0;
            return type == 0010000 || type == 0140000; // a pipe, or a socket
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Whether the output goes to a pipe whose reader has closed it, without writing to it. */
    boolean isUnread() {
        if (!isPipe()) {
            return false;
        }
        byte[] poll = new byte[8]; // a struct pollfd: the descriptor, no requested events, the returned events
        ByteBuffer.wrap(poll).order(ByteOrder.nativeOrder()).putInt(0, 1);
        try {
            int found = NativeLibrary.getInstance("c").getFunction("poll").invokeInt(new Object[] {poll, 1L, 0});
            return found > 0
                    && (ByteBuffer.wrap(poll).order(ByteOrder.nativeOrder()).getShort(6) & POLLERR) != 0;
        } catch (LinkageError e) { // no native calls here: the next line of output will fail
            return false;
        }
    }

    /** What is drawn with the data. */
    Canvas canvas() {
        return new Canvas(out, width(), coloured, unicode);
    }

    /** How many columns the data has. */
    private int width() {
        if (!shown || !System.getProperty("os.name").equals("Linux")) {
            return WIDTH;
        }
        byte[] size = new byte[8]; // a struct winsize: rows, columns, and both in pixels
        try {
            int failed =
                    NativeLibrary.getInstance("c").getFunction("ioctl").invokeInt(new Object[] {1, TIOCGWINSZ, size});
            int columns = ByteBuffer.wrap(size).order(ByteOrder.nativeOrder()).getShort(2);
            return failed == 0 && columns > 0 ? columns : WIDTH;
        } catch (LinkageError e) { // no native calls here
            return WIDTH;
        }
    }

    /** The text in a colour, on a terminal. */
    String colour(boolean set, String text) {
        return coloured ? (set ? "\u001b[32m" : "\u001b[33m") + text + "\u001b[0m" : text;
    }

    /** The text without control characters, in one line, whatever the names of files contain. */
    static String plain(Object text) {
        return Canvas.plain(text);
    }
}
