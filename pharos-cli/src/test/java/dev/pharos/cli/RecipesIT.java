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

/** The recipes of docs/cli.md, as they stand there: each prints what the page says. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class RecipesIT {
    private static final Pattern RECIPE =
            Pattern.compile("(?ms)^### ([^\n]*)\n(?:(?!^###).)*?^```sh\n(.*?)^```\n\n^```text\n(.*?)^```$");

    static Stream<Arguments> recipes() throws Exception {
        String page = Files.readString(Path.of("../docs/cli.md"));
        String recipes = page.substring(page.indexOf("\n## Recipes\n"));
        assertThat(RECIPE.matcher(recipes).results()).hasSize(recipes.split("\n### ", -1).length - 1);
        return RECIPE.matcher(recipes)
                .results()
                .map(recipe -> Arguments.of(recipe.group(1), recipe.group(2), recipe.group(3)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("recipes")
    void recipe_asItStands_printsWhatThePageSays(String name, String script, String output, @TempDir Path directory)
            throws Exception {
        try (Installed pharos = new Installed(directory)) {
            Installed.Run run = pharos.sh(Installed.patient(script));

            assertThat(run.err().replaceAll("(?m)^.*Killed.*\\R", "")).as(name).isEmpty();
            assertThat(run.out()).isEqualTo(output);
            assertThat(run.status()).isZero();
        }
    }
}
