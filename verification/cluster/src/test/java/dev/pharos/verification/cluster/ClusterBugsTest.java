// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.bugs.ModuleTests;
import dev.pharos.verification.bugs.PlantedBug;
import dev.pharos.verification.bugs.PlantedBugs;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the tests of the events between machines against bugs, with real servers: each has to be found. The build runs
 * them without a bug anyway. In the quick form none is planted.
 */
class ClusterBugsTest {
    /** A few that do not make a test hang. */
    private static final List<PlantedBug> SHORT =
            PlantedBugs.CLUSTER.allNamed("clear-writes-pulse", "ticket-without-count", "verified-as-seen");

    /** The bug that shows by chance, in most runs of a thousand looks; and how many runs at most. */
    private static final String RARE = "look-after-sync";

    private static final int RUNS = 10;

    /** With a bug many of them hang: then they have waited long enough. */
    private static final int SECONDS = 15;

    /** Without a bug none hangs: then it is only a busy machine that has them wait. */
    private static final int PATIENT_SECONDS = 600;

    private static ModuleTests cluster(int limit) {
        return new ModuleTests(
                Stream.of(
                                "ClusterEventTest",
                                "ClusterTest",
                                "HandlesTest",
                                "HoldTest",
                                "RareMomentsTest",
                                "ZooKeeperEngineTest")
                        .map(name -> "dev.pharos.cluster." + name)
                        .toList(),
                limit);
    }

    static List<PlantedBug> bugs() {
        return Form.PRESENT.choose(SHORT, SHORT, PlantedBugs.CLUSTER.all());
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("bugs")
    void cluster_withBug_isRejected(PlantedBug bug) throws Exception {
        Path planted = bug.compile();
        Optional<String> failed = cluster(SECONDS).firstFailure(planted, test(bug));
        for (int run = 1; bug.name().equals(RARE) && failed.isEmpty() && run < RUNS; run++) {
            failed = cluster(SECONDS).firstFailure(planted, test(bug));
        }
        assertThat(failed).contains(test(bug));
    }

    @Tag("slow")
    @Test
    void cluster_asShipped_passesTheSameTests() throws Exception {
        String tests = bugs().stream().map(ClusterBugsTest::test).distinct().collect(Collectors.joining("|"));
        assertThat(cluster(PATIENT_SECONDS).firstFailure(PlantedBugs.CLUSTER.shipped(), tests))
                .isEmpty();
    }

    private static String test(PlantedBug bug) {
        return bug.detectors().get("test");
    }
}
