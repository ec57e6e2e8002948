\* SPDX-License-Identifier: Apache-2.0
--------------------------- MODULE RoundProtocol ---------------------------
(***************************************************************************)
(* The algorithm of dev.pharos.ThreadEvent, Round and Waiter, as explained *)
(* in the Overview of ThreadEvent: who reads and writes which shared field *)
(* in which order. TLC visits every interleaving.                          *)
(*                                                                         *)
(* A process makes one call: set, clear, await, awaitClear or toString. It *)
(* may start at any time or never, so a thread that makes several calls is *)
(* covered, and so is any smaller number of threads. A timeout and an      *)
(* interrupt are one choice, "withdraw", that a waiter may take at any     *)
(* look that finds its round running; the exception is left out, since it  *)
(* differs only in what the caller sees. A future is a virtual thread: it  *)
(* is not counted on. Memory is sequentially consistent: all fields are    *)
(* volatile but Waiter.next, which is written before its publication, and  *)
(* then by a sweep, which the model has.                                   *)
(*                                                                         *)
(* If Fine, a step is one access to a shared field, with two liberties     *)
(* that lose no behaviour. In push and end, which have a loop around the   *)
(* CAS of Round.head, an attempt that fails changes nothing and is left    *)
(* out. And a read that finds a round ended may be put together with the   *)
(* step before or after it, as that round stays ended.                     *)
(*                                                                         *)
(* If not Fine, there are far fewer states, by the same argument: a read   *)
(* changes nothing, so of a loop only the last turn counts, and its reads  *)
(* can be put off until the CAS that succeeds, if what they find cannot    *)
(* have changed in between. In particular:                                 *)
(*   - change, if the state is no running round to end: one step, since    *)
(*     the CAS finds the state that was read, and its flag is settled.     *)
(*     A call that returns false: one step, its last read.                 *)
(*   - roundUntil, if it puts a new round there: one step, likewise. A     *)
(*     fast path of await that fails is left out: it has no effect.        *)
(*   - A look that finds the round running is put together with the push   *)
(*     or the park before it: the round ran then, too. So a wake-up in a   *)
(*     running round leads back to park or to dead.                        *)
(*   - pop that fails and look2 are one step: if look2 finds the round     *)
(*     running, it ran at pop; if ended, pop fails then, too.              *)
(*   - The last look of wakeFirst at the frontier and move are one step.   *)
(*     A failed CAS of the frontier does not count towards First.          *)
(* The steps that count are left: push, end, the CAS of the frontier, wake,*)
(* move, dead, pop. The configurations EachAccess* are Fine and check the  *)
(* same properties without this argument, for fewer threads.               *)
(*                                                                         *)
(*   step      code                                                        *)
(*   --------  ----------------------------------------------------------- *)
(*   ThreadEvent.change                                                    *)
(*   Call      s = state                                                   *)
(*   flag      if (flag(s) == set): the read of Round.head                 *)
(*   again     isSet(), after the fence: the read of state                 *)
(*   again2    isSet(): the read of Round.head                             *)
(*   end       if (round.end()): HEAD.compareAndSet(this, h, ended)        *)
(*   first     Ended.wakeFirst: the loop's condition; wakeNext: the CAS of *)
(*             frontier; after the loop the start of pharos-waker          *)
(*   firstCas  wakeNext: the CAS, if a sweep can have changed Waiter.next  *)
(*             since it was read (see Split)                               *)
(*   firstWake Waiter.wake                                                 *)
(*   move      STATE.compareAndSet(this, s, idle(set, name(s))), ignored   *)
(*   cas       else if (STATE.compareAndSet(this, s, idle(set, name(s))))  *)
(*   ThreadEvent.await, roundUntil                                         *)
(*   Call      flag(state): the read of state                              *)
(*   fast      flag(state): the read of Round.head                         *)
(*   until     Object s = state                                            *)
(*   until2    flag(s) == set: the read of Round.head                      *)
(*   install   STATE.compareAndSet(this, s, round)                         *)
(*   push      Round.push: HEAD.compareAndSet(this, h, waiter)             *)
(*   Waiter.await                                                          *)
(*   look      while (!round.hasEnded()): the read of Round.head; the      *)
(*             choice between withdraw and park                            *)
(*   park      LockSupport.park, parkNanos: until there is a permit, or    *)
(*             for no reason (Spurious)                                    *)
(*   help      Ended.wakeAll: the loop's condition; wakeNext: the CAS of   *)
(*             frontier                                                    *)
(*   helpCas   as firstCas                                                 *)
(*   helpWake  Waiter.wake                                                 *)
(*   Round.withdraw                                                        *)
(*   dead      waiter.target = null                                        *)
(*   pop       head == waiter && HEAD.compareAndSet(.., waiter.next)       *)
(*   popNext   the read of waiter.next (see Split)                         *)
(*   popCas    the CAS (see Split)                                         *)
(*   look2     || hasEnded()                                               *)
(*   Round.sweep, by withdraw or toString                                  *)
(*   sweep     top = head                                                  *)
(*   below     Waiter next = waiter.next                                   *)
(*   skip      while (next != null && next.target == null) next = ...      *)
(*   link      waiter.next = next                                          *)
(*   down      top = waiter.next                                           *)
(*                                                                         *)
(* The shared fields: state is ThreadEvent.state; round[r] has Round.set   *)
(* (kind), Round.head and Ended.frontier; node[w] has Waiter.next, whether *)
(* Waiter.target is not null (live), and the permit of the thread.         *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
    None,               \* null, of a Waiter
    WaitersForSet,      \* threads that call await
    WaitersForClear,    \* threads that call awaitClear
    Setters,            \* threads that call set
    Clearers,           \* threads that call clear
    Reporters,          \* threads that call toString
    Wakers,             \* as many pharos-waker threads are to be had
    Virtual,            \* the waiters that are virtual threads or futures
    Withdrawing,        \* the waiters that have a timeout or are interrupted
    FirstPlatform,      \* how many platform threads it wakes of a crowd: 1, or Ended.FEW of a small one
    First,              \* Ended.FIRST: how many waiters it wakes at most
    Starts,             \* the values of the flag at the start
    Named,              \* whether the event has a name
    Sweeping,           \* whether a withdrawal may sweep: SWEEP_AT is reached at any time
    Fine,               \* whether every access is a step: see above
    BUG                 \* a planted bug, or "none"

\* Whether the read of Waiter.next before a CAS is a step of its own.
\* Without sweeps nothing changes it after the push.
Split == Fine \/ Sweeping

VARIABLES state, round, node, loc, ghost
vars == <<state, round, node, loc, ghost>>

Waiters == WaitersForSet \cup WaitersForClear
Changers == Setters \cup Clearers
Callers == Waiters \cup Changers
Procs == Callers \cup Reporters \cup Wakers

\* A round is called after the process that made it; nobody makes two that others see.
Birth == "birth"
Rounds == Waiters \cup (IF Named THEN Changers \cup {Birth} ELSE {})

Ended == "ended"
Want(p) == p \in WaitersForSet \cup Setters
IsRound(s) == s \notin {"null", "SET"}
Runs(r) == round[r].head # Ended

\* The table in the Overview: ThreadEvent.flag and Round.flag.
FlagOf(s) == IF IsRound(s) THEN round[s].kind = Runs(s) ELSE s = "SET"
Flag == FlagOf(state)

NoRound == [kind |-> None, head |-> None, frontier |-> None]
NewRound(set) == [NoRound EXCEPT !.kind = set]
Idle(c) == IF Named THEN c ELSE IF Want(c) THEN "SET" ELSE "null"
MakeIdle(c) == IF Named THEN [round EXCEPT ![c] = NewRound(Want(c))] ELSE round

At(pc) == [pc |-> pc, s |-> "null", cur |-> None, nxt |-> None, platform |-> 0, i |-> 0]

Init ==
    /\ \E set \in Starts :
        /\ state = IF Named THEN Birth ELSE IF set THEN "SET" ELSE "null"
        /\ round = [r \in Rounds |-> IF r = Birth THEN NewRound(set) ELSE NoRound]
    /\ node = [w \in Waiters |-> [next |-> None, live |-> TRUE, permit |-> FALSE, passed |-> 0]]
    /\ loc = [p \in Procs |-> At("idle")]
    /\ ghost = [seen |-> [p \in Callers |-> FALSE], before |-> [c \in Changers |-> {}],
                owed |-> {}, open |-> [b \in BOOLEAN |-> 0], bad |-> {}]

-----------------------------------------------------------------------------
\* What the properties need to know of the past, kept by every step.
\*   seen[p]     the flag was what p asks for at some moment since its call; for a waiter, since it was pushed
\*   before[c]   the rounds that ran when c was called, that c is to end, and that run still
\*   owed        the waiters of rounds that run although a call that was to end them has returned
\*   open[b]     how many changes of the flag to b no caller has yet reported by returning true
\*   bad         the names of the properties that a step has violated

Active(l) == l.pc \notin {"idle", "done"}
RegisteredAt == {"look", "park", "help", "helpCas", "helpWake", "dead", "pop", "popNext", "popCas", "look2"}
Registered(w) == loc[w].pc \in RegisteredAt

\* The step of p has assigned the other variables; it returned v, "yes" or "no" (or "swept", what it returns
\* being settled before the sweep), or "-" if p goes on.
Observe(p, v) ==
    LET now == Flag
        after == Flag'
        pushed == p \in Waiters /\ loc[p].pc = "push" /\ loc'[p].pc \in {"look", "park", "dead"}
        seen == [q \in Callers |->
                    IF (q = p \/ Active(loc[q])) /\ (q \in Waiters \/ Fine)
                    THEN ((ghost.seen[q] \/ now = Want(q)) /\ ~(q = p /\ pushed)) \/ after = Want(q)
                    ELSE FALSE]
        before == [c \in Changers |->
                    {r \in (IF c = p /\ loc[p].pc = "idle" THEN {r \in Rounds : round[r].kind = ~Want(c)}
                            ELSE ghost.before[c]) : Runs(r) /\ Runs(r)'}]
        open == IF now # after THEN [ghost.open EXCEPT ![after] = @ + 1] ELSE ghost.open
        returned == v # "-" /\ p \in Callers
        wins == p \in Changers /\ v = "yes"
        gaveUp == p \in Waiters /\ (v = "no" \/ (loc[p].pc # "sweep" /\ loc'[p].pc = "sweep"))
        late == IF returned /\ p \in Changers THEN before[p] ELSE {}
        bad == (IF now # after /\ (p \notin Changers \/ Want(p) # after) THEN {"FlagAgrees"} ELSE {})
            \cup (IF wins /\ open[Want(p)] = 0 THEN {"OneWinner"} ELSE {})
            \cup (IF Fine /\ p \in Changers /\ v = "no" /\ ~seen[p] THEN {"HonestFalse"} ELSE {})
            \cup (IF p \in Waiters /\ v = "yes" /\ ~seen[p] THEN {"NoPhantom"} ELSE {})
            \cup (IF gaveUp /\ (p \in ghost.owed \/ ~Runs(loc[p].s)) THEN {"NoFalseTimeout"} ELSE {})
            \cup (IF late # {} THEN {"SetReleases"} ELSE {})
    IN  ghost' = [seen |-> IF returned THEN [seen EXCEPT ![p] = FALSE] ELSE seen,
                  before |-> IF returned /\ p \in Changers THEN [before EXCEPT ![p] = {}] ELSE before,
                  owed |-> (ghost.owed \cup {w \in Waiters : late # {} /\ Registered(w) /\ loc[w].s \in late})
                           \ (IF returned THEN {p} ELSE {}),
                  open |-> IF wins /\ open[Want(p)] > 0 THEN [open EXCEPT ![Want(p)] = @ - 1] ELSE open,
                  bad |-> ghost.bad \cup bad]

Step(p, l) == loc' = [loc EXCEPT ![p] = l] /\ Observe(p, "-")
Go(p, pc) == Step(p, [loc[p] EXCEPT !.pc = pc])
Return(p, v) == loc' = [loc EXCEPT ![p] = At("done")] /\ Observe(p, v)
Restart(p) == loc' = [loc EXCEPT ![p] = At("idle")] /\ Observe(p, "-")
Pc(p, pc) == loc[p].pc = pc
S(p) == loc[p].s

\* A waiter that is in no list, nor ever will be. To give all that have returned the same form saves states.
Gone == [next |-> None, live |-> FALSE, permit |-> FALSE, passed |-> 1]
Leave(w) == node' = [node EXCEPT ![w] = IF Split THEN [@ EXCEPT !.passed = 1, !.permit = FALSE] ELSE Gone]

-----------------------------------------------------------------------------
\* Waking: Ended.wakeNext, in wakeFirst and in wakeAll.

\* The CAS of the frontier of r from w to what was below it.
Pass(p, r, w, below, pc) ==
    /\ round' = [round EXCEPT ![r].frontier =
                    IF BUG = "frontier-skips" /\ below # None THEN node[below].next ELSE below]
    /\ node' = [node EXCEPT ![w] =
                    IF Split THEN [@ EXCEPT !.passed = @ + 1]
                    ELSE [@ EXCEPT !.passed = @ + 1, !.next = None]]
    /\ UNCHANGED state
    /\ Step(p, [loc[p] EXCEPT !.pc = pc, !.cur = w, !.nxt = None])

\* pcs are the labels of the CAS and of what comes after it.
WakeNext(p, pcs) ==
    LET r == S(p)
        w == round[r].frontier
    IN  IF Split \/ BUG = "frontier-by-write"
        THEN /\ UNCHANGED <<state, round, node>>
             /\ Step(p, [loc[p] EXCEPT !.pc = pcs[1], !.cur = w, !.nxt = node[w].next])
        ELSE Pass(p, r, w, node[w].next, pcs[2])

WakeNextCas(p, pcs) ==
    LET l == loc[p]
    IN  IF round[l.s].frontier = l.cur \/ BUG = "frontier-by-write"
        THEN Pass(p, l.s, l.cur, l.nxt, pcs[2])
        ELSE /\ UNCHANGED <<state, round, node>>
             /\ Step(p, [l EXCEPT !.pc = pcs[3], !.cur = None, !.nxt = None])

\* Waiter.wake. The permit of a thread that has returned is of no concern.
Wake(w) ==
    node' = [node EXCEPT ![w].permit = @ \/ (node[w].live /\ Active(loc[w]))]

Counts(w) ==
    /\ node[w].live \/ BUG = "dead-count-as-woken"
    /\ w \notin Virtual \/ BUG = "futures-count-as-woken"

Withdrew(w) == ~node[w].live /\ node[w] # Gone

\* Ended.wakeAll
Help(p) ==
    /\ Pc(p, "help")
    /\ IF round[S(p)].frontier # None /\ ~(BUG = "woken-does-not-help" /\ p \in Waiters)
       THEN WakeNext(p, <<"helpCas", "helpWake", "help">>)
       ELSE /\ UNCHANGED <<state, round>>
            /\ IF p \in Waiters /\ node[p].passed = 1 THEN Leave(p) ELSE UNCHANGED node
            /\ IF p \in Changers THEN Go(p, "move")
               ELSE Return(p, IF BUG \in {"no-look-after-timeout", "interrupt-wins"} /\ p \in Waiters /\ Withdrew(p) THEN "no" ELSE "yes")

HelpCas(p) == Pc(p, "helpCas") /\ WakeNextCas(p, <<"helpCas", "helpWake", "help">>)

HelpWake(p) ==
    /\ Pc(p, "helpWake")
    /\ Wake(loc[p].cur)
    /\ UNCHANGED <<state, round>>
    /\ Step(p, [loc[p] EXCEPT !.pc = "help", !.cur = None])

-----------------------------------------------------------------------------
\* ThreadEvent.change

Decide(c, s) ==
    IF FlagOf(s) = Want(c) THEN "again"
    ELSE IF IsRound(s) /\ (round[s].kind # Want(c) \/ BUG = "change-waits-for-other")
    THEN (IF BUG = "flag-before-release" THEN "moveFirst" ELSE "end")
    ELSE "cas"

\* Reads state and, if nothing can change what it finds there, the flag in it.
ReadState(c) ==
    /\ UNCHANGED <<state, round, node>>
    /\ Step(c, [At(IF IsRound(state) /\ Runs(state) THEN "flag" ELSE Decide(c, state)) EXCEPT !.s = state])

\* The reads and a CAS of state that succeeds, at the moment of the CAS; or a call that changes nothing.
ReadAndCas(c) ==
    LET s == state
    IN  /\ UNCHANGED node
        /\ IF Flag = Want(c)
           THEN /\ UNCHANGED round
                /\ IF BUG = "clear-drops-waiters" /\ c \in Clearers THEN state' = "null" ELSE UNCHANGED state
                /\ Return(c, "no")
           ELSE IF Decide(c, s) = "cas" /\ BUG # "change-by-write"
           THEN state' = Idle(c) /\ round' = MakeIdle(c) /\ Return(c, "yes")
           ELSE UNCHANGED <<state, round>> /\ Step(c, [At(Decide(c, s)) EXCEPT !.s = s])

ChangeCall(c) ==
    /\ Pc(c, "idle") \/ Pc(c, "read")
    /\ IF Fine THEN ReadState(c) ELSE ReadAndCas(c)

Again(c) == IF Fine THEN Go(c, "read") ELSE Restart(c)

ChangeFlag(c) ==
    /\ Pc(c, "flag")
    /\ UNCHANGED <<state, round, node>>
    /\ Go(c, Decide(c, S(c)))

ChangeAgain(c) ==
    /\ Pc(c, "again")
    /\ UNCHANGED <<round, node>>
    /\ IF BUG = "clear-drops-waiters" /\ c \in Clearers /\ state = S(c)
       THEN state' = "null" /\ Return(c, "no")
       ELSE /\ UNCHANGED state
            /\ IF IsRound(state) /\ Runs(state)
               THEN Step(c, [loc[c] EXCEPT !.pc = "again2", !.s = state])
               ELSE IF Flag = Want(c) THEN Return(c, "no") ELSE Go(c, "read")

ChangeAgain2(c) ==
    /\ Pc(c, "again2")
    /\ UNCHANGED <<state, round, node>>
    /\ IF FlagOf(S(c)) = Want(c) THEN Return(c, "no") ELSE Go(c, "read")

ChangeEnd(c) ==
    LET r == S(c)
        list == round[r].head
    IN  /\ Pc(c, "end")
        /\ UNCHANGED <<state, node>>
        /\ IF ~Runs(r)
           THEN UNCHANGED round /\ Again(c)
           ELSE IF BUG = "end-by-write"
           THEN UNCHANGED round /\ Step(c, [loc[c] EXCEPT !.pc = "mark", !.cur = list])
           ELSE IF BUG = "list-before-mark"
           THEN UNCHANGED round /\ Step(c, [loc[c] EXCEPT !.pc = "list", !.cur = list])
           ELSE IF BUG = "list-after-mark"
           THEN /\ round' = [round EXCEPT ![r].head = Ended]
                /\ Step(c, [loc[c] EXCEPT !.pc = "list", !.cur = list])
           ELSE /\ round' = [round EXCEPT ![r].head = Ended, ![r].frontier = list]
                /\ Go(c, "first")

Move(c) ==
    /\ IF state = S(c) THEN state' = Idle(c) /\ round' = MakeIdle(c) ELSE UNCHANGED <<state, round>>
    /\ Return(c, "yes")

\* Starts a thread that wakes the others or, if none is to be had, wakes them.
LeaveToWaker(c) ==
    /\ UNCHANGED <<state, round, node>>
    /\ \/ \E k \in Wakers :
            /\ Pc(k, "idle")
            /\ loc' = [loc EXCEPT ![c] = [At("move") EXCEPT !.s = S(c)], ![k] = [At("help") EXCEPT !.s = S(c)]]
            /\ Observe(c, "-")
       \/ (\A k \in Wakers : ~Pc(k, "idle")) /\ Step(c, [At("help") EXCEPT !.s = S(c)])

ChangeFirst(c) ==
    LET l == loc[c]
        left == round[l.s].frontier # None
    IN  /\ Pc(c, "first")
        /\ IF left /\ l.platform < FirstPlatform /\ l.i < First
           THEN WakeNext(c, <<"firstCas", "firstWake", "first">>)
           ELSE IF l.platform = 0 /\ left /\ BUG # "no-waker" THEN LeaveToWaker(c)
           ELSE IF Fine THEN UNCHANGED <<state, round, node>> /\ Step(c, [At("move") EXCEPT !.s = l.s])
           ELSE UNCHANGED node /\ Move(c)

\* A CAS that failed counts in the loop, too.
ChangeFirstCas(c) ==
    /\ Pc(c, "firstCas")
    /\ IF round[S(c)].frontier = loc[c].cur \/ BUG = "frontier-by-write"
       THEN Pass(c, S(c), loc[c].cur, loc[c].nxt, "firstWake")
       ELSE /\ UNCHANGED <<state, round, node>>
            /\ Step(c, [loc[c] EXCEPT !.pc = "first", !.cur = None, !.nxt = None, !.i = @ + 1])

ChangeFirstWake(c) ==
    LET w == loc[c].cur
    IN  /\ Pc(c, "firstWake")
        /\ Wake(w)
        /\ UNCHANGED <<state, round>>
        /\ Step(c, [loc[c] EXCEPT !.pc = "first", !.cur = None, !.i = @ + 1,
                                  !.platform = IF Counts(w) THEN @ + 1 ELSE @])

ChangeMove(c) == Pc(c, "move") /\ UNCHANGED node /\ Move(c)

ChangeCas(c) ==
    /\ Pc(c, "cas")
    /\ UNCHANGED node
    /\ IF state = S(c) \/ BUG = "change-by-write"
       THEN state' = Idle(c) /\ round' = MakeIdle(c) /\ Return(c, "yes")
       ELSE IF BUG = "change-gives-up"
       THEN UNCHANGED <<state, round>> /\ Return(c, "no")
       ELSE UNCHANGED <<state, round>> /\ Again(c)

\* Steps of planted bugs only.

ChangeList(c) ==
    LET r == S(c)
        list == loc[c].cur
    IN  /\ Pc(c, "list")
        /\ UNCHANGED <<state, node>>
        /\ round' = [round EXCEPT ![r].frontier = list]
        /\ IF BUG = "list-before-mark" THEN Go(c, "mark") ELSE Step(c, [loc[c] EXCEPT !.pc = "first", !.cur = None])

ChangeMark(c) ==
    LET r == S(c)
    IN  /\ Pc(c, "mark")
        /\ UNCHANGED <<state, node>>
        /\ IF round[r].head = loc[c].cur \/ BUG = "end-by-write"
           THEN /\ round' = [round EXCEPT ![r].head = Ended,
                                          ![r].frontier = IF BUG = "end-by-write" THEN loc[c].cur ELSE @]
                /\ Step(c, [loc[c] EXCEPT !.pc = "first", !.cur = None])
           ELSE /\ UNCHANGED round
                /\ Step(c, [loc[c] EXCEPT !.pc = "end", !.cur = None])

ChangeMoveFirst(c) ==
    /\ Pc(c, "moveFirst")
    /\ UNCHANGED node
    /\ IF state = S(c)
       THEN state' = Idle(c) /\ round' = MakeIdle(c) /\ Go(c, "end")
       ELSE UNCHANGED <<state, round>> /\ Again(c)

-----------------------------------------------------------------------------
\* ThreadEvent.await and roundUntil, Round.push

Install(w) ==
    /\ state' = w
    /\ round' = [round EXCEPT ![w] = NewRound(~Want(w))]
    /\ UNCHANGED node
    /\ Step(w, [At("push") EXCEPT !.s = w])

AwaitCall(w) ==
    LET s == state
    IN  /\ Pc(w, "idle")
        /\ \/ /\ Fine
              /\ UNCHANGED <<state, round, node>>
              /\ IF IsRound(s) /\ Runs(s)
                 THEN Step(w, [At("fast") EXCEPT !.s = s])
                 ELSE IF Flag = Want(w) THEN Return(w, "yes") ELSE Go(w, "until")
           \/ ~Fine /\ Flag = Want(w) /\ UNCHANGED <<state, round>> /\ Leave(w) /\ Return(w, "yes")
           \/ ~Fine /\ BUG = "round-over-running" /\ Flag # Want(w) /\ Install(w)
           \/ /\ ~Fine /\ IsRound(s) /\ round[s].kind # Want(w)
              /\ UNCHANGED <<state, round, node>>
              /\ Step(w, [At("push") EXCEPT !.s = s])
           \/ /\ ~Fine /\ Flag # Want(w) /\ ~(IsRound(s) /\ round[s].kind # Want(w))
              /\ IF BUG = "install-by-write"
                 THEN UNCHANGED <<state, round, node>> /\ Step(w, [At("install") EXCEPT !.s = s])
                 ELSE Install(w)

AwaitFast(w) ==
    /\ Pc(w, "fast")
    /\ UNCHANGED <<state, round, node>>
    /\ IF FlagOf(S(w)) = Want(w) THEN Return(w, "yes") ELSE Step(w, At("until"))

AwaitUntil(w) ==
    LET s == state
    IN  /\ Pc(w, "until")
        /\ UNCHANGED <<state, round, node>>
        /\ IF IsRound(s) /\ round[s].kind # Want(w)
           THEN Step(w, [At("push") EXCEPT !.s = s])
           ELSE IF IsRound(s) /\ Runs(s)
           THEN Step(w, [At("until2") EXCEPT !.s = s])
           ELSE IF FlagOf(s) = Want(w)
           THEN Return(w, "yes") \* a round of its own that has ended
           ELSE Step(w, [At("install") EXCEPT !.s = s])

AwaitUntil2(w) ==
    /\ Pc(w, "until2")
    /\ UNCHANGED <<state, round, node>>
    /\ IF FlagOf(S(w)) = Want(w) THEN Return(w, "yes") ELSE Go(w, "install")

AwaitInstall(w) ==
    /\ Pc(w, "install")
    /\ IF state = S(w) \/ BUG = "install-by-write"
       THEN Install(w)
       ELSE UNCHANGED <<state, round, node>> /\ Step(w, At("until"))

\* Whether a look, other than that after the push, finds w released.
Released(w) == IF BUG = "waiter-rereads-flag" THEN Flag = Want(w) ELSE ~Runs(S(w))
GiveUp(w) == w \in Withdrawing /\ Go(w, IF BUG = "look-before-dead" THEN "look2" ELSE "dead")

AwaitPush(w) ==
    LET r == S(w)
        h == round[r].head
    IN  /\ Pc(w, "push")
        /\ UNCHANGED state
        /\ IF h = Ended /\ BUG # "push-on-ended"
           THEN UNCHANGED round /\ Leave(w) /\ Go(w, IF BUG = "no-look-before-park" THEN "park" ELSE "help")
           ELSE IF BUG = "push-by-write"
           THEN UNCHANGED <<round, node>> /\ Step(w, [loc[w] EXCEPT !.pc = "pushWrite", !.cur = h])
           ELSE /\ round' = [round EXCEPT ![r].head = w]
                /\ node' = [node EXCEPT ![w].next = IF h = Ended THEN None ELSE h]
                /\ IF BUG = "no-look-before-park" THEN Go(w, "park")
                   ELSE IF Fine THEN Go(w, "look")
                   ELSE Go(w, "park") \/ GiveUp(w)

\* A step of a planted bug only.
AwaitPushWrite(w) ==
    /\ Pc(w, "pushWrite")
    /\ UNCHANGED state
    /\ round' = [round EXCEPT ![S(w)].head = w]
    /\ node' = [node EXCEPT ![w].next = loc[w].cur]
    /\ Step(w, [loc[w] EXCEPT !.pc = "park", !.cur = None])

-----------------------------------------------------------------------------
\* Waiter.await and Round.withdraw

AwaitLook(w) ==
    /\ Pc(w, "look")
    /\ UNCHANGED <<state, round, node>>
    /\ IF Released(w) THEN Go(w, "help") ELSE Go(w, "park") \/ GiveUp(w)

\* The end of a park and, unless Fine, the look after it.
AwaitUnpark(w) ==
    /\ UNCHANGED <<state, round>>
    /\ node' = [node EXCEPT ![w].permit = FALSE]
    /\ IF BUG = "wake-up-is-release" THEN Return(w, "yes")
       ELSE IF Fine THEN Go(w, "look")
       ELSE IF Released(w) THEN Go(w, "help")
       ELSE (node[w].permit /\ Go(w, "park")) \/ GiveUp(w)

AwaitUnparked(w) == Pc(w, "park") /\ node[w].permit /\ AwaitUnpark(w)
AwaitSpurious(w) == Pc(w, "park") /\ ~node[w].permit /\ AwaitUnpark(w)

WithdrawDead(w) ==
    /\ Pc(w, "dead")
    /\ node' = [node EXCEPT ![w].live = (BUG = "withdraw-stays-alive")]
    /\ UNCHANGED <<state, round>>
    /\ Go(w, "pop")

AfterPop == BUG \in {"withdraw-without-look", "look-before-dead"}

WithdrawPop(w) ==
    LET r == S(w)
    IN  /\ Pc(w, "pop")
        /\ UNCHANGED state
        /\ IF Split
           THEN /\ UNCHANGED <<round, node>>
                /\ IF round[r].head = w THEN Go(w, "popNext")
                   ELSE IF AfterPop THEN Return(w, "no") ELSE Go(w, "look2")
           ELSE IF round[r].head = w
           THEN round' = [round EXCEPT ![r].head = node[w].next] /\ Leave(w) /\ Return(w, "no")
           ELSE /\ UNCHANGED <<round, node>>
                /\ IF Runs(r) \/ AfterPop THEN Return(w, "no") ELSE Go(w, "help")

WithdrawPopNext(w) ==
    /\ Pc(w, "popNext")
    /\ UNCHANGED <<state, round, node>>
    /\ Step(w, [loc[w] EXCEPT !.pc = "popCas", !.nxt = node[w].next])

WithdrawPopCas(w) ==
    LET r == S(w)
    IN  /\ Pc(w, "popCas")
        /\ UNCHANGED <<state, node>>
        /\ IF round[r].head = w \/ BUG = "withdraw-pops-by-write"
           THEN round' = [round EXCEPT ![r].head = loc[w].nxt] /\ Return(w, "no")
           ELSE /\ UNCHANGED round
                /\ IF AfterPop THEN Return(w, "no") ELSE Step(w, [loc[w] EXCEPT !.pc = "look2", !.nxt = None])

WithdrawLook2(w) ==
    /\ Pc(w, "look2")
    /\ UNCHANGED <<state, round, node>>
    /\ IF ~Runs(S(w)) THEN Go(w, "help")
       ELSE IF BUG = "look-before-dead" THEN Go(w, "dead")
       ELSE \/ Return(w, "no")
            \/ Sweeping /\ Go(w, "sweep")

-----------------------------------------------------------------------------
\* Round.sweep

ReportCall(p) ==
    /\ Pc(p, "idle")
    /\ IsRound(state)
    /\ UNCHANGED <<state, round, node>>
    /\ Step(p, [At("sweep") EXCEPT !.s = state])

SweepTop(p, top) ==
    IF top \in Waiters THEN Step(p, [loc[p] EXCEPT !.pc = "below", !.cur = top]) ELSE Return(p, "swept")

Sweep(p) == Pc(p, "sweep") /\ UNCHANGED <<state, round, node>> /\ SweepTop(p, round[S(p)].head)

SweepBelow(p) ==
    /\ Pc(p, "below")
    /\ UNCHANGED <<state, round, node>>
    /\ Step(p, [loc[p] EXCEPT !.pc = "skip", !.nxt = node[loc[p].cur].next])

SweepSkip(p) ==
    LET x == loc[p].nxt
    IN  /\ Pc(p, "skip")
        /\ UNCHANGED <<state, round, node>>
        /\ IF x # None /\ (~node[x].live \/ (BUG = "sweep-drops-futures" /\ x \in Virtual))
           THEN Step(p, [loc[p] EXCEPT !.nxt = IF BUG = "sweep-cuts" THEN None ELSE node[x].next])
           ELSE Go(p, "link")

SweepLink(p) ==
    /\ Pc(p, "link")
    /\ UNCHANGED <<state, round>>
    /\ node' = [node EXCEPT ![loc[p].cur].next = loc[p].nxt]
    /\ Step(p, [loc[p] EXCEPT !.pc = "down", !.nxt = None])

SweepDown(p) == Pc(p, "down") /\ UNCHANGED <<state, round, node>> /\ SweepTop(p, node[loc[p].cur].next)

-----------------------------------------------------------------------------
\* Start(p): the call begins. Continue(p): a step of a thread that runs. AwaitUnparked, AwaitSpurious: a
\* parked thread runs again.

Start(p) ==
    /\ Pc(p, "idle")
    /\ \/ p \in Changers /\ ChangeCall(p)
       \/ p \in Waiters /\ AwaitCall(p)
       \/ p \in Reporters /\ ReportCall(p)

Continue(p) ==
    \/ /\ p \in Changers
       /\ \/ Pc(p, "read") /\ ChangeCall(p)
          \/ ChangeFlag(p) \/ ChangeAgain(p) \/ ChangeAgain2(p)
          \/ ChangeEnd(p) \/ ChangeFirst(p) \/ ChangeFirstCas(p) \/ ChangeFirstWake(p)
          \/ ChangeMove(p) \/ ChangeCas(p)
          \/ ChangeList(p) \/ ChangeMark(p) \/ ChangeMoveFirst(p)
    \/ /\ p \in Waiters
       /\ \/ AwaitFast(p) \/ AwaitUntil(p) \/ AwaitUntil2(p) \/ AwaitInstall(p) \/ AwaitPush(p) \/ AwaitLook(p)
          \/ AwaitPushWrite(p)
          \/ WithdrawDead(p) \/ WithdrawPop(p) \/ WithdrawPopNext(p) \/ WithdrawPopCas(p) \/ WithdrawLook2(p)
    \/ /\ p \in Waiters \cup Reporters
       /\ Sweep(p) \/ SweepBelow(p) \/ SweepSkip(p) \/ SweepLink(p) \/ SweepDown(p)
    \/ Help(p) \/ HelpCas(p) \/ HelpWake(p)

Next ==
    \/ \E p \in Procs : Start(p) \/ Continue(p)
    \/ \E w \in Waiters : AwaitUnparked(w) \/ AwaitSpurious(w)

\* A thread that runs goes on, and a platform thread with a permit runs; a virtual one may lack a carrier, a call need
\* not be made, and no thread has a claim to a spurious wake-up.
Fairness ==
    /\ \A p \in Procs : WF_vars(Continue(p))
    /\ \A w \in Waiters \ Virtual : WF_vars(AwaitUnparked(w))

Spec == Init /\ [][Next]_vars
FairSpec == Spec /\ Fairness

\* One setter runs, the others may stop anywhere.
Solo == CHOOSE c \in Setters : TRUE
SoloSpec == Spec /\ WF_vars(Continue(Solo))

-----------------------------------------------------------------------------
\* The promises

Parked(w) == Pc(w, "park") /\ ~node[w].permit
Platform == Waiters \ Virtual

\* Nothing will happen any more, unless a call is made or a virtual thread gets a carrier.
Quiet == \A p \in Procs : \/ ~Active(loc[p])
                          \/ p \in Waiters /\ (Parked(p) \/ (p \in Virtual /\ Pc(p, "park")))

\* Then nobody sleeps whose round has ended, nor anybody who waits for what is so, nor anybody who had registered
\* before a set was called that has returned.
NoLostWaiter == Quiet => \A w \in Waiters : Parked(w) => Runs(S(w)) /\ Flag # Want(w) /\ w \notin ghost.owed

\* A wait returns normally only if the flag was as asked for at some moment since its call, or since it was pushed.
NoPhantom == "NoPhantom" \notin ghost.bad

\* No wait gives up if its round has ended; nor if a set has returned that was called while its round ran, and so none
\* that was called after it had registered.
NoFalseTimeout == "NoFalseTimeout" \notin ghost.bad

\* As many calls of set return true as the flag has changed to set; likewise for clear.
OneWinner == /\ "OneWinner" \notin ghost.bad
             /\ (\A c \in Changers : ~Active(loc[c])) => \A b \in BOOLEAN : ghost.open[b] = 0

\* A set returns false only if the flag was set at some moment since its call; likewise for clear.
HonestFalse == "HonestFalse" \notin ghost.bad

\* When a set returns, every round of clear that ran when it was called has ended, and so released its waiters.
SetReleases == "SetReleases" \notin ghost.bad

\* Nothing but a set turns the flag of the table from clear to set, and nothing but a clear turns it back.
FlagAgrees == "FlagAgrees" \notin ghost.bad

\* The frontier passes each waiter once.
WokenOnce == \A w \in Waiters : node[w].passed <= 1

-----------------------------------------------------------------------------
\* The invariants of the Overview

\* 1. A round that has ended never runs again. A property of steps, as an ended round in a state has no past.
EndedForEver == [][\A r \in Rounds : ~Runs(r) => ~Runs(r)']_vars

\* 2. A running round that state has held is the present one.
RunningIsPresent == \A r \in Rounds : round[r].kind # None /\ Runs(r) => state = r

\* 3. Every live waiter that the frontier has not passed can be reached.
Reach[w \in Waiters \cup {None}, n \in 0..Cardinality(Waiters)] ==
    IF w = None THEN {} ELSE IF n = 0 THEN {w} ELSE {w} \cup Reach[node[w].next, n - 1]
AllReachable ==
    \A w \in Waiters :
        Pc(w, "look") \/ Pc(w, "park") =>
            LET r == round[S(w)]
            IN  node[w].passed = 1 \/ w \in Reach[IF r.head = Ended THEN r.frontier ELSE r.head, Cardinality(Waiters)]

\* 4. While the frontier is not null, some thread that is sure to run is about to move it on.
Moves(p, r) ==
    /\ S(p) = r
    /\ \/ p \in Changers /\ loc[p].pc \in {"first", "firstCas", "firstWake", "help", "helpCas", "helpWake"}
       \/ p \in Wakers /\ Active(loc[p])
       \/ p \in Waiters /\ loc[p].pc \in RegisteredAt \cup {"push"} /\ ~Pc(p, "park")
       \/ p \in Platform /\ Pc(p, "park") /\ node[p].permit
SomebodyMoves == \A r \in Rounds : ~Runs(r) /\ round[r].frontier # None => \E p \in Procs : Moves(p, r)

-----------------------------------------------------------------------------
\* Liveness, for FairSpec

ReleasedReturn == \A w \in Platform : (Registered(w) /\ ~Runs(S(w))) ~> Pc(w, "done")

\* For SoloSpec: a set does not depend on anybody else. As every other process makes one call only, this is
\* lock-freedom.
SetNeverWaits == Active(loc[Solo]) ~> Pc(Solo, "done")

-----------------------------------------------------------------------------
\* Threads that make the same call are alike. Not for liveness: TLC's symmetry is unsound there.
Alike == UNION {Permutations(x) : x \in {
    WaitersForSet \cap Virtual \cap Withdrawing, (WaitersForSet \cap Virtual) \ Withdrawing,
    (WaitersForSet \cap Withdrawing) \ Virtual, WaitersForSet \ (Virtual \cup Withdrawing),
    WaitersForClear \cap Virtual \cap Withdrawing, (WaitersForClear \cap Virtual) \ Withdrawing,
    (WaitersForClear \cap Withdrawing) \ Virtual, WaitersForClear \ (Virtual \cup Withdrawing),
    Setters, Clearers, Reporters, Wakers}}
=============================================================================
