// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.util.Comparator;

/** The order of names in which numbers count: worker-2 comes before worker-10. */
final class NaturalOrder implements Comparator<String> {
    @Override
    public int compare(String one, String other) {
        int i = 0;
        int j = 0;
        while (i < one.length() && j < other.length()) {
            int endOfOne = digits(one, i);
            int endOfOther = digits(other, j);
            int order;
            if (endOfOne > i && endOfOther > j) {
                String number = one.substring(i, endOfOne).replaceFirst("^0+", "");
                String otherNumber = other.substring(j, endOfOther).replaceFirst("^0+", "");
                order = Integer.compare(number.length(), otherNumber.length());
                order = order != 0 ? order : number.compareTo(otherNumber);
                i = endOfOne;
                j = endOfOther;
            } else {
                order = Character.compare(one.charAt(i++), other.charAt(j++));
            }
            if (order != 0) {
                return order;
            }
        }
        int order = Integer.compare(one.length() - i, other.length() - j);
        return order != 0 ? order : one.compareTo(other);
    }

    /** Where the digits end that begin there. */
    private static int digits(String text, int start) {
        int end = start;
        while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
            end++;
        }
        return end;
    }
}
