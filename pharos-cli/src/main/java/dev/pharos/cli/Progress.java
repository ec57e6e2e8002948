// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import dev.pharos.ThreadEvent;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The line that tells a person who waits what is awaited, how long already, and how long at most. Only on a terminal, and
 * only if asked for more. It is gone when the wait is over, however that ends.
 */
final class Progress implements AutoCloseable {
    /** What a terminal shows at the least, without the last column, which would break the line. */
    private static final int WIDTH = 79;

    private final Messages messages;
    private final String subject;
    private final @Nullable TimeSpan timeout;
    private final long start = System.nanoTime();
    private final ThreadEvent over = new ThreadEvent();
    private final ReentrantLock line = new ReentrantLock();

    Progress(Messages messages, Object subject, @Nullable TimeSpan timeout) {
        this.messages = messages;
        this.subject = Terminal.plain(subject);
        this.timeout = timeout;
    }

    void start() {
        if (messages.isVerbose() && messages.terminal.live) {
            Runtime.getRuntime().addShutdownHook(new Thread(this::close));
            Thread thread = new Thread(this::run, "pharos-progress");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void run() {
        try {
            do {
                show(text(Duration.ofNanos(System.nanoTime() - start)));
            } while (!over.await(Duration.ofSeconds(1)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // by nobody
        }
    }

    private void show(String text) {
        line.lock();
        try {
            if (text.isEmpty() || !over.isSet()) {
                messages.terminal.err.print("\r" + text + " ".repeat(WIDTH - text.length()) + "\r" + text);
                messages.terminal.err.flush();
            }
        } finally {
            line.unlock();
        }
    }

    /** As in "waiting for /run/app/db-ready: 12s, 18s left". Of a subject that is too long, the end. */
    String text(Duration waited) {
        String times = ": " + seconds(waited);
        if (timeout != null) {
            Duration left = timeout.duration().minus(waited).plusMillis(999);
            times += ", " + seconds(left.isNegative() ? Duration.ZERO : left) + " left";
        }
        String intent = "waiting for ";
        int room = WIDTH - intent.length() - times.length();
        boolean fits = subject.length() <= room;
        return intent + (fits ? subject : "..." + subject.substring(subject.length() - room + 3)) + times;
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

    /** Takes the line away, if there is one. */
    @Override
    public void close() {
        if (over.set() && messages.isVerbose() && messages.terminal.live) {
            show("");
        }
    }
}
