// SPDX-License-Identifier: Apache-2.0

/** Events: flags that threads wait for, and the form of them that serves the threads of one JVM. */
@org.jspecify.annotations.NullMarked
module dev.pharos {
    requires static org.jspecify;

    exports dev.pharos;
}
