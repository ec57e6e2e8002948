// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.IOException;
import java.io.Writer;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Draws a timeline as a static SVG picture for a page: light or dark as the page is, and legible in print. What is narrower
 * than a pixel is drawn together with what is beside it, so that the picture stays small.
 */
final class SvgPicture {
    private static final int WIDTH = 960;
    private static final int LEFT = 150;
    private static final int RIGHT = 20;
    private static final int TOP = 76;
    private static final int TRACK = 20;
    private static final int LANE = 24;
    private static final int GAP = 14;
    private static final int PLOT = WIDTH - LEFT - RIGHT;

    private static final int LANES = 40;
    private static final int TRACKS = 12;

    /** Sets and clears, and lines from them to what they ended, are drawn only if there are few: else they hide the waits. */
    private static final int LINES = 200;

    /** The colours and patterns of the page. The patterns tell the outcomes apart for those who see no red, or no green. */
    private static final String STYLE = """
            <style>
              svg { --ink: #1b2027; --faint: #626c79; --rule: #e2e5e8; --paper: #ffffff; --released: #3b7dbf;
                    --late: #c4510c; --interrupted: #a0447c; --failed: #4a4f57; --set: #12966b; --mark: #0b7552; }
              @media (prefers-color-scheme: dark) {
                svg { --ink: #e7e9ec; --faint: #9aa4b0; --rule: #2b3138; --paper: #14171b; --released: #4f9ee0;
                      --late: #f08c3c; --interrupted: #db8cbd; --failed: #c3c8ce; --set: #2fb78a; --mark: #4fd3a5; }
              }
              @media print {
                svg { --ink: #000000; --faint: #444444; --rule: #cccccc; --paper: #ffffff; --released: #3b7dbf;
                      --late: #c4510c; --interrupted: #a0447c; --failed: #4a4f57; --set: #12966b; --mark: #0b7552; }
              }
              text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }
              .title { font-size: 15px; font-weight: 600; }
              .faint { fill: var(--faint); font-size: 11px; }
              .name { text-anchor: end; }
              .paper { fill: var(--paper); }
              .rule { stroke: var(--rule); }
              .set { fill: var(--set); }
              .o0 { fill: var(--released); }
              .o1 { fill: url(#late); stroke: var(--late); }
              .o2 { fill: url(#interrupted); stroke: var(--interrupted); }
              .o3 { fill: url(#failed); stroke: var(--failed); }
              .join { fill: none; stroke: var(--mark); stroke-width: 1; stroke-opacity: 0.6; }
              .change { fill: var(--mark); stroke: var(--mark); stroke-width: 1; }
              .redundant { fill: var(--paper); stroke: var(--faint); stroke-width: 1; }
            </style>
            <defs>
              <pattern id="late" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect width="6" height="6" class="paper"/>
                <rect width="3.5" height="6" style="fill: var(--late)"/>
              </pattern>
              <pattern id="interrupted" width="4" height="4" patternUnits="userSpaceOnUse">
                <rect width="4" height="4" class="paper"/>
                <rect width="2.5" height="4" style="fill: var(--interrupted)"/>
              </pattern>
              <pattern id="failed" width="5" height="5" patternUnits="userSpaceOnUse">
                <rect width="5" height="5" style="fill: var(--failed)"/>
                <circle cx="2.5" cy="2.5" r="1.2" class="paper"/>
              </pattern>
            </defs>
            """;

    private final Timeline timeline;
    private final Rows tracks;
    private final Rows lanes;
    private final int lanesTop;
    private final int height;
    private final StringBuilder svg = new StringBuilder();

    private SvgPicture(Timeline timeline) {
        this.timeline = timeline;
        tracks = timeline.eventRows(TRACKS);
        lanes = timeline.threadRows(LANES);
        int hidden = tracks.hidden() + lanes.hidden() > 0 ? TRACK : 0;
        lanesTop = TOP + tracks.size() * TRACK + GAP;
        height = lanesTop + lanes.size() * LANE + hidden + 44;
    }

    static void write(Timeline timeline, Writer out) throws IOException {
        SvgPicture picture = new SvgPicture(timeline);
        picture.draw();
        out.append(picture.svg);
    }

