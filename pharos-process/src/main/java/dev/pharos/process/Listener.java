// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.EventException;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The waiters of this process for a file, and the daemon thread that sleeps in the kernel for all of them. It notifies
 * them of changes; each waiter determines by a read of its own whether it is released. See "Listening" in
 * {@link ProcessEvent}.
 */
final class Listener {
    /** False only in tests, which should hang if a change wakes no sleeper. */
    static volatile boolean bounded = true;

    /** How long to listen on without waiters: often another follows, and a thread takes long to start. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** How often to check whether the file is still what it was. */
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How many threads may sleep in the kernel: so many more would make the JVM slow to start and end any thread. */
    private static final int THREADS = 1_024;

    /** How many sleep there now. */
    private static final AtomicInteger threads = new AtomicInteger();

    private static final AtomicLong numbers = new AtomicLong();

    private final EventFile file;

    /** The waiters by number. Lock-free, since a virtual thread may lose its carrier while it holds a lock. */
    private final Map<Long, Waiter> waiters = new ConcurrentSkipListMap<>();

    /** Whether a thread listens for the waiters. One that ends checks for waiters after it has made this false. */
    private final AtomicBoolean running = new AtomicBoolean();

    private volatile boolean stopped;

    /** No word. */
    private static final long NONE = -1L;

    /** The last word that waiters were notified of, as an unsigned number. Of one thread only, like those below. */
    private long lastSeen;

    /** Whether the event was set then. */
    private boolean lastSeenSet;

    /** When there was last a waiter, and when the file was last checked. */
    private long awaitedAt;

    private long checkedAt;

    Listener(EventFile file) {
        this.file = file;
    }

    /** Adds a waiter, which then has to read the word. */
    void add(Waiter waiter) {
        waiter.number = numbers.incrementAndGet();
        waiters.put(waiter.number, waiter);
        ensureRunning();
        if (file.holds != null && !waiter.set) {
            file.holds.watch();
        }
    }

    /** Called when the holds of the event are no longer watched, since the last was released, or with a failure. */
    void watched(@Nullable EventException failure) {
        for (Waiter waiter : waiters.values()) {
            if (failure != null) {
                waiter.fail(failure);
            } else if (file.holds != null && !waiter.set) { // added while it was still watched
                file.holds.watch();
            }
        }
    }

    /** Removes a waiter; false if it was no longer there. */
    boolean remove(Waiter waiter) {
        return waiters.remove(waiter.number, waiter);
    }

    /** How many waiters there are of a kind. */
    int count(Predicate<Waiter> kind) {
        return (int) waiters.values().stream().filter(kind).count();
    }

    /** Fails the waits of a handle that was closed. */
    void fail(ProcessEvent event) {
        for (Waiter waiter : waiters.values()) {
            if (waiter.event == event) {
                waiter.fail(event.closed());
            }
        }
    }

    /** Stops listening, for good: the last handle was closed. */
    void stop() {
        stopped = true;
        Kernel kernel = Kernel.get();
        if (kernel != null && running.get()) {
            file.wake(kernel); // one that is about to sleep now does so for the bound
        }
    }

    /** After a change by this process: causes the word to be read at once, if it is polled. */
    void pollNow() {
        if (Poller.listeners.contains(this)) {
            Poller.pollNow(this);
        }
    }

    /** Ensures that a thread listens for the waiters. */
    void ensureRunning() {
        if (running.get() || !running.compareAndSet(false, true)) {
            return;
        }
        Kernel kernel = Kernel.get();
        if (kernel == null || !kernel.canSleep() || !startListening(kernel)) {
            begin();
            try {
                Poller.add(this);
            } catch (OutOfMemoryError e) { // no thread is available for that either
                running.set(false);
                throw file.unavailable(
                        "cannot be waited for (" + e.getMessage() + "); raise the limit of threads or of memory", null);
            }
        }
    }

    /** Starts a thread of its own for this file, if one is available. */
    private boolean startListening(Kernel kernel) {
        if (threads.incrementAndGet() <= THREADS) {
            try {
                Thread thread = new Thread(null, () -> listen(kernel), "pharos-listener " + file.path, 0L, false);
                thread.setDaemon(true);
                thread.start();
                return true;
            } catch (OutOfMemoryError e) {
                // No thread is available. The poller serves any number of files.
            }
        }
        threads.decrementAndGet();
        return false;
    }

