// SPDX-License-Identifier: Apache-2.0

/**
 * How fast an event is, and how small, beside its rivals. Each benchmark class answers one question, which its first
 * sentence asks; {@link dev.pharos.benchmarks.Rival} lists who takes part.
 *
 * <p>{@link dev.pharos.benchmarks.Publish} runs them all and records the results,
 * {@link dev.pharos.benchmarks.Report} makes tables and charts of the records. See docs/benchmarks.md.
 */
package dev.pharos.benchmarks;
