// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pharos.TestThreads;
import dev.pharos.cluster.Engine.Answer;
import dev.pharos.cluster.Engine.Answer.Kind;
import dev.pharos.cluster.Engine.Interest;
import dev.pharos.cluster.Engine.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@link Engine} promises, as tests. Each engine extends this class, and adds what is particular to it. */
abstract class EngineContract {
    /** Only what never comes takes so long. */
    static final long LIMIT_NANOS = TimeUnit.MINUTES.toNanos(10);

    static final String NAME = "an event, with é and / in its name";

    @RegisterExtension
    final TestThreads threads = new TestThreads();

    private final List<Client> clients = new ArrayList<>();

    @RegisterExtension
    final AfterEachCallback closing = context -> clients.forEach(client -> client.engine.close());

    Client one;
    Client other;

    /** Makes an engine; those that are made in one test share a store, which is empty at first. */
    abstract Engine newEngine(Engine.Listener listener);

    /** An engine, and what it has told, in order. */
    class Client implements Engine.Listener {
        final Queue<String> told = new ConcurrentLinkedQueue<>();
        final Set<String> awaited = ConcurrentHashMap.newKeySet();
        final Engine engine = newEngine(this);

        Client() {
            clients.add(this);
            threads.until("connected", engine.connected()::isSet);
        }

        @Override
        public void pulse(String name) {
            told.add("pulse " + name);
        }

        @Override
        public void gap(String name) {
            told.add("gap " + name);
        }

        @Override
        public void connected() {}

        @Override
        public void disconnected() {}

        @Override
        public void expired() {
            told.add("expired");
        }

        @Override
        public boolean isAwaited(String name) {
            return awaited.contains(name);
        }

        <T> Answer<T> ask(Consumer<Consumer<Answer<T>>> question) {
            Reply<T> reply = new Reply<>();
            question.accept(answer -> {
                told.add("answer");
                reply.accept(answer);
            });
            Answer<T> answer = reply.await(System.nanoTime() + LIMIT_NANOS);
            assertThat(answer).as("the answer").isNotNull();
            return answer;
        }

        Answer<Reading> read(Interest interest) {
            return ask((Consumer<Answer<Reading>> then) -> engine.read(NAME, null, interest, then));
        }

        Snapshot read() {
            Answer<Reading> answer = read(Interest.NONE);
            assertThat(answer.kind()).isEqualTo(Kind.DONE);
            return answer.value().snapshot();
        }

        Snapshot create() {
            assertThat(ask((Consumer<Answer<Boolean>> then) -> engine.create(NAME, Snapshot.first(), then))
                            .kind())
                    .isEqualTo(Kind.DONE);
            return read();
        }

        Answer<Snapshot> swap(Snapshot expected, Snapshot next, UUID hold) {
            return ask((Consumer<Answer<Snapshot>> then) -> engine.swap(NAME, expected, next, hold, then));
        }

        Snapshot swap(Snapshot expected, Snapshot next) {
            Answer<Snapshot> answer = swap(expected, next, null);
            assertThat(answer.kind()).isEqualTo(Kind.DONE);
            return answer.value();
        }

        Snapshot set() {
            Snapshot now = read();
            return swap(now, now.set(UUID.randomUUID()));
        }

        Snapshot clear() {
            Snapshot now = read();
            return swap(now, now.clear(UUID.randomUUID()));
        }

        UUID hold() {
            UUID hold = UUID.randomUUID();
            Snapshot now = read();
            assertThat(swap(now, now.hold(hold), hold).kind()).isEqualTo(Kind.DONE);
            return hold;
        }

        void drop(UUID hold) {
            assertThat(ask((Consumer<Answer<Boolean>> then) -> engine.drop(NAME, hold, then)))
                    .isEqualTo(Answer.done(true));
        }

        Answer<Boolean> delete() {
            return delete(null);
        }

        Answer<Boolean> delete(UUID incarnation) {
            return ask((Consumer<Answer<Boolean>> then) -> engine.delete(NAME, incarnation, then));
        }

        Answer<List<String>> names() {
            return ask(engine::names);
        }

        void untilTold(String what) {
            threads.until(what, () -> told.contains(what + " " + NAME));
        }

        /** Whatever was on its way before has been told when a read is answered. */
        void settle() {
            read(Interest.NONE);
        }
    }

    @BeforeEach
    void connect() {
        one = new Client();
        other = new Client();
    }

    @Test
    void look_nothingThere_isAbsent() {
        assertThat(one.read(Interest.NONE).kind()).isEqualTo(Kind.ABSENT);
        assertThat(one.read(Interest.SET).kind()).isEqualTo(Kind.ABSENT);
        assertThat(one.read(Interest.CLEAR).kind()).isEqualTo(Kind.ABSENT);
        assertThat(one.names().value()).isNullOrEmpty();
        assertThat(one.delete().kind()).isEqualTo(Kind.ABSENT);
    }

