// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import dev.pharos.EventException;
import dev.pharos.TestThreads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** File systems that change under an event. All need root, to mount them. */
class FileSystemsTest {
    /** Stops an ext4 as a power failure does: what is not in the journal on the disk is lost. */
    private static final long SHUTDOWN = 0x8004587DL;

    private static final int LOSING_THE_LOG = 2;

    @TempDir
    Path folder;

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private final Deque<Path> mounted = new ArrayDeque<>();

    @AfterEach
    void unmount() throws Exception {
        while (!mounted.isEmpty()) {
            run("umount -l " + mounted.pop());
        }
    }

    private static int run(String command) throws Exception {
        assumeTrue(Files.exists(Path.of("/bin/sh")), "a shell");
        return new ProcessBuilder("/bin/sh", "-c", command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** Mounts something, with the arguments of mount(8), at a directory of this name. */
    private Path mount(String name, String arguments) throws Exception {
        Path place = folder.resolve(name);
        Files.createDirectories(place);
        assumeTrue(
                (int) Files.getAttribute(folder, "unix:uid") == 0 && run("mount " + arguments + " " + place) == 0,
                "root, who can mount " + arguments);
        mounted.push(place);
        return place;
    }

    /** Mounts a disk of its own, of a few megabytes. */
    private Path mountDisk() throws Exception {
        Path disk = folder.resolve("disk");
        assumeTrue(run("truncate -s 16M " + disk + " && mkfs.ext4 -q -F " + disk) == 0, "mkfs.ext4");
        return mount("place", "-o loop " + disk);
    }

    // Layers, as those of the image and of the writable layer of a container

    private Path overlay(String options) throws Exception {
        Path layers = mount("layers", "-t tmpfs none"); // not all file systems can be an upper layer
        for (String name : List.of("upper", "work")) {
            Files.createDirectory(layers.resolve(name));
        }
        return mount(
                "merged",
                "-t overlay none -o lowerdir=" + folder.resolve("lower") + ",upperdir=" + layers.resolve("upper")
                        + ",workdir=" + layers.resolve("work") + options);
    }

    private void createInTheLowerLayer(ProcessEvent.Option... options) throws Exception {
        Files.createDirectories(folder.resolve("lower"));
        ProcessEvent.open(folder.resolve("lower/event"), options).close();
    }

    @Test
    void overlay_firstSetByAnother_releasesWhoMayOnlyRead() throws Exception {
        createInTheLowerLayer();
        Path path = overlay("").resolve("event");
        try (ProcessEvent reader = ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY)) {
            assertReleased(reader, path);
        }
    }

    @Test
    void overlay_severalNamesForTheFile_releasesWhoMayOnlyRead() throws Exception {
        createInTheLowerLayer();
        Files.createLink(folder.resolve("lower/other"), folder.resolve("lower/event"));
        Path path = overlay(",index=off").resolve("event"); // so that the file gets another number
        try (ProcessEvent reader = ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY)) {
            assertReleased(reader, path);
        }
    }

