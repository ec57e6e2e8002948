// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MedianTest {
    /** The ranks are those of the binomial distribution, as tables of the sign test have them. */
    @ParameterizedTest
    @CsvSource({"1, 0", "5, 2", "6, 2.5", "10, 3.5", "50, 7.5", "500, 22.5", "10000, 98.5"})
    void of_numbersInOrder_hasTheErrorOfTheirRanks(int count, double error) {
        double[] values = IntStream.rangeClosed(1, count).asDoubleStream().toArray();

        assertThat(Median.of(values)).isEqualTo(new Median((count + 1) / 2.0, error));
    }
}
