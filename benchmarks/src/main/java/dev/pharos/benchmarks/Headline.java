// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.List;

/** A figure that a user cares about: what our event takes of the time, or bytes, of what it replaces. */
record Headline(String words, Table table, String view, String column, Rival rival) {
    /** Those of the README. */
    static final List<Headline> ALL = List.of(
            new Headline(
                    "`CountDownLatch`, to wait for what is set",
                    Table.UNCONTENDED,
                    "await set",
                    "",
                    Rival.COUNT_DOWN_LATCH),
            new Headline(
                    "`ReentrantLock` and `Condition`, to set and clear",
                    Table.UNCONTENDED,
                    "set and clear",
                    "",
                    Rival.LOCK_CONDITION),
            new Headline(
                    "`CountDownLatch`, until the last of 1,000 threads is awake",
                    Table.CROWD,
                    "until the last is awake",
                    "1,000",
                    Rival.COUNT_DOWN_LATCH),
            new Headline(
                    "`CompletableFuture`, in the call that releases 10,000 threads",
                    Table.CROWD,
                    "inside set",
                    "10,000",
                    Rival.COMPLETABLE_FUTURE),
            new Headline(
                    "`Condition`, for a wait of a microsecond beside 100,000 others",
                    Table.TIMED_WAIT,
                    "virtual threads: one microsecond",
                    "100,000",
                    Rival.LOCK_CONDITION));
}
