// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Draws a timeline for a terminal: a track for each event that shows when it was set, and a lane for each thread, or for
 * several of like names, in which a bar is as high as the share of that time in which they waited.
 */
final class TextPicture {
    /** How many lanes and tracks are drawn: what a screen shows. */
    private static final int LANES = 24;

    private static final int TRACKS = 12;

    /** Lines from sets and clears to what they ended are drawn only if there are few. */
    private static final int LINES = 24;

    /** The longest name of a lane that is shown whole. */
    private static final int NAME = 24;

    /** What is drawn where the terminal has the letters, and where it has only ASCII. */
    private static final String[] HEIGHTS = {"\u2581\u2582\u2583\u2584\u2585\u2586", "..::##"};

    private static final String RULE = "\u2500-";
    private static final String TICK = "\u252c+";
    private static final String SET_ALL = "\u2501=";
    private static final String SET_PARTLY = "\u254c~";
    private static final String LINE = "\u2502|";

    /** What is marked in the lane of a thread. Of two in one place, the later is seen. */
    private enum Mark {
        REDUNDANT_CLEAR("\u25bdc", Changes.KINDS.get(3), ""),
        REDUNDANT_SET("\u25b3s", Changes.KINDS.get(2), ""),
        CLEAR("\u25bcC", Changes.KINDS.get(1), ""),
        SET("\u25b2S", Changes.KINDS.get(0), ""),
        FAILED("?", Timeline.OUTCOMES.get(Timeline.FAILED), RED),
        INTERRUPTED("!", Timeline.OUTCOMES.get(Timeline.INTERRUPTED), MAGENTA),
        TIMED_OUT("\u00d7x", Timeline.OUTCOMES.get(Timeline.TIMED_OUT), YELLOW);

        private static final List<Mark> OF_KINDS = List.of(SET, CLEAR, REDUNDANT_SET, REDUNDANT_CLEAR);

        final String letters;
        final String meaning;
        final String colour;

        Mark(String letters, String meaning, String colour) {
            this.letters = letters;
            this.meaning = meaning;
            this.colour = colour;
        }
    }

    private static final String RED = "31";
    private static final String GREEN = "32";
    private static final String YELLOW = "33";
    private static final String MAGENTA = "35";
    private static final String CYAN = "36";

    /** In the order of {@link Timeline#OUTCOMES}. */
    private static final List<String> OUTCOME_COLOURS = List.of(CYAN, YELLOW, MAGENTA, RED);

    private final Timeline timeline;
    private final Canvas canvas;

    /** Which letters of the above. */
    private final int alphabet;

    private final Rows tracks;
    private final Rows lanes;
    private final int margin;
    private final int columns;

    private TextPicture(Timeline timeline, Canvas canvas) {
        this.timeline = timeline;
        this.canvas = canvas;
        alphabet = canvas.unicode() ? 0 : 1;
        tracks = timeline.eventRows(TRACKS);
        lanes = timeline.threadRows(LANES);
        int name = 0;
        for (Rows rows : List.of(tracks, lanes)) {
            for (int row = 0; row < rows.size(); row++) {
                name = Math.max(name, rows.title(row).length());
            }
        }
        margin = Math.min(name, NAME) + 2;
        columns = Math.max(20, canvas.width() - margin - 1);
    }

    static void print(Timeline timeline, Canvas canvas) {
        new TextPicture(timeline, canvas).print();
    }

    private void print() {
        PrintStream out = canvas.out();
        printAxis(out);
        long[][] set = new long[tracks.size()][columns];
        timeline.setSpans((event, from, to) -> cover(set, tracks.of(event), from, to));
        for (int row = 0; row < tracks.size(); row++) {
            StringBuilder line = new StringBuilder(name(tracks.title(row)));
            for (int column = 0; column < columns; column++) {
                double share = share(set[row][column], column, tracks.members(row));
                String letter = share >= 0.5 ? SET_ALL : share > 0 ? SET_PARTLY : "  ";
                line.append(share > 0 ? colour(GREEN, letter(letter)) : " ");
            }
            out.println(line.toString().stripTrailing());
        }
        more(out, tracks.hidden(), "event");
        out.println();
        printLanes(out);
        more(out, lanes.hidden(), "thread");
    }

    private String letter(String letters) {
        int at = Math.min(alphabet, letters.length() - 1);
        return letters.substring(at, at + 1);
    }

