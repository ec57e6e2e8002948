#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Java on Linux: an attempt to connect fails with "Broken pipe" although the server has accepted the connection.
#
# One expects of connect() that it succeeds once the server has accepted, and that a later read or write tells that the
# server has closed the connection. But where Java connects with a timeout, or without blocking, it asks the kernel for
# the pending error of the socket after the handshake. If the server has accepted, closed and reset the connection by
# then, that error is the one that a write would get. So who tells "nobody listens" from "the server closes connections",
# as when it has too many, must not take each failure of connect() for the former.
#
# Seen with OpenJDK 17.0.15 and Temurin 25.0.3 on Linux 6.18, x86_64:
#
#   closed: connected
#   reset: java.net.SocketException: Connection reset by peer
#   closed, then reset: java.net.SocketException: Broken pipe
#
# Needs a JDK, 17 or later, on the path. Exits with 0 if it is still so, with 1 if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/Connect.java" <<'JAVA'
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;

class Connect {
    public static void main(String[] args) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            for (String how : new String[] {"closed", "reset", "closed, then reset"}) {
                try (SocketChannel client = SocketChannel.open()) {
                    client.configureBlocking(false);
                    client.connect(server.getLocalSocketAddress());
                    try (Socket accepted = server.accept()) {
                        if (how.startsWith("closed")) {
                            accepted.shutdownOutput();
                        }
                        accepted.setSoLinger(how.endsWith("reset"), 0);
                    }
                    try {
                        System.out.println(how + ": " + (client.finishConnect() ? "connected" : "still connecting"));
                    } catch (IOException e) {
                        System.out.println(how + ": " + e);
                    }
                }
            }
        }
    }
}
JAVA

java -version 2>&1 | sed -n 2p
uname -sr
java "$folder/Connect.java" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
closed: connected
reset: java.net.SocketException: Connection reset by peer
closed, then reset: java.net.SocketException: Broken pipe
SEEN
