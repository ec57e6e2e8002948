// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * What somebody reads who looks at a picture of a timeline. Times are milliseconds.
 *
 * @param events what stands at the rows of the events, from top to bottom
 * @param threads likewise
 */
record Drawn(
        List<String> events,
        List<String> threads,
        List<Span> spans,
        List<Wait> waits,
        List<Release> releases,
        List<Mark> marks) {
    /** A time in which an event is set. */
    record Span(String event, double from, double to) {}

    /** A bar. The picture may not say what it was for: then that is empty. */
    record Wait(String thread, String target, double start, double end, String outcome) {}

    /** A line from the call of one thread to the wait of another. */
    record Release(String by, double at, String waiter) {}

    /** The sign of a call, with its number in {@link Changes#KINDS}. */
    record Mark(String thread, double at, int kind) {}

    static Drawn empty() {
        return new Drawn(
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
    }

    /** Checks that another picture says the same, as exactly as it can be read. */
    void assertSaidBy(String picture, Drawn other, double exactness) {
        assertThat(other.threads).as("rows of threads, %s", picture).isEqualTo(threads);
        assertThat(other.events).as("rows of events, %s", picture).isEqualTo(events);
        same(picture, spans, other.spans, Span::event, span -> List.of(span.from, span.to), exactness);
        same(picture, waits, other.waits, Wait::thread, wait -> List.of(wait.start, wait.end), exactness);
        same(picture, releases, other.releases, Release::waiter, release -> List.of(release.at), exactness);
        same(picture, marks, other.marks, Mark::thread, mark -> List.of(mark.at), exactness);
        List<Wait> mine = sorted(waits, Wait::thread, Wait::start);
        List<Wait> others = sorted(other.waits, Wait::thread, Wait::start);
        for (int i = 0; i < mine.size(); i++) {
            assertThat(others.get(i).outcome).as("%s, %s", mine.get(i), picture).isEqualTo(mine.get(i).outcome);
            assertThat(others.get(i).target)
                    .as("%s, %s", mine.get(i), picture)
                    .isIn(mine.get(i).target, mine.get(i).target.replace(" to be clear", ""), "");
        }
        assertThat(sorted(other.releases, Release::waiter, Release::at))
                .as("who released whom, %s", picture)
                .extracting(Release::by)
                .isEqualTo(sorted(releases, Release::waiter, Release::at).stream()
                        .map(Release::by)
                        .toList());
        assertThat(sorted(other.marks, Mark::thread, Mark::at))
                .as("signs, %s", picture)
                .extracting(Mark::kind)
                .isEqualTo(sorted(marks, Mark::thread, Mark::at).stream()
                        .map(Mark::kind)
                        .toList());
    }

    private static <T> List<T> sorted(List<T> list, Function<T, String> name, Function<T, Double> time) {
        return list.stream()
                .sorted(Comparator.comparing(name).thenComparing(time))
                .toList();
    }

    private static <T> void same(
            String picture,
            List<T> expected,
            List<T> actual,
            Function<T, String> name,
            Function<T, List<Double>> times,
            double exactness) {
        List<T> mine = sorted(expected, name, one -> times.apply(one).get(0));
        List<T> others = sorted(actual, name, one -> times.apply(one).get(0));
        assertThat(others)
                .as("%s: %s", picture, others)
                .extracting(name)
                .isEqualTo(mine.stream().map(name).toList());
        for (int i = 0; i < mine.size(); i++) {
            for (int time = 0; time < times.apply(mine.get(i)).size(); time++) {
                assertThat(times.apply(others.get(i)).get(time))
                        .as("%s, %s", mine.get(i), picture)
                        .isBetween(
                                times.apply(mine.get(i)).get(time) - exactness,
                                times.apply(mine.get(i)).get(time) + exactness);
            }
        }
    }

    // Text

    private static final String BARS = "\u2581\u2582\u2583\u2584\u2585\u2586";
    private static final String ENDS = "\u00d7!?";
    private static final String SIGNS = "\u25b2\u25bc\u25b3\u25bd";

    /** A column is as many milliseconds as given. */
    static Drawn text(Timeline timeline, double column) {
        int columns = (int) Math.round(timeline.duration / 1e6 / column);
        List<String> lines = textLines(timeline, 200);
        int margin = lines.get(1).indexOf('\u252c');
        lines = textLines(timeline, margin + columns + 1);
        assertThat(lines.get(1)).hasSize(margin + columns);

        Drawn drawn = empty();
        int line = 2;
        for (; !lines.get(line).isEmpty(); line++) {
            String name = name(lines.get(line), margin);
            drawn.events.add(name);
            Matcher spans = Pattern.compile("[\u2501\u254c]+").matcher(lines.get(line));
            while (spans.find()) {
                drawn.spans.add(new Span(name, (spans.start() - margin) * column, (spans.end() - margin) * column));
            }
        }
        List<String> lanes = lines.subList(line + 1, lines.lastIndexOf(""));
        for (String lane : lanes) {
            String name = name(lane, margin);
            drawn.threads.add(name);
            Matcher bars = Pattern.compile("[" + BARS + "]+[" + ENDS + "]?").matcher(lane);
            while (bars.find()) {
                int end = ENDS.indexOf(lane.charAt(bars.end() - 1));
                drawn.waits.add(new Wait(
                        name,
                        "",
                        (bars.start() - margin) * column,
                        (bars.end() - margin) * column,
                        end < 0
                                ? "released"
                                : List.of("timed out", "interrupted", "failed").get(end)));
            }
            for (int i = margin; i < lane.length(); i++) {
                if (SIGNS.indexOf(lane.charAt(i)) >= 0) {
                    drawn.marks.add(new Mark(name, (i - margin) * column, SIGNS.indexOf(lane.charAt(i))));
                }
            }
        }
        drawn.readLines(lanes, margin, column);
        return drawn;
    }

    private static String name(String line, int margin) {
        return line.substring(0, Math.min(margin, line.length())).strip();
    }

    /** A line goes from the sign of a call, up or down, to the bars that end there; it is hidden by bars on its way. */
    private void readLines(List<String> lanes, int margin, double column) {
        for (int by = 0; by < lanes.size(); by++) {
            for (int at = margin; at < lanes.get(by).length(); at++) {
                if (SIGNS.indexOf(lanes.get(by).charAt(at)) < 0) {
                    continue;
                }
                for (int step : new int[] {-1, 1}) {
                    List<Integer> released = new ArrayList<>();
                    int lane = by + step;
                    for (; lane >= 0 && lane < lanes.size(); lane += step) {
                        String text = lanes.get(lane);
                        char letter = at < text.length() ? text.charAt(at) : ' ';
                        boolean ends = BARS.indexOf(letter) >= 0 && endsSoon(text, at);
                        if (ends) {
                            released.add(lane);
                        } else if (letter == ' ') {
                            break;
                        }
                    }
                    for (int waiter : released) {
                        releases.add(new Release(threads.get(by), (at - margin) * column, threads.get(waiter)));
                    }
                }
            }
        }
    }

    private static boolean endsSoon(String lane, int at) {
        int end = at;
        while (end < lane.length() && BARS.indexOf(lane.charAt(end)) >= 0) {
            end++;
        }
        return end - at <= 3 && (end == lane.length() || ENDS.indexOf(lane.charAt(end)) < 0);
    }

    private static List<String> textLines(Timeline timeline, int width) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        timeline.draw(new Canvas(new PrintStream(out, true, StandardCharsets.UTF_8), width, false, true));
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    // SVG

    private static final int LEFT = 150;
    private static final double PLOT = 790;
    private static final Pattern SET = Pattern.compile("(.*) is set for .*");
    private static final Pattern WAITED = Pattern.compile("(.*) waited \\S+ \\S+ for (.*): (.*)");
    private static final Pattern JOIN = Pattern.compile("M(\\S+) (\\S+)V(\\S+)H(\\S+)");
    private static final Pattern SIGN = Pattern.compile("M(\\S+) (\\S+)l4 (-?)9h-8z");

    static Drawn svg(Timeline timeline) throws Exception {
        StringWriter out = new StringWriter();
        timeline.writeSvg(out);
        Document svg = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(out.toString().getBytes(StandardCharsets.UTF_8)));
        double pixel = timeline.duration / 1e6 / PLOT;
        Function<String, Double> time = x -> (Double.parseDouble(x) - LEFT) * pixel;
        Drawn drawn = empty();

        // The names of the threads begin below a gap.
        TreeMap<Double, String> names = new TreeMap<>();
        elements(svg, "text").stream()
                .filter(text -> text.getAttribute("class").equals("name"))
                .forEach(text -> names.put(Double.parseDouble(text.getAttribute("y")), text.getTextContent()));
        double before = names.firstKey();
        boolean lanes = false;
        for (Map.Entry<Double, String> name : names.entrySet()) {
            lanes |= name.getKey() - before > 30;
            (lanes ? drawn.threads : drawn.events).add(name.getValue());
            before = name.getKey();
        }
        // What is drawn at y belongs to the name whose line of text is there.
        Function<String, String> row =
                y -> names.ceilingEntry(Double.parseDouble(y) - 0.1).getValue();
        for (Element rect : elements(svg, "rect")) {
            double width =
                    rect.getAttribute("width").endsWith("%") ? 0 : Double.parseDouble(rect.getAttribute("width"));
            double from = time.apply(rect.getAttribute("x").isEmpty() ? "0" : rect.getAttribute("x"));
            Matcher set = SET.matcher(rect.getTextContent());
            Matcher waited = WAITED.matcher(rect.getTextContent());
            if (set.matches()) {
                assertThat(rect.getAttribute("class")).isEqualTo("set");
                drawn.spans.add(new Span(row.apply(rect.getAttribute("y")), from, from + width * pixel));
            } else if (waited.matches()) {
                assertThat(rect.getAttribute("class")).startsWith("o" + Timeline.OUTCOMES.indexOf(waited.group(3)));
                drawn.waits.add(new Wait(
                        row.apply(rect.getAttribute("y")),
                        waited.group(2),
                        from,
                        from + width * pixel,
                        waited.group(3)));
            }
        }
        for (Element path : elements(svg, "path")) {
            String line = path.getAttribute("d");
            Matcher join = JOIN.matcher(line);
            Matcher sign = SIGN.matcher(line);
            if (path.getAttribute("class").equals("join") && join.matches()) {
                drawn.releases.add(
                        new Release(row.apply(join.group(2)), time.apply(join.group(1)), row.apply(join.group(3))));
            } else if (sign.matches() && path.getElementsByTagName("title").getLength() == 1) {
                int kind = (sign.group(3).isEmpty() ? 0 : 1)
                        + (path.getAttribute("class").equals("change") ? 0 : 2);
                double tip = Double.parseDouble(sign.group(2));
                double middle = kind % 2 == 0 ? tip + 5 : tip - 5;
                drawn.marks.add(new Mark(row.apply("" + middle), time.apply(sign.group(1)), kind));
            }
        }
        return drawn;
    }

    private static List<Element> elements(Document svg, String tag) {
        NodeList nodes = svg.getElementsByTagName(tag);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }

    // Perfetto

    /** It has no rows for events, other than those in which something is set: the others are as expected. */
    static Drawn perfetto(Timeline timeline, List<String> events) throws IOException {
        StringWriter out = new StringWriter();
        timeline.writePerfetto(out);
        List<JsonObject> trace =
                objects(JsonParser.parseString(out.toString()).getAsJsonObject().getAsJsonArray("traceEvents"));
        Drawn drawn = empty();
        drawn.events.addAll(events);
        Map<Integer, String> names = new HashMap<>();
        TreeMap<Integer, Integer> order = new TreeMap<>();
        Map<Integer, JsonObject> open = new HashMap<>();
        for (JsonObject event : trace) {
            String name = event.get("name").getAsString();
            int tid = event.get("tid").getAsInt();
            switch (event.get("ph").getAsString() + " "
                    + (event.has("cat") ? event.get("cat").getAsString() : name)) {
                case "M thread_name" ->
                    names.put(tid, event.getAsJsonObject("args").get("name").getAsString());
                case "M thread_sort_index" ->
                    order.put(event.getAsJsonObject("args").get("sort_index").getAsInt(), tid);
                case "X wait" -> {
                    String outcome =
                            event.getAsJsonObject("args").get("outcome").getAsString();
                    String target = name.substring("wait for ".length());
                    if (!outcome.equals("released")) {
                        assertThat(target).endsWith(", " + outcome);
                        target = target.substring(0, target.length() - outcome.length() - 2);
                    }
                    double end = time(event) + event.get("dur").getAsDouble() / 1e3;
                    drawn.waits.add(new Wait(names.get(tid), target, time(event), end, outcome));
                }
                case "X change" -> {
                    int kind = (name.startsWith("clear ") ? 1 : 0) + (name.endsWith(", redundant") ? 2 : 0);
                    drawn.marks.add(new Mark(names.get(tid), time(event), kind));
                }
                case "b is set", "s release" -> open.put(event.get("id").getAsInt(), event);
                case "e is set" -> {
                    assertThat(name).endsWith(" is set");
                    drawn.spans.add(new Span(
                            name.substring(0, name.length() - " is set".length()),
                            time(open.get(event.get("id").getAsInt())),
                            time(event)));
                }
                case "f release" -> {
                    JsonObject start = open.get(event.get("id").getAsInt());
                    drawn.releases.add(
                            new Release(names.get(start.get("tid").getAsInt()), time(start), names.get(tid)));
                }
                default -> {}
            }
        }
        order.values().forEach(tid -> drawn.threads.add(names.get(tid)));
        return drawn;
    }

    private static double time(JsonObject event) {
        return event.get("ts").getAsDouble() / 1e3;
    }

    private static List<JsonObject> objects(JsonArray array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .toList();
    }

    // The page, by what is in it for its scripts

    static Drawn data(Timeline timeline) throws IOException {
        StringWriter page = new StringWriter();
        timeline.writePage(page);
        Matcher data = Pattern.compile("base64\">([^<]+)<").matcher(page.toString());
        assertThat(data.find()).isTrue();
        JsonObject json;
        try (InputStreamReader unpacked = new InputStreamReader(
                new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(data.group(1)))),
                StandardCharsets.UTF_8)) {
            json = JsonParser.parseReader(unpacked).getAsJsonObject();
        }
        Drawn drawn = empty();
        titles(json.getAsJsonArray("eventRows"), drawn.events);
        titles(json.getAsJsonArray("threadRows"), drawn.threads);
        List<String> threads = names(json, "threads");
        List<String> events = names(json, "events");
        for (JsonObject event : objects(json.getAsJsonArray("events"))) {
            String name = event.get("name").getAsString();
            boolean set = event.get("set").getAsBoolean();
            double from = 0;
            double time = 0;
            for (JsonElement turn : event.getAsJsonArray("turns")) {
                time += turn.getAsLong() / 1e6;
                if (set) {
                    drawn.spans.add(new Span(name, from, time));
                }
                from = time;
                set = !set;
            }
            if (set) {
                drawn.spans.add(new Span(name, from, json.get("duration").getAsLong() / 1e6));
            }
        }
        JsonObject waits = json.getAsJsonObject("waits");
        JsonObject changes = json.getAsJsonObject("changes");
        List<Double> calls = new ArrayList<>();
        double time = 0;
        for (int i = 0; i < changes.getAsJsonArray("start").size(); i++) {
            time += number(changes, "start", i) / 1e6;
            calls.add(time);
            int kind = (int) (number(changes, "clear", i) + 2 * (1 - number(changes, "changed", i)));
            drawn.marks.add(new Mark(threads.get((int) number(changes, "thread", i)), time, kind));
        }
        time = 0;
        for (int i = 0; i < waits.getAsJsonArray("start").size(); i++) {
            time += number(waits, "start", i) / 1e6;
            int label = (int) number(waits, "label", i);
            String target = label >= 0
                    ? json.getAsJsonArray("labels").get(label).getAsString()
                    : events.get((int) number(waits, "event", i));
            String outcome = json.getAsJsonArray("outcomes")
                    .get((int) number(waits, "outcome", i))
                    .getAsString();
            String thread = threads.get((int) number(waits, "thread", i));
            drawn.waits.add(new Wait(
                    thread,
                    target + (number(waits, "clear", i) == 1 ? " to be clear" : ""),
                    time,
                    time + number(waits, "duration", i) / 1e6,
                    outcome));
            int change = (int) number(waits, "change", i);
            if (change >= 0) {
                String by = threads.get((int) number(changes, "thread", change));
                drawn.releases.add(new Release(by, calls.get(change), thread));
            }
        }
        return drawn;
    }

    private static long number(JsonObject columns, String column, int row) {
        return columns.getAsJsonArray(column).get(row).getAsLong();
    }

    private static List<String> names(JsonObject json, String list) {
        return objects(json.getAsJsonArray(list)).stream()
                .map(thing -> thing.get("name").getAsString())
                .toList();
    }

    private static void titles(JsonArray rows, List<String> titles) {
        for (JsonObject row : objects(rows)) {
            int members = row.get("members").getAsInt();
            titles.add(row.get("name").getAsString() + (members == 1 ? "" : " (" + members + ")"));
        }
    }
}
