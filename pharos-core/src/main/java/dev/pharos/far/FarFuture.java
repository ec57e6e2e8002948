// SPDX-License-Identifier: Apache-2.0
package dev.pharos.far;

/** A future of an event that is far away, so that it takes a while to find out whether it was set by now. */
public interface FarFuture {
    /**
     * Begins to end the wait, by the thread that will cancel this future after it has begun so with others: the cancels
     * then take as long as one. Does not block.
     *
     * @param decide whether it matters if the event was set by now; if not, cancelling does not find out
     */
    void beginToEnd(boolean decide);
}
