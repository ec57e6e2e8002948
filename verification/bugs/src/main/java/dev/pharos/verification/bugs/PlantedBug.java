// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.bugs;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A module with a bug in it.
 *
 * @param module the folder of the module
 * @param name a short name, unique in the module
 * @param description what is broken, and why that matters
 * @param small whether it is planted in the small core
 * @param detectors the gates that have to detect it, and the test of each that does
 * @param hunks the changes to the shipped source that make the bug
 */
public record PlantedBug(
        String module,
        String name,
        String description,
        boolean small,
        Map<String, String> detectors,
        List<Hunk> hunks) {
    /**
     * A change of a source file.
     *
     * @param file the name of the file
     * @param find the lines to be found, without their indentation
     * @param replacement the lines that stand there instead
     */
    public record Hunk(String file, List<String> find, List<String> replacement) {}

    /**
     * Compiles the module with this bug. What it needs has to be on the class path of this JVM.
     *
     * @return the directory with the class files, to be put on a class path before the module
     * @throws IllegalStateException if a change does not fit the shipped source, or what it makes does not compile
     */
    public Path compile() {
        return PlantedBugs.compile(this);
    }

    /**
     * Throws if a change does not fit the shipped source. Quicker than to compile it.
     *
     * @throws IllegalStateException if one does not
     */
    public void check() {
        var unused = PlantedBugs.plant(this);
    }

    /**
     * Tells what is broken, without why that matters.
     *
     * @return the beginning of the description
     */
    public String summary() {
        return description.replaceFirst("[:.].*", "");
    }

    /** Returns the name. */
    @Override
    public String toString() {
        return name;
    }
}
