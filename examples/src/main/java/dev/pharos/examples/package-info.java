// SPDX-License-Identifier: Apache-2.0

/** Programs of one screen, each with one idea. Start with {@link dev.pharos.examples.Basic}. */
package dev.pharos.examples;
