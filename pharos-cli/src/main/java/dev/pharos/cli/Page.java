// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.IOException;
import java.io.Writer;

/** Stands in for the page until that is merged: the timeline as JSON. */
final class Page {
    private Page() {}

    static void write(Timeline timeline, Writer out) throws IOException {
        out.write("<!doctype html>\n<meta charset=\"utf-8\">\n<script type=\"application/json\">");
        timeline.writeJson(out);
        out.write("</script>\n");
    }
}
