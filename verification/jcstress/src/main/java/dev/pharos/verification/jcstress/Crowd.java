// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.jcstress;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that wait together. */
final class Crowd {
    /** A wait. */
    interface Wait {
        void await() throws InterruptedException;
    }

    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final AtomicInteger ended = new AtomicInteger();

    /** Adds threads that wait. */
    void join(int members, Wait wait) {
        for (int i = 0; i < members; i++) {
            threads.add(Blocked.start(() -> {
                try {
                    wait.await();
                } catch (InterruptedException e) {
                    // an end like any other
                }
                ended.incrementAndGet();
            }));
        }
    }

    /** Interrupts the threads that were added last. */
    void interruptLast(int members) {
        threads.subList(threads.size() - members, threads.size()).forEach(Thread::interrupt);
    }

    /** Returns when all threads have ended. */
    void end() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
        Blocked.check(ended.get() == threads.size());
    }
}
