// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    private final Messages messages = new Messages(Terminal.of(nowhere, nowhere));

    @Test
    void ofWork_afterASecond_showsTheShareThatIsDone() {
        Progress progress = Progress.ofWork(messages, "reading ", "app.jfr", () -> 0.35);

        assertThat(progress.text(Duration.ofMillis(999))).isEmpty();
        assertThat(progress.text(Duration.ofSeconds(1))).isEqualTo("reading app.jfr: [#######.............] 35%");
    }

    @Test
    void ofWork_longName_fitsALine() {
        Progress progress = Progress.ofWork(messages, "reading ", "a".repeat(100) + ".jfr", () -> 1);

        assertThat(progress.text(Duration.ofSeconds(1)))
                .hasSize(79)
                .startsWith("reading ...aa")
                .endsWith("a.jfr: [####################] 100%");
    }
}
