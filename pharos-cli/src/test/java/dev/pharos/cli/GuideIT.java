// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The shell scripts of docs/guide.md, as they stand there; its Java is run by GuideTest in the examples. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class GuideIT {
    private static final Pattern SCRIPT = Pattern.compile("(?ms)^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?");

    static Stream<Arguments> scripts() throws Exception {
        return SCRIPT.matcher(Files.readString(Path.of("../docs/guide.md")))
                .results()
                .map(script -> Arguments.of(script.group(1), script.group(2)));
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void script_asItStands_printsWhatTheGuideSays(String script, String output, @TempDir Path directory)
            throws Exception {
        // As in the sources: the jars are in pharos-cli/target/lib.
        Path target = Files.createDirectories(directory.resolve("pharos-cli/target"));
        Path lib =
                Files.createSymbolicLink(target.resolve("lib"), Installed.home().resolve("lib"));
        try (Installed pharos = new Installed(directory)) {
            Installed.Run run = pharos.sh(Installed.patient(script));

            // The shell reports what was killed, and jshell that it has created a directory, once for each user.
            assertThat(run.err().replaceAll("(?m)^.*(Killed|java.util.prefs|user preferences).*\\R", ""))
                    .isEmpty();
            assertThat(run.status()).isZero();
            if (output != null) {
                assertThat(run.out()).isEqualTo(output);
            }
            Files.delete(lib);
        }
    }
}
