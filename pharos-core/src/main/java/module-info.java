// SPDX-License-Identifier: Apache-2.0

/** Events: flags that threads can wait for, and their implementation for the threads of one JVM. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the modules of the other reaches are not there when this one is compiled
module dev.pharos {
    requires static jdk.jfr;
    requires static org.jspecify;

    exports dev.pharos;
    exports dev.pharos.jfr to
            dev.pharos.cluster,
            dev.pharos.process;
    exports dev.pharos.spi to
            dev.pharos.cluster,
            dev.pharos.process;
}
