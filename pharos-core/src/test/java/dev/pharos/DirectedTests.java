// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that run twice: waiting for an event to be set, and waiting for it to be clear. */
@ParameterizedClass
@EnumSource(Direction.class)
abstract class DirectedTests extends EventTests {
    /** A way to wait until released. */
    interface Wait {
        boolean await(Direction direction, Event event) throws InterruptedException;
    }

    /** The forms of await, none of which runs out of time. */
    static final List<Wait> FORMS = List.of(
            (direction, event) -> {
                direction.await(event);
                return true;
            },
            (direction, event) -> direction.await(event, Long.MAX_VALUE, TimeUnit.DAYS),
            (direction, event) -> direction.await(event, Long.MAX_VALUE, TimeUnit.NANOSECONDS),
            (direction, event) -> direction.await(event, Long.MAX_VALUE - 1, TimeUnit.NANOSECONDS), // the longest
            (direction, event) -> direction.await(event, 1, TimeUnit.HOURS),
            (direction, event) -> direction.await(event, ENDLESS),
            (direction, event) -> direction.await(event, Duration.ofHours(1)));

    @Parameter
    Direction direction;

    DirectedTests(EventContract contract) {
        super(contract);
    }

    /** An event that one has to wait for. */
    final Event newArmed() {
        Event event = newEvent();
        direction.arm(event);
        return event;
    }

    /** An event that is what is waited for. */
    final Event newReleased() {
        Event event = newEvent();
        direction.release(event);
        return event;
    }
}
