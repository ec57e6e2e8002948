// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.EventException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The open event files of this process. Opening finds the file of a path, creates it if it does not exist, verifies and
 * maps it, once for all handles of this process. Nothing is written to a file before it is known to be an event.
 */
final class EventFiles {
    /** How the system writes the names of files. */
    static final Charset NAMES = Charset.forName(
            System.getProperty("sun.jnu.encoding", Charset.defaultCharset().name()));

    /** Types of file systems on which each machine maps its own copy. */
    private static final Set<String> NETWORK = Set.of(
            "9p",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "coda",
            "gfs2",
            "glusterfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs4",
            "ocfs2",
            "prl_fs",
            "smb3",
            "smbfs",
            "vboxsf",
            "virtiofs",
            "vmhgfs");

    /**
     * Types of file systems on which the first to open a file for writing moves it, so that those who have mapped it for
     * reading go on to see what it was. An empty string is an unknown type.
     */
    private static final Set<String> COPIED_UP = Set.of("overlay", "aufs", "");

    private static final boolean UNIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

    /** The permission bit of a directory in which every user may create files. */
    private static final int OTHERS_WRITE = 2;

    /** The files that are open, by what they are and whether they can be changed. Guarded by the lock. */
    private static final Map<Key, EventFile> files = new HashMap<>();

    /** Never held during an operation on a file, which may take as long as the file system likes. */
    private static final ReentrantLock lock = new ReentrantLock();

    /** How long to open a file that others create and remove all the time. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Path path;
    private final Set<PosixFilePermission> permissions;
    private final Set<ProcessEvent.Option> options;

    private EventFiles(Path path, Set<PosixFilePermission> permissions, Set<ProcessEvent.Option> options) {
        this.path = path;
        this.permissions = permissions;
        this.options = options;
    }

    /** What identifies a file on this machine, by which of its names it was opened, and how it is mapped. */
    record Key(Object identity, Path path, boolean writable) {}

    /** Opens a file for one more handle. */
    static EventFile open(Path path, Set<PosixFilePermission> permissions, Set<ProcessEvent.Option> options) {
        return repeat(path, permissions, options, EventFiles::tryOpen);
    }

    /** Reads the status of an event without opening it. */
    static ProcessEvent.Status status(Path path) {
        return repeat(path, Set.of(), Set.of(ProcessEvent.Option.READ_ONLY), EventFiles::status);
    }

    /** An operation on a path; returns null if that leads to another file by now. */
    private interface Attempt<T> {
        @Nullable
        T perform(EventFiles opening) throws IOException;
    }

