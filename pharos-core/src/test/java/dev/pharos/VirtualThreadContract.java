// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Virtual threads that wait. */
abstract class VirtualThreadContract extends DirectedTests {
    VirtualThreadContract(EventContract contract) {
        super(contract);
    }

    @BeforeEach
    void assumeVirtualThreads() {
        TestThreads.assumeVirtualThreads();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void await_manyVirtualThreads_allReturn(boolean armedAtOnce) {
        Event event = newArmed();
        int crowd = many(10_000);
        List<Thread> waiters = threads.startVirtual(crowd, () -> direction.await(event));
        threads.awaitBlocked(waiters);
        assertWaiting(crowd, event);
        direction.release(event);
        if (armedAtOnce) {
            direction.arm(event);
        }
        threads.join(waiters);
        assertWaiting(0, event);
    }

    @Test
    void await_moreVirtualThreadsThanCarriers_pinNone() {
        Event event = newArmed();
        AtomicInteger next = new AtomicInteger();
        List<Thread> waiters = threads.startVirtual(
                300, () -> FORMS.get(next.getAndIncrement() % FORMS.size()).await(direction, event));
        threads.awaitBlocked(waiters);
        threads.join(threads.startVirtual(
                () -> assertThat(direction.isReleased(event)).isFalse()));
        direction.release(event);
    }

    @Test
    void await_interruptedVirtualThread_throwsAndClearsTheStatus() {
        Event event = newArmed();
        Thread waiter = threads.startVirtual(() -> assertInterrupted(() -> direction.await(event)));
        threads.awaitBlocked(waiter);
        waiter.interrupt();
        threads.join(waiter);
        assertWaiting(0, event);
    }

    @Test
    void release_carriersBusyBehindACrowdOfVirtualThreads_platformThreadReturns() {
        Event event = newArmed();
        Thread platform = threads.start(() -> direction.await(event));
        threads.awaitBlocked(platform);
        List<Thread> above = threads.startVirtual(300, () -> direction.await(event));
        threads.awaitBlocked(above);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger busy = new AtomicInteger();
        int carriers = Runtime.getRuntime().availableProcessors();
        threads.startVirtual(carriers, () -> {
            busy.incrementAndGet();
            while (!stop.get()) {
                Thread.onSpinWait(); // never yields the carrier
            }
        });
        try {
            threads.until("all carriers are busy", () -> busy.get() == carriers);
            direction.release(event);
            threads.join(platform);
            assertThat(above).allMatch(Thread::isAlive);
        } finally {
            stop.set(true);
        }
    }
}
