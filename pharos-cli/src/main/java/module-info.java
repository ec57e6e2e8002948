// SPDX-License-Identifier: Apache-2.0

/** The pharos command. */
@org.jspecify.annotations.NullMarked
module dev.pharos.cli {
    requires static org.jspecify;
    requires com.sun.jna;
    requires dev.pharos.cluster;
    requires dev.pharos.examples;
    requires dev.pharos.process;
    requires info.picocli;
    requires java.logging;
    requires static jdk.jfr;

    opens dev.pharos.cli to
            info.picocli;
}
