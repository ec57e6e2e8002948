// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What is drawn, in the terminal and as SVG, against the numbers that it was drawn from. */
class PicturesTest {
    private static final String HEIGHTS = "\u2581\u2582\u2583\u2584\u2585\u2586";

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    @TempDir
    private Path folder;

    private static List<String> text(Timeline timeline) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        TextPicture.print(timeline, new Canvas(print, 80, false, true));
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static Document svg(Timeline timeline) throws Exception {
        StringWriter out = new StringWriter();
        SvgPicture.write(timeline, out);
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(out.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static List<Element> elements(Document svg, String tag, String style) {
        NodeList nodes = svg.getElementsByTagName(tag);
        List<Element> found = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            Element element = (Element) nodes.item(i);
            if (element.getAttribute("class").equals(style)
                    && element.getElementsByTagName("title").getLength() == 1) {
                found.add(element);
            }
        }
        return found;
    }

    @Test
    void text_realRecording_hasABarWhereAThreadWaitsAndNoneElsewhere() throws Exception {
        Timeline timeline = Recorded.timeline(folder, () -> Recorded.everyKind(threads));
        List<String> lines = text(timeline);

        assertThat(lines).allMatch(line -> line.length() < 80);
        int margin = lines.get(1).indexOf('\u252c');
        int columns = lines.get(1).length() - margin;
        for (int lane = 0; lane < timeline.threads.size(); lane++) {
            String name = timeline.threads.get(lane).name();
            String line = lines.stream()
                    .filter(any -> any.startsWith(name + " "))
                    .findFirst()
                    .orElseThrow();
            for (int column = 0; column < columns; column++) {
                double from = (double) timeline.duration * column / columns;
                double to = (double) timeline.duration * (column + 1) / columns;
                char letter = margin + column < line.length() ? line.charAt(margin + column) : ' ';
                if (covers(timeline, lane, from, to)) {
                    assertThat(letter).as("%s at %d: %s", name, column, line).isNotEqualTo(' ');
                } else if (HEIGHTS.indexOf(letter) >= 0) {
                    // A wait may end on the edge of a column.
                    assertThat(touches(timeline, lane, from - 2, to + 2)).isTrue();
                }
            }
        }
        String legend = String.join("   ", lines.subList(lines.lastIndexOf(""), lines.size()));
        assertThat(legend).contains("\u25b2 sets", "! interrupted", "\u00d7 timed out");
        // A set that changes something hides what else falls into its column.
        String drawn = String.join("", lines.subList(0, lines.lastIndexOf("")));
        assertThat(legend.contains("\u25b3 set already")).isEqualTo(drawn.contains("\u25b3"));
        assertThat(legend.contains("\u25bc clears")).isEqualTo(drawn.contains("\u25bc"));
    }

    private static boolean covers(Timeline timeline, int thread, double from, double to) {
        Waits waits = timeline.waits;
        for (int i = 0; i < waits.size(); i++) {
            if (waits.thread(i) == thread && waits.start(i) <= from && waits.end(i) >= to) {
                return true;
            }
        }
        return false;
    }

    private static boolean touches(Timeline timeline, int thread, double from, double to) {
        Waits waits = timeline.waits;
        for (int i = 0; i < waits.size(); i++) {
            if (waits.thread(i) == thread && waits.start(i) <= to && waits.end(i) >= from) {
                return true;
            }
        }
        return false;
    }

    /** Threads that all wait at the same time, and one that sets. */
    private Timeline crowd(int size) throws Exception {
        return Recorded.timeline(folder, () -> {
            ThreadEvent event = new ThreadEvent("gate");
            List<Thread> waiters = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                waiters.add(Recorded.startBlocked(threads, "worker-" + i, () -> event.await()));
            }
            event.set();
            threads.join(waiters);
        });
    }

    @Test
    void text_manyThreadsOfLikeNames_shareALane() throws Exception {
        List<String> lines = text(crowd(40));

        assertThat(lines).anyMatch(line -> line.startsWith("worker-* (40) "));
        assertThat(lines).noneMatch(line -> line.startsWith("worker-1"));
    }

