// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ReadmeTest {
    private static final Pattern JAVA_BLOCK =
            Pattern.compile("^```java\\R(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

    @Test
    void readme_exampleAsItStands_compilesAndRuns(@TempDir Path directory) throws Exception {
        Matcher block = JAVA_BLOCK.matcher(Files.readString(Path.of("../README.md")));
        assertThat(block.find()).isTrue();
        String example = block.group(1);
        assertThat(example.lines()).hasSize(12);

        Path file = Files.writeString(directory.resolve("Example.java"), example);
        Path output = directory.resolve("output");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), file.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();

        assertThat(process.waitFor()).isZero();
        assertThat(output).hasContent("the fire is lit");
    }
}
