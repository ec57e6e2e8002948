// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 10, unit = MINUTES)
class ExamplesTest {
    private static final Duration SHORT_SECOND = Duration.ofMillis(1);

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

    @Test
    void basic_run_waiterGoesOnAfterTheSet() throws Exception {
        Basic.run(SHORT_SECOND, out);

        assertThat(lines())
                .containsSubsequence("waiter: I wait for the event", "waiter: the event is set, I go on")
                .containsSubsequence(
                        "main: I work for two seconds",
                        "main: I set the event",
                        "waiter: the event is set, I go on",
                        "main: the waiter has ended")
                .hasSize(5);
    }

    @Test
    void basic_run_returnsTheMeasuredWait() throws Exception {
        long start = System.nanoTime();
        Wait wait = Basic.run(SHORT_SECOND, out);
        Duration all = Duration.ofNanos(System.nanoTime() - start);

        assertThat(wait.thread()).isEqualTo("waiter");
        assertThat(wait.time()).isBetween(Duration.ZERO, all);
        assertThat(wait.setBy()).isEqualTo(Thread.currentThread().getName());
    }

    @Test
    void sharedResource_manyRuns_losesNoIncrement() throws Exception {
        for (int run = 0; run < 200; run++) {
            printed.reset();
            SharedResource.Result result = SharedResource.run(SHORT_SECOND, out);

            assertThat(result.counter()).isEqualTo(5);
            assertThat(counts(lines())).containsExactly("1", "2", "3", "4", "5");
        }
    }

    @Test
    void sharedResource_run_nobodyIncrementsBeforeTheSet() throws Exception {
        SharedResource.Result result = SharedResource.run(SHORT_SECOND, out);

        List<String> lines = lines();
        assertThat(lines).startsWith("main: I set the event").endsWith("main: all workers have ended");
        assertThat(result.waits())
                .extracting(Wait::thread)
                .containsExactly("worker-1", "worker-2", "worker-3", "worker-4", "worker-5");
        assertThat(result.waits())
                .extracting(Wait::setBy)
                .containsOnly(Thread.currentThread().getName());
        for (Wait wait : result.waits()) {
            assertThat(lines).filteredOn(line -> line.startsWith(wait.thread())).hasSize(1);
        }
    }

    @Test
    void startGate_run_nobodyStartsBeforeTheSet() throws Exception {
        List<Duration> delays = StartGate.run(8, out);

        assertThat(delays).hasSize(8).allMatch(delay -> !delay.isNegative());
        assertThat(lines()).hasSize(2).first().isEqualTo("all 8 clients are ready");
    }

    @Test
    void pauseAndResume_run_endsOnePieceAtMostWhilePaused() throws Exception {
        PauseAndResume.run(SHORT_SECOND, out);

        List<String> lines = lines();
        int paused = lines.indexOf("main: I paused the worker, it ends its piece");
        int resumed = lines.indexOf("main: I resume the worker");
        assertThat(paused).isNotNegative();
        assertThat(resumed).isBetween(paused + 1, paused + 2);
        assertThat(lines).endsWith("main: the worker has stopped");
    }

    @Test
    void periodicWorker_run_worksEveryPeriodUntilStopped() throws Exception {
        Duration stopped = PeriodicWorker.run(SHORT_SECOND, out);

        assertThat(stopped).isPositive();
        assertThat(lines()).filteredOn("worker: a period is over"::equals).hasSizeGreaterThanOrEqualTo(3);
        assertThat(lines()).last().asString().startsWith("main: the worker stopped within");
    }

    @ParameterizedTest
    @MethodSource
    void file_ofAnExample_fitsOnOneScreen(Path file) throws IOException {
        assertThat(Files.readAllLines(file)).hasSizeLessThanOrEqualTo(60);
    }

    static List<Path> file_ofAnExample_fitsOnOneScreen() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private List<String> lines() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static List<String> counts(List<String> lines) {
        return lines.stream()
                .filter(line -> line.contains(": the counter is "))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .toList();
    }
}
