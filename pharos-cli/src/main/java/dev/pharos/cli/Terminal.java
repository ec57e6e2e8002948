// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where data and messages go, and which of the two a person sees at once. */
final class Terminal {
    private static final int POLLERR = 8;

    /** For data. Complete with each line. */
    final PrintStream out;

    /** For messages. */
    final PrintStream err;

    /** Whether the data may be coloured. */
    final boolean coloured;

    /** Whether messages go where a line can be written over. */
    final boolean live;

    private final boolean ofTheProcess;

    private Terminal(PrintStream out, PrintStream err, boolean ofTheProcess, String terminals) {
        this.out = out;
        this.err = err;
        this.ofTheProcess = ofTheProcess;
        String noColour = System.getenv("NO_COLOR");
        boolean smart = !"dumb".equals(System.getenv("TERM"));
        coloured = terminals.contains("1") && smart && (noColour == null || noColour.isEmpty());
        live = terminals.contains("2") && smart;
    }

    /** The streams of this process. The launcher knows which of them are terminals: 1, 2, 12 or neither. */
    static Terminal standard() {
        return new Terminal(System.out, System.err, true, System.getProperty("pharos.terminals", ""));
    }

    /** Streams that are no terminals. */
    static Terminal of(PrintStream out, PrintStream err) {
        return new Terminal(out, err, false, "");
    }

    /** Whether the output goes, or went, to another process: then, if it is lost, that has had enough of it. */
    boolean isPipe() {
        try {
            int type = ofTheProcess ? (int) Files.getAttribute(Path.of("/dev/stdout"), "unix:mode") & 0170000 : 0;
            return type == 0010000 || type == 0140000; // a pipe, or a socket
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Whether the output goes to a pipe whose other end is closed: all who write to it learn of that too late. */
    boolean isUnread() {
        if (!isPipe()) {
            return false;
        }
        byte[] poll = new byte[8]; // a struct pollfd: which file, asked for nothing, and what there is
        ByteBuffer.wrap(poll).order(ByteOrder.nativeOrder()).putInt(0, 1);
        try {
            int found = NativeLibrary.getInstance("c").getFunction("poll").invokeInt(new Object[] {poll, 1L, 0});
            return found > 0
                    && (ByteBuffer.wrap(poll).order(ByteOrder.nativeOrder()).getShort(6) & POLLERR) != 0;
        } catch (LinkageError e) { // no native calls here: the next line tells
            return false;
        }
    }

    /** The text in a colour, if a person sees it. */
    String colour(boolean set, String text) {
        return coloured ? (set ? "\u001b[32m" : "\u001b[33m") + text + "\u001b[0m" : text;
    }

    /** A text that does not steer the terminal and keeps to one line, whatever the names of files are made of. */
    static String plain(Object text) {
        return text.toString().replaceAll("\\p{Cntrl}", "?");
    }
}
