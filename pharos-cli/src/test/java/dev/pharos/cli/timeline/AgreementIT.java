// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page draws in a browser, read from the calls that draw it, is what {@link AgreementTest} knows. */
class AgreementIT {
    /** Notes what is drawn in the lanes, from the last time on that they were wiped. */
    private static final String NOTE = """
            window.notes = [];
            for (const name of ["fillRect", "fillText", "beginPath", "roundRect", "arc", "lineTo", "fill", "stroke"]) {
              const draw = CanvasRenderingContext2D.prototype[name];
              CanvasRenderingContext2D.prototype[name] = function (...args) {
                if (this.canvas.id === "lanes") {
                  if (name === "fillRect" && args[0] === 0 && args[1] === 0) {
                    notes.length = 0;
                  }
                  notes.push({ name, args, fillStyle: this.fillStyle, strokeStyle: this.strokeStyle });
                }
                return draw.apply(this, args);
              };
            }
            """;

    private static final String READ = """
            (() => {
              const colour = (name) => {
                const context = new OffscreenCanvas(1, 1).getContext("2d");
                context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
                return context.fillStyle;
              };
              const outcomes = ["released", "timed-out", "interrupted", "failed"].map(colour);
              const seen = { spans: [], waits: [], dots: [], marks: [] };
              const { rows, view } = pharos;
              const places = new Map(notes.filter(({ name, args }) => name === "fillText" && args[1] === 12)
                .map(({ args }) => [args[0], args[2]]));
              const rowAt = (y) => rows.find(({ name }) => Math.abs(places.get(name) - y) < 8);
              const [left, , plot] = notes.find(({ name, args }) => name === "fillRect" && args[2] > 300 && args[3] === 1).args;
              const time = (x) => (view.from + (x - left) * (view.to - view.from) / plot) / 1e6;
              let path = [];
              let wait = null;
              for (const { name, args, fillStyle, strokeStyle } of notes) {
                const [x, y, width, height] = args;
                if (name === "fillRect" && height === 8 && fillStyle === colour("set")) {
                  seen.spans.push({ name: rowAt(y + 4).name, from: time(x), to: time(x + width) });
                } else if (name === "beginPath") {
                  path = [];
                } else if (name === "roundRect") {
                  wait = { name: rowAt(y + height / 2).name, from: time(x), to: time(x + width), outcome: -1, target: "" };
                  seen.waits.push(wait);
                } else if (name === "fill" && wait?.outcome === -1) {
                  wait.outcome = outcomes.indexOf(fillStyle);
                } else if (name === "stroke" && wait?.outcome === -1) {
                  wait.outcome = outcomes.indexOf(strokeStyle);
                } else if (name === "fillText" && args[1] > left && wait !== null) {
                  wait.target = args[0];
                  wait = null;
                } else if (name === "arc") {
                  seen.dots.push({ name: rowAt(y).name, at: time(x) });
                } else if (name === "lineTo") {
                  path.push({ x, y });
                } else if (name === "stroke" && path.length === 3 && path[2].x > left) {
                  const row = rowAt(path[2].y);
                  seen.marks.push({ row: row.kind, name: row.name, at: time(path[2].x),
                    kind: (path[2].y > path[0].y ? 1 : 0) + (fillStyle === colour("mark") ? 0 : 2) });
                }
              }
              return seen;
            })()""";

    @TempDir
    private static Path folder;

    @Test
    void page_inABrowser_tellsTheSame() throws Exception {
        AgreementTest.Story story = AgreementTest.story();
        Timeline timeline = story.timeline();
        Path page = folder.resolve("page.html");
        try (Writer out = Files.newBufferedWriter(page)) {
            timeline.writePage(out);
        }
        try (Browser browser = Browser.start(Files.createDirectory(folder.resolve("profile")))) {
            browser.driver.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", NOTE));
            browser.size(1280, 1800);
            browser.open(page);
            story.drawn.assertSaidBy("browser", read(browser, timeline.duration / 1e6), 0.05);
        }
    }

    private static Drawn read(Browser browser, double duration) {
        Map<String, List<Map<String, Object>>> seen = browser.get(READ);
        Drawn drawn = Drawn.empty();
        for (Map<String, String> row :
                browser.<List<Map<String, String>>>get("pharos.rows.map(({ kind, name }) => ({ kind, name }))")) {
            (row.get("kind").equals("event") ? drawn.events() : drawn.threads()).add(row.get("name"));
        }
        for (Map<String, Object> span : seen.get("spans")) {
            // What was so before the recording, or is so after it, goes on in the margin.
            drawn.spans()
                    .add(new Drawn.Span(
                            name(span), Math.max(0, time(span, "from")), Math.min(duration, time(span, "to"))));
        }
        for (Map<String, Object> wait : seen.get("waits")) {
            String outcome = Timeline.OUTCOMES.get(((Number) wait.get("outcome")).intValue());
            drawn.waits()
                    .add(new Drawn.Wait(
                            name(wait),
                            wait.get("target").toString().replaceFirst(".*\u2026$", ""), // no room for it
                            time(wait, "from"),
                            time(wait, "to"),
                            outcome));
        }
        Function<String, List<Map<String, Object>>> marksOn = kind -> seen.get("marks").stream()
                .filter(mark -> mark.get("row").equals(kind))
                .toList();
        for (Map<String, Object> mark : marksOn.apply("thread")) {
            drawn.marks().add(new Drawn.Mark(name(mark), time(mark, "at"), ((Number) mark.get("kind")).intValue()));
        }
        for (Map<String, Object> dot : seen.get("dots")) {
            String by = marksOn.apply("thread").stream()
                    .filter(mark -> Math.abs(time(mark, "at") - time(dot, "at")) < 0.01)
                    .map(AgreementIT::name)
                    .findFirst()
                    .orElseThrow();
            drawn.releases().add(new Drawn.Release(by, time(dot, "at"), name(dot)));
        }
        assertThat(marksOn.apply("event")).hasSameSizeAs(marksOn.apply("thread"));
        return drawn;
    }

    private static String name(Map<String, Object> thing) {
        return thing.get("name").toString();
    }

    private static double time(Map<String, Object> thing, String field) {
        return ((Number) thing.get(field)).doubleValue();
    }
}
