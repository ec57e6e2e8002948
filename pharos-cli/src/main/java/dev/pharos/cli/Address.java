// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.Event;
import dev.pharos.cluster.ClusterAddress;
import java.io.IOException;
import java.util.List;
import java.util.function.BiFunction;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where an event is, as it was written: the path of a file, or {@code zk://HOST:PORT,.../ROOT/NAME}. All that the verbs
 * ask of an event, so that none of them knows of what kind it is.
 */
abstract sealed class Address permits FileAddress, ZooKeeperAddress {
    /** What the verbs say that their argument is. */
    static final String HELP = "The event: the path of a file, or zk://HOST:PORT,.../ROOT/NAME.";

    private final String text;

    Address(String text) {
        this.text = text;
    }

    /** Sets the event, and makes it if it is missing. True if that changed it. */
    abstract boolean set() throws IOException;

    /** Clears the event, which must be there. True if that changed it. */
    abstract boolean clear() throws IOException;

    /** Looks at the event, which must be there. */
    abstract Sighting look() throws IOException;

    /** Opens the event, and makes it if it is missing; one that is held if files are of two kinds. */
    abstract Event open(boolean held) throws IOException;

    /** As open, of an event that is to be waited for: one that is out of reach is waited for until it is in reach. */
    abstract Event await(boolean held) throws IOException;

    /** Holds the event until a program has ended that is about to take the place of this process. */
    abstract Hold hold(Exec program, boolean quiet) throws IOException;

    /** Removes the event, which must be there. */
    abstract void remove() throws IOException;

    /** The name of the event alone. */
    abstract String name();

    /** As it was written. */
    @Override
    public final String toString() {
        return text;
    }

    /** A hold, for the program that is to go on with it. */
    interface Hold extends AutoCloseable {
        /** Lets go, if the program could not be run. */
        @Override
        void close();
    }

    /** Where several events are, as it was written: the path of a directory, or {@code zk://HOST:PORT,.../ROOT}. */
    interface Folder {
        /** What is in this directory, or under this root. */
        List<? extends Address> list() throws IOException;
    }

    /** How an argument becomes an address. */
    static final class Converter implements ITypeConverter<Address> {
        private final Connections connections;

        Converter(Connections connections) {
            this.connections = connections;
        }

        @Override
        public Address convert(String text) {
            return isOnServers(text)
                    ? parse(text, ZooKeeperAddress::parse)
                    : new FileAddress(new FileName().convert(text));
        }

        Folder convertFolder(String text) {
            return isOnServers(text)
                    ? parse(text, ZooKeeperAddress.Root::parse)
                    : new FileAddress.Directory(new FileName().convert(text));
        }

        private static boolean isOnServers(String text) {
            return text.startsWith(ClusterAddress.SCHEME);
        }

        private <T> T parse(String text, BiFunction<String, Connections, T> parser) {
            FileName.checkLocale(text);
            try {
                return parser.apply(text, connections);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
