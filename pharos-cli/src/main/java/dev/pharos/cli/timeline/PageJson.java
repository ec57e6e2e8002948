// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli.timeline;

import java.io.IOException;
import java.util.List;
import java.util.function.IntToLongFunction;

/** Writes a timeline as a JSON object, which the page draws: a list for each column, and all that the page is to say. */
final class PageJson {
    private final Timeline timeline;
    private final Appendable out;

    private PageJson(Timeline timeline, Appendable out) {
        this.timeline = timeline;
        this.out = out;
    }

    static void write(Timeline timeline, Appendable out) throws IOException {
        new PageJson(timeline, out).write();
    }

    /** Writes one item of a list. */
    private interface Item {
        void write(int index) throws IOException;
    }

    private void write() throws IOException {
        out.append("{\"recording\":");
        Json.quote(out, timeline.recording);
        out.append(",\"start\":\"").append(timeline.start.toString());
        out.append("\",\"duration\":").append(Long.toString(timeline.duration));
        out.append(",\"lost\":").append(Long.toString(timeline.lost));
        texts(",\"gaps\":", timeline.gaps);
        list(",\"threads\":", timeline.threads.size(), thread -> {
            out.append("{\"name\":");
            Json.quote(out, timeline.threadName(thread));
            out.append(",\"id\":")
                    .append(Long.toString(timeline.threads.get(thread).id()));
            out.append(",\"virtual\":")
                    .append(Boolean.toString(timeline.threads.get(thread).virtual()));
            out.append('}');
        });
        list(",\"events\":", timeline.events.size(), event -> {
            out.append("{\"name\":");
            Json.quote(out, timeline.eventName(event));
            out.append(",\"identity\":");
            Json.quote(out, timeline.events.get(event).identity());
            long[] turns = timeline.setTimes.turns(event);
            out.append(",\"set\":")
                    .append(Boolean.toString(timeline.setTimes.before(event)))
                    .append(',');
            numbers("turns", turns.length, i -> turns[i] - (i == 0 ? 0 : turns[i - 1]));
            out.append('}');
        });
        rows(",\"threadRows\":", timeline.threadRows);
        rows(",\"eventRows\":", timeline.eventRows);
        texts(",\"stacks\":", timeline.stacks);
        texts(",\"labels\":", timeline.labels);
        texts(",\"outcomes\":", Timeline.OUTCOMES);
        texts(",\"kinds\":", Changes.KINDS);
        writeWaits();
        writeChanges();
        writeSummary();
        out.append("}\n");
    }

    /** The column of the starts: each is the difference from the one before. */
    private static Column starts(IntToLongFunction start) {
        return new Column("start", i -> start.applyAsLong(i) - (i == 0 ? 0 : start.applyAsLong(i - 1)));
    }

    private void writeWaits() throws IOException {
        Waits waits = timeline.waits;
        columns(
                ",\n\"waits\":{",
                waits.size(),
                new Column("thread", waits::thread),
                new Column("event", waits::event),
                starts(waits::start),
                new Column("duration", waits::duration),
                new Column("outcome", waits::outcome),
                new Column("clear", i -> waits.clear(i) ? 1 : 0),
                new Column("timeout", waits::timeout),
                new Column("change", waits::change),
                new Column("stack", waits::stack),
                new Column("label", waits::label));
    }

    private void writeChanges() throws IOException {
        Changes changes = timeline.changes;
        columns(
                ",\n\"changes\":{",
                changes.size(),
                new Column("thread", changes::thread),
                new Column("event", changes::event),
                starts(changes::start),
                new Column("duration", changes::duration),
                new Column("clear", i -> changes.clear(i) ? 1 : 0),
                new Column("changed", i -> changes.changed(i) ? 1 : 0),
                new Column("released", changes::released),
                new Column("stack", changes::stack));
    }

    private void writeSummary() throws IOException {
        Summary summary = new Summary(timeline);
        list(",\n\"summary\":", summary.rows.size(), i -> {
            Summary.Row row = summary.rows.get(i);
            out.append(row.json()
                    .put("name", row.title)
                    .put("number", row.event)
                    .put("longest", row.longestWait)
                    .put("failures", row.failures)
                    .toString());
        });
        list(",\n\"redundant\":", summary.redundant.size(), i -> {
            Summary.Redundant place = summary.redundant.get(i);
            out.append(new Json()
                    .put("first", place.first())
                    .put("count", place.count())
                    .put("place", place.place())
                    .toString());
        });
    }

    private void rows(String name, Rows rows) throws IOException {
        list(name, rows.size(), row -> {
            out.append("{\"name\":");
            Json.quote(out, rows.list().get(row).name());
            out.append(",\"members\":")
                    .append(Integer.toString(rows.members(row)))
                    .append('}');
        });
    }

    private void texts(String name, List<String> texts) throws IOException {
        list(name, texts.size(), i -> Json.quote(out, texts.get(i)));
    }

    private void list(String name, int size, Item item) throws IOException {
        out.append(name).append('[');
        for (int i = 0; i < size; i++) {
            out.append(i == 0 ? "" : ",\n");
            item.write(i);
        }
        out.append(']');
    }

    private record Column(String name, IntToLongFunction value) {}

    private void columns(String name, int size, Column... columns) throws IOException {
        out.append(name);
        for (int i = 0; i < columns.length; i++) {
            out.append(i == 0 ? "" : ",");
            numbers(columns[i].name, size, columns[i].value);
        }
        out.append('}');
    }

    private void numbers(String name, int size, IntToLongFunction value) throws IOException {
        out.append('"').append(name).append("\":[");
        for (int i = 0; i < size; i++) {
            out.append(i == 0 ? "" : ",").append(Long.toString(value.applyAsLong(i)));
        }
        out.append(']');
    }
}
