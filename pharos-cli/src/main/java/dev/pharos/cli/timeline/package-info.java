// SPDX-License-Identifier: Apache-2.0

/**
 * Reads flight recordings and draws them. {@link dev.pharos.cli.timeline.Timeline} is the entrance; the pictures only draw
 * what it knows.
 */
package dev.pharos.cli.timeline;
