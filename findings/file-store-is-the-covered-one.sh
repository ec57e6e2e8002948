#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Java on Linux: Files.getFileStore(path) returns the wrong file system where two are mounted at one place.
#
# One expects the file system on which the file is, which is the one that was mounted last. But Java takes the first line
# of /proc/mounts that names the place. That is not rare: where a network file system is mounted on demand, by autofs or
# by x-systemd.automount in /etc/fstab, its place has a line for autofs and then one for nfs4. So the type is "autofs",
# and who asks for it, to tell whether a file is on this machine, gets the wrong answer. The sizes are right, since they
# are not from that line.
#
# Seen with OpenJDK 17.0.15 and Temurin 25.0.3 on Linux 6.18, with ramfs and tmpfs:
#
#   Java: ramfs
#   stat: tmpfs
#
# Needs a JDK, 17 or later, on the path, and user namespaces or root. Exits with 0 if it is still so, with 1 if it has
# changed.
set -euo pipefail
if ! unshare --user --map-root-user --mount true; then
    echo "no user namespaces" >&2
    exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/Store.java" <<'JAVA'
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class Store {
    public static void main(String[] args) throws IOException {
        System.out.println("Java: " + Files.getFileStore(Path.of(args[0])).type());
    }
}
JAVA

java -version 2>&1 | sed -n 2p
uname -sr
mkdir "$folder/place"
unshare --user --map-root-user --mount sh -euc '
    mount -t ramfs none "$1/place"
    mount -t tmpfs none "$1/place"
    echo >"$1/place/file"
    java "$1/Store.java" "$1/place/file"
    stat -f -c "stat: %T" "$1/place/file"' sh "$folder" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
Java: ramfs
stat: tmpfs
SEEN