    @Test
    void create_byTwo_makesOne() {
        Snapshot first = one.create();
        assertThat(first.isSet()).isFalse();
        assertThat(first.epoch()).isZero();
        assertThat(other.create()).isEqualTo(first);
        assertThat(other.names().value()).containsExactly(NAME);
    }

    @Test
    void look_changedByTheOther_seesItAtOnce() {
        one.create();
        for (int i = 0; i < 100; i++) {
            Snapshot set = one.set();
            assertThat(other.read()).isEqualTo(set);
            Snapshot clear = other.clear();
            assertThat(one.read()).isEqualTo(clear);
        }
    }

    @Test
    void look_any_tellsWhenItBegan() {
        one.create();
        long before = System.nanoTime();
        long begun = one.read(Interest.SET).value().begun();
        assertThat(begun - before).isNotNegative();
        assertThat(System.nanoTime() - begun).isNotNegative();
    }

    @Test
    void swap_asExpected_storesAllOfIt() {
        Snapshot first = one.create();
        Snapshot next = first.set(new UUID(1, 2));
        Snapshot stored = one.swap(first, next);
        assertThat(stored).isEqualTo(next);
        assertThat(other.read()).isEqualTo(stored);
    }

    @Test
    void swap_otherThanExpected_isAConflictAndChangesNothing() {
        Snapshot first = one.create();
        Snapshot set = other.set();
        assertThat(one.swap(first, first.set(UUID.randomUUID()), null).kind()).isEqualTo(Kind.CONFLICT);
        assertThat(one.swap(first, first, null).kind()).isEqualTo(Kind.CONFLICT);
        UUID hold = UUID.randomUUID();
        assertThat(one.swap(first, first.hold(hold), hold).kind()).isEqualTo(Kind.CONFLICT);
        assertThat(one.read()).isEqualTo(set);
        assertThat(one.swap(set, set, null).kind()).isEqualTo(Kind.DONE);
    }

    @Test
    void swap_sameTwice_appliesOnce() {
        Snapshot first = one.create();
        Snapshot next = first.set(UUID.randomUUID());
        one.swap(first, next);
        assertThat(one.swap(first, next, null).kind()).isEqualTo(Kind.CONFLICT);
    }

    @Test
    void swap_epochChanges_isToldOnceForEachLook() {
        one.create();
        one.awaited.add(NAME);
        one.read(Interest.SET);
        one.told.clear();
        other.set();
        one.untilTold("pulse");
        other.clear();
        other.set();
        one.settle();
        assertThat(one.told).containsExactly("pulse " + NAME, "answer");
    }

    @Test
    void swap_epochStays_isNotToldToThoseWhoWaitForSet() {
        other.create();
        other.set();
        one.awaited.add(NAME);
        one.read(Interest.SET);
        one.told.clear();
        other.clear();
        one.settle();
        assertThat(one.told).containsExactly("answer");
        other.set();
        one.untilTold("pulse");
    }

    @Test
    void look_whileTheOtherSetsAndClears_noSetIsMissed() throws Exception {
        UUID[] guesses = {one.create().incarnation(), null, UUID.randomUUID()};
        AtomicInteger rounds = new AtomicInteger();
        one.awaited.add(NAME);
        TestThreads.repeat(() -> {
            one.told.clear();
            Reply<Reading> reply = new Reply<>();
            threads.start(() -> {
                other.set();
                other.clear();
            });
            one.engine.read(NAME, guesses[rounds.getAndIncrement() % 3], Interest.SET, answer -> {
                one.told.add("answer");
                reply.accept(answer);
            });
            Reading reading = reply.await(System.nanoTime() + LIMIT_NANOS).value();
            threads.join();
            long epoch = one.read().epoch();
            boolean toldAfter = new ArrayList<>(one.told).indexOf("pulse " + NAME) > 0;
            assertThat(reading.snapshot().epoch() == epoch || reading.setSince() || toldAfter)
                    .as("the set was seen, or told: %s of %s, %s", reading, epoch, one.told)
                    .isTrue();
        });
    }

    @Test
    void swap_cleared_isToldToThoseWhoWaitForClear() {
        other.create();
        other.set();
        one.awaited.add(NAME);
        one.read(Interest.CLEAR);
        other.clear();
        one.untilTold("gap");
    }

