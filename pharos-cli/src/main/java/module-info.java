// SPDX-License-Identifier: Apache-2.0

/** The pharos command. */
@org.jspecify.annotations.NullMarked
module dev.pharos.cli {
    requires static org.jspecify;
    requires dev.pharos.examples;
    requires info.picocli;

    opens dev.pharos.cli to
            info.picocli;
}
