// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** A JSON object in one line of ASCII, in the order in which it was filled: texts, numbers and lists of texts. */
public final class Json {
    private final StringBuilder text = new StringBuilder("{");

    /** Makes an object with nothing in it. */
    public Json() {}

    /**
     * Adds a member.
     *
     * @param name its name
     * @param value a number, a list of texts, or anything else for its text
     * @return this object
     */
    public Json put(String name, Object value) {
        text.append(text.length() == 1 ? "" : ",");
        quote(name);
        text.append(':');
        if (value instanceof Number) {
            text.append(value);
        } else if (value instanceof List<?> list) {
            text.append('[');
            for (int i = 0; i < list.size(); i++) {
                text.append(i == 0 ? "" : ",");
                quote(list.get(i).toString());
            }
            text.append(']');
        } else {
            quote(value.toString());
        }
        return this;
    }

    private void quote(String value) {
        try {
            quote(text, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // not by a StringBuilder
        }
    }

    /** Writes a JSON string. */
    static void quote(Appendable text, String value) throws IOException {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c >= ' ' && c < 127) {
                text.append(c);
            } else {
                text.append("\\u").append(Integer.toHexString(c | 0x10000), 1, 5);
            }
        }
        text.append('"');
    }

    @Override
    public String toString() {
        return text + "}";
    }
}
