// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.ModuleTests;
import dev.pharos.verification.bugs.PlantedBug;
import dev.pharos.verification.bugs.PlantedBugs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the tests of the events between machines against bugs, with real servers: each has to be found. The build runs
 * them without a bug anyway. In the quick form only the bugs are looked at, whether they still fit.
 */
class ClusterBugsTest {
    private static final boolean FULL = "full".equals(System.getProperty("verification.form"));

    /** For each bug a test that finds it. */
    private static final Map<String, String> BUGS = new TreeMap<>(Map.ofEntries(
            Map.entry("another-taken-for-it", "HandlesTest.methods_eventWasDeletedAndMadeAgain_throw"),
            Map.entry(
                    "beginning-not-compared",
                    "HandlesTest.awaitClear_clearedAndSetAtOnceOnAnotherConnection_isReleased"),
            Map.entry("begins-with-each-hold", "EngineContract.hold_setsUntilItIsDropped"),
            Map.entry(
                    "blocker-before-ticket", "RareMomentsTest.await_registrationIsNotAnswered_isNotParkedForTheEvent"),
            Map.entry("buried-change-made-again", "RareMomentsTest.set_answerIsLostAndManyChangesFollow_isUnknown"),
            Map.entry("change-made-again", "RareMomentsTest.set_answerIsLostAndSomebodyClears_isMadeOnce"),
            Map.entry(
                    "change-without-comparison", "EngineContract.swap_otherThanExpected_isAConflictAndChangesNothing"),
            Map.entry(
                    "changes-not-given-up",
                    "ZooKeeperEngineTest.methods_answersAreLostWithTheSession_areGivenUpAndLaterOnesAreAnswered"),
            Map.entry("clear-writes-pulse", "EngineContract.swap_epochStays_isNotToldToThoseWhoWaitForSet"),
            Map.entry("closed-handle-waits", "RareMomentsTest.await_handleIsClosedWhenTheWaitBegins_throws"),
            Map.entry("crowd-not-told", "WaitContract.await_released_releasesTheWholeCrowd"),
            Map.entry("epoch-not-compared", "HoldTest.session_hasExpiredWhenTheEventIsSetAndCleared_waitsAreReleased"),
            Map.entry("hears-before-ticket", "RareMomentsTest.await_toldOfAnEarlierSet_timesOut"),
            Map.entry("hold-keeps-epoch", "EngineContract.hold_isToldToThoseWhoWaitForSet"),
            Map.entry("hold-not-dropped-later", "RareMomentsTest.hold_closedWithoutAConnection_endsOnTheNextOne"),
            Map.entry("hold-outlives-process", "EngineContract.close_holding_endsTheHold"),
            Map.entry("hold-without-witness", "EngineContract.swap_noLongerHeld_isAConflict"),
            Map.entry("holds-not-watched", "EngineContract.hold_setsUntilItIsDropped"),
            Map.entry(
                    "incarnation-not-checked", "EngineContract.changes_meantForAnEventThatWasMadeAgain_changeNothing"),
            Map.entry("look-after-sync", "ZooKeeperEngineTest.look_writtenOnAFollowerAndReadOnTheLeader_isNeverOld"),
            Map.entry("look-without-barrier", "EngineContract.look_changedByTheOther_seesItAtOnce"),
            Map.entry(
                    "looks-not-given-up",
                    "ZooKeeperEngineTest.methods_answersAreLostWithTheSession_areGivenUpAndLaterOnesAreAnswered"),
            Map.entry("lost-hold-is-valid", "HoldTest.session_expiresWhileTheCommonPoolIsBusy_holdSaysThatItIsLost"),
            Map.entry("lost-without-a-loss", "HandlesTest.methods_serverIsTooBusy_areAskedAgain"),
            Map.entry("names-not-escaped", "ClusterTest.event_anyName_isAnEventOfItsOwn"),
            Map.entry("no-look-at-the-end", "RareMomentsTest.await_wordComesAfterTheDeadline_isReleased"),
            Map.entry("no-look-on-reconnect", "HoldTest.allServers_die_callsFailInTimeAndWaitsGoOn"),
            Map.entry(
                    "second-read-counted-late",
                    "ZooKeeperEngineTest.look_firstReadIsAnsweredBeforeTheSecondIsSent_isAnsweredAfterTheSecond"),
            Map.entry("set-between-reads", "ZooKeeperEngineTest.look_setBetweenItsTwoReads_tells"),
            Map.entry("set-without-pulse", "EngineContract.swap_epochChanges_isToldOnceForEachLook"),
            Map.entry("ticket-without-count", "RareMomentsTest.await_toldOfAnEarlierSet_timesOut"),
            Map.entry("unknown-as-unavailable", "HandlesTest.set_answerIsLostAndTheHandleIsClosed_isUnknown"),
            Map.entry("valid-without-connection", "RareMomentsTest.hold_closedWithoutAConnection_endsOnTheNextOne"),
            Map.entry("verified-as-seen", "HandlesTest.clear_guessHasAHoldThatIsGone_releasesNobody"),
            Map.entry("waiter-rereads-flag", "RareMomentsTest.await_wordComesWhenTheEventIsClearAgain_isReleased"),
            Map.entry("watch-left-behind", "EngineContract.forget_nobodyWaits_isNotTold")));

    /** A few that do not make a test hang. */
    private static final Set<String> SHORT = Set.of("clear-writes-pulse", "ticket-without-count", "verified-as-seen");

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

    private static final Path PAGE = Path.of("..", "..", "docs", "cluster.md");

    static Set<String> bugs() {
        return FULL ? BUGS.keySet() : SHORT;
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("bugs")
    void cluster_withBug_isRejected(String bug) throws Exception {
        String test = BUGS.get(bug);
        Path planted = PlantedBugs.CLUSTER.named(bug).compile();
        Optional<String> failed = cluster(SECONDS).firstFailure(planted, test);
        for (int run = 1; bug.equals(RARE) && failed.isEmpty() && run < RUNS; run++) {
            failed = cluster(SECONDS).firstFailure(planted, test);
        }
        assertThat(failed).contains(test);
    }

    @Tag("slow")
    @Test
    void cluster_asShipped_passesTheSameTests() throws Exception {
        String tests = bugs().stream().map(BUGS::get).distinct().collect(Collectors.joining("|"));
        assertThat(cluster(PATIENT_SECONDS).firstFailure(PlantedBugs.CLUSTER.shipped(), tests))
                .isEmpty();
    }

    @Test
    void bugs_all_fitTheSourceAndAreInThePageWithTheirTests() throws Exception {
        List<PlantedBug> bugs = PlantedBugs.CLUSTER.all();
        bugs.forEach(PlantedBug::check);
        assertThat(bugs).extracting(PlantedBug::name).containsExactlyInAnyOrderElementsOf(BUGS.keySet());
        assertThat(Files.readString(PAGE))
                .contains(bugs.stream()
                        .map(bug -> "| %s | %s | `%s` |%n".formatted(bug, bug.summary(), BUGS.get(bug.name())))
                        .collect(Collectors.joining()));
    }
}
