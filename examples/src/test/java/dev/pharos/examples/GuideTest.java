// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What docs/guide.md says, done: its Java is pasted into JShell, section by section, and prints what the page says. The
 * other side of the guide, its shell scripts, is run beside the command.
 */
@Timeout(120)
class GuideTest {
    private static final Path GUIDE = Path.of("../docs/guide.md");
    private static final Pattern SECTION = Pattern.compile("(?ms)^(## (?<title>[^\n]*)\n)?.*?(?=^## |\\z)");
    private static final Pattern BLOCK = Pattern.compile(
            "(?ms)^```(?<language>[^\n]*)\n(?<code>.*?)^```\n(\n```text(?<vary> numbers vary)?\n(?<output>.*?)^```\n)?");
    private static final Pattern SINCE = Pattern.compile("from JDK (\\d+) on");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https:)([^)#]*)#?([^)]*)\\)");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    /** What the code in the tables speaks of. */
    private static final String CAST = """
            Event event, one, other, stop, cancelled, a, b;
            Event[] events;
            Path path;
            Duration period;
            Runnable task;
            int n;
            """;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    record Section(String title, List<Block> blocks) {
        @Override
        public String toString() {
            return title;
        }
    }

    /** @param output what it prints, empty if nothing */
    record Block(String language, String code, String output, boolean numbersVary) {}

    static List<Section> sections() throws IOException {
        List<Section> sections = new ArrayList<>();
        Matcher section = SECTION.matcher(Files.readString(GUIDE));
        while (section.find()) {
            if (!section.group().isEmpty()) {
                String title = section.group("title");
                sections.add(new Section(title == null ? "What comes first" : title, blocks(section.group())));
            }
        }
        return sections;
    }

    private static List<Block> blocks(String section) {
        return BLOCK.matcher(section)
                .results()
                .map(block -> new Block(
                        block.group(1),
                        block.group(2),
                        block.group(5) == null ? "" : block.group(5),
                        block.group(4) != null))
                .toList();
    }

    private static List<Section> sectionsWithJava() throws IOException {
        return sections().stream()
                .filter(section -> section.blocks.stream().anyMatch(block -> block.language.equals("java")))
                .toList();
    }

    @Test
    void guide_eachBlock_isOneThatATestRuns() throws IOException {
        List<Block> blocks =
                sections().stream().flatMap(section -> section.blocks.stream()).toList();

        assertThat(blocks).extracting(Block::language).containsOnly("java", "sh");
        long fences = Files.readString(GUIDE)
                .lines()
                .filter(line -> line.startsWith("```"))
                .count();
        long outputs = blocks.stream().filter(block -> !block.output.isEmpty()).count();
        assertThat(2 * (blocks.size() + outputs)).isEqualTo(fences);
    }

    @Test
    void guide_eachLink_leadsToAFileAndAHeading() throws IOException {
        Matcher link = LINK.matcher(Files.readString(GUIDE));
        assertThat(link.find()).isTrue();
        do {
            Path target = link.group(1).isEmpty() ? GUIDE : GUIDE.resolveSibling(link.group(1));
            assertThat(target).exists();
            if (!link.group(2).isEmpty()) {
                assertThat(Files.readAllLines(target).stream()
                                .filter(line -> line.startsWith("#"))
                                .map(line -> line.replaceFirst("#+ ", ""))
                                .map(title -> title.toLowerCase(Locale.ROOT)
                                        .replaceAll("[^a-z0-9 -]", "")
                                        .replace(' ', '-')))
                        .contains(link.group(2));
            }
        } while (link.find());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sectionsWithJava")
    void section_pastedIntoJShell_printsWhatTheGuideSays(Section section) throws IOException {
        Matcher since = SINCE.matcher(section.title);
        if (since.find()) {
            assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(Integer.parseInt(since.group(1)));
        }
        try (JShell shell = shell()) {
            for (Block block : section.blocks) {
                if (block.language.equals("java")) {
                    printed.reset();
                    paste(block.code, shell);
                    assertThat(numbers(printed.toString(StandardCharsets.UTF_8), block))
                            .as(block.code)
                            .isEqualTo(numbers(block.output, block));
                }
            }
        }
    }

    @Test
    void tables_codeUnderPharos_compiles() throws IOException {
        try (JShell shell = shell()) {
            paste("class Tables {" + CAST + methods(codeUnderPharos()) + "}", shell);
        }
    }

    private static String methods(List<String> bodies) {
        StringBuilder methods = new StringBuilder();
        for (String body : bodies) {
            methods.append("void cell%d() throws Exception { %s; }%n".formatted(methods.length(), body));
        }
        return methods.toString();
    }

    /** The code in the column Pharos of each table. */
    private static List<String> codeUnderPharos() throws IOException {
        List<String> cells = new ArrayList<>();
        int column = -1;
        for (String line : Files.readAllLines(GUIDE)) {
            List<String> row = line.startsWith("|") ? List.of(line.split(" ?\\| ?", -1)) : List.of();
            if (row.isEmpty()) {
                column = -1;
            } else if (row.contains("Pharos")) {
                column = row.indexOf("Pharos");
            } else if (column >= 0) {
                CODE.matcher(row.get(column))
                        .results()
                        .map(code -> code.group(1))
                        .forEach(cells::add);
            }
        }
        assertThat(cells).isNotEmpty();
        return cells;
    }

    /** A JShell with the imports that the guide begins with. */
    private JShell shell() throws IOException {
        JShell shell = JShell.builder()
                .out(new PrintStream(printed, true, StandardCharsets.UTF_8))
                .executionEngine("jdi:hostname(127.0.0.1),timeout(120000)") // the default gives its JVM five seconds
                .build();
        shell.addToClasspath(System.getProperty("java.class.path"));
        paste(
                sectionsWithJava().get(0).blocks.stream()
                        .filter(block -> block.language.equals("java"))
                        .findFirst()
                        .orElseThrow()
                        .code,
                shell);
        return shell;
    }

    /** Evaluates statement after statement, each of which has to compile and to end without an exception. */
    private static void paste(String code, JShell shell) {
        CompletionInfo next = shell.sourceCodeAnalysis().analyzeCompletion(code);
        while (!next.source().isEmpty()) {
            for (SnippetEvent event : shell.eval(next.source())) {
                assertThat(event.status())
                        .as("%s%n%s", diagnostics(event, shell), event.snippet().source())
                        .isIn(Snippet.Status.VALID, Snippet.Status.OVERWRITTEN);
                assertThat(event.exception()).as(event.snippet().source()).isNull();
            }
            next = shell.sourceCodeAnalysis().analyzeCompletion(next.remaining());
        }
        assertThat(next.remaining()).as("code that is complete").isBlank();
    }

    private static List<String> diagnostics(SnippetEvent event, JShell shell) {
        String source = event.snippet().source();
        return shell.diagnostics(event.snippet())
                .map(wrong -> source.substring((int) wrong.getStartPosition(), (int) wrong.getEndPosition()) + ": "
                        + wrong.getMessage(null))
                .toList();
    }

    private static String numbers(String output, Block block) {
        return block.numbersVary ? output.replaceAll("\\d+", "0") : output;
    }
}
