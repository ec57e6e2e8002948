// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.EventException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What makes an event a held one: locks on a byte of its file, which the kernel releases when their holder dies. See
 * "Holds" in {@link ProcessEvent}.
 */
final class Holds {
    private static final Cleaner CLEANER = Cleaner.create();

    private final EventFile file;
    private final Kernel kernel;

    /** For queries of the locks; never takes one. Closed by the cleaner. */
    private final int probeDescriptor;

    /**
     * Whether a thread waits for the last hold to be released. One that ends makes this false, then checks for waiters.
     */
    private final AtomicBoolean watched = new AtomicBoolean();

    Holds(EventFile file, Kernel kernel) {
        this.file = file;
        this.kernel = kernel;
        int descriptor = open();
        probeDescriptor = descriptor;
        CLEANER.register(this, () -> kernel.close(descriptor));
    }

    /** A descriptor of its own for the file: locks belong to that, neither to the process nor to a thread. */
    private int open() {
        int descriptor = kernel.open(file.path, file.key.writable());
        boolean same = false;
        try {
            if (descriptor < 0) {
                throw file.unavailable("could not be opened again (" + kernel.text(-descriptor) + "); fix that", null);
            }
            byte[] start = new byte[EventFile.CREATED_AT];
            if (kernel.read(descriptor, start) != 0
                    || !file.isStart(ByteBuffer.wrap(start).order(ByteOrder.nativeOrder()))) {
                file.check();
                throw file.remove(null);
            }
            file.check(); // not a copy of the file, nor what a symbolic link leads to
            same = true;
            return descriptor;
        } finally {
            if (descriptor >= 0 && !same) {
                kernel.close(descriptor);
            }
        }
    }

    Path path() {
        return file.path;
    }

    /** Whether there is a hold of the event. */
    boolean isHeld() {
        try {
            int found = kernel.lockedBy(probeDescriptor);
            if (found < 0) {
                throw unavailable(found);
            }
            return found == Kernel.READ_LOCK;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Holds the event: returns the descriptor that has the lock. */
    int hold() {
        int descriptor = open();
        boolean done = false;
        try {
            if (kernel.lock(descriptor, Kernel.WRITE_LOCK, false) == 0) {
                file.changeByFutex(kernel, false); // no holder: the word is as a holder that died has left it
            }
            lockToRead(descriptor);
            if (!file.isMarked()) {
                file.changeByFutex(kernel, true);
            }
            done = true;
            return descriptor;
        } finally {
            if (!done) {
                kernel.close(descriptor); // and with it the lock
            }
        }
    }

    /**
     * Acquires the read lock, which only a process that is stopped with the write lock delays for long. By attempts, and
     * not by a call that waits: in a virtual thread that would keep the carrier.
     */
    private void lockToRead(int descriptor) {
        Pause pause = new Pause();
        for (int error = kernel.lock(descriptor, Kernel.READ_LOCK, false);
                error != 0;
                error = kernel.lock(descriptor, Kernel.READ_LOCK, false)) {
            if (!Kernel.isLocked(error)) {
                throw unavailable(error);
            }
            pause.once(this);
        }
    }

    /** Releases a hold. If it was the last, the event is clear. */
    void release(int descriptor) {
        try {
            kernel.lock(descriptor, Kernel.NO_LOCK, false);
            if (kernel.lock(descriptor, Kernel.WRITE_LOCK, false) == 0) {
                file.changeByFutex(kernel, false);
            }
        } finally {
            kernel.close(descriptor);
        }
    }

    /** Ensures that a thread waits for the last hold to be released, if this process may then clear the word. */
    void watch() {
        if (file.key.writable() && !watched.get() && watched.compareAndSet(false, true)) {
            try {
                Thread thread = new Thread(null, this::awaitLast, "pharos-watch " + file.path, 0L, false);
                thread.setDaemon(true);
                thread.start();
            } catch (OutOfMemoryError e) { // no thread available: the listener polls
                watched.set(false);
            }
        }
    }

    private void awaitLast() {
        EventException failure = null;
        try {
            int descriptor = open();
            try {
                int error = kernel.lock(descriptor, Kernel.WRITE_LOCK, true);
                if (error != 0) {
                    throw unavailable(error);
                }
                file.changeByFutex(kernel, false);
            } finally {
                kernel.close(descriptor);
            }
        } catch (EventException e) {
            failure = e;
        } finally {
            watched.set(false);
            file.listener().watched(failure);
        }
    }

    private EventException unavailable(int error) {
        String text = kernel.text(Math.abs(error));
        return file.unavailable("could not be locked (" + text + "); use another file system", null);
    }
}