    private void draw() {
        Summary summary = new Summary(timeline);
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + WIDTH + "\" height=\"" + height
                + "\" viewBox=\"0 0 " + WIDTH + " " + height + "\" role=\"img\" aria-label=\""
                + escape(timeline.recording + ": " + summary.headline()) + "\">\n");
        svg.append(STYLE);
        svg.append("<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n");
        text(16, 24, "title", timeline.recording);
        text(16, 42, "faint", summary.headline());
        drawAxis();
        drawTracks();
        drawLanes();
        drawLegend();
        svg.append("</svg>\n");
    }

    private double x(long time) {
        return LEFT + (double) time / Math.max(1, timeline.duration) * PLOT;
    }

    private int trackY(int row) {
        return TOP + row * TRACK;
    }

    private int laneY(int row) {
        return lanesTop + row * LANE;
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.1f", value);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    /** A text of a program, with nothing in it that is markup, or that XML has no form for. */
    private static String escape(String text) {
        return Canvas.plain(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replaceAll("[\\ud800-\\udfff\\ufffe\\uffff]", "?");
    }

    private void text(double x, double y, String style, String text) {
        svg.append("<text class=\"" + style + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\">" + escape(text)
                + "</text>\n");
    }

    private void rect(String style, double x, double y, double width, double height, String title) {
        svg.append("<rect class=\"" + style + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\""
                + number(Math.max(width, 0.8)) + "\" height=\"" + number(height) + "\" rx=\""
                + number(Math.min(3, Math.max(width, 0.8) / 2)) + "\">");
        svg.append(title.isEmpty() ? "" : "<title>" + escape(title) + "</title>")
                .append("</rect>\n");
    }

    private void drawAxis() {
        Axis axis = Axis.of(Math.max(1, timeline.duration), 8);
        for (int tick = 0; tick < axis.ticks(); tick++) {
            double x = x(axis.at(tick));
            svg.append(
                    "<path class=\"rule\" d=\"M" + number(x) + " " + (TOP - 4) + "V" + laneY(lanes.size()) + "\"/>\n");
            String label = axis.label(tick).replace("us", "\u00b5s");
            svg.append("<text class=\"faint\" text-anchor=\"" + (x > WIDTH - 60 ? "end" : "middle") + "\" x=\""
                    + number(Math.min(x, WIDTH - 4)) + "\" y=\"" + (TOP - 8) + "\">" + label + "</text>\n");
        }
    }

    private void name(Rows rows, int row, double y) {
        text(LEFT - 10, y, "name", Canvas.cut(rows.title(row), 20));
    }

    private void drawTracks() {
        for (int row = 0; row < tracks.size(); row++) {
            name(tracks, row, trackY(row) + 14);
            svg.append(
                    "<path class=\"rule\" d=\"M" + LEFT + " " + (trackY(row) + 10) + "H" + (WIDTH - RIGHT) + "\"/>\n");
        }
        Narrow narrow = new Narrow(tracks.size());
        Crowd crowd = new Crowd(tracks);
        timeline.setSpans((event, from, to) -> {
            int row = tracks.of(event);
            if (row != Rows.HIDDEN && !crowd.take(row, 0, from, to) && !narrow.take(row, 0, from, to)) {
                String name = timeline.eventName(event);
                rect(
                        "set",
                        x(from),
                        trackY(row) + 7,
                        x(to) - x(from),
                        6,
                        name + " is set for " + Axis.shown(to - from));
            }
        });
        narrow.draw((row, kind, x, width) -> rect("set", x, trackY(row) + 7, width, 6, ""));
        crowd.draw(row -> trackY(row) + 15, 11, kind -> "set");
    }

    /** Draws what is narrower than a pixel of the picture. */
    private interface Pen {
        void draw(int row, int kind, double x, double width);
    }

    /** Which pixels have something in them that is narrower than one: what is side by side is drawn as one. */
    private final class Narrow {
        private final boolean[][][] pixels;

        Narrow(int rows) {
            pixels = new boolean[rows][Timeline.OUTCOMES.size()][PLOT + 1];
        }

        /** Takes it, if it is narrow. */
        boolean take(int row, int kind, long from, long to) {
            boolean narrow = x(to) - x(from) < 1;
            if (narrow) {
                pixels[row][kind][(int) (x(from) - LEFT)] = true;
            }
            return narrow;
        }

        void draw(Pen pen) {
            for (int row = 0; row < pixels.length; row++) {
                for (int kind = 0; kind < pixels[row].length; kind++) {
                    int start = 0;
                    for (int x = 0; x <= PLOT; x++) {
                        start = x > 0 && pixels[row][kind][x - 1] ? start : x;
                        if (pixels[row][kind][x] && (x == PLOT || !pixels[row][kind][x + 1])) {
                            pen.draw(row, kind, LEFT + start, x + 1 - start);
                        }
                    }
                }
            }
        }
    }

    /** In the rows that show several: for which share of each pixel's time they do something. */
    private final class Crowd {
        private final int[] members;
        private final double[][][] shares;

        Crowd(Rows rows) {
            members = IntStream.range(0, rows.size()).map(rows::members).toArray();
            shares = new double[rows.size()][][];
            for (int row = 0; row < shares.length; row++) {
                shares[row] = members[row] == 1 ? new double[0][] : new double[Timeline.OUTCOMES.size()][PLOT + 1];
            }
        }

        /** Takes it, if it is in such a row. */
        boolean take(int row, int kind, long from, long to) {
            if (shares[row].length == 0) {
                return false;
            }
            double first = x(from) - LEFT;
            double last = x(to) - LEFT;
            for (int pixel = (int) first; pixel <= last; pixel++) {
                double part = Math.min(last, pixel + 1) - Math.max(first, pixel);
                shares[row][kind][pixel] += Math.max(part, 0.01) / members[row]; // the shortest is seen
            }
            return true;
        }

        /** Draws it as hills, as high as the share, one on the other. */
        void draw(IntUnaryOperator base, int height, IntFunction<String> style) {
            for (int row = 0; row < shares.length; row++) {
                double[] ground = new double[PLOT + 1];
                Arrays.fill(ground, base.applyAsInt(row));
                for (int kind = 0; kind < shares[row].length; kind++) {
                    double[] tops = ground.clone();
                    for (int x = 0; x <= PLOT; x++) {
                        double share = shares[row][kind][x];
                        tops[x] -= share > 0 ? Math.max(1, share * height) : 0;
                    }
                    String hills = hills(ground, tops);
                    ground = tops;
                    if (hills.length() > 0) {
                        svg.append("<path class=\"" + style.apply(kind) + "\" style=\"stroke: none\" d=\"" + hills
                                + "\"/>\n");
                    }
                }
            }
        }
    }

    /** The area between two lines that have a height for each pixel. */
    private static String hills(double[] ground, double[] tops) {
        StringBuilder hills = new StringBuilder();
        int end;
        for (int start = 0; start <= PLOT; start = end) {
            String top = number(tops[start]);
            String bottom = number(ground[start]);
            end = start + 1;
            while (end <= PLOT
                    && number(tops[end]).equals(top)
                    && number(ground[end]).equals(bottom)) {
                end++;
            }
            if (!top.equals(bottom)) {
                hills.append("M" + (LEFT + start) + " " + bottom + "V" + top + "h" + (end - start) + "V" + bottom);
            }
        }
        return hills.toString();
    }

    private void drawLanes() {
        for (int row = 0; row < lanes.size(); row++) {
            name(lanes, row, laneY(row) + 16);
            svg.append(
                    "<path class=\"rule\" d=\"M" + LEFT + " " + (laneY(row) + 12) + "H" + (WIDTH - RIGHT) + "\"/>\n");
        }
        Waits waits = timeline.waits;
        Narrow narrow = new Narrow(lanes.size());
        Crowd crowd = new Crowd(lanes);
        for (int i = 0; i < waits.size(); i++) {
            int row = lanes.of(waits.thread(i));
            if (row != Rows.HIDDEN
                    && !crowd.take(row, waits.outcome(i), waits.start(i), waits.end(i))
                    && !narrow.take(row, waits.outcome(i), waits.start(i), waits.end(i))) {
                String title = timeline.threadName(waits.thread(i)) + " waited "
                        + Axis.shown(waits.duration(i)) + " for " + timeline.waitedFor(i)
                        + (waits.clear(i) ? " to be clear" : "") + ": " + Timeline.OUTCOMES.get(waits.outcome(i));
                bar(row, waits.outcome(i), x(waits.start(i)), x(waits.end(i)) - x(waits.start(i)), title);
            }
        }
        narrow.draw((row, outcome, x, width) -> bar(row, outcome, x, width, ""));
        crowd.draw(row -> laneY(row) + 21, 18, outcome -> "o" + outcome);
        if (timeline.changes.size() <= LINES) {
            drawJoins();
            drawChanges();
        }
    }

    private void bar(int row, int outcome, double x, double width, String title) {
        rect("o" + outcome, x, laneY(row) + 6, width, 12, title);
    }

    /** Lines from where a change was called, along its moment, to the end of each wait that it ended. */
    private void drawJoins() {
        Waits waits = timeline.waits;
        Changes changes = timeline.changes;
        Set<String> lines = new LinkedHashSet<>();
        for (int i = 0; i < waits.size(); i++) {
            int change = waits.change(i);
            if (change != Timeline.NONE) {
                int from = lanes.of(changes.thread(change));
                int to = lanes.of(waits.thread(i));
                if (from != Rows.HIDDEN && to != Rows.HIDDEN) {
                    String x = number(x(changes.start(change)));
                    String end = lanes.members(to) > 1 ? x : number(x(waits.end(i)));
                    lines.add("M" + x + " " + (laneY(from) + 12) + "V" + (laneY(to) + 12) + "H" + end);
                }
            }
        }
        lines.forEach(line -> svg.append("<path class=\"join\" d=\"" + line + "\"/>\n"));
    }

    private void drawChanges() {
        Changes changes = timeline.changes;
        for (int i = 0; i < changes.size(); i++) {
            int row = lanes.of(changes.thread(i));
            if (row != Rows.HIDDEN) {
                String what = (changes.clear(i) ? "clears " : "sets ") + timeline.eventName(changes.event(i));
                String title = timeline.threadName(changes.thread(i)) + " " + what
                        + (changes.changed(i) ? ", which releases " + changes.released(i) : ", which changes nothing");
                svg.append(change(x(changes.start(i)), laneY(row) + 12, changes.clear(i), changes.changed(i)))
                        .append("<title>" + escape(title) + "</title></path>\n");
            }
        }
    }

    /** A triangle that points up for a set, and down for a clear; empty if it changes nothing. Is not closed. */
    private static String change(double x, double y, boolean clear, boolean changed) {
        return "<path class=\"" + (changed ? "change" : "redundant") + "\" d=\"M" + number(x) + " "
                + number(y + (clear ? 5 : -5)) + "l4 " + (clear ? "-9" : "9") + "h-8z\">";
    }

    private void drawLegend() {
        int y = height - 18;
        int hidden = tracks.hidden() + lanes.hidden();
        if (hidden > 0) {
            text(LEFT, y - 26, "faint", "and " + tracks.hidden() + " more events, " + lanes.hidden() + " more threads");
        }
        double x = LEFT;
        rect("set", x, y - 7, 22, 6, "");
        x = meaning(x + 28, y, "event is set");
        for (int outcome = 0; outcome < Timeline.OUTCOMES.size(); outcome++) {
            if (has(outcome)) {
                rect("o" + outcome, x, y - 10, 22, 12, "");
                x = meaning(x + 28, y, Timeline.OUTCOMES.get(outcome));
            }
        }
        for (int kind = 0; kind < Changes.KINDS.size(); kind++) {
            if (timeline.changes.size() <= LINES && hasChange(kind)) {
                svg.append(change(x + 4, y - 4, (kind & 1) != 0, kind < 2)).append("</path>\n");
                x = meaning(x + 13, y, Changes.KINDS.get(kind));
            }
        }
    }

    /** Says what a sign means, and returns where the next can stand. */
    private double meaning(double x, double y, String text) {
        text(x, y, "faint", text);
        return x + 5.8 * text.length() + 14;
    }

    private boolean has(int outcome) {
        for (int i = 0; i < timeline.waits.size(); i++) {
            if (timeline.waits.outcome(i) == outcome) {
                return true;
            }
        }
        return false;
    }

    private boolean hasChange(int kind) {
        Changes changes = timeline.changes;
        for (int i = 0; i < changes.size(); i++) {
            if (changes.kind(i) == kind) {
                return true;
            }
        }
        return false;
    }
}
