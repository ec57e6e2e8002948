// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark runs, with every rival, or other thing to compare, that it names. The figures mean nothing. */
class SmokeTest {
    private static final List<String> EXCLUDED =
            Threads.haveVirtual() ? List.of() : List.of(Table.NEEDS_VIRTUAL_THREADS);

    @Test
    void run_everyBenchmarkAndRival_givesAResult() throws Exception {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(1))
                .param("count", "10")
                .param("events", "2")
                .param("others", "10")
                .param("setters", "HERE")
                .param("size", "10")
                .param("threads", "2")
                .param("waits", "20")
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true);
        EXCLUDED.forEach(options::exclude);
        Set<String> results = new Runner(options.build())
                .run().stream().map(SmokeTest::name).collect(Collectors.toCollection(TreeSet::new));
        assertThat(results).isEqualTo(expected());
    }

    private static Set<String> expected() {
        return BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), EXCLUDED)
                .stream()
                .flatMap(entry -> rivals(entry).map(rival -> entry.getUsername() + " " + rival))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> rivals(BenchmarkListEntry entry) {
        Map<String, String[]> params = entry.getParams().get();
        return Stream.of(params.getOrDefault("rival", params.get("what")));
    }

    private static String name(RunResult result) {
        BenchmarkParams params = result.getParams();
        assertThat(result.getPrimaryResult().getStatistics().getN())
                .as(params.getBenchmark())
                .isPositive();
        String rival = params.getParam("rival");
        return params.getBenchmark() + " " + (rival == null ? params.getParam("what") : rival);
    }

    @Tag("slow")
    @Test
    void measure_processes_givesResults() throws Exception {
        Set<String> results = new TreeSet<>();
        for (JsonElement result : Processes.measure(10, 3, 2)) {
            JsonObject object = result.getAsJsonObject();
            assertThat(object.getAsJsonObject("primaryMetric").get("score").getAsDouble())
                    .isPositive();
            results.add(object.getAsJsonObject("params").get("rival").getAsString());
        }
        assertThat(results).contains("PROCESS_EVENT", "UNIX_SOCKET");
    }

    @Tag("slow")
    @Test
    void measure_clusters_givesResults() throws Exception {
        Set<String> results = new TreeSet<>();
        for (JsonElement result : Clusters.measure(new Clusters.Scale(1, 1, 2, 1, 2, List.of(3), List.of(4), 2, 100))) {
            JsonObject object = result.getAsJsonObject();
            String name = object.get("benchmark").getAsString().replaceFirst(".*\\.", "");
            double score = object.getAsJsonObject("primaryMetric").get("score").getAsDouble();
            if (name.startsWith("notifications")) {
                assertThat(score).as(name).isEqualTo(name.equals("notificationsOfClear") ? 0 : 3);
            } else {
                assertThat(score).as(name).isPositive();
            }
            results.add(
                    name + " " + object.getAsJsonObject("params").get("rival").getAsString());
        }
        assertThat(results)
                .contains("notificationsOfClear CLUSTER_EVENT", "notificationsOfSetAndClear CLUSTER_EVENT")
                .contains("untilAwaitReturns CURATOR_BARRIER", "isSet ZOOKEEPER_WATCH", "clear CLUSTER_EVENT")
                .contains("untilTheLastSessionIsReleased ZOOKEEPER_WATCH", "insideSet CLUSTER_EVENT")
                .contains("untilTheLastThreadIsAwake CURATOR_BARRIER", "lookBesideOthers CLUSTER_EVENT");
    }
}