    @Test
    void hold_setsUntilItIsDropped() {
        one.create();
        UUID hold = one.hold();
        assertThat(other.read().isSet()).isTrue();
        assertThat(other.read().holders()).isEqualTo(1);
        other.awaited.add(NAME);
        other.read(Interest.CLEAR);
        UUID second = other.hold();
        assertThat(other.read().began()).isEqualTo(1);
        assertThat(other.read().epoch()).isEqualTo(2);
        one.drop(hold);
        assertThat(other.read().isSet()).isTrue();
        other.read(Interest.CLEAR);
        other.told.clear();
        other.drop(second);
        other.untilTold("gap");
        assertThat(other.read().isSet()).isFalse();
        assertThat(one.ask((Consumer<Answer<Boolean>> then) -> one.engine.drop(NAME, hold, then)))
                .isEqualTo(Answer.done(false));
    }

    @Test
    void hold_isToldToThoseWhoWaitForSet() {
        other.create();
        one.awaited.add(NAME);
        one.read(Interest.SET);
        other.hold();
        one.untilTold("pulse");
    }

    @Test
    void swap_noLongerHeld_isAConflict() {
        one.create();
        UUID hold = one.hold();
        Snapshot held = one.read();
        one.drop(hold);
        assertThat(one.swap(held, held.set(UUID.randomUUID()), null).kind()).isEqualTo(Kind.CONFLICT);
        Snapshot now = one.read();
        assertThat(now.isSet()).isFalse();
        assertThat(one.swap(now, now.set(UUID.randomUUID())).began()).isEqualTo(2);
    }

    @Test
    void close_holding_endsTheHold() {
        one.create();
        other.read(Interest.CLEAR);
        one.hold();
        other.awaited.add(NAME);
        other.read(Interest.CLEAR);
        other.told.clear();
        one.engine.close();
        other.untilTold("gap");
        assertThat(other.read().isSet()).isFalse();
    }

    @Test
    void delete_inUse_isToldAndAbsent() {
        Snapshot first = one.create();
        other.hold();
        one.awaited.add(NAME);
        one.read(Interest.SET);
        assertThat(other.delete()).isEqualTo(Answer.done(true));
        one.untilTold("gap");
        assertThat(one.read(Interest.SET).kind()).isEqualTo(Kind.ABSENT);
        assertThat(one.swap(first, first.set(UUID.randomUUID()), null).kind()).isIn(Kind.CONFLICT, Kind.ABSENT);
        assertThat(one.create().incarnation()).isNotEqualTo(first.incarnation());
    }

    /** The versions of both are the same. */
    @Test
    void changes_meantForAnEventThatWasMadeAgain_changeNothing() {
        Snapshot first = one.create();
        assertThat(other.read()).isEqualTo(first);
        assertThat(other.delete(first.incarnation())).isEqualTo(Answer.done(true));
        Snapshot second = other.create();
        assertThat(second.version()).isEqualTo(first.version());
        UUID hold = UUID.randomUUID();
        assertThat(one.swap(first, first.set(UUID.randomUUID()), null).kind()).isIn(Kind.CONFLICT, Kind.ABSENT);
        assertThat(one.swap(first, first, null).kind()).isIn(Kind.CONFLICT, Kind.ABSENT);
        assertThat(one.swap(first, first.hold(hold), hold).kind()).isIn(Kind.CONFLICT, Kind.ABSENT);
        assertThat(one.delete(first.incarnation()).kind()).isEqualTo(Kind.ABSENT);
        assertThat(one.read()).isEqualTo(second);
    }

    @Test
    void swap_latestHoldWasDropped_checksAnother() {
        one.create();
        UUID hold = one.hold();
        UUID latest = other.hold();
        other.drop(latest);
        Snapshot set = one.set();
        assertThat(set.began()).isEqualTo(1);
        one.drop(hold);
        assertThat(other.read().isSet()).isTrue();
        assertThat(other.read()).isEqualTo(set.heldBy(0));
    }

    @Test
    void forget_nobodyWaits_isNotTold() {
        one.create();
        one.awaited.add(NAME);
        one.read(Interest.SET);
        one.awaited.remove(NAME);
        one.engine.forget(NAME);
        one.settle();
        one.settle();
        one.told.clear();
        other.set();
        one.settle();
        assertThat(one.told).containsExactly("answer");
    }

    @Test
    void forget_somebodyWaits_isTold() {
        one.create();
        one.awaited.add(NAME);
        one.read(Interest.SET);
        one.engine.forget(NAME);
        one.settle();
        other.set();
        one.untilTold("pulse");
    }

    @Test
    void methods_closed_answerThatNothingWasSent() {
        Snapshot first = one.create();
        one.engine.close();
        one.engine.close();
        assertThat(one.engine.connected().isSet()).isTrue();
        assertThat(one.read(Interest.SET).kind()).isEqualTo(Kind.UNSENT);
        assertThat(one.swap(first, first, null).kind()).isEqualTo(Kind.UNSENT);
        assertThat(one.names().kind()).isEqualTo(Kind.UNSENT);
    }
}
