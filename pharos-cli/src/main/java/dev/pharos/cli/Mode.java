// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The option that selects the permissions of the files that a subcommand creates. */
final class Mode {
    @Option(
            names = {"-m", "--mode"},
            paramLabel = "MODE",
            converter = Converter.class,
            description =
                    "The permissions of a file that this creates, as in mkfifo -m: 660, or changes of a=rw such as"
                            + " o= (default: 600).")
    private int mode = 0600;

    /** Parses what {@code toString} returns. */
    static Mode of(String octal) {
        Mode result = new Mode();
        result.mode = Integer.parseInt(octal, 8);
        return result;
    }

    @Override
    public String toString() {
        return Integer.toOctalString(mode);
    }

    Set<PosixFilePermission> permissions() {
        return permissions(mode);
    }

    static Set<PosixFilePermission> permissions(int mode) {
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < 9; i++) {
            letters.append((mode & 0400 >> i) == 0 ? '-' : "rwx".charAt(i % 3));
        }
        return PosixFilePermissions.fromString(letters.toString());
    }

    /** Parses an octal number, or changes of {@code a=rw} in letters, as chmod and mkfifo do. */
    static final class Converter implements ITypeConverter<Integer> {
        private static final Pattern CHANGES = Pattern.compile("([ugoa]*)((?:[-+=][rwxXugo]*)+)");
        private static final Pattern CHANGE = Pattern.compile("([-+=])([rwxXugo]*)");

        private static final int ALL = 0777;

        @Override
        public Integer convert(String text) {
            int mode = 0666;
            if (text.matches("0?[0-7]{1,3}")) {
                return Integer.parseInt(text, 8);
            }
            for (String changes : text.split(",", -1)) {
                Matcher matcher = CHANGES.matcher(changes);
                if (!matcher.matches()) {
                    throw new TypeConversionException("'" + text + "' is not a mode: write it as in 660 or u=rw,go=r");
                }
                mode = change(mode, matcher.group(1), matcher.group(2));
            }
            return mode;
        }

        private static int change(int mode, String who, String changes) {
            int affected = who.isEmpty() ? ALL : 0;
            affected |= who.contains("a") ? ALL : 0;
            affected |= who.contains("u") ? 0700 : 0;
            affected |= who.contains("g") ? 0070 : 0;
            affected |= who.contains("o") ? 0007 : 0;
            Matcher change = CHANGE.matcher(changes);
            int changed = mode;
            while (change.find()) {
                int bits = affected & (who.isEmpty() ? ~umask() : ALL) & bits(changed, change.group(2));
                changed = switch (change.group(1)) {
                    case "+" -> changed | bits;
                    case "-" -> changed & ~bits;
                    default -> (changed & ~affected) | bits;
                };
            }
            return changed;
        }

        private static int bits(int mode, String letters) {
            int bits = 0;
            for (int i = 0; i < letters.length(); i++) {
                bits |= switch (letters.charAt(i)) {
                    case 'r' -> 0444;
                    case 'w' -> 0222;
                    case 'x' -> 0111;
                    case 'X' -> (mode & 0111) == 0 ? 0 : 0111;
                    case 'u' -> (mode >> 6 & 7) * 0111;
                    case 'g' -> (mode >> 3 & 7) * 0111;
                    default -> (mode & 7) * 0111;
                };
            }
            return bits;
        }

        /** What a change of nobody in particular leaves alone. */
        private static int umask() {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                    if (line.startsWith("Umask:")) {
                        return Integer.parseInt(line.substring(6).strip(), 8);
                    }
                }
            } catch (IOException e) {
                // the usual one
            }
            return 0022;
        }
    }
}
