// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

@EnabledOnOs(OS.LINUX)
class ModeTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0", "7", "44", "660", "0660", "777", "0000", "a=rw", "u=rw,go=", "u=rw,g=rw,o=", "go-w", "o=", "g+x",
                "+x", "=r", "-w", "u=,g=r", "ug=rw,o=g", "o=u", "g=o-r", "u+x,a+X", "a+X", "a-rwx,u+rw", "u-w+x", "=",
                        "u="
            })
    void convert_mode_isThatOfMkfifo(String mode) throws Exception {
        Path fifo = directory.resolve("fifo");
        Process mkfifo = new ProcessBuilder("mkfifo", "-m", mode, fifo.toString())
                .inheritIO()
                .start();
        assumeTrue(mkfifo.waitFor() == 0, "mkfifo knows this mode");

        assertThat(Mode.permissions(new Mode.Converter().convert(mode))).isEqualTo(Files.getPosixFilePermissions(fifo));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "8",
                "888",
                "1777",
                "01777",
                "-1",
                "rw",
                "u",
                "u=s",
                "a+t",
                "z=r",
                "u=rw,",
                ",",
                "u=rw;g=r",
                "0x1"
            })
    void convert_noMode_throws(String mode) {
        assertThatThrownBy(() -> new Mode.Converter().convert(mode))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("'" + mode + "' is not a mode: write it as in 660 or u=rw,go=r");
    }
}
