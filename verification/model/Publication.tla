\* SPDX-License-Identifier: Apache-2.0
---------------------------- MODULE Publication ----------------------------
(***************************************************************************)
(* What dev.pharos.ThreadEvent publishes, on hardware that puts off writes *)
(* and reads ahead: "Publication" in its Overview. RoundProtocol takes the *)
(* memory to be sequentially consistent; this model is about nothing else, *)
(* so the event is a flag without waiters.                                 *)
(*                                                                         *)
(* A producer does   item = 1; set();                                      *)
(* A consumer does   await(); read1 = item; clear(); read2 = item;         *)
(*                                                                         *)
(* The producer's write of item waits in a store buffer until it drains by *)
(* itself at any time, or by a fence, or by a CAS, which is a release. The *)
(* consumer may read item ahead: before a plain read of the flag, and, as  *)
(* where a CAS is made of load-linked and store-conditional, before a CAS; *)
(* but not before a volatile read, nor before a fence.                     *)
(*                                                                         *)
(*   step      code                                                        *)
(*   --------  ----------------------------------------------------------- *)
(*   item      item = 1                                                    *)
(*   state     ThreadEvent.change: Object s = state                        *)
(*   cas       STATE.compareAndSet(..)                                     *)
(*   fence     VarHandle.fullFence()                                       *)
(*   again     isSet() == set                                              *)
(*   await     flag(state) == set                                          *)
(*   read1     the consumer's first read                                   *)
(*   clear     the CAS of clear                                            *)
(*   read2     the consumer's second read                                  *)
(***************************************************************************)
EXTENDS Naturals

CONSTANTS
    Starts,     \* the values of the flag at the start
    BUG         \* a planted bug, or "none"

VARIABLES flag, item, buffer, p, moved, c, ahead, read1, read2, ghost
vars == <<flag, item, buffer, p, moved, c, ahead, read1, read2, ghost>>

Init ==
    /\ flag \in Starts
    /\ item = 0
    /\ buffer = FALSE       \* whether the write of item is in the store buffer
    /\ p = "item"
    /\ moved = FALSE        \* whether this set has changed the flag
    /\ c = "await"
    /\ ahead = {}           \* what the consumer has read ahead of its turn: at most one value
    /\ read1 = 2           \* not yet
    /\ read2 = 2
    \* start: the flag at the start. decided: the set has found or made the flag set, for the last time. undone: it had
    \* done so when the consumer cleared the flag.
    /\ ghost = [start |-> flag, decided |-> FALSE, undone |-> FALSE]

-----------------------------------------------------------------------------
\* The producer

Item == p = "item" /\ buffer' = TRUE /\ p' = "state" /\ UNCHANGED <<flag, item, moved, ghost>>

Drain == buffer /\ buffer' = FALSE /\ item' = 1 /\ UNCHANGED <<flag, p, moved, ghost>>

State ==
    /\ p = "state"
    /\ p' = IF flag THEN "fence" ELSE "cas"
    /\ ghost' = [ghost EXCEPT !.decided = flag /\ BUG = "look-before-fence"]
    /\ UNCHANGED <<flag, item, buffer, moved>>

Cas ==
    /\ p = "cas"
    /\ ~buffer
    /\ p' = "fence"
    /\ moved' = ~flag
    /\ flag' = TRUE
    /\ ghost' = IF flag THEN ghost ELSE [ghost EXCEPT !.decided = TRUE]
    /\ UNCHANGED <<item, buffer>>

Fence ==
    /\ p = "fence"
    /\ ~buffer \/ (BUG = "bare-redundant-set" /\ ~moved)
    /\ p' = IF moved \/ ghost.decided THEN "done" ELSE "again"
    /\ UNCHANGED <<flag, item, buffer, moved, ghost>>

Again ==
    /\ p = "again"
    /\ p' = IF flag THEN "done" ELSE "state"
    /\ ghost' = [ghost EXCEPT !.decided = flag]
    /\ UNCHANGED <<flag, item, buffer, moved>>

Producer == (Item \/ Drain \/ State \/ Cas \/ Fence \/ Again) /\ UNCHANGED <<c, ahead, read1, read2>>

-----------------------------------------------------------------------------
\* The consumer

MayReadAhead ==
    \/ c = "await" /\ BUG = "plain-state"
    \/ c = "clear" /\ BUG = "cas-for-fence"

ReadAhead == MayReadAhead /\ ahead = {} /\ ahead' = {item} /\ UNCHANGED <<c, flag, read1, read2, ghost>>

Value == IF ahead = {} THEN item ELSE CHOOSE v \in ahead : TRUE

Await == c = "await" /\ flag /\ c' = "read1" /\ UNCHANGED <<flag, ahead, read1, read2, ghost>>

Read1 == c = "read1" /\ read1' = Value /\ ahead' = {} /\ c' = "clear" /\ UNCHANGED <<flag, read2, ghost>>

Clear ==
    /\ c = "clear"
    /\ flag' = FALSE
    /\ c' = "read2"
    /\ ghost' = [ghost EXCEPT !.undone = ghost.decided]
    /\ UNCHANGED <<ahead, read1, read2>>

Read2 == c = "read2" /\ read2' = Value /\ ahead' = {} /\ c' = "done" /\ UNCHANGED <<flag, read1, ghost>>

Consumer == (ReadAhead \/ Await \/ Read1 \/ Clear \/ Read2) /\ UNCHANGED <<item, buffer, p, moved>>

Next == Producer \/ Consumer
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
\* Promise 3

\* A wait that returned because this set had changed the flag sees what was done before.
SetPublishes == read1 # 2 /\ ~ghost.start => read1 = 1

\* Who has cleared the flag sees what was done before every set that this clear undid, the redundant one too.
UndonePublishes == read2 # 2 /\ ghost.undone => read2 = 1

\* No item is left behind: if the set has returned and the flag is clear, the consumer has seen it.
NothingLeftBehind == p = "done" /\ c = "done" /\ ~flag => read2 = 1
=============================================================================
