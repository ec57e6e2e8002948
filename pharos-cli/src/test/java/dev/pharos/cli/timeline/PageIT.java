// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.pharos.Event;
import dev.pharos.TestThreads;
import dev.pharos.ThreadEvent;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import jdk.jfr.Recording;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.interactions.PointerInput;
import org.openqa.selenium.interactions.Sequence;

/** The page of a timeline, of real recordings and in a real browser. */
class PageIT {
    private static final int WORKERS = 16;
    private static final String HOSTILE = "<img src=x onerror=hacked=1>'\"&</script><script>hacked=1</script>";
    private static final long MEGABYTE = 1_000_000;

    @TempDir
    private static Path folder;

    private static Browser browser;
    private static Timeline timeline;
    private static Path page;

    @BeforeAll
    static void recordAndOpen() throws Exception {
        browser = Browser.start(Files.createDirectory(folder.resolve("profile")));
        timeline = record("program <b>.jfr", PageIT::program);
        page = write(timeline, "program.html");
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void open() {
        browser.open(page);
    }

    @AfterEach
    void page_whateverItDoes_hasNoProblemAndAsksForNothing() {
        assertThat(browser.problems()).isEmpty();
        assertThat(browser.requests()).allMatch(address -> address.startsWith("file:") || address.equals("data:,"));
    }

    /** A program of which it is known who waits for what. */
    private static void program(TestThreads threads) throws InterruptedException {
        ThreadEvent ready = new ThreadEvent("orders-ready");
        ThreadEvent never = new ThreadEvent("never");
        ThreadEvent left = new ThreadEvent("left");
        ThreadEvent right = new ThreadEvent("right");
        List<Thread> workers = new ArrayList<>();
        for (int i = 1; i <= WORKERS; i++) {
            workers.add(threads.start("worker-" + i, ready::await));
        }
        threads.awaitBlocked(workers);
        ready.set();
        threads.join(workers);
        ready.set(); // in vain

        Thread drainer = threads.start("drainer", ready::awaitClear);
        Thread chooser = threads.start("chooser", () -> Event.awaitAny(left, right));
        Thread impatient = threads.start(
                "impatient", () -> assertThatThrownBy(never::await).isInstanceOf(InterruptedException.class));
        Thread hostile = threads.start(HOSTILE, () -> {
            assertThat(never.await(Duration.ofMillis(2))).isFalse();
            assertThat(never.await(Duration.ofMillis(1))).isFalse();
        });
        threads.awaitBlocked(List.of(drainer, chooser, impatient));
        ready.clear();
        right.set();
        impatient.interrupt();
        threads.join(List.of(drainer, chooser, impatient, hostile));
    }

    private interface Program {
        void run(TestThreads threads) throws Exception;
    }

    private static Timeline record(String name, Program program) throws Exception {
        Path file = folder.resolve(name);
        TestThreads threads = new TestThreads();
        try (Recording recording = new Recording()) {
            for (String type : List.of("Wait", "Set", "Clear")) {
                recording.enable("dev.pharos." + type).withoutThreshold().withStackTrace();
            }
            recording.start();
            program.run(threads);
            threads.join();
            recording.stop();
            recording.dump(file);
        }
        return FlightRecording.read(file, name, share -> {});
    }

    private static Path write(Timeline timeline, String name) throws IOException {
        Path file = folder.resolve(name);
        try (Writer out = Files.newBufferedWriter(file)) {
            HtmlPage.write(timeline, out);
        }
        return file;
    }

    // What is drawn

    @Test
    void page_ofARecording_hasItsNumbers() {
        assertThat(browser.text("h1")).isEqualTo("program <b>.jfr");
        assertThat(browser.driver.getTitle()).isEqualTo("program <b>.jfr \u2013 Pharos timeline");
        assertThat(figures())
                .containsEntry("Threads", "21")
                .containsEntry("Events", "3") // that left was waited for too is in the name of a wait
                .containsEntry("Waits", "21")
                .containsEntry("Timed out", "2")
                .containsEntry("Redundant sets", "1");
        assertThat(browser.<Long>get("pharos.waits")).isEqualTo(timeline.waits.size());
        assertThat(browser.<Long>get("pharos.changes"))
                .isEqualTo(timeline.changes.size())
                .isEqualTo(4);
    }

    @Tag("slow")
    @Test
    void lanes_manyThreads_areGroupedByTheirNamesAndUnfold() {
        assertThat(rows("event")).containsExactlyInAnyOrder("orders-ready", "never", "right");
        assertThat(rows("thread"))
                .containsExactlyInAnyOrder("worker-*", "drainer", "chooser", "impatient", HOSTILE, "main");
        assertThat(browser.<Map<String, Object>>get("pharos.rows.find((row) => row.name === 'worker-*')"))
                .containsEntry("count", (long) WORKERS)
                .containsEntry("folded", true);

        browser.element("#fold").click();
        browser.settle();
        assertThat(rows("thread"))
                .hasSize(WORKERS + 6)
                .containsSubsequence("worker-*", "worker-1", "worker-2", "worker-10", "worker-16");
        browser.press("g");
        assertThat(rows("thread")).hasSize(6);
    }

    @Tag("slow")
    @Test
    void bars_unfolded_areThoseOfTheRecordingInTheColourOfTheirOutcome() {
        assertThat(browser.number("pharos.drawn.waits")).isEqualTo(timeline.waits.size());
        unfoldInATallWindow();
        assertThat(browser.number("pharos.drawn.waits")).isEqualTo(timeline.waits.size());
        assertThat(browser.number("pharos.drawn.bars + pharos.drawn.columns")).isPositive();
        assertThat(browser.number("pharos.drawn.changes")).isEqualTo(timeline.changes.size());
        for (int wait = 0; wait < timeline.waits.size(); wait++) {
            browser.press("n");
            assertThat(selected()).containsEntry("kind", "wait").containsEntry("index", (long) wait);
            browser.press("z"); // so near that it is a bar
            assertThat(colourOfBar(wait))
                    .as("wait %d", wait)
                    .isEqualTo(
                            switch (timeline.waits.outcome(wait)) {
                                case Timeline.RELEASED -> colour("released");
                                case Timeline.TIMED_OUT -> colour("timed-out");
                                default -> colour("interrupted");
                            });
        }
    }

    @Test
    void joins_ofARecording_areThoseOfItsWaitsAndChanges() {
        unfoldInATallWindow();
        List<List<Long>> expected = IntStream.range(0, timeline.waits.size())
                .filter(wait -> timeline.waits.change(wait) != Timeline.NONE)
                .mapToObj(wait -> List.of((long) wait, (long) timeline.waits.change(wait)))
                .toList();
        assertThat(expected).hasSize(WORKERS + 2); // and the one for clear, and the one for any of two
        assertThat(browser.<List<List<Long>>>get("pharos.drawn.joined")).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(browser.number("pharos.drawn.joins")).isEqualTo(3);

        browser.press("s"); // the set that released all workers
        browser.press("z");
        int x = (int) browser.number("pharos.placeOfChange(0).x") + 2; // beside the line, on the dot
        for (int wait = 0; wait < timeline.waits.size(); wait++) {
            String dot = pixel(x, (int) browser.number("pharos.placeOfWait(arguments[0]).y", wait));
            assertThat(dot.equals(colour("mark")))
                    .as("wait %d: %s at %d", wait, dot, x)
                    .isEqualTo(timeline.waits.change(wait) == 0);
        }
    }

    @Test
    void tracks_ofEvents_areSetFromSetToClear() {
        // Ready is set until it is cleared, and right from its set on.
        assertThat(browser.number("pharos.drawn.spans")).isEqualTo(2);
    }

    @Test
    void names_thatAreHtml_areText() {
        browser.press("n");
        for (int i = 1; i < timeline.waits.size() && !hostileIsSelected(); i++) {
            browser.press("n");
        }
        assertThat(hostileIsSelected()).isTrue();
        browser.press(Keys.ENTER);

        assertThat(browser.text("#details h2")).startsWith(HOSTILE + " waited ");
        assertThat(browser.texts("#timeouts tbody th")).containsExactly(HOSTILE, HOSTILE);
        assertThat(browser.is("window.hacked === undefined && document.querySelector('img, b') === null"))
                .isTrue();
        assertThat(browser.<Long>get("document.scripts.length")).isEqualTo(4);
    }

    private static boolean hostileIsSelected() {
        return browser.<String>get("document.getElementById('live').textContent")
                .contains(HOSTILE);
    }

    // Zoom and pan

    @Test
    void view_keys_zoomPanAndShowAll() {
        double whole = span();
        browser.press("+");
        assertThat(span()).isEqualTo(whole / 2, within(1.0));
        double from = browser.number("pharos.view.from");
        browser.press(Keys.ARROW_RIGHT);
        assertThat(browser.number("pharos.view.from")).isEqualTo(from + whole / 10, within(1.0));
        browser.press(Keys.ARROW_LEFT);
        assertThat(browser.number("pharos.view.from")).isEqualTo(from, within(1.0));
        browser.press("-");
        assertThat(span()).isEqualTo(whole, within(1.0));
        browser.press("+++");
        browser.press("0");
        assertThat(span()).isEqualTo(whole, within(1.0));
    }

    @Tag("slow")
    @Test
    void view_wheelAndDrag_zoomAtTheMouseAndPan() {
        double whole = span();
        Place middle = lanes();
        browser.wheel(middle.x, middle.y, -400);
        double zoomed = span();
        assertThat(zoomed).isLessThan(whole * 0.9);

        double from = browser.number("pharos.view.from");
        new Actions(browser.driver)
                .moveToLocation(middle.x, middle.y)
                .clickAndHold()
                .moveByOffset(-60, 0)
                .release()
                .perform();
        browser.settle();
        assertThat(browser.number("pharos.view.from")).isGreaterThan(from);
        assertThat(span()).isEqualTo(zoomed, within(1.0));
    }

    @Tag("slow")
    @Test
    void wheel_nothingMoreToZoomOutOf_scrollsThePage() {
        browser.size(1280, 500);
        browser.open(page);
        Place middle = lanes();
        browser.wheel(middle.x, middle.y, 200);
        browser.until(
                "the page has scrolled",
                () -> browser.is("window.scrollY > 0 || document.getElementById('scroller').scrollTop > 0"));
        browser.size(1280, 900);
    }

    @Tag("slow")
    @Test
    void view_overviewIsDraggedOver_isWhatWasDraggedOver() {
        double whole = span();
        int[] overview = rectangle("#overview");
        new Actions(browser.driver)
                .moveToLocation(overview[0] + overview[2] / 2, overview[1] + 20)
                .clickAndHold()
                .moveByOffset(overview[2] / 5, 0)
                .release()
                .perform();
        browser.settle();
        assertThat(span()).isBetween(whole / 5, whole / 3);
    }

    @Tag("slow")
    @Test
    void view_fingers_panAndPinch() {
        double whole = span();
        Place middle = lanes();
        // Apart, and then one of them to the side.
        browser.driver.perform(List.of(finger("one", middle, -20, -150), finger("two", middle, 20, 150)));
        browser.settle();
        double pinched = span();
        assertThat(pinched).isLessThan(whole / 3);

        double from = browser.number("pharos.view.from");
        browser.driver.perform(List.of(finger("one", middle, 100, -100)));
        browser.settle();
        assertThat(browser.number("pharos.view.from")).isGreaterThan(from);
        assertThat(span()).isEqualTo(pinched, within(1.0));
    }

    private static Sequence finger(String name, Place place, int from, int to) {
        PointerInput input = new PointerInput(PointerInput.Kind.TOUCH, name);
        PointerInput.Origin window = PointerInput.Origin.viewport();
        Sequence sequence = new Sequence(input, 0)
                .addAction(input.createPointerMove(Duration.ZERO, window, place.x + from, place.y))
                .addAction(input.createPointerDown(0));
        for (int i = 1; i <= 8; i++) {
            int x = place.x + from + (to - from) * i / 8;
            sequence.addAction(input.createPointerMove(Duration.ofMillis(10), window, x, place.y));
        }
        return sequence.addAction(input.createPointerUp(0));
    }

    // Finding and choosing

    @Tag("slow")
    @Test
    void search_words_countsAndStepsThroughWhatHasThemAll() {
        browser.press("/");
        browser.press("timed out");
        assertThat(browser.text("#found")).isEqualTo("2 waits, 0 sets and clears");
        browser.press(Keys.ENTER);
        long first = (long) selected().get("index");
        browser.press(Keys.ENTER);
        long second = (long) selected().get("index");
        assertThat(List.of(first, second))
                .allMatch(wait -> timeline.waits.outcome(wait.intValue()) == Timeline.TIMED_OUT);
        assertThat(first).isLessThan(second);
        browser.pressWithShift(Keys.ENTER);
        assertThat(selected()).containsEntry("index", first);

        browser.press(Keys.ESCAPE);
        assertThat(browser.<Object>get("pharos.found")).isNull();
        assertThat(search("worker-16")).isEqualTo("1 wait, 0 sets and clears");
        assertThat(search("orders-ready")).isEqualTo((WORKERS + 1) + " waits, 3 sets and clears");
        assertThat(search("ORDERS set")).isEqualTo("0 waits, 2 sets and clears");
        assertThat(search("PageIT.program")).isEqualTo("0 waits, 4 sets and clears"); // in the stack
        assertThat(search("no such")).isEqualTo("nothing found");
    }

    private static String search(String words) {
        browser.press("/");
        browser.press(words);
        String found = browser.text("#found");
        browser.press(Keys.ESCAPE);
        return found;
    }

    @Tag("slow")
    @Test
    void mouse_overABar_tellsOfItWithItsStack() {
        int wait = waitOf("chooser");
        browser.press("+");
        Place place = bring(wait);
        new Actions(browser.driver).moveToLocation(place.x, place.y).perform();
        browser.settle();

        assertThat(browser.<Map<String, Object>>get("pharos.pointed"))
                .isEqualTo(Map.of("kind", "wait", "index", (long) wait));
        assertThat(browser.text("#tip"))
                .startsWith("chooser waited ")
                .contains(" for any of left, right")
                .contains("released by main, awake ")
                .contains(PageIT.class.getSimpleName());
    }

    @Test
    void click_onABar_givesDetailsThatLeadToTheSetAndBack() {
        int wait = waitOf("worker-7");
        Place place = bring(wait);
        new Actions(browser.driver).moveToLocation(place.x, place.y).click().perform();
        browser.settle();
        assertThat(browser.text("#details h2")).startsWith("worker-7 waited ");
        assertThat(browser.texts("#details dd")).contains("orders-ready", " released", "none");

        browser.element("#details .link").click();
        browser.settle();
        assertThat(browser.text("#details h2")).isEqualTo("main set orders-ready");
        assertThat(browser.texts("#details dd")).contains("released " + WORKERS);
        assertThat(browser.texts("#details li")).hasSize(WORKERS);
        assertThat(browser.text("#details pre")).contains("PageIT.program");
    }

    @Tag("slow")
    @Test
    void keys_stepThroughWaitsSetsAndLanes_andTellAReader() {
        browser.press("n");
        assertThat(live()).startsWith("Wait 1 of 21: worker-").contains(" for orders-ready, released by main, awake ");
        browser.press("n");
        browser.press("p");
        assertThat(live()).startsWith("Wait 1 of 21: ");
        browser.press("s");
        assertThat(live()).isEqualTo("Set or clear 1 of 4: main set orders-ready, released " + WORKERS + ".");
        browser.press("s");
        assertThat(live())
                .isEqualTo("Set or clear 2 of 4: main set orders-ready, changed nothing: it was set already.");
        browser.press(Keys.ENTER);
        assertThat(browser.text("#details h2")).isEqualTo("main set orders-ready");
        browser.press(Keys.ESCAPE);
        assertThat(browser.element("#details").isDisplayed()).isFalse();
        browser.press(Keys.ESCAPE);
        assertThat(selected()).isNull();

        browser.press("g"); // to a wait of theirs the workers were unfolded
        browser.press(Keys.ARROW_DOWN);
        assertThat(live()).startsWith("Event ");
        while (!live().startsWith("Thread worker-*, a group of 16, folded, 16 waits.")) {
            String before = live();
            browser.press(Keys.ARROW_DOWN);
            assertThat(live()).isNotEqualTo(before);
        }
        browser.press(Keys.ENTER);
        assertThat(rows("thread")).hasSize(WORKERS + 6);

        browser.press("?");
        assertThat(browser.is("document.getElementById('keys').open")).isTrue();
        browser.press(Keys.ESCAPE);
        assertThat(browser.is("document.getElementById('keys').open")).isFalse();
    }

    @Tag("slow")
    @Test
    void summary_rows_haveTheSumsAndLeadToTheirPlace() {
        assertThat(browser.texts("#events tbody th")).containsExactlyInAnyOrder("orders-ready", "never", "right");
        List<String> ready = browser.get("[...document.querySelectorAll('#events tbody tr')]"
                + ".find((row) => row.cells[0].textContent === 'orders-ready')"
                + " && [...[...document.querySelectorAll('#events tbody tr')]"
                + ".find((row) => row.cells[0].textContent === 'orders-ready').cells].map((cell) => cell.textContent)");
        assertThat(browser.texts("#events thead th"))
                .containsExactly(
                        "Event",
                        "Waits",
                        "Waited",
                        "Longest",
                        "Timed out",
                        "Interrupted",
                        "Sets",
                        "Redundant",
                        "Released");
        assertThat(ready.get(1)).isEqualTo(Integer.toString(WORKERS + 1));
        assertThat(ready.subList(4, 9)).containsExactly("0", "0", "2", "1", Integer.toString(WORKERS + 1));
        assertThat(browser.texts("#redundant tbody tr")).hasSize(1);

        int longest = Collections.max(
                IntStream.range(0, timeline.waits.size()).boxed().toList(),
                (i, j) -> Long.compare(timeline.waits.duration(i), timeline.waits.duration(j)));
        browser.element("#longest tbody button").click();
        browser.settle();
        assertThat(selected()).containsEntry("index", (long) longest);
        assertThat(browser.is("document.activeElement.id === 'lanes'")).isTrue();
        browser.element("#redundant tbody tr").click();
        browser.settle();
        assertThat(selected()).isEqualTo(Map.of("kind", "change", "index", 1L));
        browser.element("#events tbody button").click();
        browser.settle();
        assertThat(selected()).containsEntry("kind", "event");
    }

    // Where it is looked at

    @Test
    void page_darkOrLight_isDrawnInColoursOfItsOwn() {
        String light = colour("paper");
        assertThat(pixel(2, 2)).isEqualTo(light);
        browser.preferDark(true);
        browser.until(
                "it is drawn dark",
                () -> !colour("paper").equals(light) && pixel(2, 2).equals(colour("paper")));
        browser.preferDark(false);
        browser.until("it is drawn light", () -> pixel(2, 2).equals(light));
    }

    @Tag("slow")
    @Test
    void page_narrow_hasAllInItsWidth() {
        browser.size(400, 800);
        browser.open(page);
        assertThat(browser.number("document.documentElement.scrollWidth")).isEqualTo(400);
        assertThat(browser.number("pharos.drawn.waits")).isEqualTo(timeline.waits.size());
        assertThat(browser.<List<Long>>get("[...document.querySelectorAll('button, input')]"
                        + ".filter((node) => node.checkVisibility() && !node.closest('.scroll'))"
                        + ".map((node) => Math.ceil(node.getBoundingClientRect().right))"))
                .allMatch(right -> right <= 400);
        browser.size(1280, 900);
    }

    @Tag("slow")
    @Test
    void page_printedInTheDark_isLightAndThenDarkAgain() {
        String light = colour("paper");
        browser.preferDark(true);
        browser.until("it is drawn dark", () -> !pixel(2, 2).equals(light));
        browser.driver.executeScript("addEventListener('beforeprint', () => { window.printed ="
                + " [...document.getElementById('lanes').getContext('2d').getImageData(2, 2, 1, 1).data].join() });");
        byte[] pdf = browser.pdf();
        assertThat(new String(pdf, 0, 5, StandardCharsets.US_ASCII)).isEqualTo("%PDF-");
        assertThat(browser.<String>get("printed")).isEqualTo("255,255,255,255");
        browser.until(
                "it is dark again",
                () -> !pixel(2, 2).equals(light)
                        && !browser.is("document.documentElement.classList.contains('printing')"));
        browser.preferDark(false);
    }

    // What may be wrong

    @Tag("slow")
    @Test
    void page_browserCannotUnpack_saysSoInASentence() {
        String identifier = (String) browser.driver
                .executeCdpCommand(
                        "Page.addScriptToEvaluateOnNewDocument", Map.of("source", "delete window.DecompressionStream"))
                .get("identifier");
        browser.driver.get(page.toUri().toString());
        browser.until("it says so", () -> browser.text("#status").startsWith("This browser is too old"));
        assertThat(browser.element("main").isDisplayed()).isFalse();
        browser.driver.executeCdpCommand("Page.removeScriptToEvaluateOnNewDocument", Map.of("identifier", identifier));
    }

    @Test
    void page_damaged_saysSoInASentence() throws IOException {
        String whole = Files.readString(page);
        int data = whole.indexOf("base64\">H4sI") + 200;
        Path damaged = Files.writeString(
                folder.resolve("damaged.html"), whole.substring(0, data) + "AAAA" + whole.substring(data + 8));
        browser.driver.get(damaged.toUri().toString());
        browser.until("it says so", () -> browser.text("#status").startsWith("The recording in this page is damaged"));
        assertThat(browser.problems()).hasSize(1); // the cause, for those who look
    }

    @Test
    void page_withoutAnyEvent_saysSo() throws Exception {
        browser.open(write(record("empty.jfr", threads -> {}), "empty.html"));
        assertThat(browser.text("#status"))
                .isEqualTo("This recording has no wait, no set and no clear of a Pharos event.");
        browser.press("+n0gs");
        assertThat(browser.number("pharos.drawn.waits")).isZero();
    }

    // Many waits

    /** Prints what docs/benchmarks.md says of the page. */
    @Tag("slow")
    @Test
    void page_of100000Waits_isBelow5MegabytesAndHasThemAll() throws Exception {
        Timeline large = record("large.jfr", threads -> rounds(threads, 20, 5_000));
        assertThat(large.waits.size()).isEqualTo(100_000);
        assertThat(IntStream.range(0, large.waits.size())).allMatch(wait -> large.waits.change(wait) != Timeline.NONE);
        Path file = write(large, "large.html");
        assertThat(Files.size(file)).isLessThan(5 * MEGABYTE);

        browser.open(file);
        assertThat(browser.number("pharos.waits")).isEqualTo(large.waits.size());
        assertThat(browser.number("pharos.drawn.waits")).isEqualTo(large.waits.size());
        double read = browser.number("pharos.times.read");
        double painted = browser.number("pharos.times.painted");
        browser.press("g");
        DoubleStream.Builder frames = DoubleStream.builder();
        Place middle = lanes();
        for (int i = 0; i < 60; i++) {
            long before = (long) browser.number("pharos.times.frames.length");
            browser.wheel(middle.x, middle.y, -120);
            browser.<List<Number>>get("pharos.times.frames.slice(arguments[0])", before)
                    .forEach(frame -> frames.add(frame.doubleValue()));
        }
        double[] sorted = frames.build().sorted().toArray();
        System.out.printf(
                Locale.ROOT,
                "timeline page: %,d waits, %,d sets and clears, %.2f MB; read after %.0f ms, painted after %.0f ms;"
                        + " %d frames of a zoom by the wheel, median %.1f ms, longest %.1f ms%n",
                large.waits.size(),
                large.changes.size(),
                Files.size(file) / (double) MEGABYTE,
                read,
                painted,
                sorted.length,
                sorted[sorted.length / 2],
                sorted[sorted.length - 1]);
        assertThat(span()).isLessThan(large.duration / 1e5);
    }

    /** Threads that wait at one gate after the other, each of which opens when all are there. */
    private static void rounds(TestThreads threads, int count, int rounds) {
        List<ThreadEvent> gates = IntStream.range(0, 8)
                .mapToObj(i -> new ThreadEvent("gate-" + i))
                .toList();
        List<Thread> workers = IntStream.rangeClosed(1, count)
                .mapToObj(i -> threads.start("worker-" + i, () -> {
                    for (int round = 0; round < rounds; round++) {
                        gates.get(round % gates.size()).await();
                    }
                }))
                .toList();
        for (int round = 0; round < rounds; round++) {
            ThreadEvent gate = gates.get(round % gates.size());
            threads.until(
                    "all are at " + gate.name(),
                    () -> workers.stream()
                            .allMatch(
                                    worker -> LockSupport.getBlocker(worker) == gate && TestThreads.isBlocked(worker)));
            gate.set();
            gate.clear();
        }
    }

    // The page as the tests see it

    private record Place(int x, int y) {}

    private static double span() {
        return browser.number("pharos.view.to - pharos.view.from");
    }

    private static Map<String, Object> selected() {
        return browser.get("pharos.selected");
    }

    private static String live() {
        return browser.get("document.getElementById('live').textContent");
    }

    private static List<String> rows(String kind) {
        return browser.get("pharos.rows.filter((row) => row.kind === arguments[0]).map((row) => row.name)", kind);
    }

    private static Map<String, String> figures() {
        return browser.get("Object.fromEntries([...document.querySelectorAll('#figures div')]"
                + ".map((div) => [div.children[0].textContent, div.children[1].textContent]))");
    }

    private static int[] rectangle(String selector) {
        return browser
                .<List<Number>>get(
                        "(({ left, top, width, height }) => [left, top, width, height])"
                                + "(document.querySelector(arguments[0]).getBoundingClientRect())",
                        selector)
                .stream()
                .mapToInt(Number::intValue)
                .toArray();
    }

    /** The middle of the lanes. */
    private static Place lanes() {
        int[] lanes = rectangle("#lanes");
        return new Place(lanes[0] + lanes[2] / 2, lanes[1] + lanes[3] / 2);
    }

    private static int waitOf(String thread) {
        return IntStream.range(0, timeline.waits.size())
                .filter(wait ->
                        timeline.threads.get(timeline.waits.thread(wait)).name().equals(thread))
                .findFirst()
                .orElseThrow();
    }

    /** Selects a wait by the keys, and tells where in the window it then is. */
    private static Place bring(int wait) {
        browser.press("0");
        do {
            browser.press("n");
        } while (!selected().get("index").equals((long) wait));
        int[] lanes = rectangle("#lanes");
        return new Place(
                lanes[0] + (int) browser.number("pharos.placeOfWait(arguments[0]).x", wait),
                lanes[1] + (int) browser.number("pharos.placeOfWait(arguments[0]).y", wait));
    }

    private static void unfoldInATallWindow() {
        browser.size(1280, 1800);
        browser.open(page);
        browser.press("g");
    }

    @AfterEach
    void resize() {
        browser.size(1280, 900);
    }

    /**
     * The colour of a bar near its upper edge, where no text is, and between its beginning and the set that ended it, since
     * it is paler from there. One with a pattern has more than one, of which this is that most of it has.
     */
    private static String colourOfBar(int wait) {
        int change = timeline.waits.change(wait);
        long end = change == Timeline.NONE
                ? timeline.waits.end(wait)
                : Math.min(timeline.waits.end(wait), timeline.changes.start(change));
        double share = (end - timeline.waits.start(wait)) / (double) timeline.waits.duration(wait);
        double left = browser.number("pharos.placeOfWait(arguments[0]).left", wait);
        double width = share * (browser.number("pharos.placeOfWait(arguments[0]).right", wait) - left);
        int y = (int) browser.number("pharos.placeOfWait(arguments[0]).y", wait) - 6;
        return IntStream.range(0, Math.max(1, Math.min(12, (int) (width / 2)))) // before the set: then it is paler
                .mapToObj(i -> pixel((int) (left + width / 2) + i, y))
                .collect(Collectors.groupingBy(colour -> colour, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    private static String pixel(int x, int y) {
        return browser.pixel("#lanes", x, y);
    }

    /** A colour of the style sheet. */
    private static String colour(String name) {
        String hex = browser.<String>get(
                        "getComputedStyle(document.documentElement).getPropertyValue('--' + arguments[0])", name)
                .strip();
        int rgb = Integer.parseInt(hex.substring(1), 16);
        return (rgb >> 16) + "," + (rgb >> 8 & 255) + "," + (rgb & 255);
    }
}
