// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pharos.TestThreads;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.interactions.WheelInput.ScrollOrigin;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.print.PrintOptions;
import org.openqa.selenium.remote.http.ClientConfig;

/** A real browser without a window: the Chromium and the chromedriver that are on the path, and never one from a net. */
final class Browser implements AutoCloseable {
    private static final Pattern REQUEST =
            Pattern.compile("\"method\":\"Network.requestWillBeSent\".*?\"request\":\\{.*?\"url\":\"(.*?)\"");

    /** How long anything may take: what hangs is found by it, and never a machine that has much to do. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final TestThreads polling = new TestThreads();
    /** It warns of parts for each version of the browser, which nothing here needs. */
    private static final Logger VERSIONS = Logger.getLogger("org.openqa.selenium.devtools.CdpVersionFinder");

    final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /**
     * Starts it, or skips the test where there is none.
     *
     * @param profile an empty directory for what it writes
     */
    static Browser start(Path profile) {
        Optional<Path> chromium = onThePath("chromium", "chromium-browser", "google-chrome");
        Optional<Path> chromedriver = onThePath("chromedriver");
        if (chromium.isEmpty() || chromedriver.isEmpty()) {
            String skipped = "The page of a timeline is not tested, since there is no "
                    + (chromium.isPresent()
                            ? "chromedriver"
                            : chromedriver.isPresent() ? "chromium" : "chromium and no chromedriver")
                    + " on the path: install Debian's packages chromium and chromium-driver.";
            System.out.println("[WARNING] " + skipped); // as Maven, which does not tell why a test is skipped
            assumeTrue(false, skipped);
        }
        VERSIONS.setLevel(Level.SEVERE);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.get().toString());
        options.setCapability("goog:loggingPrefs", logs);
        options.addArguments(
                "--headless",
                "--no-sandbox", // which root cannot have
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--user-data-dir=" + profile);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.get().toFile())
                .usingAnyFreePort()
                .withTimeout(LIMIT)
                .build();
        options.setScriptTimeout(LIMIT);
        options.setPageLoadTimeout(LIMIT);
        ClientConfig patient = ClientConfig.defaultConfig().readTimeout(LIMIT).connectionTimeout(LIMIT);
        Browser browser = new Browser(new ChromeDriver(service, options, patient));
        browser.size(1280, 900);
        browser.driver.get("about:blank"); // instead of the page that a new window has, which loads much
        browser.requests();
        browser.problems();
        return browser;
    }

    private static Optional<Path> onThePath(String... names) {
        String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
        return Arrays.stream(names)
                .flatMap(name -> Arrays.stream(path.split(File.pathSeparator)).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Opens a page, and returns when all of it is there. */
    void open(Path page) {
        driver.get(page.toUri().toString());
        settle();
    }

    /** Returns when the page shows all that it was asked to show. */
    void settle() {
        until(
                "the page is drawn",
                () -> is(
                        "window.pharos !== undefined && pharos.settled" + " && pharos.times.summarized !== undefined"));
    }

    void until(String condition, BooleanSupplier holds) {
        polling.until(condition, holds);
    }

    /** The value of an expression of JavaScript. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as the one who asks knows what it is
    <T> T get(String expression, Object... arguments) {
        return (T) driver.executeScript("return " + expression, arguments);
    }

    boolean is(String expression) {
        return this.<Boolean>get("!!(" + expression + ")");
    }

    double number(String expression, Object... arguments) {
        return this.<Number>get(expression, arguments).doubleValue();
    }

    String text(String selector) {
        return driver.findElement(By.cssSelector(selector)).getText();
    }

    WebElement element(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    /** The texts of all that a selector finds. */
    List<String> texts(String selector) {
        return get("[...document.querySelectorAll(arguments[0])].map((node) => node.textContent)", selector);
    }

    /** Presses keys, where the focus is. */
    void press(CharSequence... keys) {
        new Actions(driver).sendKeys(keys).perform();
        settle();
    }

    /** Presses a key together with the shift key. */
    void pressWithShift(CharSequence key) {
        new Actions(driver).keyDown(Keys.SHIFT).sendKeys(key).keyUp(Keys.SHIFT).perform();
        settle();
    }

    /** Turns the wheel over a place of the window; up is less than 0. */
    void wheel(int x, int y, int amount) {
        new Actions(driver)
                .scrollFromOrigin(ScrollOrigin.fromViewport(x, y), 0, amount)
                .perform();
        settle();
    }

    /** Makes the window of a size, as that of a telephone may be. */
    void size(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    void preferDark(boolean dark) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    /** The colour of a pixel of a canvas, as red, green and blue. */
    String pixel(String canvas, int x, int y) {
        return (String) driver.executeScript("""
                const copy = new OffscreenCanvas(1, 1).getContext("2d");
                copy.drawImage(document.querySelector(arguments[0]), -arguments[1], -arguments[2]);
                return [...copy.getImageData(0, 0, 1, 1).data].slice(0, 3).join();
                """, canvas, x, y);
    }

    byte[] pdf() {
        return Base64.getDecoder().decode(driver.print(new PrintOptions()).getContent());
    }

    /** What the console has been told since this was asked last: errors, and what a policy forbade. */
    List<String> problems() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(LogEntry::getMessage)
                .toList();
    }

    /** The addresses that were asked for since this was asked last. */
    List<String> requests() {
        List<String> addresses = new ArrayList<>();
        for (LogEntry entry : driver.manage().logs().get(LogType.PERFORMANCE)) {
            Matcher request = REQUEST.matcher(entry.getMessage());
            if (request.find()) {
                addresses.add(request.group(1));
            }
        }
        return addresses;
    }

    @Override
    public void close() {
        driver.quit();
    }
}
