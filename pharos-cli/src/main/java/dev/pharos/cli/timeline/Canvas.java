// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.PrintStream;

/**
 * What a timeline is drawn on in text.
 *
 * @param out where the lines go
 * @param width how many columns a line has
 * @param coloured whether the text may have colours
 * @param unicode whether the text may have letters that are not in ASCII
 */
public record Canvas(PrintStream out, int width, boolean coloured, boolean unicode) {
    /**
     * Returns a text that does not steer the terminal and keeps to one line, whatever the names in it are made of.
     *
     * @param text the text, by its {@code toString}
     * @return the text, with a question mark for each control character
     */
    public static String plain(Object text) {
        return text.toString().replaceAll("\\p{Cntrl}", "?");
    }

    /** A text of a program, plain, and cut off if it is longer than that. */
    static String cut(String text, int width) {
        String plain = plain(text);
        int room = Math.max(width, 10);
        return plain.length() <= room ? plain : plain.substring(0, room - 3) + "...";
    }
}
