// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import org.jetbrains.kotlin.cli.common.ExitCode;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What docs/guide.md says, done: its Java is pasted into JShell, section by section, and its Kotlin is compiled, and they
 * print what the page says. The other side of the guide, its shell scripts, is run beside the command.
 */
@Timeout(value = 10, unit = MINUTES)
class GuideTest {
    private static final Path GUIDE = Path.of("../docs/guide.md");
    private static final Pattern SECTION = Pattern.compile("(?ms)^(## (?<title>[^\n]*)\n)?.*?(?=^## |\\z)");
    private static final Pattern BLOCK = Pattern.compile(
            "(?ms)^```(?<language>[^\n]*)\n(?<code>.*?)^```\n(\n```text(?<vary> numbers vary)?\n(?<output>.*?)^```\n)?");
    private static final Pattern SINCE = Pattern.compile("from JDK (\\d+) on");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https:)([^)#]*)#?([^)]*)\\)");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    private static final int JDK_OF_PREVIEW = 25;
    private static final String PREVIEW = "java preview of JDK " + JDK_OF_PREVIEW;

    /** What the code in the tables speaks of. */
    private static final String CAST = """
            Event event, one, other, stop, cancelled, a, b;
            Event[] events;
            Path path;
            Duration period;
            Runnable task;
            int n;
            """;

    private static final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    /** One for all sections: the JVM that it starts and the compiler that it warms up are most of what a section takes. */
    private static JShell shell;

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

    private static Stream<Section> sectionsWith(String code) throws IOException {
        return sections().stream()
                .filter(section -> section.blocks.stream()
                        .anyMatch(block -> block.language.equals("java") && block.code.contains(code)));
    }

    private static List<Section> sectionsOfThisMachine() throws IOException {
        List<Section> others = new ArrayList<>(sectionsOfMachines());
        others.addAll(sectionsOfLibraries());
        return sectionsWith("").filter(section -> !others.contains(section)).toList();
    }

    /** Those that give a server the ten seconds that are the default, which are too few where much else runs. */
    private static List<Section> sectionsOfMachines() throws IOException {
        return sectionsWith("Cluster.connect").toList();
    }

    /** Those that need more than the jars of this project. */
    private static List<Section> sectionsOfLibraries() throws IOException {
        return sectionsWith("import reactor.").toList();
    }

    private static List<Block> blocksIn(String language) throws IOException {
        List<Block> blocks = sections().stream()
                .flatMap(section -> section.blocks.stream())
                .filter(block -> block.language.equals(language))
                .toList();
        assertThat(blocks).isNotEmpty();
        return blocks;
    }

    @BeforeAll
    static void startJShell() {
        shell = builder().build();
        shell.addToClasspath(classPath());
    }

    private static JShell.Builder builder() {
        return JShell.builder()
                .out(new PrintStream(printed, true, StandardCharsets.UTF_8))
                .remoteVMOptions("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
                .executionEngine("jdi:hostname(127.0.0.1),timeout(600000)"); // the default gives its JVM five seconds
    }

    /** Without the compiler of Kotlin, which is larger than all else and which JShell would read. */
    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("kotlin-compiler"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    @AfterAll
    static void close() {
        shell.close();
    }

    /** As a JShell that has just been started, with the imports that the guide begins with. */
    @BeforeEach
    void begin() throws IOException {
        shell.snippets().filter(snippet -> shell.status(snippet).isActive()).forEach(shell::drop);
        assertThat(Stream.of(shell.imports(), shell.variables(), shell.methods(), shell.types())
                        .flatMap(declared -> declared)
                        .filter(snippet -> shell.status(snippet).isActive()))
                .isEmpty();
        paste(imports());
    }

    private static String imports() throws IOException {
        return blocksIn("java").get(0).code;
    }

    @Test
    void guide_eachBlock_isOneThatATestRuns() throws IOException {
        List<Block> blocks =
                sections().stream().flatMap(section -> section.blocks.stream()).toList();

        assertThat(blocks).extracting(Block::language).containsOnly("java", PREVIEW, "kotlin", "sh");
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
    @MethodSource("sectionsOfThisMachine")
    void section_pastedIntoJShell_printsWhatTheGuideSays(Section section) {
        Matcher since = SINCE.matcher(section.title);
        if (since.find()) {
            assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(Integer.parseInt(since.group(1)));
        }
        for (Block block : section.blocks) {
            if (block.language.equals("java")) {
                run(block, block.code);
            }
        }
    }

    /** Pastes this code, which is to print what the guide says of the block. */
    private static void run(Block block, String code) {
        printed.reset();
        paste(code);
        assertThat(numbers(printed.toString(StandardCharsets.UTF_8), block))
                .as(block.code)
                .isEqualTo(numbers(block.output, block));
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("sectionsOfMachines")
    void sectionOfMachines_pastedIntoJShell_printsWhatTheGuideSays(Section section) {
        section_pastedIntoJShell_printsWhatTheGuideSays(section);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("sectionsOfLibraries")
    void sectionOfLibraries_pastedIntoJShell_printsWhatTheGuideSays(Section section) {
        section_pastedIntoJShell_printsWhatTheGuideSays(section);
    }

    @Tag("slow")
    @Test
    void kotlin_compiledAndRun_printsWhatTheGuideSays(@TempDir Path directory) throws IOException {
        List<Block> blocks = blocksIn("kotlin");
        shell.addToClasspath(directory.toString());
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            Path source = Files.writeString(directory.resolve("Block" + i + ".kt"), block.code);
            assertThat(compileKotlin("-classpath", classPath(), "-d", directory.toString(), source.toString()))
                    .as(block.code)
                    .isEqualTo(ExitCode.OK);
            run(block, "Class.forName(\"Block" + i + "Kt\").getMethod(\"main\").invoke(null);");
        }
    }

    private static ExitCode compileKotlin(String... arguments) {
        List<String> all = new ArrayList<>(List.of("-Werror", "-no-stdlib", "-no-reflect"));
        all.addAll(List.of(arguments));
        return new K2JVMCompiler().exec(System.err, all.toArray(new String[0]));
    }

    @Tag("slow")
    @Test
    void preview_pastedIntoJShellOfItsJdk_printsWhatTheGuideSays() throws IOException {
        assumeThat(Runtime.version().feature())
                .as("a preview of JDK %d, which other JDKs do not have in this form", JDK_OF_PREVIEW)
                .isEqualTo(JDK_OF_PREVIEW);
        JShell usual = shell;
        try (JShell preview = builder()
                .remoteVMOptions("--enable-preview")
                .compilerOptions("--enable-preview", "-source", "" + JDK_OF_PREVIEW)
                .build()) {
            preview.addToClasspath(classPath());
            shell = preview;
            paste(imports());
            for (Block block : blocksIn(PREVIEW)) {
                run(block, block.code);
            }
        } finally {
            shell = usual;
        }
    }

    @Test
    void tables_codeUnderPharos_compiles() throws IOException {
        paste("class Tables {" + CAST + methods(codeUnderPharos()) + "}");
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

    /** Evaluates statement after statement, each of which has to compile and to end without an exception. */
    private static void paste(String code) {
        CompletionInfo next = shell.sourceCodeAnalysis().analyzeCompletion(code);
        while (!next.source().isEmpty()) {
            for (SnippetEvent event : shell.eval(next.source())) {
                assertThat(event.status())
                        .as("%s%n%s", diagnostics(event), event.snippet().source())
                        .isIn(Snippet.Status.VALID, Snippet.Status.OVERWRITTEN);
                assertThat(event.exception()).as(event.snippet().source()).isNull();
            }
            next = shell.sourceCodeAnalysis().analyzeCompletion(next.remaining());
        }
        assertThat(next.remaining()).as("code that is complete").isBlank();
    }

    private static List<String> diagnostics(SnippetEvent event) {
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
