// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * The page that shows a timeline: one HTML file, which loads nothing. Its parts are the resources in the folder page; there
 * they are files of their own, which a browser can also open as they are.
 */
final class HtmlPage {
    private static final Pattern STYLE = Pattern.compile("<link rel=\"stylesheet\" href=\"([\\w.]+)\">");
    private static final Pattern SCRIPT = Pattern.compile("<script src=\"([\\w.]+)\"></script>");
    private static final String POLICY = "default-src 'none'";
    private static final String DATA = "<script id=\"recording\" type=\"application/octet-stream;base64\">";

    private HtmlPage() {}

    /**
     * Writes the page. The browser may run the scripts that stand in it and no others, whatever the names in the timeline
     * are: it is told their hashes.
     *
     * @param timeline what is to be shown
     * @param out where to; it is not closed
     * @throws IOException if it cannot be written
     */
    static void write(Timeline timeline, Writer out) throws IOException {
        StringBuilder styles = new StringBuilder();
        StringBuilder scripts = new StringBuilder();
        String page = resource("page.html");
        page = put(page, STYLE, "style", styles);
        page = put(page, SCRIPT, "script", scripts);
        page = page.replace(
                POLICY,
                POLICY + "; style-src" + styles + "; script-src" + scripts + "; img-src data:; base-uri 'none'");
        int data = page.indexOf(DATA) + DATA.length();
        out.write(page, 0, data);
        try (Writer json = new OutputStreamWriter(
                new GZIPOutputStream(Base64.getEncoder().wrap(new Letters(out))), StandardCharsets.UTF_8)) {
            PageJson.write(timeline, json);
        }
        out.write(page, data, page.length() - data);
    }

    /** Puts the files that a page refers to into it, and adds their hashes to those that the browser is told. */
    private static String put(String page, Pattern reference, String element, StringBuilder hashes) throws IOException {
        StringBuilder whole = new StringBuilder();
        Matcher references = reference.matcher(page);
        while (references.find()) {
            String text = "\n" + resource(references.group(1));
            hashes.append(" 'sha256-").append(hash(text)).append('\'');
            references.appendReplacement(
                    whole, Matcher.quoteReplacement("<" + element + ">" + text + "</" + element + ">"));
        }
        return references.appendTail(whole).toString();
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java has it
        }
    }

    private static String resource(String name) throws IOException {
        try (InputStream resource = Objects.requireNonNull(HtmlPage.class.getResourceAsStream("page/" + name), name)) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Bytes that are letters of ASCII, to a writer that stays open. */
    private static final class Letters extends OutputStream {
        private final Writer out;

        Letters(Writer out) {
            this.out = out;
        }

        @Override
        public void write(int letter) throws IOException {
            out.write(letter);
        }

        @Override
        public void write(byte[] letters, int offset, int length) throws IOException {
            out.write(new String(letters, offset, length, StandardCharsets.US_ASCII));
        }
    }
}