    @Test
    void rows_moreGroupsThanThereIsRoomFor_areThoseThatCountMost() {
        List<String> names = List.of("a", "b-1", "b-2", "b-10", "b-20", "c", "d", "e", "f", "g", "h", "i", "j");
        Rows all = Rows.of(names, names);
        Rows rows = all.most(2, new long[] {1, 5, 5, 5, 5, 19, 3, 0, 0, 0, 0, 0, 0});

        assertThat(all.list())
                .extracting(Rows.Row::title)
                .startsWith("a", "b-* (4)", "c")
                .hasSize(10);
        assertThat(all.hidden()).isZero();
        assertThat(rows.list()).extracting(Rows.Row::title).containsExactly("b-* (4)", "c");
        assertThat(rows.of(0)).isEqualTo(Rows.HIDDEN);
        assertThat(rows.of(4)).isZero();
        assertThat(rows.of(5)).isEqualTo(1);
        assertThat(rows.hidden()).isEqualTo(8);
    }

    @Test
    void rows_anyNames_areInTheOrderInWhichTheirLikeBegin() {
        List<String> names = List.of("pool-2-thread-1", "main", "pool-1-thread-10", "pool-1-thread-9", "idle", "A@1f");
        long[] first = {30, 10, 20, 40, Long.MAX_VALUE, 0};

        assertThat(Rows.order(names, first, Comparator.naturalOrder())).containsExactly(5, 1, 3, 2, 0);
    }

    @Test
    void svg_realRecording_hasABarForEachWaitAndATriangleForEachChange() throws Exception {
        Timeline timeline = Recorded.timeline(folder, () -> Recorded.everyKind(threads));
        Document svg = svg(timeline);

        double pixels = 790.0 / timeline.duration;
        List<Element> bars = new ArrayList<>();
        for (int outcome = 0; outcome < 4; outcome++) {
            bars.addAll(elements(svg, "rect", "o" + outcome));
        }
        assertThat(bars) // waits that are narrower than a pixel are drawn together
                .hasSize((int) IntStream.range(0, timeline.waits.size())
                        .filter(wait -> timeline.waits.duration(wait) * pixels >= 1)
                        .count());
        assertThat(elements(svg, "path", "change")).hasSize(3);
        assertThat(elements(svg, "path", "redundant")).hasSize(1);
        int longest = IntStream.range(0, timeline.waits.size())
                .boxed()
                .max(Comparator.comparing(timeline.waits::duration))
                .orElseThrow();
        String title = timeline.threads.get(timeline.waits.thread(longest)).name() + " waited "
                + Axis.shown(timeline.waits.duration(longest)) + " for ";
        Element bar = bars.stream()
                .filter(any -> any.getTextContent().startsWith(title))
                .findFirst()
                .orElseThrow();
        assertThat(Double.parseDouble(bar.getAttribute("x")))
                .isCloseTo(150 + timeline.waits.start(longest) * pixels, Offset.offset(0.1));
        assertThat(Double.parseDouble(bar.getAttribute("width")))
                .isCloseTo(timeline.waits.duration(longest) * pixels, Offset.offset(0.1));
    }

    @Test
    void svg_hostileNames_areText() throws Exception {
        String name = "</text><script>alert(1)</script> & \"quoted\" \u0007";
        Timeline timeline = Recorded.timeline(folder, () -> new ThreadEvent(name).set());
        Document svg = svg(timeline);

        assertThat(svg.getElementsByTagName("script").getLength()).isZero();
        assertThat(elements(svg, "path", "change").get(0).getTextContent())
                .contains("sets </text><script>alert(1)</script> & \"quoted\" ?,");
        assertThat(text(timeline)).noneMatch(line -> line.contains("\u0007"));
    }

    @Test
    void axis_anyLength_hasRoundTicks() {
        Axis axis = Axis.of(2_300_000_000L, 5);

        assertThat(axis.ticks()).isEqualTo(5);
        assertThat(axis.label(0)).isEqualTo("0 s");
        assertThat(axis.label(3)).isEqualTo("1.5 s");
        assertThat(Axis.shown(0)).isEqualTo("0 ns");
        assertThat(Axis.shown(999)).isEqualTo("999 ns");
        assertThat(Axis.shown(1_234_567)).isEqualTo("1.23 ms");
        assertThat(Axis.shown(999_999)).isEqualTo("1.00 ms");
        assertThat(Axis.shown(1_234_567_890_123L)).isEqualTo("1235 s");
    }
}
