// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Holds docs/cli.md against what the command says of itself. */
class PageTest {
    private String page;

    static Stream<CommandLine> verbs() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        CommandLine pharos = Main.commandLine(Terminal.of(nowhere, nowhere));
        return Main.VERBS.stream().map(pharos.getSubcommands()::get);
    }

    @BeforeEach
    void read() throws Exception {
        page = Files.readString(Path.of("../docs/cli.md"));
    }

    @Test
    void page_tableOfExitCodes_isThatOfTheEnum() {
        String table = section("## Exit status", "\n## ");
        assertThat(all("(?m)^\\| (\\d+) \\|", table))
                .containsExactlyElementsOf(Arrays.stream(ExitCode.values())
                        .map(code -> Integer.toString(code.status))
                        .toList());
    }

    @Test
    void page_verbs_areThoseOfTheCommand() {
        assertThat(all("(?m)^### pharos (\\w+)$", page)).containsExactlyInAnyOrderElementsOf(Main.VERBS);
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void page_sectionOfAVerb_hasItsOptionsExitCodesAndExample(CommandLine verb) {
        String section = section("### pharos " + verb.getCommandName() + "\n", "\n##");
        List<String> options = new ArrayList<>();
        for (OptionSpec option : verb.getCommandSpec().options()) {
            options.addAll(List.of(option.names()));
        }
        assertThat(all("[`]((?:-\\w|--\\w+))(?: [A-Z]+)?[`]", all("(?m)^\\| (`.*?) \\|", section)))
                .containsExactlyInAnyOrderElementsOf(options);
        assertThat(section)
                .contains("\n    pharos " + verb.getCommandName() + " ")
                .contains("\nExit status");
        List<String> codes = new ArrayList<>();
        verb.getCommandSpec()
                .usageMessage()
                .exitCodeList()
                .forEach((code, meaning) -> codes.add("`" + code + "` " + meaning));
        assertThat(all("(?m)^- (`\\d+` .*)$", section)).containsExactlyElementsOf(codes);
        String[] footer = verb.getCommandSpec().usageMessage().footer();
        assertThat(section).endsWith("\nExample\n\n    " + footer[footer.length - 1].replace("Example: ", "") + "\n");
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void help_ofAVerb_fitsATerminalAndTellsOnlyKnownExitCodes(CommandLine verb) {
        assertThat(verb.getUsageMessage(CommandLine.Help.Ansi.OFF).lines())
                .allMatch(line -> line.length() <= 80)
                .anyMatch(line -> line.startsWith("Example: pharos " + verb.getCommandName() + " "));
        assertThat(verb.getCommandSpec().usageMessage().exitCodeList().keySet())
                .allMatch(code -> Arrays.stream(ExitCode.values()).anyMatch(known -> code.equals("" + known.status)));
    }

    private String section(String heading, String end) {
        int start = page.indexOf(heading);
        assertThat(start).as(heading).isNotNegative();
        int stop = page.indexOf(end, start + heading.length());
        return page.substring(start, stop);
    }

    private static List<String> all(String pattern, List<String> texts) {
        return texts.stream().flatMap(text -> all(pattern, text).stream()).toList();
    }

    private static List<String> all(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(result -> result.group(1))
                .toList();
    }
}
