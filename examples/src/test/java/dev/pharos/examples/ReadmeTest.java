// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 10, unit = MINUTES)
class ReadmeTest {
    private static final Pattern JAVA_BLOCK =
            Pattern.compile("^```java\\R(.*?^class (\\w+) .*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @Test
    void readme_exampleAsItStands_compilesAndRuns(@TempDir Path directory) throws Exception {
        Matcher block = JAVA_BLOCK.matcher(Files.readString(Path.of("../README.md")));
        assertThat(block.find()).isTrue();
        String example = block.group(1);
        assertThat(example.lines()).hasSize(12);

        Path file = Files.writeString(directory.resolve("Example.java"), example);
        String[] options = {"-cp", System.getProperty("java.class.path"), "-d", "" + directory, "" + file};
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, printed, printed, options))
                .as(printed.toString(StandardCharsets.UTF_8))
                .isZero();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
            Method main = loader.loadClass(block.group(2)).getDeclaredMethod("main", String[].class);
            main.setAccessible(true); // as java does
            run(main);
        }

        assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualToNormalizingNewlines("the fire is lit\n");
    }

    private void run(Method main) throws ReflectiveOperationException {
        PrintStream out = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            main.invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(out);
        }
    }
}