    private String colour(String code, String text) {
        return canvas.coloured() && !code.isEmpty() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    private String name(String name) {
        String shown = Canvas.cut(name, margin - 2);
        return shown + " ".repeat(Math.max(0, margin - shown.length()));
    }

    private void more(PrintStream out, int hidden, String what) {
        if (hidden > 0) {
            out.println(" ".repeat(margin) + "and " + hidden + " " + what + (hidden == 1 ? "" : "s") + " that count"
                    + (hidden == 1 ? "s" : "") + " less");
        }
    }

    private void printAxis(PrintStream out) {
        Axis axis = Axis.of(Math.max(1, timeline.duration), Math.max(1, columns / 12));
        StringBuilder labels = new StringBuilder(" ".repeat(margin));
        StringBuilder rule = new StringBuilder(" ".repeat(margin) + letter(RULE).repeat(columns));
        for (int tick = 0; tick < axis.ticks(); tick++) {
            int at = margin + column(axis.at(tick));
            String label = axis.label(tick);
            if (at >= labels.length() && at + label.length() <= margin + columns) {
                labels.append(" ".repeat(at - labels.length())).append(label);
            }
            rule.setCharAt(at, letter(TICK).charAt(0));
        }
        out.println(labels);
        out.println(rule);
    }

    private int column(long time) {
        return (int) Math.min(columns - 1L, (long) ((double) time / Math.max(1, timeline.duration) * columns));
    }

    /** When a column begins. */
    private long begin(int column) {
        return (long) ((double) Math.max(1, timeline.duration) * column / columns);
    }

    /** Adds a time to the columns that it touches. */
    private void cover(long[][] rows, int row, long from, long to) {
        if (row == Rows.HIDDEN) {
            return;
        }
        for (int column = column(from); column <= column(to); column++) {
            long part = Math.min(to, begin(column + 1)) - Math.max(from, begin(column));
            rows[row][column] += Math.max(part, 1); // the shortest is seen
        }
    }

    private double share(long covered, int column, int members) {
        return (double) covered / Math.max(1, begin(column + 1) - begin(column)) / members;
    }

    private void printLanes(PrintStream out) {
        Waits waits = timeline.waits;
        Changes changes = timeline.changes;
        long[][] waited = new long[lanes.size()][columns];
        int[][] worst = new int[lanes.size()][columns];
        Mark[][] marks = new Mark[lanes.size()][columns];
        for (int i = 0; i < waits.size(); i++) {
            int lane = lanes.of(waits.thread(i));
            cover(waited, lane, waits.start(i), waits.end(i));
            if (lane != Rows.HIDDEN && waits.outcome(i) != Timeline.RELEASED) {
                for (int column = column(waits.start(i)); column <= column(waits.end(i)); column++) {
                    worst[lane][column] = Math.max(worst[lane][column], waits.outcome(i));
                }
                Mark mark = switch (waits.outcome(i)) {
                    case Timeline.TIMED_OUT -> Mark.TIMED_OUT;
                    case Timeline.INTERRUPTED -> Mark.INTERRUPTED;
                    default -> Mark.FAILED;
                };
                mark(marks, lane, waits.end(i), mark);
            }
        }
        // Where there are more than that, they would hide the waits.
        boolean few = changes.size() <= 2 * columns;
        for (int i = 0; few && i < changes.size(); i++) {
            mark(marks, lanes.of(changes.thread(i)), changes.start(i), Mark.OF_KINDS.get(changes.kind(i)));
        }
        boolean[][] lines = lines();
        for (int lane = 0; lane < lanes.size(); lane++) {
            StringBuilder text = new StringBuilder(name(lanes.title(lane)));
            for (int column = 0; column < columns; column++) {
                double share = share(waited[lane][column], column, lanes.members(lane));
                Mark mark = marks[lane][column];
                if (mark != null) {
                    text.append(colour(mark.colour, letter(mark.letters)));
                } else if (share > 0) {
                    int height = (int) Math.min(5, share * 6);
                    text.append(
                            colour(OUTCOME_COLOURS.get(worst[lane][column]), "" + HEIGHTS[alphabet].charAt(height)));
                } else {
                    text.append(lines[lane][column] ? letter(LINE) : " ");
                }
            }
            out.println(text.toString().stripTrailing());
        }
        out.println();
        printLegend(out, marks);
    }

    private void mark(Mark[][] marks, int lane, long time, Mark mark) {
        if (lane != Rows.HIDDEN) {
            Mark there = marks[lane][column(time)];
            marks[lane][column(time)] = there == null || there.compareTo(mark) < 0 ? mark : there;
        }
    }

    /** Where a line goes from the lane of a change to those of the waits that it ended. */
    private boolean[][] lines() {
        boolean[][] lines = new boolean[lanes.size()][columns];
        Waits waits = timeline.waits;
        List<int[]> ends = new ArrayList<>();
        for (int i = 0; i < waits.size(); i++) {
            int change = waits.change(i);
            if (change != Timeline.NONE) {
                int from = lanes.of(timeline.changes.thread(change));
                int to = lanes.of(waits.thread(i));
                if (from != Rows.HIDDEN && to != Rows.HIDDEN) {
                    ends.add(new int[] {from, to, column(timeline.changes.start(change))});
                }
            }
            if (ends.size() > LINES) {
                return lines;
            }
        }
        for (int[] end : ends) {
            for (int lane = Math.min(end[0], end[1]); lane <= Math.max(end[0], end[1]); lane++) {
                lines[lane][end[2]] = true;
            }
        }
        return lines;
    }

    /** In the order of the other pictures. */
    private void printLegend(PrintStream out, Mark[][] marks) {
        int length = printSign(out, 0, GREEN, letter(SET_ALL), "event is set");
        length = printSign(out, length, CYAN, HEIGHTS[alphabet].substring(5), "thread waits");
        for (int i = Mark.values().length - 1; i >= 0; i--) {
            Mark mark = Mark.values()[i];
            if (Arrays.stream(marks).flatMap(Arrays::stream).anyMatch(there -> there == mark)) {
                length = printSign(out, length, mark.colour, letter(mark.letters), mark.meaning);
            }
        }
        out.println();
    }

    /** Prints what a letter means, in a line of that length so far or in the next, and returns the length then. */
    private int printSign(PrintStream out, int length, String colour, String letter, String meaning) {
        int wide = letter.length() + 1 + meaning.length();
        boolean first = length == 0 || length + 3 + wide >= canvas.width();
        if (first && length > 0) {
            out.println();
        }
        out.print((first ? "" : "   ") + colour(colour, letter) + " " + meaning);
        return first ? wide : length + 3 + wide;
    }
}
