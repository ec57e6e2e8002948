// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.EventException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event at a moment, as it is stored: docs/cluster.md, "Layout", has the bytes.
 *
 * @param incarnation distinguishes it from an event of the same name that was deleted; chosen at random when it is
 *     created
 * @param version grows by one with each change of what follows, but of the number of holders
 * @param holders the number of holds
 * @param sticky whether it is set independently of its holds
 * @param epoch grows by one with each change of sticky to true, and with each hold
 * @param began the epoch with which it was last set after it had been clear
 * @param latest the latest hold, which may still stand; {@link #NOBODY} if there was none
 * @param millis when it was last changed, by the clock of the process that changed it
 * @param changes the latest changes, the last first, up to the number kept
 */
record Snapshot(
        UUID incarnation,
        long version,
        int holders,
        boolean sticky,
        long epoch,
        long began,
        UUID latest,
        long millis,
        List<UUID> changes) {

    /**
     * How many changes are kept. For so long a process that does not know whether its change was made finds it here.
     */
    static final int KEPT = 8;

    /** No hold. */
    static final UUID NOBODY = new UUID(0, 0);

    private static final byte MAGIC = 'E';
    private static final byte VERSION = 1;
    private static final int ID = 2 * Long.BYTES;
    private static final int HEADER = 4 + 3 * Long.BYTES + 2 * ID;

    /** A new event: clear. */
    static Snapshot first() {
        return new Snapshot(UUID.randomUUID(), 0L, 0, false, 0L, 0L, NOBODY, System.currentTimeMillis(), List.of());
    }

    boolean isSet() {
        return sticky || holders > 0;
    }

    /** The snapshot after set: this, if it changes nothing. */
    Snapshot set(UUID change) {
        return sticky ? this : next(true, change, epoch + 1, latest);
    }

    /** The snapshot after clear: this, if it changes nothing. */
    Snapshot clear(UUID change) {
        return sticky ? next(false, change, epoch, latest) : this;
    }

    /** The snapshot after another hold, which has the name of the change. */
    Snapshot hold(UUID change) {
        return next(sticky, change, epoch + 1, change);
    }

    private Snapshot next(boolean newSticky, UUID change, long newEpoch, UUID newLatest) {
        List<UUID> newChanges = new ArrayList<>(List.of(change));
        newChanges.addAll(changes.subList(0, Math.min(changes.size(), KEPT - 1)));
        boolean begins = newEpoch != epoch && !isSet();
        return new Snapshot(
                incarnation,
                version + 1,
                holders,
                newSticky,
                newEpoch,
                begins ? newEpoch : began,
                newLatest,
                System.currentTimeMillis(),
                newChanges);
    }

    /** This as it was stored. */
    Snapshot at(long newVersion, int newHolders) {
        return new Snapshot(incarnation, newVersion, newHolders, sticky, epoch, began, latest, millis, changes);
    }

    /** This with another number of holders. */
    Snapshot heldBy(int newHolders) {
        return at(version, newHolders);
    }

    /**
     * Whether the event is, or since this was taken has been, set or clear, by a later one. That it is not now does not
     * matter: a set leaves another epoch, and a clear that was undone another beginning.
     */
    boolean hasBeen(boolean set, Snapshot later) {
        return later.isSet() == set || (set ? later.epoch != epoch : later.began != began);
    }

    byte[] encode() {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + changes.size() * ID);
        bytes.put(MAGIC).put(VERSION).put((byte) (sticky ? 1 : 0)).put((byte) changes.size());
        bytes.putLong(epoch).putLong(began).putLong(millis);
        put(incarnation, bytes);
        put(latest, bytes);
        changes.forEach(change -> put(change, bytes));
        return bytes.array();
    }

    private static void put(UUID id, ByteBuffer bytes) {
        bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }

    private static UUID id(ByteBuffer bytes) {
        return new UUID(bytes.getLong(), bytes.getLong());
    }

    /** The exception to throw where something other than an event is stored. */
    static EventException corrupt(String address, String why) {
        return new EventException.Corrupt(address, "damaged: it " + why + "; delete it or use another name", null);
    }

    static EventException newerVersion(String address, String version) {
        return new EventException.NewerVersion(
                address,
                "of layout version " + version + "; update this library, which supports version " + VERSION,
                null);
    }

    /** Decodes the stored form. Throws if it is not an event, or not one that this version knows. */
    static Snapshot decode(String address, long version, int holders, byte @Nullable [] data) {
        ByteBuffer bytes = ByteBuffer.wrap(data == null ? new byte[0] : data);
        if (bytes.remaining() < 2 || bytes.get() != MAGIC) {
            throw corrupt(address, "does not begin with E");
        }
        byte layout = bytes.get();
        if (layout != VERSION) {
            throw newerVersion(address, Integer.toString(Byte.toUnsignedInt(layout)));
        } else if (bytes.capacity() < HEADER) {
            throw corrupt(address, "has " + bytes.capacity() + " bytes");
        }
        byte bits = bytes.get();
        byte count = bytes.get();
        long epoch = bytes.getLong();
        long began = bytes.getLong();
        long millis = bytes.getLong();
        UUID incarnation = id(bytes);
        UUID latest = id(bytes);
        if ((bits & ~1) != 0 || count < 0 || count > KEPT || bytes.remaining() != count * ID) {
            throw corrupt(address, "has flags or a length that no event has");
        } else if (began < 0 || began > epoch) {
            throw corrupt(address, "began at epoch " + began + " of " + epoch);
        }
        List<UUID> changes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            changes.add(id(bytes));
        }
        return new Snapshot(incarnation, version, holders, bits == 1, epoch, began, latest, millis, changes);
    }
}
