// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import dev.pharos.ThreadEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.jfr.Recording;

/** A flight recording of what this process does with events. Needs the module jdk.jfr. */
public final class LiveRecording implements AutoCloseable {
    private final Recording recording;

    private LiveRecording(Recording recording) {
        this.recording = recording;
    }

    /**
     * Starts it.
     *
     * @throws IOException if this Java cannot record, as where it may not write temporary files
     */
    static LiveRecording start() throws IOException {
        try {
            new ThreadEvent().clear(); // has the types of the records loaded, which takes longer than a short wait
            Recording recording = new Recording(); // of no event of the JDK
            recording.setToDisk(false); // else a directory is left behind if a signal ends this process
            recording.start();
            return new LiveRecording(recording);
        } catch (RuntimeException | InternalError e) {
            throw new IOException("this Java cannot record: " + e.getMessage(), e);
        }
    }

    /**
     * Ends it.
     *
     * @param name what the recording is called
     * @return what was recorded
     * @throws IOException if it cannot be read
     */
    public Timeline end(String name) throws IOException {
        Path file = Files.createTempFile("pharos", ".jfr");
        try {
            recording.dump(file); // it is lost when it is stopped
            recording.stop();
            return FlightRecording.read(file, name, share -> {});
        } finally {
            Files.delete(file);
        }
    }

    /** Gives up what it holds. */
    @Override
    public void close() {
        recording.close();
    }
}
