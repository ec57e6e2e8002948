// SPDX-License-Identifier: Apache-2.0
package dev.pharos.examples;

import java.time.Duration;

/**
 * A wait that took place.
 *
 * @param thread the name of the thread that waited
 * @param time how long it was in {@code await}
 * @param setBy the name of the thread that called {@code set}
 */
public record Wait(String thread, Duration time, String setBy) {}
