// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import org.junit.jupiter.api.Nested;

/** The {@link EventContract} of an event that can be closed, and with what else {@link Event} promises of failures. */
public abstract class CloseableEventContract extends EventContract {
    @Nested
    class Failures extends FailureContract {
        Failures() {
            super(CloseableEventContract.this);
        }
    }
}
