#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# JDK 25: the recording that "jfr assemble" makes of a killed program cannot be read by "jfr summary" and "jfr print".
#
# "jfr assemble" is the documented way to a recording of a program that was killed: it joins what is in the repository.
# The last chunk of that was not finished, and its header says so, in the result as well. The reader of JDK 25 waits for
# the end of such a chunk, gives up, and throws; jfr prints nothing at all, and jdk.jfr.consumer.RecordingFile throws
# after it has given all events but the last. The reader of JDK 17 reads the same file to its end.
#
# Seen with Temurin 25.0.3:
#
#   jfr summary: could not read recording at killed.jfr. Recording file is stuck in locked stream state.
#
# Needs JDK 25, as JAVA_HOME or on the path. Exits with 0 if it is still so, with 1 if it has changed.
set -euo pipefail
bin=${JAVA_HOME:+$JAVA_HOME/bin/}
if ! "${bin}java" -version 2>&1 | grep -q 'version "25'; then
    echo "no JDK 25: set JAVA_HOME" >&2
    exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >Killed.java <<'JAVA'
import jdk.jfr.Event;
import jdk.jfr.Name;
import jdk.jfr.consumer.RecordingStream;

class Killed {
    @Name("demo.Tick")
    static class Tick extends Event {}

    public static void main(String[] args) throws InterruptedException {
        try (RecordingStream stream = new RecordingStream()) {
            stream.enable(Tick.class).withoutStackTrace();
            stream.onEvent("demo.Tick", tick -> {
                System.out.println("killed"); // once the recorder has written something to its repository
                Runtime.getRuntime().halt(137);
            });
            stream.startAsync();
            for (int i = 0; i < 2_000; i++) {
                new Tick().commit();
            }
            stream.awaitTermination();
        }
    }
}
JAVA

"${bin}java" -version 2>&1 | sed -n 2p
mkdir repository
"${bin}java" -XX:FlightRecorderOptions=repository="$folder/repository" Killed.java || true
"${bin}jfr" assemble repository/* killed.jfr >/dev/null
[[ -s killed.jfr ]]
if "${bin}jfr" summary killed.jfr >summary 2>&1; then
    echo "it is read now"
    exit 1
fi
sed "s|$folder/||" summary
grep -q 'stuck in locked stream state' summary
