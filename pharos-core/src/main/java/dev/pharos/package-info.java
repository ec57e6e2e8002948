// SPDX-License-Identifier: Apache-2.0

/** Events: flags that threads wait for, and their implementation for the threads of one JVM. */
@NullMarked // that of the module is not seen on the class path
package dev.pharos;

import org.jspecify.annotations.NullMarked;
