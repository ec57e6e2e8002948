// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.soak;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import dev.pharos.verification.soak.History.Kind;
import dev.pharos.verification.soak.History.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Random operations by many threads on shared events, in epochs; after each the oracle reads the history of each event.
 *
 * <p>Two kinds of threads take part. <em>Players</em>, virtual where the JDK has them, do random operations on the
 * shared events, every wait with a time-out, and now and then wait without one on an event that belongs to a pulser.
 * <em>Pulsers</em> are platform threads: they play too, interrupt players, and pulse their own event, set and clear at
 * once, when they have seen players parked for it. Nobody else sets that event: a player that a pulse does not release
 * is stuck for good, and the pulser finds it.
 *
 * <p>Run it as {@code java -cp ... dev.pharos.verification.soak.Soak 30m}. It ends with exit code 0 if it found nothing.
 */
public final class Soak {
    private static final int EVENTS = 12;
    private static final int PULSERS = 8;
    private static final int OPERATIONS = 24;

    /** So long that no machine is that slow. */
    private static final int STUCK_SECONDS = 600;

    /** Between two looks at the others, in nanoseconds: a pulser that spins keeps a core from those it looks at. */
    private static final long PAUSE = 10_000L;

    private final int players;
    private final ExecutorService playing;
    private final ExecutorService pulsing = Executors.newFixedThreadPool(PULSERS);
    private final AtomicLong waits = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();
    private final AtomicLong pulses = new AtomicLong();
    private final AtomicLong interrupts = new AtomicLong();

    /** What a player does at the moment, for the pulsers to see. */
    private static final class Player {
        final AtomicInteger waits = new AtomicInteger();
        final AtomicLong interruptedAt = new AtomicLong(Long.MAX_VALUE);
        volatile Thread thread = Thread.currentThread();
    }

    /**
     * The result of a soak.
     *
     * @param epochs how many games there were
     * @param waits how often a thread has waited
     * @param changes how often an event was set or cleared
     * @param pulses how many parked players were released by a set that was followed by a clear
     * @param interrupts how often a player was interrupted
     * @param violations what the oracle has found
     */
    public record Report(
            long epochs, long waits, long changes, long pulses, long interrupts, List<String> violations) {}

    private Soak(int players, ExecutorService playing) {
        this.players = players;
        this.playing = playing;
    }

    /**
     * Soaks for a time.
     *
     * @param args how long, as {@code 90s} or {@code 30m}
     * @throws Exception if a thread failed
     */
    public static void main(String... args) throws Exception {
        Duration time = Duration.parse("PT" + (args.length == 0 ? "30m" : args[0]));
        Report report = run(time, true);
        System.out.println(report);
        System.exit(report.violations().isEmpty() ? 0 : 1);
    }

    /** Soaks for a time, one epoch at least, telling once a minute how it goes if asked to. Stops at the first violation. */
    static Report run(Duration time, boolean talk) throws Exception {
        ExecutorService playing = virtualThreads();
        Soak soak = new Soak(playing == null ? 40 : 200, playing == null ? Executors.newCachedThreadPool() : playing);
        try {
            return soak.run(System.nanoTime() + time.toNanos(), talk);
        } finally {
            soak.playing.shutdownNow();
            soak.pulsing.shutdownNow();
        }
    }

    private static ExecutorService virtualThreads() throws ReflectiveOperationException {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (NoSuchMethodException e) { // before JDK 21
            return null;
        }
    }

    private Report run(long end, boolean talk) throws Exception {
        List<String> violations = new ArrayList<>();
        long epochs = 0;
        long said = System.nanoTime();
        do {
            violations = new Epoch(epochs++).run();
            if (talk && System.nanoTime() - said > TimeUnit.MINUTES.toNanos(1)) {
                said = System.nanoTime();
                System.gc();
                Runtime heap = Runtime.getRuntime();
                System.out.printf(
                        "%d epochs, %d waits, %d changes, %d pulses, %d interrupts, heap after collection %d KiB%n",
                        epochs,
                        waits.get(),
                        changes.get(),
                        pulses.get(),
                        interrupts.get(),
                        (heap.totalMemory() - heap.freeMemory()) / 1024);
            }
        } while (violations.isEmpty() && System.nanoTime() - end < 0);
        return new Report(epochs, waits.get(), changes.get(), pulses.get(), interrupts.get(), violations);
    }

