// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import dev.pharos.Event;
import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are no events, or are no longer. Each gives an exception with a name, and none is written to. */
class BadFilesTest {
    private static final Path SHELL = Path.of("/bin/sh");

    @TempDir
    Path folder;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private Path path;

    @BeforeEach
    void name() {
        path = folder.resolve("event");
    }

    /** Asserts that a call throws this, in one sentence with the path in front and an advice behind. */
    private void assertThrows(Class<? extends EventException> type, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(type)
                .hasMessageStartingWith(path + ": ")
                .hasMessageContaining("; ")
                .hasMessageNotContainingAny("\n", "null")
                .satisfies(e -> assertThat(((EventException) e).address()).isEqualTo(path.toString()));
    }

    private void assertNotAnEvent(byte... content) throws IOException {
        assertRejected(EventException.NotAnEvent.class, content);
    }

    private void assertRejected(Class<? extends EventException> type, byte... content) throws IOException {
        Files.write(path, content);
        assertThrows(type, () -> ProcessEvent.open(path));
        assertThrows(type, () -> ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY));
        assertThrows(type, () -> ProcessEvent.status(path));
        assertThat(Files.readAllBytes(path)).isEqualTo(content);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void open_inProc_saysWhatItIs() {
        path = Path.of("/proc/self/event");
        assertThrows(EventException.Unavailable.class, () -> ProcessEvent.open(path));
        assertThatThrownBy(() -> ProcessEvent.open(path)).hasMessageContaining("no file can be created");
        path = Path.of("/proc/version"); // has content, but no length
        assertThrows(EventException.NotAnEvent.class, () -> ProcessEvent.open(path));
    }

    /** The bytes of an event that is clear. */
    private byte[] valid() throws IOException {
        ProcessEvent.open(path).close();
        return Files.readAllBytes(path);
    }

