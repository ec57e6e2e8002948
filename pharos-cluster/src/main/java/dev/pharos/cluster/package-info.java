// SPDX-License-Identifier: Apache-2.0

/** Events between the machines of a cluster. */
@NullMarked // that of the module is not seen on the class path
package dev.pharos.cluster;

import org.jspecify.annotations.NullMarked;
