// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import dev.pharos.CloseableEventContract;
import dev.pharos.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The {@link CloseableEventContract} for {@link ProcessEvent}, with the bound of the listener off. */
class ProcessEventTest {
    @TempDir
    static Path folder;

    private final Queue<ProcessEvent> events = new ConcurrentLinkedQueue<>();

    private int number;

    @BeforeAll
    static void sleepWithoutBound() {
        Listener.bounded = false;
    }

    @AfterAll
    static void sleepWithBound() {
        Listener.bounded = true;
    }

    /** An extension, so that it comes after the one that joins the threads. */
    @RegisterExtension
    final AfterEachCallback closing = context -> {
        for (ProcessEvent event : events) {
            event.close();
            Files.deleteIfExists(event.path());
        }
    };

    @Nested
    class Contract extends CloseableEventContract {
        @Override
        protected Event newEvent() {
            ProcessEvent event = ProcessEvent.open(folder.resolve("event-" + ++number));
            events.add(event);
            return event;
        }
    }
}
