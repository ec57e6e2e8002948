// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import com.google.common.util.concurrent.Monitor;
import dev.pharos.ThreadEvent;
import dev.pharos.process.ProcessEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.AbstractQueuedSynchronizer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Who is measured: the event, all that users of the JDK take in its place, and the limits of the machine. Each is what
 * a careful user would write, held in one field of its {@link Flag}, so that nobody pays more for being measured.
 */
public enum Rival {
    THREAD_EVENT("ThreadEvent", Pharos::new),
    COUNT_DOWN_LATCH("CountDownLatch, a new one per round", Latch::new),
    BOOLEAN_LATCH("AQS BooleanLatch with reset (loses sets)", BooleanLatch::new),
    LOCK_CONDITION("ReentrantLock + Condition", LockAndCondition::new),
    MONITOR("monitor", ObjectMonitor::new),
    COMPLETABLE_FUTURE("CompletableFuture, a new one per round", Future::new),
    SEMAPHORE("Semaphore as a turnstile", Turnstile::new),
    PHASER("Phaser of one party", OneParty::new),
    GUAVA_MONITOR("Guava Monitor", GuavaMonitor::new),

    /** A limit: no flag that others may change is read for less. Nobody can wait for it. */
    VOLATILE_READ("a volatile read (limit)", () -> new Volatile(Volatile.Set.BARE_READ)),
    /** A limit: no thread is woken for less. One thread may wait for it. */
    PARK_UNPARK("park and unpark (limit)", ParkUnpark::new),

    /** Another way to set what is set: a read, and nothing else. It publishes nothing, and so loses items. */
    BARE_READ("redundant set is a bare read (wrong)", () -> new Volatile(Volatile.Set.BARE_READ)),
    /** Another way to set what is set: it publishes, but takes the cache line from its readers. */
    READ_MODIFY_WRITE("redundant set is a read-modify-write", () -> new Volatile(Volatile.Set.READ_MODIFY_WRITE)),

    /** The event between processes; here, one that nobody else has open. */
    PROCESS_EVENT("ProcessEvent", MappedFile::new),
    /** A limit: no other process is woken for less. */
    C_FUTEX("C, a raw futex (limit)", Rival::notInOneJvm),
    UNIX_SOCKET("Java, a Unix socket", Rival::notInOneJvm),
    PYTHON_EVENT("Python, multiprocessing.Event", Rival::notInOneJvm),

    /** The event between machines. */
    CLUSTER_EVENT("ClusterEvent", Rival::notInOneJvm),
    /** A limit: nobody learns of a write to ZooKeeper for less. It is no flag: who comes late waits for the next write. */
    ZOOKEEPER_WATCH("ZooKeeper, a raw watch (limit)", Rival::notInOneJvm),
    CURATOR_BARRIER("Curator, DistributedBarrier (loses sets)", Rival::notInOneJvm);

    /** As the tables call it. */
    final String title;

    @SuppressWarnings("ImmutableEnumChecker") // constructors, which have no state
    private final Supplier<Flag> flags;

    Rival(String title, Supplier<Flag> flags) {
        this.title = title;
        this.flags = flags;
    }

    /** A new flag, which is clear. */
    Flag newFlag() {
        return flags.get();
    }

    private static Flag notInOneJvm() {
        throw new IllegalStateException("this rival plays between processes or machines: see Processes and Clusters");
    }

    private static final class MappedFile implements Flag {
        private final ProcessEvent event;

