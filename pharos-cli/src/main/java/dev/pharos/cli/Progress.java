// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.ThreadEvent;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A line that shows a person what is going on, and the progress. Only on a terminal. It is erased at the end, unless a
 * signal is the end.
 */
final class Progress implements AutoCloseable {
    /** The minimum width of a terminal, without the last column, which would break the line. */
    private static final int WIDTH = 79;

    /** The progress after a time. */
    interface Share {
        String after(Duration time);
    }

    private final Messages messages;
    private final String intent;
    private final String subject;
    private final Share share;
    private final boolean shown;
    private final long start = System.nanoTime();
    private final ThreadEvent over = new ThreadEvent();
    private final ReentrantLock line = new ReentrantLock();
    private boolean visible; // guarded by line

    private Progress(Messages messages, String intent, Object subject, Share share, boolean wanted) {
        this.messages = messages;
        this.intent = intent;
        this.subject = Terminal.plain(subject);
        this.share = share;
        shown = wanted && messages.terminal.live;
    }

    /** For a wait for events: the time elapsed and the time left. Only if verbose. */
    static Progress ofWait(Messages messages, Object subject, @Nullable TimeSpan timeout) {
        return new Progress(messages, "waiting for ", subject, waited -> times(waited, timeout), messages.isVerbose());
    }

    /** For long work: the share that is done, from 0 to 1. Not in the first second. */
    static Progress ofWork(Messages messages, String intent, Object subject, DoubleSupplier done) {
        return new Progress(messages, intent, subject, time -> bar(time, done.getAsDouble()), !messages.isQuiet());
    }

    void start() {
        if (shown) {
            Thread thread = new Thread(this::run, "pharos-progress");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void run() {
        try {
            do {
                String text = text(Duration.ofNanos(System.nanoTime() - start));
                if (!text.isEmpty()) {
                    show(text);
                }
            } while (!over.await(Duration.ofSeconds(1)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // by nobody
        }
    }

    private void show(String text) {
        line.lock();
        try {
            if (text.isEmpty() ? visible : !over.isSet()) {
                visible = !text.isEmpty();
                messages.terminal.err.print("\r" + text + " ".repeat(WIDTH - text.length()) + "\r" + text);
                messages.terminal.err.flush();
            }
        } finally {
            line.unlock();
        }
    }

    /** As in "waiting for /run/app/db-ready: 12s, 18s left". Of a subject that is too long, the end. */
    String text(Duration time) {
        String after = share.after(time);
        if (after.isEmpty()) {
            return "";
        }
        int room = WIDTH - intent.length() - 2 - after.length();
        boolean fits = subject.length() <= room;
        return intent + (fits ? subject : "..." + subject.substring(subject.length() - room + 3)) + ": " + after;
    }

    private static String times(Duration waited, @Nullable TimeSpan timeout) {
        if (timeout == null) {
            return seconds(waited);
        }
        Duration left = timeout.duration().minus(waited).plusMillis(999);
        return seconds(waited) + ", " + seconds(left.isNegative() ? Duration.ZERO : left) + " left";
    }

    /** As in [#######.............] 35%. */
    private static String bar(Duration time, double done) {
        if (time.toSeconds() < 1) {
            return "";
        }
        int filled = (int) (done * 20);
        return "[" + "#".repeat(filled) + ".".repeat(20 - filled) + "] " + (int) (done * 100) + "%";
    }

    /** As in 59s, 1m00s, 2h05m00s. */
    private static String seconds(Duration time) {
        long hours = time.toHours();
        String text = hours > 0 ? hours + "h" : "";
        text += hours > 0 || time.toMinutes() > 0 ? pad(time.toMinutesPart(), hours > 0) + "m" : "";
        return text + pad(time.toSecondsPart(), !text.isEmpty()) + "s";
    }

    private static String pad(int number, boolean two) {
        return two && number < 10 ? "0" + number : Integer.toString(number);
    }

    /** Erases the line, if there is one. */
    @Override
    public void close() {
        if (over.set()) {
            show("");
        }
    }
}
