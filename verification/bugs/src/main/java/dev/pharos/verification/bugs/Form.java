// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.bugs;

import java.util.Locale;

/** How much a gate does in a build. */
public enum Form {
    /** Some seconds: in {@code mvn verify}. */
    QUICK,

    /** About a minute: with {@code -Pall}. */
    SHORT,

    /** As much as there is to do: with {@code -Pverification}. */
    FULL;

    /** The one of this build. */
    public static final Form PRESENT =
            valueOf(System.getProperty("verification.form", "quick").toUpperCase(Locale.ROOT));

    /**
     * Chooses what belongs to this form.
     *
     * @param <T> its type
     * @param quick of the quick form
     * @param minute of the short form
     * @param full of the full form
     * @return one of the three
     */
    public <T> T choose(T quick, T minute, T full) {
        return switch (this) {
            case QUICK -> quick;
            case SHORT -> minute;
            case FULL -> full;
        };
    }

    /**
     * Says in the output of the build, in a line, what a gate does there.
     *
     * @param gate the gate
     * @param what what it does with this JDK; or that it does nothing, and why
     */
    public void tell(String gate, String what) {
        System.out.printf(
                "Gate %s, %s form, JDK %s: %s%n",
                gate, name().toLowerCase(Locale.ROOT), Runtime.version().feature(), what);
    }
}
