// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.verification.bugs.Form;
import dev.pharos.verification.soak.History.Kind;
import dev.pharos.verification.soak.History.Operation;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SoakTest {
    @Test
    void run_shortTime_findsNoViolation() throws Exception {
        Duration time = Form.PRESENT.choose(Duration.ofSeconds(1), Duration.ofSeconds(3), Duration.ofSeconds(3));
        Soak.Report report = Soak.run(time, false);
        Form.PRESENT.tell("soak", report.toString());

        assertThat(report.violations()).isEmpty();
        assertThat(report.epochs()).isPositive();
    }

    @Test
    void violations_releaseWithoutSet_isPhantom() {
        assertThat(violations(wait(Kind.SET_AWAITED, 10, 20, true)))
                .singleElement()
                .asString()
                .startsWith("phantom");
    }

    @Test
    void violations_releaseAfterClearReturned_isPhantom() {
        assertThat(violations(change(Kind.SET, 1, 2), change(Kind.CLEAR, 3, 4), wait(Kind.SET_AWAITED, 10, 20, true)))
                .singleElement()
                .asString()
                .startsWith("phantom");
    }

    @Test
    void violations_timeoutAfterSetReturned_isLost() {
        assertThat(violations(wait(Kind.SET_AWAITED, 10, 50, false), change(Kind.SET, 20, 30)))
                .singleElement()
                .asString()
                .startsWith("lost");
    }

    @Test
    void violations_clearTimeoutAfterClearReturned_isLost() {
        assertThat(violations(
                        change(Kind.SET, 1, 2), wait(Kind.CLEAR_AWAITED, 10, 50, false), change(Kind.CLEAR, 20, 30)))
                .singleElement()
                .asString()
                .startsWith("lost");
    }

    @Test
    void violations_twoSetsWithoutClearBetween_doNotAlternate() {
        assertThat(violations(change(Kind.SET, 1, 2), change(Kind.SET, 3, 4)))
                .singleElement()
                .asString()
                .startsWith("changes");
    }

    @Test
    void violations_overlappingOperations_areAllowed() {
        assertThat(violations(
                        change(Kind.SET, 10, 30),
                        change(Kind.CLEAR, 20, 40),
                        wait(Kind.SET_AWAITED, 5, 45, false),
                        wait(Kind.SET_AWAITED, 35, 45, true)))
                .isEmpty();
    }

    private static List<String> violations(Operation... operations) {
        return new History(List.of(operations)).violations();
    }

    private static Operation change(Kind kind, long from, long to) {
        return new Operation(kind, from, Long.MAX_VALUE, to, true);
    }

    private static Operation wait(Kind kind, long from, long to, boolean result) {
        return new Operation(kind, from, to, to, result);
    }
}