        MappedFile() {
            try {
                Path folder = Files.createTempDirectory("pharos-benchmark");
                folder.toFile().deleteOnExit();
                event = ProcessEvent.open(folder.resolve("event"));
                event.path().toFile().deleteOnExit();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void set() {
            event.set();
        }

        @Override
        public void clear() {
            event.clear();
        }

        @Override
        public boolean isSet() {
            return event.isSet();
        }

        @Override
        public void await() throws InterruptedException {
            event.await();
        }

        @Override
        public boolean await(long nanos) throws InterruptedException {
            return event.await(nanos, TimeUnit.NANOSECONDS);
        }
    }

    private static final class Pharos implements Flag {
        private final ThreadEvent event = new ThreadEvent();

        @Override
        public void set() {
            event.set();
        }

        @Override
        public void clear() {
            event.clear();
        }

        @Override
        public boolean isSet() {
            return event.isSet();
        }

        @Override
        public void await() throws InterruptedException {
            event.await();
        }

        @Override
        public boolean await(long nanos) throws InterruptedException {
            return event.await(nanos, TimeUnit.NANOSECONDS);
        }
    }

    private static final class Latch implements Flag {
        private volatile CountDownLatch latch = new CountDownLatch(1);

        @Override
        public void set() {
            latch.countDown();
        }

        @Override
        public void clear() {
            latch = new CountDownLatch(1);
        }

        @Override
        public boolean isSet() {
            return latch.getCount() == 0;
        }

        @Override
        public void await() throws InterruptedException {
            latch.await();
        }

        @Override
        public boolean await(long nanos) throws InterruptedException {
            return latch.await(nanos, TimeUnit.NANOSECONDS);
        }
    }

    /**
     * The BooleanLatch in the Javadoc of AbstractQueuedSynchronizer, with the reset that everybody adds. Who was
     * released but has not run yet when it is reset looks at the flag again and sleeps on.
     */
    private static final class BooleanLatch implements Flag {
        private final Sync sync = new Sync();

        private static final class Sync extends AbstractQueuedSynchronizer {
            private static final long serialVersionUID = 1;

            boolean isSet() {
                return getState() != 0;
            }

            void reset() {
                setState(0);
            }

            @Override
            protected int tryAcquireShared(int ignored) {
                return isSet() ? 1 : -1;
            }

            @Override
            protected boolean tryReleaseShared(int ignored) {
                setState(1);
                return true;
            }
        }

        @Override
        public void set() {
            sync.releaseShared(1);
        }

        @Override
        public void clear() {
            sync.reset();
        }

        @Override
        public boolean isSet() {
            return sync.isSet();
        }

        @Override
        public void await() throws InterruptedException {
            sync.acquireSharedInterruptibly(1);
        }

        @Override
        public boolean await(long nanos) throws InterruptedException {
            return sync.tryAcquireSharedNanos(1, nanos);
        }
    }

    /** What the Event of Python is. */
    private static final class LockAndCondition implements Flag {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private boolean set;

        @Override
        public void set() {
            lock.lock();
            try {
                set = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void clear() {
            lock.lock();
            try {
                set = false;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public boolean isSet() {
            lock.lock();
            try {
                return set;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void await() throws InterruptedException {
            lock.lock();
            try {
                while (!set) {
                    changed.await();
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public boolean await(long nanos) throws InterruptedException {
            lock.lock();
            try {
                long left = nanos;
                while (!set && left > 0L) {
                    left = changed.awaitNanos(left);
                }
                return set;
            } finally {
                lock.unlock();
            }
        }
    }

    private static final class ObjectMonitor implements Flag {
        private boolean set;

        @Override
        public synchronized void set() {
            set = true;
            notifyAll();
        }

        @Override
        public synchronized void clear() {
            set = false;
        }

        @Override
        public synchronized boolean isSet() {
            return set;
        }

        @Override
        public synchronized void await() throws InterruptedException {
            while (!set) {
                wait();
            }
        }

        @Override
        public synchronized boolean await(long nanos) throws InterruptedException {
            long deadline = System.nanoTime() + nanos;
            for (long left = nanos; !set && left > 0L; left = deadline - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
            return set;
        }
    }

    private static final class Future implements Flag {
        private volatile CompletableFuture<Void> future = new CompletableFuture<>();

        @Override
        public void set() {
            future.complete(null);
        }

        @Override
        public void clear() {
            future = new CompletableFuture<>();
        }

        @Override
        public boolean isSet() {
            return future.isDone();
        }

        @Override
        public void await() throws InterruptedException {
            try {
                future.get();
            } catch (ExecutionException e) {
                throw new AssertionError("nobody fails it", e);
            }
        }

        @Override
        public boolean await(long nanos) throws InterruptedException {
            try {
                future.get(nanos, TimeUnit.NANOSECONDS);
                return true;
            } catch (TimeoutException e) {
                return false;
            } catch (ExecutionException e) {
                throw new AssertionError("nobody fails it", e);
            }
        }
    }

    /** One permit if set; whoever passes hands it on. */
    private static final class Turnstile implements Flag {
        private final Semaphore permit = new Semaphore(0);

        @Override
        public void set() {
            permit.release();
        }

        @Override
        public void clear() {
            permit.acquireUninterruptibly();
        }

        @Override
        public boolean isSet() {
            return permit.availablePermits() > 0;
        }

        @Override
        public void await() throws InterruptedException {
            permit.acquire();
            permit.release();
        }

        @Override
        public boolean await(long nanos) throws InterruptedException {
            boolean acquired = permit.tryAcquire(nanos, TimeUnit.NANOSECONDS);
            if (acquired) {
                permit.release();
            }
            return acquired;
        }
    }

    /** The setter is the only party; set if the phase is over that was the present one at the last clear. */
    private static final class OneParty implements Flag {
        private final Phaser phaser = new Phaser(1);
        private volatile int phase;

        @Override
        public void set() {
            phaser.arrive();
        }

        @Override
        public void clear() {
            phase = phaser.getPhase();
        }

        @Override
        public boolean isSet() {
            return phaser.getPhase() != phase;
        }

        @Override
        public void await() throws InterruptedException {
            phaser.awaitAdvanceInterruptibly(phase);
        }

        @Override
        public boolean await(long nanos) throws InterruptedException {
            try {
                phaser.awaitAdvanceInterruptibly(phase, nanos, TimeUnit.NANOSECONDS);
                return true;
            } catch (TimeoutException e) {
                return false;
            }
        }
    }

    private static final class GuavaMonitor implements Flag {
        private final Monitor monitor = new Monitor();
        private boolean set;
        private final Monitor.Guard isSet = monitor.newGuard(() -> set);

        @Override
        public void set() {
            put(true);
        }

        @Override
        public void clear() {
            put(false);
        }

        private void put(boolean value) {
            monitor.enter();
            try {
                set = value;
            } finally {
                monitor.leave();
            }
        }

        @Override
        public boolean isSet() {
            monitor.enter();
            try {
                return set;
            } finally {
                monitor.leave();
            }
        }

        @Override
        public void await() throws InterruptedException {
            monitor.enterWhen(isSet);
            monitor.leave();
        }

        @Override
        public boolean await(long nanos) throws InterruptedException {
            boolean entered = monitor.enterWhen(isSet, nanos, TimeUnit.NANOSECONDS);
            if (entered) {
                monitor.leave();
            }
            return entered;
        }
    }

    /** A flag that nobody can wait for. */
    private static final class Volatile implements Flag {
        private enum Set {
            BARE_READ,
            READ_MODIFY_WRITE
        }

        private final AtomicBoolean flag = new AtomicBoolean();
        private final Set redundant;

        Volatile(Set redundant) {
            this.redundant = redundant;
        }

        @Override
        public void set() {
            if (redundant == Set.READ_MODIFY_WRITE) {
                flag.getAndSet(true);
            } else if (!flag.get()) {
                flag.set(true);
            }
        }

        @Override
        public void clear() {
            flag.set(false);
        }

        @Override
        public boolean isSet() {
            return flag.get();
        }

        @Override
        public void await() {
            if (!flag.get()) {
                throw new UnsupportedOperationException("nobody can wait for a bare flag");
            }
        }

        @Override
        public boolean await(long nanos) {
            await();
            return true;
        }
    }

    /** The least with which one thread can wait for another. */
    private static final class ParkUnpark implements Flag {
        private volatile boolean set;
        private volatile Thread waiter;

        @Override
        public void set() {
            set = true;
            LockSupport.unpark(waiter);
        }

        @Override
        public void clear() {
            set = false;
        }

        @Override
        public boolean isSet() {
            return set;
        }

        @Override
        public void await() {
            if (waiter != Thread.currentThread()) {
                waiter = Thread.currentThread();
            }
            while (!set) {
                LockSupport.park(this);
            }
        }

        @Override
        public boolean await(long nanos) {
            if (!set) {
                LockSupport.parkNanos(this, nanos);
            }
            return set;
        }
    }
}