    /** Opens the event for setting only when another waits for it. */
    private void assertReleased(ProcessEvent reader, Path path) throws Exception {
        Thread waiter = threads.start(reader::await);
        CompletableFuture<Void> future = reader.whenSet();
        threads.awaitBlocked(waiter);
        try (ProcessEvent setter = ProcessEvent.open(path)) {
            assertThat(setter.set()).isTrue();
            assertThat(reader.isSet()).isTrue();
            threads.join(waiter);
            threads.get(future);
            try (ProcessEvent late = ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY)) {
                assertThat(late.isSet()).isTrue();
            }
            waiter = threads.start(reader::awaitClear);
            threads.awaitBlocked(waiter);
            setter.clear();
            assertThat(reader.isSet()).isFalse();
            threads.join(waiter);
            future = reader.whenSet();
            setter.set();
            setter.clear();
            threads.get(future);
        }
    }

    @Test
    void overlay_heldByAnother_releasesWhoMayOnlyRead() throws Exception {
        assumeFalse(Boolean.getBoolean("dev.pharos.process.polling"), "holds need native calls");
        createInTheLowerLayer(ProcessEvent.Option.HELD);
        Path path = overlay("").resolve("event");
        try (ProcessEvent reader = ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY)) {
            Thread waiter = threads.start(reader::await);
            threads.awaitBlocked(waiter);
            try (Peer peer = new Peer(path)) {
                assertThat(peer.ask("hold")).isEqualTo("done");
                threads.join(waiter);
                assertThat(reader.isSet()).isTrue();
                waiter = threads.start(reader::awaitClear);
                threads.awaitBlocked(waiter);
            }
            threads.join(waiter);
            assertThat(reader.isSet()).isFalse();
        }
    }

    @Test
    void overlay_removedReplacedOrDamaged_throws() throws Exception {
        for (String damage : List.of("rm E", "rm E; mkdir E", "rm E; mkfifo E", "rm E; ln -s . E", "mv ../E.new E")) {
            createInTheLowerLayer();
            Path place = overlay("");
            ProcessEvent.open(folder.resolve("event.new")).close();
            assertFails(place, EventException.Removed.class, damage);
        }
        for (String damage : List.of("truncate -s 0 E", "truncate -s 100 E", "echo x >E")) {
            createInTheLowerLayer();
            assertFails(overlay(""), EventException.Corrupt.class, damage);
        }
    }

    private void assertFails(Path place, Class<? extends EventException> type, String damage) throws Exception {
        try (ProcessEvent reader = ProcessEvent.open(place.resolve("event"), ProcessEvent.Option.READ_ONLY)) {
            Thread waiter = threads.start(
                    () -> assertThatThrownBy(reader::await).as(damage).isInstanceOf(type));
            threads.awaitBlocked(waiter);
            assertThat(run("cd " + place + " && " + damage.replace("E", "event")))
                    .isZero();
            threads.join(waiter);
            assertThatThrownBy(reader::isSet).as(damage).isInstanceOf(type);
        }
        unmount();
    }

    // Mounts

    @Test
    void mounts_overlayOverAnother_releasesWhoMayOnlyRead() throws Exception {
        createInTheLowerLayer();
        mount("merged", "-t tmpfs none");
        Path path = overlay("").resolve("event");
        try (ProcessEvent reader = ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY)) {
            assertReleased(reader, path);
        }
    }

    @Test
    void mounts_fuse_isRejectedAndNothingIsWritten() throws Exception {
        Path place = mount("place", "-t tmpfs none");
        Path source = Files.createDirectory(folder.resolve("source"));
        assumeTrue(run("bindfs " + source + " " + place) == 0, "bindfs");
        mounted.push(place);
        assertRejected(place.resolve("new"));
        assertThat(source).isEmptyDirectory();
        ProcessEvent.open(source.resolve("event")).close();
        assertRejected(place.resolve("event"));
    }

    private static void assertRejected(Path path) {
        assertThatThrownBy(() -> ProcessEvent.open(path))
                .isInstanceOf(EventException.Unavailable.class)
                .hasMessageContaining("on a FUSE file system (fuse");
    }

    // Disks that are full or read-only

    /** An event that a program has copied without its zeros: the first change needs space for them. */
    @Test
    void full_changeOfASparseFile_throwsUntilThereIsSpace() throws Exception {
        Path disk = folder.resolve("disk");
        assumeTrue(run("truncate -s 16M " + disk + " && mkfs.ext4 -q -F -b 1024 -m 0 " + disk) == 0, "mkfs.ext4");
        Path place = mount("place", "-o loop " + disk);
        Path path = place.resolve("event");
        ProcessEvent.open(path).close();
        String toFill = "; head -c 1G /dev/zero >>fill; sync; head -c 1G /dev/zero >>fill2; sync";
        assumeTrue(
                run("cd " + place + " && fallocate -p -o 1024 -l 3072 event && sync" + toFill) == 0, "holes in files");
        try (ProcessEvent event = ProcessEvent.open(path);
                ProcessEvent reader = ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY)) {
            assertThatThrownBy(event::set)
                    .isInstanceOf(EventException.Unavailable.class)
                    .hasMessage(path + ": could not be written to; check whether the disk is full or read-only");
            assertThat(event.isSet()).isFalse();
            assertThat(event.clear()).isFalse();
            Thread waiter = threads.start(reader::await);
            threads.awaitBlocked(waiter);
            Files.delete(place.resolve("fill"));
            assertThat(event.set()).isTrue();
            threads.join(waiter);
        }
    }

    @Test
    void full_newEvent_saysSoAndLeavesNothing() throws Exception {
        Path place = mount("place", "-t tmpfs -o size=4k none");
        ProcessEvent.open(place.resolve("event")).close();
        assertThatThrownBy(() -> ProcessEvent.open(place.resolve("other")))
                .isInstanceOf(EventException.Unavailable.class)
                .hasMessageContaining("could not be opened (No space left on device)");
        assertThat(place.toFile().list()).containsExactly("event");
    }

    @Test
    void readOnly_change_saysSoAndWaitsAreReleased() throws Exception {
        Path place = mount("place", "-t tmpfs none");
        ProcessEvent.open(place.resolve("event")).close();
        Path view = mount("view", "--bind -o ro " + place);
        try (ProcessEvent event = ProcessEvent.open(place.resolve("event"));
                ProcessEvent other = ProcessEvent.open(view.resolve("event"))) {
            assertThatThrownBy(other::set)
                    .isInstanceOf(EventException.Unavailable.class)
                    .hasMessageContaining("not changed (Read-only file system); ");
            Thread waiter = threads.start(other::await);
            threads.awaitBlocked(waiter);
            event.set();
            threads.join(waiter);
        }
    }

    // Power failures

    @Test
    void power_failsAfterTheFirstSet_fileIsWhole() throws Exception {
        Path place = mountDisk();
        Path path = place.resolve("event");
        try (Peer peer = new Peer(path)) { // which has it mapped no longer when it has ended
            assertThat(peer.ask("set")).isEqualTo("true");
        }
        // Writes the journal, and with it the names of all files; the content of others may wait for half a minute.
        assertThat(run("echo x >" + place + "/other && sync " + place + "/other"))
                .isZero();
        assertThat(shutDown(place)).isZero();
        assertThat(run("umount " + mounted.pop())).isZero();
        mount("place", "-o loop " + folder.resolve("disk"));
        try (Peer peer = new Peer(path, "MUST_EXIST")) {
            peer.ask("set");
            assertThat(peer.ask("isSet")).isEqualTo("true");
        }
    }

    private static int shutDown(Path place) {
        NativeLibrary c = NativeLibrary.getInstance("c");
        int descriptor = c.getFunction("open").invokeInt(new Object[] {place.toString(), 0});
        int result = c.getFunction("ioctl")
                .invokeInt(new Object[] {descriptor, SHUTDOWN, new IntByReference(LOSING_THE_LOG)});
        c.getFunction("close").invokeInt(new Object[] {descriptor});
        return result;
    }

    // Frozen file systems, as for a snapshot

    /** In another process, since Linux stops also threads of this that have nothing to do with the event. */
    @Tag("slow") // and ps(1), until the file system is thawed
    @Test
    void frozen_severalThreadsSet_oneWaitsInTheKernelAndTheOthersPark() throws Exception {
        assumeFalse(Boolean.getBoolean("dev.pharos.process.polling"), "native calls");
        Path place = mountDisk();
        try (Peer peer = new Peer(place.resolve("event"))) {
            threads.join(threads.start(() -> {
                assertThat(peer.ask("set")).isEqualTo("true");
                assertThat(peer.ask("clear")).isEqualTo("true");
                assertThat(peer.ask("setters 4")).isEqualTo("done");
                whileFrozen(place, () -> {
                    peer.tell("go");
                    AtomicBoolean over = new AtomicBoolean();
                    threads.start(() -> {
                        peer.answer();
                        over.set(true);
                    });
                    threads.until(
                            "three are parked, or it is too late",
                            () -> over.get() || (peer.threads("setting") == 4 && peer.parked("setting") == 3));
                    assertThat(over).isFalse();
                    assertThat(peer.ticks("setting"))
                            .as("three that spin use more than ten until Linux stops them, too")
                            .isLessThan(7);
                });
            }));
        }
    }

    @Tag("slow")
    @Test
    void frozen_oneThreadCreatesAnEvent_othersOpenAndCloseEventsElsewhere() throws Exception {
        Path place = mountDisk();
        whileFrozen(place, () -> {
            Thread creator = threads.start(
                    () -> ProcessEvent.open(place.resolve("event")).close());
            threads.until(
                    "it is in native code",
                    () -> Arrays.stream(creator.getStackTrace()).anyMatch(StackTraceElement::isNativeMethod));
            threads.join(threads.start(() -> {
                try (ProcessEvent other = ProcessEvent.open(folder.resolve("other"))) {
                    assertThat(other.set()).isTrue();
                }
            }));
            assertThat(creator.isAlive()).isTrue();
        });
        threads.join();
    }

    /** Does something while a file system is frozen, which ends after half a minute even if this process is killed. */
    private static void whileFrozen(Path place, TestThreads.Action action) throws Exception {
        String thaw = "fsfreeze -u " + place;
        Process guard = new ProcessBuilder("setsid", "sh", "-c", "sleep 30; " + thaw).start();
        try {
            assumeTrue(run("fsfreeze -f " + place) == 0, "fsfreeze");
            action.run();
        } finally {
            guard.destroy();
            run(thaw);
        }
    }
}
