// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import dev.pharos.TestThreads;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes for which the system does less than it should: each says so once, and its events keep their promises. */
class RefusedCallsTest {
    private static final int CHANGED = 22;

    @TempDir
    Path folder;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private Path path;
    private Path errors;

    @BeforeEach
    void name() {
        assumeFalse(Boolean.getBoolean("dev.pharos.process.polling"), "native calls");
        path = folder.resolve("event");
        errors = folder.resolve("errors");
    }

    private void assertPolls(Peer peer) throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            threads.join(threads.start(() -> {
                assertThat(peer.ask("whenSet")).isEqualTo("done");
                threads.until("it polls, and no longer listens", () -> {
                    String names = peer.ask("threads");
                    return names.contains("pharos-poller") && !names.contains("pharos-listener");
                });
                event.set();
                assertThat(peer.ask("join")).isEqualTo("done");
                Thread waiter = threads.start(event::awaitClear);
                threads.awaitBlocked(waiter);
                assertThat(peer.ask("clear")).isEqualTo("true");
                threads.join(waiter);
                waiter = threads.start(event::await);
                threads.awaitBlocked(waiter);
                assertThat(peer.ask("set")).isEqualTo("true");
                threads.join(waiter);
                assertThat(peer.ask("set")).isEqualTo("false");
                assertThat(event.clear()).isTrue();
                assertThat(peer.ask("isSet")).isEqualTo("false");
            }));
        }
        assertThat(errors).content().containsOnlyOnce("Process events are polled");
    }

    /** WAIT (0), WAKE_OP (5); EPERM, ENOSYS, and what else a filter may return. */
    @ParameterizedTest
    @ValueSource(strings = {"0 1", "0 38", "0 13", "5 1", "5 38"})
    void futex_refusedFromTheStart_polls(String refused) throws Exception {
        assumeTrue(Filter.isSupported(), "seccomp on x86-64");
        try (Peer peer =
                new Peer(new Peer.Start().with("-Dpeer.refused=" + refused).errorsIn(errors), path)) {
            assertPolls(peer);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 1", "0 38", "0 13", "5 1", "5 38", "5 " + CHANGED})
    void futex_refusedLater_pollsFromThenOn(String refused) throws Exception {
        assumeTrue(Filter.isSupported(), "seccomp on x86-64");
        try (Peer peer = new Peer(new Peer.Start().errorsIn(errors), path)) {
            threads.join(threads.start(() -> {
                assertThat(peer.ask("set")).isEqualTo("true");
                assertThat(peer.ask("clear")).isEqualTo("true");
                assertThat(peer.ask("refuse " + refused)).isEqualTo("done");
                assertThat(peer.ask("set"))
                        .isEqualTo("true"); // a change that is refused says so, then waits are polled
                assertThat(peer.ask("clear")).isEqualTo("true");
            }));
            assertPolls(peer);
        }
    }

    /** It is needed only to stop a thread sooner. */
    @Test
    void futex_wakeRefused_isNotNoticed() throws Exception {
        assumeTrue(Filter.isSupported(), "seccomp on x86-64");
        try (Peer peer = new Peer(new Peer.Start().with("-Dpeer.refused=1 1").errorsIn(errors), path);
                ProcessEvent event = ProcessEvent.open(path)) {
            threads.join(threads.start(() -> {
                assertThat(peer.ask("whenSet")).isEqualTo("done");
                event.set();
                assertThat(peer.ask("join")).isEqualTo("done");
                assertThat(peer.ask("threads")).contains("pharos-listener");
            }));
            assertThat(errors).content().doesNotContain("polled"); // Java may warn of native access
        }
    }

    /** Holds need no FUTEX_WAIT. */
    @Test
    void hold_waitRefused_holds() throws Exception {
        assumeTrue(Filter.isSupported(), "seccomp on x86-64");
        try (ProcessEvent event = ProcessEvent.open(path, ProcessEvent.Option.HELD);
                Peer peer =
                        new Peer(new Peer.Start().with("-Dpeer.refused=0 38").errorsIn(errors), path)) {
            threads.join(threads.start(() -> {
                assertThat(peer.ask("hold")).isEqualTo("done");
                event.await();
                assertThat(peer.ask("release")).isEqualTo("done");
                event.awaitClear();
            }));
        }
    }

    /** JNA then throws a plain Error. */
    @Test
    void open_nativeLibraryOfAnotherJna_polls() throws Exception {
        String resource = "/com/sun/jna/" + Platform.RESOURCE_PREFIX + "/" + System.mapLibraryName("jnidispatch");
        byte[] library;
        try (InputStream in = Native.class.getResourceAsStream(resource)) {
            library = Objects.requireNonNull(in).readAllBytes();
        }
        String text = new String(library, StandardCharsets.ISO_8859_1);
        String other = text.replaceAll("\0[1-9](\\.[0-9]+\\.[0-9]+)\0", "\0000$1\0");
        assertThat(other.equals(text)).as("the same version").isFalse();
        assertThat(other.length()).isEqualTo(text.length());
        Files.write(folder.resolve(System.mapLibraryName("jnidispatch")), other.getBytes(StandardCharsets.ISO_8859_1));
        try (Peer peer = new Peer(
                new Peer.Start().with("-Djna.boot.library.path=" + folder).errorsIn(errors), path)) {
            assertPolls(peer);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Djna.boot.library.path=/", "-Djna.nosys=true,-Djna.nounpack=true", "-Djna.tmpdir=/proc"})
    void open_noNativeLibrary_polls(String options) throws Exception {
        try (Peer peer = new Peer(
                new Peer.Start()
                        .with((options + ",-Djna.nounpack=true").split(",", -1))
                        .errorsIn(errors),
                path)) {
            assertPolls(peer);
        }
    }

    /** Without /proc, and as a user without a home and an entry in passwd, in a directory where everybody may write. */
    @Test
    void open_noProcAndNoHome_opensWhatIsOnesOwn() throws Exception {
        assumeTrue(
                (int) Files.getAttribute(folder, "unix:uid") == 0 && Files.isExecutable(Path.of("/usr/bin/setpriv")),
                "root, setpriv and unshare");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        Peer.Start start = new Peer.Start()
                .forEveryUser(folder)
                .errorsIn(errors)
                .by(
                        "unshare",
                        "-m",
                        "sh",
                        "-c",
                        "mount -t tmpfs none /proc && exec setpriv --reuid 12345 --regid 12345 --clear-groups \"$@\"",
                        "sh",
                        "env",
                        "LD_LIBRARY_PATH=" + System.getProperty("java.home")
                                + "/lib"); // which Java finds by /proc otherwise
        threads.join(threads.start(() -> {
            for (int time = 0; time < 2; time++) {
                try (Peer peer = new Peer(start, path)) {
                    assertThat(peer.ask("isSet")).isEqualTo("false");
                    assertThat(peer.ask("set")).isEqualTo("true");
                    assertThat(peer.ask("clear")).isEqualTo("true");
                }
            }
            Path held = folder.resolve("held");
            try (Peer peer = new Peer(start, held, "HELD")) {
                assertThat(peer.ask("hold")).isEqualTo("done");
                assertThat(peer.ask("isSet")).isEqualTo("true");
            }
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
            Files.setAttribute(path, "unix:uid", 777);
            try (Peer peer = new Peer(start, path)) {
                assertThat(peer.ask("isSet")).isNull();
            }
        }));
        assertThat(errors).content().contains("belongs to user 777");
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.startsWith(".pharos-"));
        }
    }
}
