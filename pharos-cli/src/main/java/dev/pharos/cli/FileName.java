// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts an argument to a path. */
final class FileName implements ITypeConverter<Path> {
    @Override
    public Path convert(String name) {
        if (name.isEmpty()) {
            throw new TypeConversionException("it is empty");
        }
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw unencodable();
        }
    }

    /** Throws if an argument has characters that Java could not decode, and has replaced. */
    static void checkLocale(String argument) {
        if (argument.indexOf('\uFFFD') >= 0) {
            throw unencodable();
        }
    }

    private static TypeConversionException unencodable() {
        return new TypeConversionException("it has characters that the locale cannot encode: use one with UTF-8");
    }
}