    private void listen(Kernel kernel) {
        EventException failure = null;
        try {
            begin();
            while (poll() && kernel.canSleep()) {
                Kernel.Limit safe = bounded || waiters.isEmpty() ? Kernel.Limit.SECOND : Kernel.Limit.NONE;
                if (!file.sleep(kernel, (int) lastSeen, file.isPolled() ? Kernel.Limit.TICK : safe)) {
                    LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(10));
                }
            }
        } catch (EventException e) {
            failure = e;
        } catch (InternalError e) {
            failure = file.corrupt(e);
        } finally {
            threads.decrementAndGet();
            ended(failure);
        }
    }

    private void begin() {
        awaitedAt = System.nanoTime();
        checkedAt = awaitedAt;
        lastSeen = NONE;
    }

    /** Reads the word, and notifies the waiters if it has changed. False if listening is to end. */
    private boolean poll() {
        int word = file.word();
        long now = System.nanoTime();
        boolean isSet = file.isSet(word);
        if (Integer.toUnsignedLong(word) != lastSeen || isSet != lastSeenSet) {
            lastSeen = Integer.toUnsignedLong(word);
            lastSeenSet = isSet;
            for (Waiter waiter : waiters.values()) {
                if (waiter.isReleased()) { // by a read of its own: it may have come after the one above
                    waiter.release();
                }
            }
        }
        if (now - checkedAt >= CHECK_NANOS) {
            checkedAt = now;
            file.check();
        }
        if (!waiters.isEmpty()) {
            awaitedAt = now;
        }
        return !stopped && now - awaitedAt < LINGER_NANOS;
    }

    /** The listening thread ends, or the poller drops this. */
    private void ended(@Nullable EventException failure) {
        running.set(false);
        EventException reason = failure;
        try {
            if (reason == null && !stopped && !waiters.isEmpty()) {
                ensureRunning();
            }
        } catch (EventException e) {
            reason = e;
        }
        if (reason != null) {
            for (Waiter waiter : waiters.values()) {
                waiter.fail(reason);
            }
        }
    }

    /** The daemon thread that reads words again and again, where no thread can sleep in the kernel. */
    private static final class Poller {
        private static final long SHORTEST_NANOS = 50_000L;
        private static final long LONGEST_NANOS = 10_000_000L;

        private static final Set<Listener> listeners = ConcurrentHashMap.newKeySet();

        /** Those whose word was changed by this process. */
        private static final Queue<Listener> changed = new ConcurrentLinkedQueue<>();

        private static final AtomicReference<@Nullable Thread> poller = new AtomicReference<>();

        private Poller() {}

        static void add(Listener listener) {
            listeners.add(listener);
            if (poller.get() == null) {
                Thread thread = new Thread(null, Poller::run, "pharos-poller", 0L, false);
                thread.setDaemon(true);
                if (poller.compareAndSet(null, thread)) {
                    try {
                        thread.start();
                    } catch (OutOfMemoryError e) {
                        listeners.remove(listener);
                        end();
                        throw e;
                    }
                }
            }
            pollNow(listener);
        }

        /** There is no thread any more. The next listener that needs it starts another. */
        private static void end() {
            poller.set(null);
            for (Listener listener : List.copyOf(listeners)) {
                if (listeners.remove(listener)) {
                    listener.ended(listener.file.unavailable("no longer polled, for lack of memory; wait again", null));
                }
            }
        }

        /** Causes a word to be read now. */
        static void pollNow(Listener listener) {
            changed.add(listener);
            LockSupport.unpark(poller.get());
        }

        private static void run() {
            try {
                long pause = SHORTEST_NANOS;
                long round = System.nanoTime();
                while (true) {
                    for (Listener listener = changed.poll(); listener != null; listener = changed.poll()) {
                        poll(listener);
                    }
                    long left = round - System.nanoTime();
                    if (listeners.isEmpty()) {
                        LockSupport.park(Poller.class);
                    } else if (left > 0) {
                        LockSupport.parkNanos(Poller.class, left);
                    } else {
                        boolean any = false;
                        long start = System.nanoTime();
                        for (Listener listener : listeners) {
                            any |= poll(listener);
                        }
                        pause = any ? SHORTEST_NANOS : Math.min(2 * pause, LONGEST_NANOS);
                        long end = System.nanoTime();
                        round = end + Math.max(pause, 4 * (end - start)); // a fifth of a processor at most
                    }
                }
            } finally { // by an error, such as no memory
                end();
            }
        }

        /** Polls for one listener; true if the word has changed. */
        private static boolean poll(Listener listener) {
            if (!listeners.contains(listener)) {
                return false;
            }
            long before = listener.lastSeen;
            try {
                if (!listener.poll()) {
                    listeners.remove(listener);
                    listener.ended(null);
                }
            } catch (EventException e) {
                listeners.remove(listener);
                listener.ended(e);
            }
            return listener.lastSeen != before;
        }
    }
}
