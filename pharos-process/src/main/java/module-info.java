// SPDX-License-Identifier: Apache-2.0

/** Events for the processes of one machine: each event is a file. */
@org.jspecify.annotations.NullMarked
module dev.pharos.process {
    requires transitive dev.pharos;
    requires com.sun.jna;
    requires static org.jspecify;

    exports dev.pharos.process;
}
