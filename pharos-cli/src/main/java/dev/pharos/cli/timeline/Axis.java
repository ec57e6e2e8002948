// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** The ticks of an axis of time, from 0, at round numbers of one unit, all in nanoseconds. */
record Axis(long length, long step) {
    private static final String[] UNITS = {"ns", "us", "ms", "s"};

    /** An axis of that length with at most so many ticks after the first. */
    static Axis of(long length, int most) {
        long unit = 1;
        while (true) {
            for (long step : new long[] {unit, 2 * unit, 5 * unit}) {
                if (length / step <= most) {
                    return new Axis(length, step);
                }
            }
            unit *= 10;
        }
    }

    /** The ticks, 0 among them. */
    int ticks() {
        return (int) (length / step) + 1;
    }

    long at(int tick) {
        return tick * step;
    }

    /** What stands at a tick, as in 1.5 s. */
    String label(int tick) {
        int unit = 0;
        for (long next = 1000; unit < 3 && step * (ticks() - 1) >= 2 * next; next *= 1000) {
            unit++;
        }
        if (tick == 0) {
            return "0 " + UNITS[unit];
        }
        BigDecimal number = BigDecimal.valueOf(at(tick), 3 * unit);
        BigDecimal digits = BigDecimal.valueOf(step, 3 * unit).stripTrailingZeros();
        return number.setScale(Math.max(0, digits.scale()), RoundingMode.HALF_UP) + " " + UNITS[unit];
    }

    /** A length of time in three digits, as in 1.23 s, 45.6 ms or 789 us, or in whole seconds if that is more. */
    static String shown(long nanos) {
        int unit = 0;
        BigDecimal thousand = BigDecimal.valueOf(1000);
        BigDecimal shown = BigDecimal.valueOf(nanos);
        while (unit < 3 && shown.compareTo(thousand) >= 0) {
            unit++;
            shown = BigDecimal.valueOf(nanos, 3 * unit).round(new MathContext(3));
        }
        boolean thousands = shown.compareTo(thousand) >= 0;
        return (thousands ? BigDecimal.valueOf(nanos, 9).setScale(0, RoundingMode.HALF_UP) : shown).toPlainString()
                + " " + UNITS[unit];
    }
}
