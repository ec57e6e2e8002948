// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The mounts that this process sees, from the list that Linux keeps in /proc. A path leads through them as in the
 * kernel: of several that are mounted at one place, such as a network file system that is mounted on demand and the
 * {@code autofs} that mounts it, the last counts, where {@link java.nio.file.FileStore} takes the first.
 */
final class Mounts {
    private static final Path LIST = Path.of("/proc/self/mountinfo");

    private Mounts() {}

    /** A line of the list: a mount, the mount that it is in, where it is there, and what is mounted. */
    private record Mount(String id, String parent, String place, String type) {
        /** Parses a line such as "36 35 98:0 /root /place rw,noatime master:1 - ext4 /dev/sda rw"; null if it is none. */
        static @Nullable Mount parse(String line) {
            String[] fields = line.split(" ", -1);
            int end = List.of(fields).indexOf("-");
            return end < 5 || end + 1 == fields.length
                    ? null
                    : new Mount(fields[0], fields[1], unescaped(fields[4]), fields[end + 1]);
        }

        /** The kernel writes a space and a few other characters as in "\040". */
        private static String unescaped(String field) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < field.length(); i++) {
                if (field.charAt(i) == '\\' && i + 3 < field.length()) {
                    text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                    i += 3;
                } else {
                    text.append(field.charAt(i));
                }
            }
            return text.toString();
        }
    }

    /** The type of the file system that a path leads to, or an empty string if the system does not provide it. */
    static String type(Path path) {
        try {
            byte[] list = Files.readAllBytes(LIST);
            // Each byte is a character, in the list and in the path.
            String name =
                    new String(path.toRealPath().toString().getBytes(EventFiles.NAMES), StandardCharsets.ISO_8859_1);
            return type(
                    name, new String(list, StandardCharsets.ISO_8859_1).lines().toList());
        } catch (FileSystemException e) {
            return storeType(path); // there is no such list here
        } catch (IOException e) {
            return "";
        }
    }

    private static String storeType(Path path) {
        try {
            return Files.getFileStore(path).type();
        } catch (IOException e) {
            return "";
        }
    }

    /** The same by a list, for a path without symbolic links. */
    static String type(String path, List<String> list) {
        List<Mount> mounts = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (String line : list) {
            Mount mount = Mount.parse(line);
            if (mount != null) {
                mounts.add(mount);
                ids.add(mount.id);
            }
        }
        Mount current = null; // the one above the root, which is not in the list
        String passed = "/";
        while (true) {
            Mount next = null;
            for (Mount mount : mounts) {
                boolean isIn = current == null
                        ? !ids.contains(mount.parent) || mount.parent.equals(mount.id)
                        : mount.parent.equals(current.id) && !mount.equals(current);
                next = isIn && mount.place.equals(passed) ? mount : next;
            }
            if (next != null) {
                current = next;
            } else if (passed.equals(path)) {
                return current == null ? "" : current.type;
            } else {
                int end = path.indexOf('/', passed.length() + 1);
                passed = end < 0 ? path : path.substring(0, end);
            }
        }
    }
}
