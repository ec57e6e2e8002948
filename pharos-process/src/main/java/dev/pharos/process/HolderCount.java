// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.OptionalInt;

/** The number of holds of an event, from the list of locks that Linux keeps in /proc, with a line for each hold. */
final class HolderCount {
    private static final Path LOCKS = Path.of("/proc/locks");

    private HolderCount() {}

    /**
     * Counts them. Empty if none is listed: there may be none, or the list is unavailable, or it names the file system
     * differently from the file, as with btrfs.
     */
    static OptionalInt of(Path path) throws IOException {
        if (!Files.isReadable(LOCKS)) {
            return OptionalInt.empty();
        }
        long device = (long) Files.getAttribute(path, "unix:dev", LinkOption.NOFOLLOW_LINKS);
        long node = (long) Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
        long major = (device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL);
        long minor = (device & 0xff) | (device >>> 12 & ~0xffL);
        String name = hexadecimal(major) + ":" + hexadecimal(minor) + ":" + node;
        int count = 0;
        for (String line : new String(Files.readAllBytes(LOCKS), StandardCharsets.UTF_8).split("\n", -1)) {
            count += isHold(line.strip().split(" +", -1), name) ? 1 : 0;
        }
        return count == 0 ? OptionalInt.empty() : OptionalInt.of(count);
    }

    private static String hexadecimal(long number) {
        return (number < 16 ? "0" : "") + Long.toHexString(number);
    }

    /**
     * As in "17: OFDLCK ADVISORY READ -1 fe:00:1234 4096 4096"; one that only waits for a lock has "->" after "17:".
     */
    private static boolean isHold(String[] line, String file) {
        return line.length == 8
                && line[3].equals("READ")
                && line[5].equals(file)
                && !line[1].equals("FLOCK")
                && line[6].equals(Integer.toString(EventFile.SIZE));
    }
}
