// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Converts an argument to a path. The name of a file is bytes, and an argument is characters, which Java has made of
 * them in the encoding of the locale. If those are not the characters of the bytes, they are the name of another file,
 * and the argument is refused.
 */
final class FileName implements ITypeConverter<Path> {
    private static final Charset ENCODING = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    /** What Java replaces a byte with that is no character. */
    private static final String REPLACEMENT = "\uFFFD";

    /** The arguments that are not the characters of their bytes. */
    private final List<String> altered;

    /** The working directory, if Java has altered its name; or null. */
    private final @Nullable Path directory;

    private FileName(List<String> altered, @Nullable Path directory) {
        this.altered = altered;
        this.directory = directory;
    }

    /** For arguments that never were bytes. */
    static FileName ofStrings() {
        return new FileName(List.of(), null);
    }

    /** For the arguments of this process. */
    static FileName ofProcess(String... arguments) {
        List<String> altered = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            if (isDoubtful(arguments[i]) && isAltered(arguments[i], arguments.length - i)) {
                altered.add(arguments[i]);
            }
        }
        return new FileName(altered, alteredDirectory());
    }

    /** Whether Java may have altered a text: it has more than ASCII, or the other character of a replacement. */
    private static boolean isDoubtful(String text) {
        return text.chars().anyMatch(c -> c >= 0x80 || c == '?');
    }

    /** Whether an argument, so many from the end, differs from what this process was given. */
    private static boolean isAltered(String argument, int fromEnd) {
        try {
            byte[] line = Files.readAllBytes(Path.of("/proc/self/cmdline"));
            int end = line.length;
            for (int i = line.length - 2; i >= -1; i--) {
                if (i == -1 || line[i] == 0) {
                    if (--fromEnd == 0) {
                        return !Arrays.equals(Arrays.copyOfRange(line, i + 1, end - 1), argument.getBytes(ENCODING));
                    }
                    end = i + 1;
                }
            }
        } catch (IOException e) {
            // there is no /proc: where the encoding is UTF-8, this is enough
        }
        return argument.contains(REPLACEMENT);
    }

    private static @Nullable Path alteredDirectory() {
        String name = System.getProperty("user.dir");
        if (!isDoubtful(name)) {
            return null;
        }
        try {
            Path directory = Files.readSymbolicLink(Path.of("/proc/self/cwd")); // byte by byte
            return isOf(name, directory) ? null : directory;
        } catch (IOException e) {
            return null;
        }
    }

    private static boolean isOf(String name, Path path) {
        try {
            return Path.of(name).equals(path);
        } catch (InvalidPathException e) {
            return false;
        }
    }

    @Override
    public Path convert(String name) {
        if (name.isEmpty()) {
            throw new TypeConversionException("it is empty");
        }
        check(name);
        try {
            Path path = Path.of(name);
            return directory == null ? path : directory.resolve(path);
        } catch (InvalidPathException e) {
            throw unencodable(name);
        }
    }

    /** Throws if an argument, or the part of one that is the value of an option, is not the characters of its bytes. */
    void check(String argument) {
        if (altered.stream().anyMatch(whole -> whole.endsWith(argument))) {
            throw unencodable(argument);
        }
    }

    /** The path in a variable of the environment. Throws if its value is not the characters of its bytes. */
    static Path ofVariable(String name, String value) throws IOException {
        if (!value.contains(REPLACEMENT)) {
            try {
                return Path.of(value);
            } catch (InvalidPathException e) {
                // below
            }
        }
        throw new IOException("the value of " + name + " " + reason());
    }

    private static TypeConversionException unencodable(String name) {
        return new TypeConversionException("'" + name + "' " + reason());
    }

    private static String reason() {
        boolean utf8 = ENCODING.equals(StandardCharsets.UTF_8);
        return "is not a name in " + ENCODING + ", the encoding of the locale; "
                + (utf8 ? "use another name" : "set LC_ALL to a locale with UTF-8, such as C.UTF-8");
    }

    /** The last name of a path that a directory contains, with a byte that is no character as in {@code \xe8}. */
    static String text(Path path) {
        Path last = path.getFileName();
        if (last == null || isOf(last.toString(), last)) {
            return String.valueOf(last);
        }
        ByteBuffer bytes = ByteBuffer.wrap(bytes(path));
        CharBuffer text = CharBuffer.allocate(4 * bytes.remaining());
        CharsetDecoder decoder = ENCODING.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        while (bytes.hasRemaining()) {
            CoderResult result = decoder.decode(bytes, text, true);
            for (int i = result.isError() ? result.length() : 0; i > 0; i--) {
                text.put("\\x" + Integer.toHexString(Byte.toUnsignedInt(bytes.get())));
            }
        }
        return text.flip().toString();
    }

    /** The bytes of the last name of a path. Only its URI has them. */
    private static byte[] bytes(Path path) {
        String uri = path.toUri().getRawPath().replaceFirst("/$", "");
        String name = uri.substring(uri.lastIndexOf('/') + 1);
        byte[] bytes = new byte[name.length()];
        int length = 0;
        for (int i = 0; i < name.length(); i++) {
            boolean escaped = name.charAt(i) == '%';
            bytes[length++] = (byte) (escaped ? Integer.parseInt(name, i + 1, i + 3, 16) : name.charAt(i));
            i += escaped ? 2 : 0;
        }
        return Arrays.copyOf(bytes, length);
    }
}
