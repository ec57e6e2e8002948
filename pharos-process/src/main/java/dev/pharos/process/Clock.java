// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The daemon thread that tells files each second to check themselves at the next read of their word, which is too short
 * to look at a clock. It makes no system call on a file, so that no file system can hold it up. See "Checks" in
 * {@link ProcessEvent}.
 */
final class Clock {
    private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** The files whose word was read since the last tick, and some that are about to be dropped. */
    private static final Set<EventFile> files = ConcurrentHashMap.newKeySet();

    private static final AtomicReference<@Nullable Thread> clock = new AtomicReference<>();

    private Clock() {}

    /** Adds a file that is in need of the clock; false if there is no thread for it. */
    static boolean add(EventFile file) {
        boolean added = files.add(file);
        if (clock.get() == null) {
            Thread thread = new Thread(null, Clock::run, "pharos-clock", 0L, false);
            thread.setDaemon(true);
            if (clock.compareAndSet(null, thread)) {
                try {
                    thread.start();
                } catch (OutOfMemoryError e) { // no thread is available: each read checks, and tries again
                    end();
                    return false;
                }
            }
        }
        if (added) {
            LockSupport.unpark(clock.get());
        }
        return true;
    }

    private static void run() {
        try {
            while (true) {
                while (files.isEmpty()) {
                    LockSupport.park(Clock.class);
                }
                long start = System.nanoTime();
                for (long left = TICK_NANOS; left > 0; left = TICK_NANOS - (System.nanoTime() - start)) {
                    LockSupport.parkNanos(Clock.class, left);
                }
                files.forEach(Clock::tick);
            }
        } finally { // by an error, such as no memory
            end();
        }
    }

    /** There is no thread any more. The next read of each file starts another. */
    private static void end() {
        clock.set(null);
        files.forEach(EventFile::checkAtNextRead);
    }

    private static void tick(EventFile file) {
        if (!file.checkAtNextRead()) {
            files.remove(file);
            if (file.needsClock()) { // read meanwhile: it may have been added before it was removed
                files.add(file);
            }
        }
    }
}
