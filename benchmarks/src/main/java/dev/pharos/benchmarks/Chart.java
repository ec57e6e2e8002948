// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.List;
import java.util.Locale;

/** Bars that begin at one, to the right for a rival that takes longer, to the left for one that takes less. */
final class Chart {
    private static final int WIDTH = 760;
    private static final int LEFT = 290;
    private static final int RIGHT = 640;
    private static final int ROW = 22;
    private static final int TITLE = 34;

    private static final String STYLE = """
            <style>
              text { font: 13px system-ui, sans-serif; fill: #1f2328; }
              .title { font-weight: 600; }
              .slower { fill: #8c959f; }
              .faster { fill: #bc4c00; }
              .ours { fill: #0969da; }
              .error, .one { stroke: #1f2328; }
              .one { stroke-width: 1; stroke-dasharray: 2 3; }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3; }
                .slower { fill: #6e7681; }
                .faster { fill: #f0883e; }
                .ours { fill: #58a6ff; }
                .error, .one { stroke: #e6edf3; }
              }
            </style>
            """;

    /** A bar: the ratio to ThreadEvent, and what is written beside it. */
    record Bar(String label, Median ratio, String text) {}

    /** Bars that are compared with one another. */
    record Panel(String title, List<Bar> bars) {}

    private final double least;
    private final double most;

    private Chart(List<Panel> panels) {
        double[] ratios = panels.stream()
                .flatMap(panel -> panel.bars.stream())
                .mapToDouble(bar -> bar.ratio.value())
                .toArray();
        double low = 1;
        double high = 2;
        for (double ratio : ratios) {
            low = Math.min(low, ratio);
            high = Math.max(high, ratio);
        }
        least = Math.log(low);
        most = Math.log(high);
    }

    /** The panels below one another, all to one logarithmic scale. */
    static String svg(List<Panel> panels) {
        Chart chart = new Chart(panels);
        StringBuilder body = new StringBuilder();
        int y = 0;
        for (Panel panel : panels) {
            y = chart.append(panel, y, body);
        }
        int height = y + 30;
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + WIDTH + " " + height + "\" width=\"" + WIDTH
                + "\" height=\"" + height + "\" role=\"img\">\n<title>Times as ratios to ThreadEvent</title>\n" + STYLE
                + body
                + text(LEFT, y + 16, "", "start", "time as a ratio to ThreadEvent, logarithmic; shorter is better")
                + "</svg>\n";
    }

    private int append(Panel panel, int top, StringBuilder body) {
        body.append(text(8, top + 22, "title", "start", panel.title));
        int y = top + TITLE;
        body.append(line("one", x(1), y - 4, x(1), y + ROW * panel.bars.size()));
        for (Bar bar : panel.bars) {
            double ratio = bar.ratio.value();
            boolean ours = bar.label.equals(Rival.THREAD_EVENT.title);
            String kind = ours ? "ours" : ratio < 1 ? "faster" : "slower";
            double from = ours ? x(1) - 3 : Math.min(x(1), x(ratio));
            double to = ours ? x(1) + 3 : Math.max(x(1), x(ratio));
            body.append(text(LEFT - 10, y + 15, "", "end", bar.label));
            body.append("<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"14\"/>\n"
                    .formatted(kind, number(from), number(y + 4), number(Math.max(1, to - from))));
            double low = x(Math.max(ratio - bar.ratio.error(), Math.exp(least)));
            double high = x(ratio + bar.ratio.error());
            if (bar.ratio.error() > 0) {
                body.append(line("error", low, y + 11, high, y + 11));
            }
            body.append(text(Math.max(to, high) + 8, y + 15, "", "start", bar.text));
            y += ROW;
        }
        return y;
    }

    private double x(double ratio) {
        return LEFT + (RIGHT - LEFT) * (Math.log(ratio) - least) / (most - least);
    }

    private static String line(String kind, double x1, double y1, double x2, double y2) {
        return "<line class=\"" + kind + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2)
                + "\" y2=\"" + number(y2) + "\"/>\n";
    }

    private static String text(double x, double y, String kind, String anchor, String words) {
        String escaped = words.replace("&", "&amp;").replace("<", "&lt;");
        return "<text class=\"" + kind + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor
                + "\">" + escaped + "</text>\n";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
