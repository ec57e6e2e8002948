// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ProcessEvent} could not do what it was asked. The classes within say why; the message is one sentence that
 * begins with the path and ends with what to do. No failure changes an event: those that the other processes have open
 * go on as they were.
 */
public abstract sealed class ProcessEventException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ProcessEventException(Path path, String what, @Nullable Throwable cause) {
        super(path + ": " + what, cause);
    }

    /** The handle was closed, before the call or while it waited. */
    public static final class Closed extends ProcessEventException {
        private static final long serialVersionUID = 1L;

        Closed(Path path) {
            super(path, "this handle of the event was closed; open it again to go on", null);
        }
    }

    /** What is at the path is no event: a folder, a link, a file of another kind or length. It was not written to. */
    public static final class NotAnEvent extends ProcessEventException {
        private static final long serialVersionUID = 1L;

        NotAnEvent(Path path, String why) {
            super(path, "not an event file, since it " + why + "; give another path or remove it", null);
        }
    }

    /** The file was made by a later version of this library, whose layout this one does not know. */
    public static final class NewerVersion extends ProcessEventException {
        private static final long serialVersionUID = 1L;

        NewerVersion(Path path, int version) {
            super(path, "an event file of version " + version + "; update this library, which knows version 1", null);
        }
    }

    /** The event is of the other kind: a held one cannot be set or cleared, any other cannot be held. */
    public static final class WrongKind extends ProcessEventException {
        private static final long serialVersionUID = 1L;

        WrongKind(Path path, String what) {
            super(path, what, null);
        }
    }

    /** The file was truncated or overwritten while it was in use. */
    public static final class Corrupt extends ProcessEventException {
        private static final long serialVersionUID = 1L;

        Corrupt(Path path, @Nullable Throwable cause) {
            super(path, "truncated or overwritten while in use; remove it, then open it again everywhere", cause);
        }
    }

    /** The file was removed, or replaced by another, while it was in use. */
    public static final class Removed extends ProcessEventException {
        private static final long serialVersionUID = 1L;

        Removed(Path path, @Nullable Throwable cause) {
            super(path, "removed or replaced while in use; open it again to join those who use it now", cause);
        }
    }

    /** Permission is missing, or the file belongs to somebody who is not to be trusted with it. */
    public static final class NotPermitted extends ProcessEventException {
        private static final long serialVersionUID = 1L;

        NotPermitted(Path path, String what, @Nullable Throwable cause) {
            super(path, what, cause);
        }
    }

    /** The event is out of reach: no file or folder, a full disk, a network file system, or another failure of I/O. */
    public static final class Unavailable extends ProcessEventException {
        private static final long serialVersionUID = 1L;

        Unavailable(Path path, String what, @Nullable Throwable cause) {
            super(path, what, cause);
        }
    }
}
