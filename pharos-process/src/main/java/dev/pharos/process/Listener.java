// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.EventException;
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
 * Those of this process who wait for a file, and the daemon thread that sleeps in the kernel for all of them. It tells
 * them of changes; what these mean each waiter finds out by a look of its own. See "Listening" in {@link ProcessEvent}.
 */
final class Listener {
    /** Off only in tests, which are to hang where a change wakes nobody. */
    static volatile boolean bounded = true;

    /** How long to listen on when nobody waits: somebody often does again, and a thread takes long to start. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** How often to look whether the file is still what it was. */
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How many threads may sleep in the kernel: so many more would make the JVM slow to start and end any thread. */
    private static final int THREADS = 1_024;

    /** How many do. */
    private static final AtomicInteger threads = new AtomicInteger();

    private static final AtomicLong numbers = new AtomicLong();

    private final EventFile file;

    /** The waiters by number. Lock-free, since a virtual thread may lose its carrier with a lock in its hand. */
    private final Map<Long, Waiter> waiters = new ConcurrentSkipListMap<>();

    /** Whether a thread looks after the waiters. One that leaves looks for waiters after it has made this false. */
    private final AtomicBoolean attended = new AtomicBoolean();

    private volatile boolean stopped;

    /** No word. */
    private static final long NONE = -1L;

    /** Of the thread that attends: the word that the waiters were last told of, as an unsigned number. */
    private long told;

    /** Of the thread that attends: whether they were told that the event is set. */
    private boolean toldSet;

    /** Of the thread that attends: when somebody waited last, and when the file was last checked. */
    private long awaitedAt;

    private long checkedAt;

    Listener(EventFile file) {
        this.file = file;
    }

    /** Adds a waiter, which then has to look at the word. */
    void add(Waiter waiter) {
        waiter.number = numbers.incrementAndGet();
        waiters.put(waiter.number, waiter);
        attend();
        if (file.holds != null && !waiter.set) {
            file.holds.watch();
        }
    }

    /** Called when the holds of the event are no longer watched, since the last was let go of, or with a failure. */
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

    /** Tells those who wait for a handle that it was closed. */
    void fail(ProcessEvent event) {
        for (Waiter waiter : waiters.values()) {
            if (waiter.event == event) {
                waiter.fail(event.closed());
            }
        }
    }

    /** Ends the listening, for good: the last handle was closed. */
    void stop() {
        stopped = true;
        Kernel kernel = Kernel.get();
        if (kernel != null && attended.get()) {
            file.wake(kernel); // one that is about to sleep now does so for the bound
        }
    }

    /** Has the word looked at, after a change by this process, if it is polled. */
    void look() {
        if (Poller.listeners.contains(this)) {
            Poller.look(this);
        }
    }

    /** Sees to it that a thread looks after the waiters. */
    void attend() {
        if (attended.get() || !attended.compareAndSet(false, true)) {
            return;
        }
        Kernel kernel = Kernel.get();
        if (kernel == null || !startListening(kernel)) {
            begin();
            Poller.add(this);
        }
    }

    /** Starts a thread of its own for this file, if one is to be had. */
    private boolean startListening(Kernel kernel) {
        if (threads.incrementAndGet() <= THREADS) {
            try {
                Thread thread = new Thread(null, () -> listen(kernel), "pharos-listener " + file.path, 0L, false);
                thread.setDaemon(true);
                thread.start();
                return true;
            } catch (OutOfMemoryError e) {
                // The system has no more threads to give. The one that polls serves any number of files.
            }
        }
        threads.decrementAndGet();
        return false;
    }

    private void listen(Kernel kernel) {
        EventException failure = null;
        try {
            begin();
            while (goOn()) {
                Kernel.Limit safe = bounded || waiters.isEmpty() ? Kernel.Limit.SECOND : Kernel.Limit.NONE;
                file.sleep(kernel, (int) told, file.isPolled() ? Kernel.Limit.TICK : safe);
            }
        } catch (EventException e) {
            failure = e;
        } catch (InternalError e) {
            failure = file.corrupt(e);
        } finally {
            threads.decrementAndGet();
            end(failure);
        }
    }

    private void begin() {
        awaitedAt = System.nanoTime();
        checkedAt = awaitedAt;
        told = NONE;
    }

    /** Looks at the word and tells the waiters if it has changed. False if there is nothing more to do. */
    private boolean goOn() {
        int word = file.word();
        long now = System.nanoTime();
        boolean isSet = file.isSet(word);
        if (Integer.toUnsignedLong(word) != told || isSet != toldSet) {
            told = Integer.toUnsignedLong(word);
            toldSet = isSet;
            for (Waiter waiter : waiters.values()) {
                if (waiter.isReleased()) { // by a look of its own: it may have come after the one above
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

    /** The thread that attends leaves. */
    private void end(@Nullable EventException failure) {
        attended.set(false);
        if (failure != null) {
            for (Waiter waiter : waiters.values()) {
                waiter.fail(failure);
            }
        } else if (!stopped && !waiters.isEmpty()) {
            attend();
        }
    }

    /** The daemon thread that looks at words again and again, where no thread can sleep in the kernel. */
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
                    thread.start();
                }
            }
            look(listener);
        }

        /** Has a word looked at now. */
        static void look(Listener listener) {
            changed.add(listener);
            LockSupport.unpark(poller.get());
        }

        private static void run() {
            try {
                long pause = SHORTEST_NANOS;
                long round = System.nanoTime();
                while (true) {
                    for (Listener listener = changed.poll(); listener != null; listener = changed.poll()) {
                        listener.poll();
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
                            any |= listener.poll();
                        }
                        pause = any ? SHORTEST_NANOS : Math.min(2 * pause, LONGEST_NANOS);
                        long end = System.nanoTime();
                        round = end + Math.max(pause, 4 * (end - start)); // a fifth of a processor at most
                    }
                }
            } finally { // by an error, such as no memory: whoever needs it next starts another
                poller.set(null);
            }
        }
    }

    /** One look of the poller: true if the word has changed. */
    private boolean poll() {
        if (!Poller.listeners.contains(this)) {
            return false;
        }
        long before = told;
        try {
            if (!goOn()) {
                Poller.listeners.remove(this);
                end(null);
            }
        } catch (EventException e) {
            Poller.listeners.remove(this);
            end(e);
        }
        return told != before;
    }
}