    // Opening

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 64, 4095, 4097, 10_000})
    void open_wrongLength_throws(int length) throws Exception {
        assertRejected(EventException.Corrupt.class, Arrays.copyOf(valid(), length));
    }

    @Test
    void open_wrongMagicOrderOrKind_throws() throws Exception {
        for (int at : new int[] {0, 7, EventFile.BYTE_ORDER_AT, EventFile.KIND_AT, EventFile.KIND_AT + 1}) {
            byte[] content = valid();
            content[at] ^= 64;
            assertNotAnEvent(content);
            Files.delete(path);
        }
        assertNotAnEvent((byte) 'x');
        assertNotAnEvent(new byte[EventFile.SIZE + 1]);
    }

    /** As some file systems leave it after a power failure. */
    @Test
    void open_zeros_throws() throws Exception {
        assertRejected(EventException.Corrupt.class, new byte[EventFile.SIZE]);
        assertRejected(EventException.Corrupt.class, new byte[1]);
    }

    @Test
    void open_newerVersion_throws() throws Exception {
        byte[] content = valid();
        ByteBuffer.wrap(content).order(ByteOrder.nativeOrder()).putShort(EventFile.VERSION_AT, (short) 2);
        Files.write(path, content);
        assertThrows(EventException.NewerVersion.class, () -> ProcessEvent.open(path));
        assertThat(Files.readAllBytes(path)).isEqualTo(content);
    }

    @Test
    void open_folderDeviceOrLink_throws() throws Exception {
        Files.createDirectory(path);
        assertThrows(EventException.NotAnEvent.class, () -> ProcessEvent.open(path));
        Files.delete(path);
        Path other = folder.resolve("other");
        ProcessEvent.open(other).close();
        Files.createSymbolicLink(path, other);
        assertThrows(EventException.NotAnEvent.class, () -> ProcessEvent.open(path));
        Files.delete(other);
        assertThrows(EventException.NotAnEvent.class, () -> ProcessEvent.open(path));
        assertThat(other).doesNotExist();
        path = Path.of("/dev/zero");
        assumeTrue(Files.exists(path), "a device");
        assertThrows(EventException.NotAnEvent.class, () -> ProcessEvent.open(path));
        path = Path.of("/");
        assertThrows(EventException.NotAnEvent.class, () -> ProcessEvent.open(path));
    }

    @Test
    void open_pipe_throwsAndDoesNotBlock() throws Exception {
        run("mkfifo " + path);
        assertThrows(EventException.NotAnEvent.class, () -> ProcessEvent.open(path));
        assertThrows(EventException.NotAnEvent.class, () -> ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY));
    }

    @Test
    void open_nothingThere_throwsIfItMustExist() {
        assertThrows(EventException.Unavailable.class, () -> ProcessEvent.open(path, ProcessEvent.Option.MUST_EXIST));
        assertThrows(EventException.Unavailable.class, () -> ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY));
        assertThat(path).doesNotExist();
        path = folder.resolve("missing/event");
        assertThrows(EventException.Unavailable.class, () -> ProcessEvent.open(path));
        path = folder.resolve("x".repeat(300));
        assertThrows(EventException.Unavailable.class, () -> ProcessEvent.open(path));
    }

    @Test
    void open_otherUsersFileInAFolderForAll_throws() throws Exception {
        byte[] content = valid();
        assumeTrue(isRoot(), "only root can give a file away");
        Files.setAttribute(path, "unix:uid", 12_345);
        ProcessEvent.open(path).close();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThrows(EventException.NotPermitted.class, () -> ProcessEvent.open(path));
        assertThat(Files.readAllBytes(path)).isEqualTo(content);
    }

    @Test
    void open_withPermissions_makesTheFileWithThem() throws Exception {
        assumeTrue(isPosix(), "permissions");
        ProcessEvent.open(path).close();
        assertThat(Files.getPosixFilePermissions(path))
                .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        Files.delete(path);
        var permissions = PosixFilePermissions.fromString("rw-rw-r--");
        ProcessEvent.open(path, permissions).close();
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(permissions);
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(path); // no drafts
        }
    }

    @Test
    void open_forReadingOnly_waitsButDoesNotSet() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path);
                ProcessEvent reader = ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY)) {
            assertThrows(EventException.NotPermitted.class, reader::set);
            assertThrows(EventException.NotPermitted.class, reader::clear);
            Thread waiter = threads.start(reader::await);
            threads.awaitBlocked(waiter);
            event.set();
            event.clear();
            threads.join(waiter);
        }
    }

    /** In another process, of a user whom permissions bind. */
    @Test
    void open_noPermission_throwsOrWaitsOnly() throws Exception {
        assumeTrue(isRoot() && run("setpriv --version") == 0, "root and setpriv");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        ProcessEvent.open(path, PosixFilePermissions.fromString("rw-r--r--")).close();
        Path secret = folder.resolve("secret");
        ProcessEvent.open(secret).close();
        List<String> classes = new ArrayList<>(); // where that user can read them
        for (Class<?> type : List.of(Stranger.class, ProcessEvent.class, Event.class, Native.class)) {
            Path from = Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path to = folder.resolve("classes" + classes.size());
            assertThat(run("cp -rL '" + from + "' " + to)).isZero();
            classes.add(to.toString());
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String polling = System.getProperty("dev.pharos.process.polling", "false");
        String command = "chmod -R a+rX " + folder + "/classes*; umask 0; mkdir -m 777 " + folder + "/tmp; "
                + "setpriv --reuid 65534 --regid 65534 --clear-groups " + java + " -Djna.tmpdir=" + folder + "/tmp"
                + " -Ddev.pharos.process.polling=" + polling + " -cp " + String.join(":", classes) + " '"
                + Stranger.class.getName() + "' " + path + " " + secret + " " + folder.resolve("new");
        assertThat(run(command)).isZero();
    }

    static final class Stranger {
        private Stranger() {}

        public static void main(String[] args) throws Exception {
            try (ProcessEvent event = ProcessEvent.open(Path.of(args[0]))) {
                if (event.await(Duration.ofMillis(1))) {
                    throw new AssertionError("was not set");
                }
                refused(event::set);
            }
            refused(() -> ProcessEvent.open(Path.of(args[1])));
            refused(() -> ProcessEvent.open(Path.of(args[2])));
        }

        private static void refused(Runnable call) {
            try {
                call.run();
            } catch (EventException.NotPermitted e) {
                return;
            }
            throw new AssertionError("was permitted");
        }
    }

    @Tag("once")
    @Test
    void open_diskFull_throwsAndLeavesNothing() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(isRoot() && run("mount -t tmpfs -o size=8k none " + disk) == 0, "a small disk");
        try {
            Files.write(disk.resolve("much"), new byte[8192]);
            path = disk.resolve("event");
            assertThrows(EventException.Unavailable.class, () -> ProcessEvent.open(path));
            try (var files = Files.list(disk)) {
                assertThat(files).containsExactly(disk.resolve("much"));
            }
            Files.delete(disk.resolve("much"));
            ProcessEvent.open(path).close();
        } finally {
            run("umount -l " + disk);
        }
    }

    @Tag("once")
    @Test
    void open_1000RandomMutations_throwsOrIsAnEvent() throws Exception {
        byte[] original = valid();
        SplittableRandom random = new SplittableRandom(1);
        int refused = 0;
        for (int i = 0; i < 1_000; i++) {
            byte[] content = original.clone();
            for (int j = random.nextInt(1, 4); j > 0; j--) {
                content[random.nextInt(random.nextBoolean() ? 80 : content.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                content = Arrays.copyOf(content, random.nextInt(2 * EventFile.SIZE));
            }
            Files.delete(path);
            Files.write(path, content);
            try (ProcessEvent event = ProcessEvent.open(path)) {
                event.set();
                assertThat(event.isSet()).isTrue();
                assertThat(event.await(Duration.ZERO)).isTrue();
                event.clear();
                assertThat(event.isSet()).isFalse();
                assertThat(event.await(Duration.ofNanos(1))).isFalse();
            } catch (EventException.WrongKind e) {
                assertThat(content[EventFile.KIND_AT] + content[EventFile.KIND_AT + 1])
                        .isEqualTo(1);
            } catch (EventException.NotAnEvent
                    | EventException.Corrupt
                    | EventException.NewerVersion
                    | EventException.Unavailable e) {
                assertThat(e).hasMessageStartingWith(path + ": ");
                assertThat(Files.readAllBytes(path)).isEqualTo(content);
                refused++;
            }
        }
        assertThat(refused).isBetween(300, 900);
    }

    // In use

    @Test
    void inUse_truncated_throwsEverywhere() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            assertFails(event, EventException.Corrupt.class, () -> truncate(0));
        }
    }

    @Test
    void inUse_truncatedAndGrownAgain_throwsEverywhere() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            assertFails(event, EventException.Corrupt.class, () -> {
                truncate(0);
                Files.write(path, new byte[EventFile.SIZE], StandardOpenOption.WRITE);
            });
        }
    }

    @Test
    void inUse_overwritten_throwsEverywhere() throws Exception {
        byte[] noise = new byte[EventFile.SIZE];
        new SplittableRandom(1).nextBytes(noise);
        try (ProcessEvent event = ProcessEvent.open(path)) {
            assertFails(event, EventException.Corrupt.class, () -> Files.write(path, noise, StandardOpenOption.WRITE));
        }
    }

    @Test
    void inUse_removed_throwsEverywhere() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            assertFails(event, EventException.Removed.class, () -> Files.delete(path));
        }
    }

    @Test
    void inUse_removedAndMadeAgain_throwsForTheOldOneOnly() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            assertFails(event, EventException.Removed.class, () -> {
                Files.delete(path);
                ProcessEvent.open(path).close();
            });
        }
        try (ProcessEvent event = ProcessEvent.open(path)) {
            assertThat(event.set()).isTrue();
        }
    }

    /** What only reads, or has nothing to change, notices it as well as a waiter does. */
    @Tag("slow")
    @Test
    void inUse_removedWhileNobodyWaits_isNoticedByEachCall() throws Exception {
        List<Consumer<ProcessEvent>> calls = List.of(
                ProcessEvent::isSet,
                ProcessEvent::set, // is set
                event -> event.whenSet().join(),
                event -> awaitAtMost(event, 0),
                event -> awaitAtMost(event, 1));
        for (boolean replaced : new boolean[] {false, true}) {
            for (Consumer<ProcessEvent> call : calls) {
                try (ProcessEvent event = ProcessEvent.open(path)) {
                    event.set();
                    call.accept(event);
                    Files.delete(path);
                    if (replaced) {
                        ProcessEvent.open(path).close();
                    }
                    threads.until("it is noticed", () -> {
                        try {
                            call.accept(event);
                            return false;
                        } catch (EventException.Removed e) {
                            return true;
                        }
                    });
                    assertThrows(EventException.Removed.class, event::isSet);
                }
                Files.deleteIfExists(path);
            }
        }
    }

    private static void awaitAtMost(ProcessEvent event, long hours) {
        try {
            assertThat(event.await(Duration.ofHours(hours))).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** An event that is read seldom is checked at each read. */
    @Test
    void isSet_removedLongAfterTheLastRead_throwsAtOnce() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path);
                ProcessEvent other = ProcessEvent.open(folder.resolve("other"))) {
            assertThat(event.isSet()).isFalse();
            awaitCheckOf(other); // the second tick after the read, since each tick is for all files
            awaitCheckOf(other);
            Files.delete(path);
            assertThrows(EventException.Removed.class, event::isSet);
        }
    }

    /** Waits until the file of an event is checked because of the time. */
    private void awaitCheckOf(ProcessEvent event) {
        event.isSet();
        threads.until("a second has passed", () -> !event.file().needsClock());
    }

    /** A read that fails in a loop that was compiled. */
    @Test
    void isSet_truncatedMeanwhile_throws() throws Exception {
        try (ProcessEvent event = ProcessEvent.open(path)) {
            AtomicInteger looks = new AtomicInteger();
            Thread looker = threads.start(() -> assertThrows(EventException.Corrupt.class, () -> {
                while (!event.isSet()) {
                    looks.incrementAndGet();
                }
            }));
            threads.until("the loop is compiled", () -> looks.get() > 1_000_000);
            truncate(0);
            threads.join(looker);
        }
    }

    /** The same in calls that were compiled, again and again: what JDK 17 finds in a register may look right. */
    @Tag("once")
    @Test
    void inUse_truncatedWhenCompiled_throwsAtTheNextCall() throws Exception {
        for (int round = 0; round < 300; round++) {
            try (ProcessEvent event = ProcessEvent.open(path)) {
                boolean set = false;
                for (int i = 0; i < 20_000; i++) {
                    set |= event.isSet();
                }
                assertThat(set).isFalse();
                truncate(0);
                assertThrows(EventException.Corrupt.class, event::isSet);
                assertThrows(EventException.Corrupt.class, event::set);
                assertThrows(EventException.Corrupt.class, () -> event.await(Duration.ZERO));
            }
            Files.delete(path);
        }
    }

    private interface Damage {
        void run() throws Exception;
    }

    private void assertFails(ProcessEvent event, Class<? extends EventException> type, Damage damage) throws Exception {
        Thread waiter = threads.start(() -> assertThrows(type, event::await));
        Thread timed = threads.start(() -> assertThrows(type, () -> event.await(Duration.ofHours(1))));
        CompletableFuture<Void> future = event.whenSet();
        threads.awaitBlocked(waiter);
        threads.awaitBlocked(timed);
        damage.run();
        threads.join();
        threads.until("the future has failed", future::isDone);
        assertThatThrownBy(future::join).isInstanceOf(CompletionException.class).hasCauseInstanceOf(type);
        assertThrows(type, event::isSet);
        assertThrows(type, event::set);
        assertThrows(type, event::await);
        assertThrows(type, event::whenSet);
        assertThat(event).asString().contains(type.getSimpleName());
    }

    private void truncate(long size) throws IOException {
        assumeFalse(System.getProperty("os.name").startsWith("Windows"), "a mapped file can be truncated");
        try (var channel = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    // The system

    private static boolean isPosix() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
    }

    private boolean isRoot() throws IOException {
        return isPosix() && (int) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS) == 0;
    }

    /** Runs a command of the shell. */
    private static int run(String command) throws Exception {
        assumeTrue(Files.exists(SHELL), "a shell");
        Process process = new ProcessBuilder(SHELL.toString(), "-c", command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return process.waitFor();
    }
}