    /** A short game on new events. */
    private final class Epoch {
        private final long seed;
        private final List<Event> shared = new ArrayList<>();
        private final List<Event> pulsed = new ArrayList<>();
        private final List<Player> crowd = Collections.synchronizedList(new ArrayList<>());
        private final Map<Event, ConcurrentLinkedQueue<Operation>> histories = new HashMap<>();
        private final CyclicBarrier start = new CyclicBarrier(players + PULSERS);
        private final AtomicInteger playersLeft = new AtomicInteger(players);
        private final ConcurrentLinkedQueue<String> stuck = new ConcurrentLinkedQueue<>();

        Epoch(long seed) {
            this.seed = seed;
            for (int i = 0; i < EVENTS; i++) {
                shared.add(i % 3 == 0 ? new ThreadEvent("soak-" + i) : new ThreadEvent());
                histories.put(shared.get(i), new ConcurrentLinkedQueue<>());
            }
            for (int i = 0; i < PULSERS; i++) {
                pulsed.add(new ThreadEvent("pulsed-" + i));
            }
        }

        List<String> run() throws Exception {
            List<Future<Void>> threads = new ArrayList<>();
            for (int i = 0; i < players; i++) {
                SplittableRandom random = new SplittableRandom(seed * 1000 + i);
                threads.add(playing.submit(player(random)));
            }
            for (int i = 0; i < PULSERS; i++) {
                SplittableRandom random = new SplittableRandom(seed * 1000 + 500 + i);
                Event own = pulsed.get(i);
                threads.add(pulsing.submit(pulser(random, own)));
            }
            for (Future<Void> thread : threads) {
                try {
                    thread.get(2L * STUCK_SECONDS, TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    stuck.add("a thread did not end in epoch " + seed);
                    return List.copyOf(stuck);
                } catch (ExecutionException e) {
                    throw new IllegalStateException("a thread failed in epoch " + seed, e);
                }
            }
            List<String> violations = new ArrayList<>(stuck);
            histories.forEach((event, operations) -> {
                violations.addAll(new History(List.copyOf(operations)).violations());
                if (!event.toString().contains(" 0 waiting")) {
                    violations.add("residue: " + event);
                }
            });
            return violations;
        }

        private Callable<Void> player(SplittableRandom random) {
            return () -> {
                Player self = new Player();
                crowd.add(self);
                start.await();
                for (int i = 0; i < OPERATIONS; i++) {
                    if (random.nextInt(6) == 0) {
                        awaitPulse(self, pulsed.get(random.nextInt(PULSERS)));
                    } else {
                        play(self, random);
                    }
                }
                playersLeft.decrementAndGet();
                return null;
            };
        }

        private Callable<Void> pulser(SplittableRandom random, Event own) {
            return () -> {
                Player self = new Player();
                start.await();
                for (int i = 0; i < OPERATIONS; i++) {
                    play(self, random);
                    interruptOne(random);
                    pulse(own);
                }
                while (playersLeft.get() > 0 && stuck.isEmpty()) {
                    pulse(own);
                    LockSupport.parkNanos(PAUSE);
                }
                return null;
            };
        }

        /** One random operation on a random shared event, noted in its history. */
        private void play(Player self, SplittableRandom random) {
            Event event = shared.get(random.nextInt(EVENTS));
            long nanos = random.nextInt(4) == 0 ? 0 : random.nextInt(1_000_000);
            switch (random.nextInt(9)) {
                case 0, 1 -> change(event, Kind.SET);
                case 2, 3 -> change(event, Kind.CLEAR);
                case 4, 5 -> await(self, event, Kind.SET_AWAITED, nanos);
                case 6 -> await(self, event, Kind.CLEAR_AWAITED, nanos);
                case 7 -> future(event, nanos);
                default -> awaitAny(self, random, nanos);
            }
        }

        private void change(Event event, Kind kind) {
            long from = System.nanoTime();
            boolean result = kind == Kind.SET ? event.set() : event.clear();
            note(event, new Operation(kind, from, Long.MAX_VALUE, System.nanoTime(), result));
            changes.incrementAndGet();
        }

        private void await(Player self, Event event, Kind kind, long nanos) {
            waits.incrementAndGet();
            long from = System.nanoTime();
            long deadline = from + nanos;
            boolean result = false;
            try {
                result = kind == Kind.SET_AWAITED
                        ? event.await(nanos, TimeUnit.NANOSECONDS)
                        : event.awaitClear(nanos, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                deadline = Math.min(deadline, self.interruptedAt.getAndSet(Long.MAX_VALUE));
            }
            note(event, new Operation(kind, from, deadline, System.nanoTime(), result));
        }

        /** A future that is cancelled unless it completes in time; set() decides which. */
        private void future(Event event, long nanos) {
            waits.incrementAndGet();
            long from = System.nanoTime();
            CompletableFuture<Void> future = event.whenSet();
            LockSupport.parkNanos(nanos / 8);
            long deadline = System.nanoTime();
            boolean result = !future.cancel(false);
            note(event, new Operation(Kind.SET_AWAITED, from, deadline, System.nanoTime(), result));
        }

        private void awaitAny(Player self, SplittableRandom random, long nanos) {
            waits.incrementAndGet();
            Event[] some = {shared.get(random.nextInt(EVENTS)), shared.get(random.nextInt(EVENTS))};
            long from = System.nanoTime();
            long deadline = from + nanos;
            Event released = null;
            try {
                released = Event.awaitAny(Duration.ofNanos(nanos), some);
            } catch (InterruptedException e) {
                deadline = Math.min(deadline, self.interruptedAt.getAndSet(Long.MAX_VALUE));
            }
            long to = System.nanoTime();
            if (released != null) {
                note(released, new Operation(Kind.SET_AWAITED, from, deadline, to, true));
            } else {
                for (Event event : some) {
                    note(event, new Operation(Kind.SET_AWAITED, from, deadline, to, false));
                }
            }
        }

        private void awaitPulse(Player self, Event event) {
            waits.incrementAndGet();
            try {
                event.await();
            } catch (InterruptedException e) {
                self.interruptedAt.set(Long.MAX_VALUE);
            }
            self.waits.incrementAndGet();
        }

        /** Sets and clears an event at once; whoever was parked for it before must then be released. */
        private void pulse(Event own) {
            Map<Player, Integer> parked = new HashMap<>();
            synchronized (crowd) {
                for (Player player : crowd) {
                    int wait = player.waits.get();
                    if (LockSupport.getBlocker(player.thread) == own) {
                        parked.put(player, wait);
                    }
                }
            }
            own.set();
            own.clear();
            pulses.addAndGet(parked.size());
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(STUCK_SECONDS);
            parked.forEach((player, wait) -> {
                while (player.waits.get() == wait && stuck.isEmpty()) {
                    if (System.nanoTime() - end > 0) {
                        stuck.add("lost: a player that was parked for " + own + " was not released by set and clear");
                    }
                    LockSupport.parkNanos(PAUSE);
                }
            });
        }

        /** Interrupts a player that has no interrupt pending from here, so that the time of each is known. */
        private void interruptOne(SplittableRandom random) {
            Player player = crowd.get(random.nextInt(players));
            if (player.interruptedAt.compareAndSet(Long.MAX_VALUE, System.nanoTime())) {
                interrupts.incrementAndGet();
                player.thread.interrupt();
            }
        }

        private void note(Event event, Operation operation) {
            histories.get(event).add(operation);
        }
    }
}
