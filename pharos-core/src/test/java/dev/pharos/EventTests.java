// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the parts of the {@link EventContract} share. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // for what TestThreads, which tells more, does not limit
abstract class EventTests {
    static final List<Duration> EXPIRED =
            List.of(Duration.ofSeconds(Long.MIN_VALUE), Duration.ofNanos(-1), Duration.ZERO);

    static final Duration ENDLESS = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private final EventContract contract;

    EventTests(EventContract contract) {
        this.contract = contract;
    }

    final Event newEvent() {
        return contract.newEvent();
    }

    final int many(int all) {
        return contract.many(all);
    }

    final Event[] newEvents(int count) {
        Event[] events = new Event[count];
        for (int i = 0; i < count; i++) {
            events[i] = newEvent();
        }
        return events;
    }

    static void assertWaiting(int expected, Event... events) {
        assertThat(events).allSatisfy(event -> {
            assertThat(event.waiterCount()).isEqualTo(expected);
            assertThat(event.toString()).contains(" " + expected + " waiting");
        });
    }

    /** Asserts that a wait throws, and clears the interrupt status of the current thread. */
    static void assertInterrupted(ThrowableAssert.ThrowingCallable wait) {
        assertThatThrownBy(wait).isInstanceOf(InterruptedException.class);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    /** A wait with a limit in nanoseconds. */
    interface TimedWait {
        boolean await(long nanos) throws InterruptedException;
    }

    /**
     * Asserts that none of a crowd of waits with a common deadline times out if the release returns just before it. Skips
     * the test on a machine so busy that it never does.
     */
    final void assertNobodyTimesOut(int crowd, TimedWait wait, Runnable release, Runnable arm) {
        boolean inTime = false;
        // A release that came too late proves nothing: then once more, with more time, also for the crowd to park.
        for (long margin = TimeUnit.MICROSECONDS.toNanos(250); !inTime; margin *= 2) {
            assumeTrue(margin < TimeUnit.SECONDS.toNanos(5), "a release that takes less than seconds");
            long almost = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(60) + 10 * margin;
            long deadline = almost + margin;
            AtomicInteger released = new AtomicInteger();
            List<Thread> waiters = threads.start(crowd, () -> {
                long left = deadline - System.nanoTime();
                released.addAndGet(left > 0 && wait.await(left) ? 1 : 0);
            });
            threads.until("it is almost too late", () -> System.nanoTime() - almost > 0);
            boolean allWait = waiters.stream().allMatch(TestThreads::isBlocked);
            release.run();
            inTime = allWait && System.nanoTime() - deadline < 0;
            arm.run();
            threads.join(waiters);
            if (inTime) {
                assertThat(released).hasValue(crowd);
            }
        }
    }
}
