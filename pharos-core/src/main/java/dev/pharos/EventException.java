// SPDX-License-Identifier: Apache-2.0
package dev.pharos;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Thrown when an operation on an event fails. The nested classes are the kinds of failure, whatever the reach of the
 * event. {@link #address} returns which event has failed, {@link #reason} what happened and what to do, and the message
 * contains both. The operation had no effect, unless the exception is an {@link OutcomeUnknown}. A {@link ThreadEvent}
 * does not fail.
 *
 * <pre>{@code
 * try {
 *     ready.set();
 * } catch (EventException.Unavailable e) {
 *     log.warn("{} was not set: {}", e.address(), e.reason());
 * }
 * }</pre>
 *
 * <p>Implementations of {@link Event} throw one of these kinds; later versions may add others.
 */
public abstract class EventException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The address of what has failed. */
    private final String address;

    /** What happened, and what to do. */
    private final String reason;

    /** The constructor of this kind; null in a copy that was read from a stream. */
    private final transient @Nullable Kind kind;

    private interface Kind {
        EventException create(String address, String reason, @Nullable Throwable cause);
    }

    private EventException(Kind kind, String address, String reason, @Nullable Throwable cause) {
        super(Objects.requireNonNull(address, "address") + ": " + Objects.requireNonNull(reason, "reason"), cause);
        this.kind = kind;
        this.address = address;
        this.reason = reason;
    }

    /**
     * Returns the address of what has failed: as a rule the {@link Event#name name} of the event, which is a path or an
     * address; the address of a connection, if that has failed for all its events.
     *
     * @return the address
     */
    public final String address() {
        return address;
    }

    /**
     * Returns what happened, and what to do, in a sentence without the address.
     *
     * @return the reason
     */
    public final String reason() {
        return reason;
    }

    /**
     * Returns the same failure for the current thread: of the same kind, with the same address and reason, with the
     * stack trace of this call, and with this exception as its cause. For implementations of {@link Event} in which one
     * thread detects the failure and others wait: a shared exception would have the stack trace of none of them, and
     * would collect the suppressed exceptions of all.
     *
     * @return a new exception to throw
     */
    public final EventException forThisThread() {
        return kind == null ? this : kind.create(address, reason, this); // null if it was read from a stream
    }

    /** The handle, or the connection that it came from, was closed, before the call or while it waited. */
    public static final class Closed extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address of the event
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public Closed(String address, String reason, @Nullable Throwable cause) {
            super(Closed::new, address, reason, cause);
        }
    }

    /** The event is unavailable: it does not exist, or its file or server cannot be used. Nothing was changed. */
    public static final class Unavailable extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address of the event
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public Unavailable(String address, String reason, @Nullable Throwable cause) {
            super(Unavailable::new, address, reason, cause);
        }
    }

    /**
     * There is no connection, and waiting alone will not change that: a key store cannot be read, a library is missing,
     * or the servers speak another protocol or have a certificate that is not trusted. Somebody has to change the
     * configuration. Nothing was changed.
     */
    public static final class Misconfigured extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address of the event
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public Misconfigured(String address, String reason, @Nullable Throwable cause) {
            super(Misconfigured::new, address, reason, cause);
        }
    }

    /**
     * The connection was lost during a change, and whether the change was made could not be determined, in time or
     * before the handle was closed or the event deleted, as the cause says. The change was made once or not at all. The
     * call may be repeated, since {@code set} and {@code clear} are idempotent.
     */
    public static final class OutcomeUnknown extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address of the event
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public OutcomeUnknown(String address, String reason, @Nullable Throwable cause) {
            super(OutcomeUnknown::new, address, reason, cause);
        }
    }

    /** The event was removed, perhaps also replaced by another of its name, while it was in use. */
    public static final class Removed extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address of the event
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public Removed(String address, String reason, @Nullable Throwable cause) {
            super(Removed::new, address, reason, cause);
        }
    }

    /** Permission is missing, authentication failed, or the event belongs to a user who is not trusted with it. */
    public static final class NotPermitted extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address of the event
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public NotPermitted(String address, String reason, @Nullable Throwable cause) {
            super(NotPermitted::new, address, reason, cause);
        }
    }

    /** The stored event is damaged: truncated, overwritten, or deleted in part. Nothing was written to it. */
    public static final class Corrupt extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address of the event
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public Corrupt(String address, String reason, @Nullable Throwable cause) {
            super(Corrupt::new, address, reason, cause);
        }
    }

    /** The event was created by a later version of this library, in a layout that this version does not know. */
    public static final class NewerVersion extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address of the event
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public NewerVersion(String address, String reason, @Nullable Throwable cause) {
            super(NewerVersion::new, address, reason, cause);
        }
    }

    /** The file or node at the address is not an event. Nothing was written to it. */
    public static final class NotAnEvent extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public NotAnEvent(String address, String reason, @Nullable Throwable cause) {
            super(NotAnEvent::new, address, reason, cause);
        }
    }

    /**
     * The operation does not apply to this kind of event: a held event cannot be set or cleared, any other cannot be
     * held.
     */
    public static final class WrongKind extends EventException {
        private static final long serialVersionUID = 1L;

        /**
         * Creates an exception.
         *
         * @param address the address of the event
         * @param reason what happened, and what to do
         * @param cause the cause, or {@code null}
         */
        public WrongKind(String address, String reason, @Nullable Throwable cause) {
            super(WrongKind::new, address, reason, cause);
        }
    }
}