    /** Repeats an operation until it succeeds or fails. */
    private static <T> T repeat(
            Path path, Set<PosixFilePermission> permissions, Set<ProcessEvent.Option> options, Attempt<T> attempt) {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new EventException.Unavailable(
                    path.toString(), "not in the default file system; specify a path that is", null);
        }
        Path absolute = path.toAbsolutePath();
        boolean interrupted = Thread.interrupted(); // channels close in a thread that is interrupted
        try {
            EventFiles opening = new EventFiles(absolute, permissions, options);
            Pause pause = new Pause();
            long start = System.nanoTime();
            while (System.nanoTime() - start < PATIENCE_NANOS) {
                try {
                    T result = attempt.perform(opening);
                    if (result != null) {
                        return result;
                    }
                    pause.once(opening); // another process created, removed or replaced the file
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
            throw new EventException.Unavailable(
                    absolute.toString(),
                    "created, removed or replaced again and again while it was opened; specify another path",
                    null);
        } catch (AccessDeniedException e) {
            throw new EventException.NotPermitted(
                    absolute.toString(),
                    "may not be opened or created by this user; change its permissions or those of its directory",
                    e);
        } catch (NoSuchFileException e) {
            throw new EventException.Unavailable(
                    absolute.toString(),
                    Files.isDirectory(absolute.resolveSibling("."))
                            ? "no file can be created in its directory; specify another path" // as in /proc
                            : "parent directory does not exist; create it first",
                    e);
        } catch (IOException e) {
            throw new EventException.Unavailable(
                    absolute.toString(),
                    "could not be opened (" + reason(e) + "); fix that or specify another path",
                    e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "Permission denied";
        }
        String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
        return reason != null ? reason : e.toString();
    }

    private EventException missing() {
        return new EventException.Unavailable(path.toString(), "does not exist; set it or wait for it first", null);
    }

    private EventException notAnEvent(String why) {
        return new EventException.NotAnEvent(
                path.toString(), "not an event: it " + why + "; specify another path or remove it", null);
    }

    private EventException damaged(String how) {
        return new EventException.Corrupt(
                path.toString(),
                how + ", as a file may be after a power failure or on a full disk; if it was an event, remove it, then"
                        + " open the event again everywhere",
                null);
    }

    /** Whether what was read begins as a number does, or is the beginning of that. */
    private static boolean begins(ByteBuffer read, long number) {
        int length = Math.min(read.position(), Long.BYTES);
        ByteBuffer other = ByteBuffer.allocate(Long.BYTES).order(read.order()).putLong(0, number);
        return read.duplicate().position(0).limit(length).equals(other.limit(length));
    }

    /** Counts one handle less. The last one drops the file. */
    static void close(EventFile file) {
        lock.lock();
        try {
            if (--file.handles == 0) {
                files.remove(file.key, file);
                file.stop();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Returns the file; or null if it was created or removed just now, to be tried again. */
    private @Nullable EventFile tryOpen() throws IOException {
        Object identity = identity();
        if (identity == null) {
            if (options.contains(ProcessEvent.Option.MUST_EXIST) || options.contains(ProcessEvent.Option.READ_ONLY)) {
                throw missing();
            }
            create();
            return null;
        }
        try {
            return options.contains(ProcessEvent.Option.READ_ONLY)
                    ? map(identity, false, null)
                    : mapAsPermitted(identity);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private @Nullable EventFile mapAsPermitted(Object identity) throws IOException {
        try {
            return map(identity, true, null);
        } catch (FileSystemException e) { // no write permission, or a read-only file system; others recur
            return map(identity, false, e instanceof AccessDeniedException ? null : reason(e));
        }
    }

    /** The file with this identity, for one more handle; or null if another is there now. */
    private @Nullable EventFile map(Object identity, boolean writable, @Nullable String readOnlyReason)
            throws IOException {
        Key key = new Key(identity, path.normalize(), writable);
        EventFile file;
        boolean isNew;
        try (FileChannel channel = channel(writable)) {
            if (!identity.equals(identity())) {
                return null;
            }
            verify(channel);
            file = find(key);
            isNew = file == null;
            if (file == null) {
                FileChannel.MapMode mode = writable ? FileChannel.MapMode.READ_WRITE : FileChannel.MapMode.READ_ONLY;
                boolean afresh = !writable && COPIED_UP.contains(Mounts.type(path));
                ByteBuffer memory = channel.map(mode, 0, EventFile.SIZE);
                file = new EventFile(path, key, memory, afresh, readOnlyReason);
            }
        }
        return share(key, file, isNew);
    }

    private static @Nullable EventFile find(Key key) {
        lock.lock();
        try {
            EventFile file = files.get(key);
            return file == null || file.isRemoved() ? null : file;
        } finally {
            lock.unlock();
        }
    }

    /** Counts one handle more of this file, or of another that was mapped meanwhile; null if it has been closed. */
    private static @Nullable EventFile share(Key key, EventFile found, boolean isNew) {
        lock.lock();
        try {
            EventFile file = files.get(key);
            if (file == null || file.isRemoved()) {
                if (!isNew) {
                    return null;
                }
                files.put(key, found);
                file = found;
            }
            file.handles++;
            return file;
        } finally {
            lock.unlock();
        }
    }

    /** The first bytes of the file at a path, or null if it has not the length of an event. Never a pipe's. */
    static @Nullable ByteBuffer read(Path path) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(EventFile.HEADER).order(ByteOrder.nativeOrder());
        boolean interrupted = Thread.interrupted(); // channels close in a thread that is interrupted
        try {
            while (true) {
                BasicFileAttributes file =
                        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                if (!file.isRegularFile()) {
                    throw new NoSuchFileException(path.toString());
                }
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
                    readFully(channel, header);
                    return header.hasRemaining() || channel.size() != EventFile.SIZE ? null : header;
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                    header.clear();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void readFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) >= 0) {} // less only if truncated now
    }

    /** The status of the event; or null if another file is there now. */
    private ProcessEvent.@Nullable Status status() throws IOException {
        Object identity = identity();
        if (identity == null) {
            throw missing();
        }
        try (FileChannel channel = channel(false)) {
            if (!identity.equals(identity())) {
                return null;
            }
            ByteBuffer file = verify(channel);
            int word = file.getInt(EventFile.WORD_AT);
            boolean held = file.getShort(EventFile.KIND_AT) == EventFile.HELD;
            boolean set = EventFile.flag(word);
            OptionalInt holders = OptionalInt.empty();
            long since = EventFile.time(file.getLong(set ? EventFile.SET_AT : EventFile.CLEARED_AT), word);
            if (!set && EventFile.epoch(word) == 0) {
                since = file.getLong(EventFile.CREATED_AT);
            }
            if (held && set) {
                holders = HolderCount.of(path);
                set = holders.isPresent() || isHeld();
                since = set ? since : 0L; // the holders are dead, and the time of their death is not recorded
            }
            Optional<Instant> time = since == 0L ? Optional.empty() : Optional.of(Instant.ofEpochMilli(since));
            return new ProcessEvent.Status(held, set, held && !set ? OptionalInt.of(0) : holders, time);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Asks the kernel whether there is a hold of the event, which takes longer than reading a file. */
    private boolean isHeld() {
        try (ProcessEvent event = ProcessEvent.open(path, ProcessEvent.Option.READ_ONLY)) {
            return event.isSet();
        }
    }

    private FileChannel channel(boolean writable) throws IOException {
        return writable
                ? FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)
                : FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    /** What identifies the file, or null if there is none. Throws if it cannot be an event. */
    private @Nullable Object identity() throws IOException {
        BasicFileAttributes file;
        try {
            file = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return null;
        }
        if (file.isSymbolicLink()) {
            throw notAnEvent("is a symbolic link, which is not followed");
        } else if (file.isDirectory()) {
            throw notAnEvent("is a directory");
        } else if (!file.isRegularFile()) {
            throw notAnEvent("is a device, a pipe or a socket");
        }
        Object identity = file.fileKey();
        return identity != null ? identity : path.toRealPath();
    }

    /** The first bytes of the file. Throws if it is not an event, or not one that this process should use. */
    private ByteBuffer verify(FileChannel channel) throws IOException {
        rejectCopies(path);
        if (UNIX) {
            int directory = (int) Files.getAttribute(path.resolveSibling("."), "unix:mode");
            int owner = (int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            if ((directory & OTHERS_WRITE) != 0 && owner != 0 && owner != user()) {
                throw new EventException.NotPermitted(
                        path.toString(),
                        "belongs to user " + Integer.toUnsignedString(owner)
                                + ", in a directory that every user may write to; use another directory",
                        null);
            }
        }
        long size = channel.size();
        ByteBuffer header = ByteBuffer.allocate(EventFile.HEADER).order(ByteOrder.nativeOrder());
        readFully(channel, header);
        if (size == 0
                && header.position() == 0) { // a file of the kernel, such as those in /proc, is not as its size is
            throw damaged("is empty");
        } else if (size != EventFile.SIZE && begins(header, EventFile.MAGIC)) {
            throw damaged("has " + size + " bytes instead of " + EventFile.SIZE);
        } else if (size <= EventFile.SIZE && begins(header, 0L)) {
            throw damaged("begins with zeros");
        } else if (size != EventFile.SIZE) {
            throw notAnEvent("has " + size + " bytes instead of " + EventFile.SIZE);
        } else if (header.hasRemaining() || header.getLong(0) != EventFile.MAGIC) {
            throw notAnEvent("does not begin with PHAROSEV");
        } else if (header.getInt(EventFile.BYTE_ORDER_AT) != EventFile.BYTE_ORDER_MARK) {
            throw notAnEvent("is damaged or comes from another kind of machine");
        } else if (header.getShort(EventFile.VERSION_AT) != EventFile.VERSION) {
            int version = Short.toUnsignedInt(header.getShort(EventFile.VERSION_AT));
            throw new EventException.NewerVersion(
                    path.toString(),
                    "an event file of version " + version + "; update this library, which supports version "
                            + EventFile.VERSION,
                    null);
        }
        short kind = header.getShort(EventFile.KIND_AT);
        if (kind != EventFile.FLAG && kind != EventFile.HELD) {
            throw notAnEvent("is of an unknown kind");
        } else if (kind != EventFile.HELD && options.contains(ProcessEvent.Option.HELD)) {
            throw new EventException.WrongKind(path.toString(), "not a held event; open it without HELD", null);
        }
        return header;
    }

    /**
     * Throws if a path, of the file or of its directory, leads to a file system on which not all map the same file. With
     * FUSE each mount may map its own copy, even if all is on this machine.
     */
    private void rejectCopies(Path place) {
        String type = Mounts.type(place);
        if (NETWORK.contains(type)) {
            throw new EventException.Unavailable(
                    path.toString(),
                    "on a network file system (" + type + "); specify a path on a local file system",
                    null);
        } else if (type.equals("fuse") || type.startsWith("fuse.")) {
            throw new EventException.Unavailable(
                    path.toString(),
                    "on a FUSE file system (" + type + "), where a set may not reach all processes; specify a path on"
                            + " another, such as /dev/shm",
                    null);
        }
    }

    /** The number of the user that this process runs as. */
    private int user() throws IOException {
        try {
            String status = Files.readString(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1);
            for (String line : status.split("\n", -1)) {
                if (line.startsWith("Uid:")) { // the real, effective and saved user, and the one who owns new files
                    return Integer.parseUnsignedInt(line.split("\t", -1)[4]);
                }
            }
        } catch (FileSystemException e) {
            // There is no /proc here.
        }
        Path draft = draft();
        try {
            FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
                    .close();
            return (int) Files.getAttribute(draft, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        } catch (FileSystemException e) {
            throw new EventException.NotPermitted(
                    path.toString(),
                    "perhaps of another user, in a directory that every user may write to: without /proc, which user"
                            + " this is cannot be determined; use another directory",
                    e);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** A new name in the same directory. */
    private Path draft() {
        return path.resolveSibling(".pharos-"
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()));
    }

    /**
     * Creates the file, completely and under another name at first, so that no process ever sees a part of it; and
     * forces it to the disk before it has its name, so that it is never a part of itself after a power failure either.
     */
    private void create() throws IOException {
        rejectCopies(path.resolveSibling("."));
        ByteBuffer content = ByteBuffer.allocate(EventFile.SIZE).order(ByteOrder.nativeOrder());
        content.putLong(0, EventFile.MAGIC);
        content.putShort(EventFile.VERSION_AT, EventFile.VERSION);
        content.putShort(
                EventFile.KIND_AT, options.contains(ProcessEvent.Option.HELD) ? EventFile.HELD : EventFile.FLAG);
        content.putInt(EventFile.BYTE_ORDER_AT, EventFile.BYTE_ORDER_MARK);
        content.putLong(EventFile.ID_AT, ThreadLocalRandom.current().nextLong());
        content.putLong(EventFile.CREATED_AT, System.currentTimeMillis());
        FileAttribute<?>[] private_ = UNIX
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        Path draft = draft();
        try (FileChannel channel =
                FileChannel.open(draft, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), private_)) {
            while (content.hasRemaining()) {
                channel.write(content);
            }
            if (UNIX) {
                Files.setPosixFilePermissions(draft, permissions);
            }
            channel.force(true);
            Files.createLink(path, draft);
        } catch (FileAlreadyExistsException e) {
            return; // another process was first
        } finally {
            Files.deleteIfExists(draft);
        }
        forceDirectory();
    }

    /** Forces the name of the file to the disk. */
    private void forceDirectory() throws IOException {
        if (UNIX) { // elsewhere a directory cannot be opened
            try (FileChannel directory = FileChannel.open(path.resolveSibling("."), StandardOpenOption.READ)) {
                directory.force(true);
            } catch (AccessDeniedException e) {
                // One that may be written to but not read. After a power failure the event may not be there.
            }
        }
    }
}
