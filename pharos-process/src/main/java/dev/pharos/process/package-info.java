// SPDX-License-Identifier: Apache-2.0

/** Events between the processes of one machine. */
@NullMarked // that of the module is not seen on the class path
package dev.pharos.process;

import org.jspecify.annotations.NullMarked;
