// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import org.jspecify.annotations.Nullable;

/**
 * A {@link Cluster} or {@link ClusterEvent} could not do what it was asked. The classes within say why; the message is
 * one sentence that begins with the address and ends with what to do. With one exception, which is
 * {@link OutcomeUnknown}, what was asked for has not happened.
 */
public abstract sealed class ClusterEventException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClusterEventException(String address, String what, @Nullable Throwable cause) {
        super(address + ": " + what, cause);
    }

    ClusterEventException(ClusterEventException other) {
        super(other.getMessage(), other);
    }

    /** The same, for another thread that it has to be told: with the stack of that, and this as the cause. */
    abstract ClusterEventException again();

    /** The handle or its cluster was closed, before the call or while it waited. */
    public static final class Closed extends ClusterEventException {
        private static final long serialVersionUID = 1L;

        Closed(String address) {
            super(address, "this handle was closed; open it again to go on", null);
        }

        private Closed(Closed other) {
            super(other);
        }

        @Override
        Closed again() {
            return new Closed(this);
        }
    }

    /** The cluster could not be reached in time, or there is no such event. Surely nothing was changed. */
    public static final class Unavailable extends ClusterEventException {
        private static final long serialVersionUID = 1L;

        Unavailable(String address, String what, @Nullable Throwable cause) {
            super(address, what, cause);
        }

        private Unavailable(Unavailable other) {
            super(other);
        }

        @Override
        Unavailable again() {
            return new Unavailable(this);
        }
    }

    /**
     * The connection was lost while the event was being changed, and whether it was has not become known: not in time, or
     * not before the handle was closed or the event deleted, as the cause tells. The call did change it once or not at
     * all, and may be repeated: {@code set} and {@code clear} say what the event is
     * to be, not what is to be done to it.
     */
    public static final class OutcomeUnknown extends ClusterEventException {
        private static final long serialVersionUID = 1L;

        OutcomeUnknown(String address, @Nullable Throwable cause) {
            super(
                    address,
                    "the connection was lost during the change, which may have happened; look, or repeat it",
                    cause);
        }

        private OutcomeUnknown(OutcomeUnknown other) {
            super(other);
        }

        @Override
        OutcomeUnknown again() {
            return new OutcomeUnknown(this);
        }
    }

    /** The event was deleted, perhaps also made again, while this handle was open. Nobody who waited is left waiting. */
    public static final class Removed extends ClusterEventException {
        private static final long serialVersionUID = 1L;

        Removed(String address) {
            super(address, "deleted while in use; open it again to join those who use it now", null);
        }

        private Removed(Removed other) {
            super(other);
        }

        @Override
        Removed again() {
            return new Removed(this);
        }
    }

    /** The log-in was refused, or the access list of a node does not let this user do it. */
    public static final class NotPermitted extends ClusterEventException {
        private static final long serialVersionUID = 1L;

        NotPermitted(String address, String what, @Nullable Throwable cause) {
            super(address, what, cause);
        }

        private NotPermitted(NotPermitted other) {
            super(other);
        }

        @Override
        NotPermitted again() {
            return new NotPermitted(this);
        }
    }

    /**
     * What is stored there is no event: somebody else wrote it, has overwritten it, or has made or deleted nodes under it.
     * It was not written to.
     */
    public static final class Corrupt extends ClusterEventException {
        private static final long serialVersionUID = 1L;

        Corrupt(String address, String why) {
            super(address, "not an event, since it " + why + "; delete it or use another name", null);
        }

        private Corrupt(Corrupt other) {
            super(other);
        }

        @Override
        Corrupt again() {
            return new Corrupt(this);
        }
    }

    /** The event or the root was made by a later version of this library, whose layout this one does not know. */
    public static final class NewerVersion extends ClusterEventException {
        private static final long serialVersionUID = 1L;

        NewerVersion(String address, String version) {
            super(address, "of layout version " + version + "; update this library, which knows version 1", null);
        }

        private NewerVersion(NewerVersion other) {
            super(other);
        }

        @Override
        NewerVersion again() {
            return new NewerVersion(this);
        }
    }
}
