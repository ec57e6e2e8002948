// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.cluster.History.Change;
import dev.pharos.cluster.History.Kind;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongToIntFunction;
import org.apache.jute.Record;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.ByteBufferInputStream;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.TxnLog.TxnIterator;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.DeleteTxn;
import org.apache.zookeeper.txn.MultiTxn;
import org.apache.zookeeper.txn.SetDataTxn;
import org.apache.zookeeper.txn.Txn;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * What an ensemble has committed, from the logs of its servers, in its order. A transaction counts if a majority has
 * logged it: fewer have those that a leader proposed and took with it when it was killed.
 */
final class TransactionLog {
    /** A change of a node. A transaction may have several. */
    interface Visitor {
        /** A node was made, or written to: data is what it holds now. */
        void wrote(long zxid, long session, String path, byte[] data, boolean created);

        /** A node was deleted, or its session has ended: then ended is true. */
        void deleted(long zxid, long session, String path, boolean ended);
    }

    private final Visitor visitor;
    private final Map<Long, Set<String>> ephemerals = new HashMap<>();

    private TransactionLog(Visitor visitor) {
        this.visitor = visitor;
    }

    /** Reads the logs of servers that have been killed. */
    static void read(Servers servers, Visitor visitor) throws IOException {
        TransactionLog log = new TransactionLog(visitor);
        List<TxnIterator> cursors = new ArrayList<>();
        for (int i = 0; i < servers.count(); i++) {
            if (servers.isAlive(i)) {
                throw new IllegalStateException("server " + i + " still writes");
            }
            TxnIterator cursor = new FileTxnLog(new File(servers.data(i).toFile(), "version-2")).read(0, false);
            if (cursor.getHeader() != null) {
                cursors.add(cursor);
            }
        }
        while (!cursors.isEmpty()) {
            long next = Long.MAX_VALUE;
            for (TxnIterator cursor : cursors) {
                next = Math.min(next, cursor.getHeader().getZxid());
            }
            TxnHeader header = null;
            Record transaction = null;
            int count = 0;
            for (TxnIterator cursor : List.copyOf(cursors)) {
                if (cursor.getHeader().getZxid() == next) {
                    header = cursor.getHeader();
                    transaction = cursor.getTxn();
                    count++;
                    if (!cursor.next()) {
                        cursor.close();
                        cursors.remove(cursor);
                    }
                }
            }
            if (count > servers.count() / 2 && header != null) {
                log.visit(next, header.getClientId(), header.getType(), transaction);
            }
        }
    }

    private void visit(long zxid, long session, int type, Record transaction) throws IOException {
        if (type == OpCode.closeSession) {
            Set<String> paths = ephemerals.remove(session);
            if (paths != null) {
                paths.forEach(path -> visitor.deleted(zxid, session, path, true));
            }
        } else if (transaction instanceof CreateTxn create) {
            if (create.getEphemeral()) {
                ephemerals.computeIfAbsent(session, owner -> new TreeSet<>()).add(create.getPath());
            }
            visitor.wrote(zxid, session, create.getPath(), create.getData(), true);
        } else if (transaction instanceof SetDataTxn write) {
            visitor.wrote(zxid, session, write.getPath(), write.getData(), false);
        } else if (transaction instanceof DeleteTxn delete) {
            ephemerals.values().forEach(paths -> paths.remove(delete.getPath()));
            visitor.deleted(zxid, session, delete.getPath(), false);
        } else if (transaction instanceof MultiTxn multi
                && multi.getTxns().stream().noneMatch(part -> part.getType() == OpCode.error)) {
            for (Txn part : multi.getTxns()) {
                Record record = switch (part.getType()) {
                    case OpCode.create, OpCode.create2 -> new CreateTxn();
                    case OpCode.setData -> new SetDataTxn();
                    case OpCode.delete -> new DeleteTxn();
                    default -> null; // a check
                };
                if (record != null) {
                    ByteBufferInputStream.byteBuffer2Record(ByteBuffer.wrap(part.getData()), record);
                    visit(zxid, session, part.getType(), record);
                }
            }
        }
    }

    /** The changes of the events under a root, by their names as they are escaped, and what is wrong with them. */
    static final class Events implements Visitor {
        /** The order of the fields of a node's data: see the layout in docs/cluster.md. */
        private static final int VERSION = 1;

        private static final class State {
            final List<Change> changes = new ArrayList<>();
            boolean sticky;
            long epoch;

            /** The sessions that began the holds, by the names of these. */
            final Map<String, Long> holders = new HashMap<>();

