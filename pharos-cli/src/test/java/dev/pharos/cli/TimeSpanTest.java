// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeSpanTest {
    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "0s, PT0S",
        "250ms, PT0.25S",
        "30s, PT30S",
        "30, PT30S",
        "2.5, PT2.5S",
        "5m, PT5M",
        "1h30m, PT1H30M",
        "1d2h3m4s5ms, PT26H3M4.005S",
        "1.5h, PT1H30M",
        "0.0000000001, PT0.000000001S"
    })
    void of_time_isItsLength(String text, Duration duration) {
        assertThat(TimeSpan.of(text).duration()).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"99999999999999999999", "999999999999d"})
    void of_tooLong_isTheLongest(String text) {
        assertThat(TimeSpan.of(text).duration()).isEqualTo(Duration.ofNanos(Long.MAX_VALUE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "-1", "-5s", "NaN", "inf", "1e3", "s", "5x", "5 s", "30m1h", "1h1h", "1h30", "1.s", ".5", "١s",
                "0x10", "+1"
            })
    void of_noTime_throws(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> TimeSpan.of(text));
    }
}
