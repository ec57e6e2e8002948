// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.bugs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlantedBugsTest {
    static List<PlantedBug> bugs() {
        return PlantedBugs.CORE.all();
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void check_everyBug_fitsTheSource(PlantedBug bug) {
        assertThat(bug.hunks()).isNotEmpty();
        assertThat(bug.description()).endsWith(".");
        bug.check();
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("bugs")
    void compile_everyBug_givesClassFiles(PlantedBug bug) {
        assertThat(bug.compile().resolve("dev/pharos/ThreadEvent.class")).isRegularFile();
    }

    @Tag("slow")
    @Test
    void compile_withoutABug_givesClassFiles() {
        assertThat(PlantedBugs.CORE.shipped().resolve("dev/pharos/ThreadEvent.class"))
                .isRegularFile();
        assertThat(PlantedBugs.CORE.small().resolve("dev/pharos/ThreadEvent.class"))
                .isRegularFile();
    }

    @Test
    void all_namesAreUnique() {
        assertThat(PlantedBugs.CORE.all())
                .hasSizeGreaterThanOrEqualTo(20)
                .extracting(PlantedBug::name)
                .doesNotHaveDuplicates();
    }

    @Test
    void compile_hunkDoesNotFit_saysWhich() {
        var hunk = new PlantedBug.Hunk("Round.java", List.of("no such line"), List.of());
        var bug = new PlantedBug("pharos-core", "stale", "Does not fit.", false, List.of(hunk));
        assertThatThrownBy(bug::compile).hasMessageContainingAll("stale", "nowhere", "Round.java", "no such line");
    }
}