            /** The transaction of the latest change to set, and of the latest pulse. */
            long set;

            long pulse;
        }

        /** Where the name of the latest change is, and its second half, in which a client counts its changes. */
        private static final int CHANGES = 60;

        private static final int NUMBER = CHANGES + Long.BYTES;

        private final String prefix;
        private final LongToIntFunction clientOf;
        private final Map<String, State> states = new TreeMap<>();
        private final List<String> violations = new ArrayList<>();

        /** Under a root, with the clients that have sessions. */
        Events(String root, LongToIntFunction clientOf) {
            prefix = root + "/e/";
            this.clientOf = clientOf;
        }

        /** The changes of an event, in order. */
        List<Change> changes(String name) {
            State state = states.get(name);
            return state == null ? List.of() : state.changes;
        }

        /** How often the events were set or held. */
        long epochs() {
            return states.values().stream().mapToLong(state -> state.epoch).sum();
        }

        /** Where the layout was not kept: an epoch left out, a change to set without a pulse, a pulse without one. */
        List<String> violations() {
            List<String> all = new ArrayList<>(violations);
            states.forEach((name, state) -> {
                if (state.set != state.pulse) {
                    all.add("layout: " + name + " was set by " + state.set + " but has its pulse from " + state.pulse);
                }
            });
            return all;
        }

        @Override
        public void wrote(long zxid, long session, String path, byte[] data, boolean created) {
            if (!path.startsWith(prefix)) {
                return;
            }
            State state = states.computeIfAbsent(event(path), name -> new State());
            if (child(path).isEmpty()) {
                wrote(zxid, session, path, ByteBuffer.wrap(data), state);
            } else if (child(path).startsWith("s-")) {
                if (!created) {
                    state.pulse = zxid;
                }
            } else {
                state.set = zxid;
                state.holders.put(child(path), session);
                state.changes.add(new Change(zxid, clientOf.applyAsInt(session), Kind.HOLD, child(path), 0));
            }
        }

        private String event(String path) {
            int slash = path.indexOf('/', prefix.length());
            return path.substring(prefix.length(), slash < 0 ? path.length() : slash);
        }

        /** The name of a node under that of an event; empty if it is the event's own. */
        private String child(String path) {
            int slash = path.indexOf('/', prefix.length());
            return slash < 0 ? "" : path.substring(slash + 1);
        }

        private void wrote(long zxid, long session, String path, ByteBuffer data, State state) {
            if (data.remaining() < CHANGES || data.get() != 'E' || data.get() != VERSION) {
                violations.add("layout: " + path + " holds no event after " + zxid);
                return;
            }
            boolean sticky = (data.get() & 1) != 0;
            data.get();
            long epoch = data.getLong();
            long number = data.limit() == CHANGES ? 0 : data.getLong(NUMBER);
            if (state.set != state.pulse && zxid > Math.max(state.set, state.pulse)) {
                violations.add(
                        "layout: " + path + " was set by " + state.set + " but has its pulse from " + state.pulse);
            }
            if (sticky != state.sticky) {
                state.sticky = sticky;
                Kind kind = sticky ? Kind.SET : Kind.CLEAR;
                state.changes.add(new Change(zxid, clientOf.applyAsInt(session), kind, "", number));
                if (sticky) {
                    state.set = zxid;
                }
            } else if (state.set == zxid) {
                Change hold = state.changes.remove(state.changes.size() - 1);
                state.changes.add(new Change(zxid, hold.client(), Kind.HOLD, hold.hold(), number));
            }
            long risen = epoch - state.epoch;
            if (risen < 0 || risen > 1 || (sticky && state.set == zxid && risen != 1)) {
                violations.add("layout: " + path + " went from epoch " + state.epoch + " to " + epoch + " at " + zxid);
            }
            state.epoch = epoch;
        }

        @Override
        public void deleted(long zxid, long session, String path, boolean ended) {
            if (path.startsWith(prefix)) {
                if (child(path).startsWith("h-")) {
                    State state = states.get(event(path));
                    int client = clientOf.applyAsInt(session);
                    long holder = state.holders.get(child(path));
                    // What a client deletes in its next session it had lost with the one before.
                    boolean lost = ended || (session != holder && client == clientOf.applyAsInt(holder));
                    state.changes.add(new Change(zxid, lost ? History.NOBODY : client, Kind.RELEASE, child(path), 0));
                } else {
                    violations.add("layout: " + path + " was deleted at " + zxid);
                }
            }
        }
    }
}
