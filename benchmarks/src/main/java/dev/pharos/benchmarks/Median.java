// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/**
 * The middle of what was measured, in all forks together, and how far from it the true one may be: half the 95 %
 * confidence interval of a median, which is between two of the measured values and assumes nothing of how they spread.
 */
record Median(double value, double error) {
    /** With three digits, and the error, rounded up, with as many places. */
    @Override
    public String toString() {
        if (error == 0 && value == Math.rint(value)) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        int places = Math.max(0, 2 - (int) Math.floor(Math.log10(Math.abs(value))));
        String rounded = String.format(Locale.ROOT, "%." + places + "f", value);
        double steps = Math.pow(10, places);
        return error == 0
                ? rounded
                : rounded + String.format(Locale.ROOT, " ± %." + places + "f", Math.ceil(error * steps - 1e-6) / steps);
    }

    /** Of measured values, at least one. */
    static Median of(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        double middle = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
        int outside = outside(n);
        return new Median(middle, (sorted[n - 1 - outside] - sorted[outside]) / 2);
    }

    /** How many values at either end are outside the interval: those that with 2.5 % at most are on one side. */
    private static int outside(int n) {
        if (n > 500) { // by the normal distribution, which by then is as good; the sum would underflow
            return (int) Math.floor((n - 1.96 * Math.sqrt(n)) / 2) - 1;
        }
        double probability = Math.pow(0.5, n);
        double sum = probability;
        int outside = 0;
        while (sum <= 0.025) {
            outside++;
            probability *= (double) (n - outside + 1) / outside;
            sum += probability;
        }
        return Math.max(0, outside - 1);
    }

    Median times(double factor) {
        return new Median(value * factor, error * factor);
    }

    /** The ratio; the errors are those of independent measurements. */
    Median over(Median base) {
        double ratio = value / base.value;
        return new Median(ratio, ratio * Math.hypot(error / value, base.error / base.value));
    }
}
