// SPDX-License-Identifier: Apache-2.0

/** Programs of one screen, each with one idea. */
@org.jspecify.annotations.NullMarked
module dev.pharos.examples {
    requires static org.jspecify;
    requires transitive dev.pharos;

    exports dev.pharos.examples;
}
