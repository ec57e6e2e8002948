// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import java.util.function.Consumer;

/**
 * A few threads that use the code under test, and what must hold when all have come to their ends.
 *
 * @param name says what is tried
 * @param small whether it needs the core with the small numbers
 * @param script makes the objects and the threads of a run, anew for each schedule
 */
public record Scenario(String name, boolean small, Consumer<Run> script) {
    /** Returns the name. */
    @Override
    public String toString() {
        return name;
    }
}
