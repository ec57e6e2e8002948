// SPDX-License-Identifier: Apache-2.0

/**
 * Waiting for something to happen. {@link dev.pharos.Event} is the contract: a flag that is set or clear, and that
 * threads wait for. {@link dev.pharos.ThreadEvent} keeps it for the threads of one JVM.
 */
package dev.pharos;
