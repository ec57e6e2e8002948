// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A duration as a person writes it, such as 250ms, 30s, 5m, 1h30m or 2.5; a number without a unit is seconds. */
record TimeSpan(String text, Duration duration) {
    private static final Pattern PART = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ms|[smhd])");

    private static final Pattern SECONDS = Pattern.compile("[0-9]+(?:\\.[0-9]+)?");

    /** The units, the largest first, which is the order that they are written in, and their lengths in nanoseconds. */
    private static final List<String> UNITS = List.of("d", "h", "m", "s", "ms");

    private static final long[] NANOS = {
        86_400_000_000_000L, 3_600_000_000_000L, 60_000_000_000L, 1_000_000_000L, 1_000_000L
    };

    /** Parses a duration, capped at {@code Long.MAX_VALUE} nanoseconds, 292 years. */
    static TimeSpan of(String text) {
        if (SECONDS.matcher(text).matches()) {
            return new TimeSpan(text + "s", duration(nanos(text, 3)));
        }
        Matcher part = PART.matcher(text);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        int last = -1;
        while (end < text.length()) {
            int unit = part.find(end) && part.start() == end ? UNITS.indexOf(part.group(2)) : -1;
            if (unit <= last) {
                throw new IllegalArgumentException("no time at " + end);
            }
            nanos = nanos.add(nanos(part.group(1), unit));
            last = unit;
            end = part.end();
        }
        if (end == 0) {
            throw new IllegalArgumentException("empty");
        }
        return new TimeSpan(text, duration(nanos));
    }

    private static BigDecimal nanos(String number, int unit) {
        return new BigDecimal(number).multiply(BigDecimal.valueOf(NANOS[unit]));
    }

    private static Duration duration(BigDecimal nanos) {
        return Duration.ofNanos(nanos.min(BigDecimal.valueOf(Long.MAX_VALUE))
                .setScale(0, RoundingMode.CEILING)
                .longValueExact());
    }

    /** For the command line. */
    static final class Converter implements ITypeConverter<TimeSpan> {
        @Override
        public TimeSpan convert(String text) {
            try {
                return of(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(
                        "'" + text + "' is not a duration: write it as in 250ms, 30s, 5m or 1h30m");
            }
        }
    }
}
