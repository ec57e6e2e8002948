// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.cluster.ClusterAddress;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The address of an event, as given: the path of a file, or {@code zk://HOST:PORT,.../ROOT/NAME}. Has all operations of
 * the subcommands on an event, so that they need not know its kind.
 */
abstract sealed class Address permits FileAddress, ZooKeeperAddress {
    /** The description of the arguments of subcommands. */
    static final String HELP = "The event: the path of a file, or zk://HOST:PORT,.../ROOT/NAME.";

    private final String text;

    Address(String text) {
        this.text = text;
    }

    /** Sets the event, creating it if it does not exist, a file with a mode. True if this changed it. */
    abstract boolean set(Mode mode) throws IOException;

    /** Clears the event, which must exist. True if this changed it. */
    abstract boolean clear() throws IOException;

    /** Returns the status of the event, which must exist. */
    abstract Status status() throws IOException;

    /** Opens the event, creating it if it does not exist: a file with a mode, and as a held event if specified. */
    abstract Event open(Mode mode, boolean held) throws IOException;

    /** As open, for a wait: an event that is not available yet is connected to in the background. */
    abstract Event await(Mode mode, boolean held) throws IOException;

    /** Holds the event, and creates it if it does not exist: a file with a mode. */
    abstract Hold hold(Mode mode) throws IOException;

    /** Removes the event, which must exist. */
    abstract void remove() throws IOException;

    /** Whether the address is that of an empty file, which may have been an event or not. */
    boolean isEmpty() throws IOException {
        return false;
    }

    /** The name of the event alone. */
    abstract String name();

    /** The address as given. */
    @Override
    public final String toString() {
        return text;
    }

    /** A hold of the event. */
    interface Hold extends AutoCloseable {
        /** A future that completes if the hold is lost before it is released. */
        CompletableFuture<Void> onLost();

        /** Releases the hold. */
        @Override
        void close();
    }

    /** The address of several events, as given: the path of a directory, or {@code zk://HOST:PORT,.../ROOT}. */
    interface Directory {
        /** The events in this directory, or under this root. */
        List<? extends Address> list() throws IOException;
    }

    /** Converts an argument to an address. */
    static final class Converter implements ITypeConverter<Address> {
        private final Connections connections;
        private final FileName names;

        Converter(Connections connections, FileName names) {
            this.connections = connections;
            this.names = names;
        }

        @Override
        public Address convert(String text) {
            return isOnServers(text)
                    ? parse(text, ZooKeeperAddress::parse)
                    : new FileAddress(normalized(text), names.convert(text));
        }

        Directory convertDirectory(String text) {
            return isOnServers(text)
                    ? parse(text, ZooKeeperAddress.Root::parse)
                    : new FileAddress.FileDirectory(normalized(text), names.convert(text));
        }

        /** The text as the path of a file, without superfluous slashes. */
        private String normalized(String text) {
            return text.replaceAll("/+", "/").replaceFirst("(.)/$", "$1");
        }

        private static boolean isOnServers(String text) {
            return text.startsWith(ClusterAddress.SCHEME);
        }

        private <T> T parse(String text, BiFunction<String, Connections, T> parser) {
            names.check(text);
            try {
                return parser.apply(text, connections);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
