// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;

/** What {@link Publish} has recorded of one JDK. */
record Results(String jdk, Map<Table, Entry> tables) {
    private static final Pattern NAME = Pattern.compile("(jdk)(\\d+)\\.json");
    private static final Map<String, Double> NANOS = Map.of("ns/op", 1.0, "us/op", 1e3, "ms/op", 1e6, "s/op", 1e9);

    /** The units of what is no time. */
    private static final Set<String> COUNTS = Set.of("B", "notifications");

    /** What was recorded of a table, and where it comes from. */
    record Entry(String provenance, List<Figure> figures) {}

    /**
     * One figure: what is measured, in which case, with which rival.
     *
     * @param value in nanoseconds, or if it is no time, a number of bytes or of what the view says
     */
    record Figure(String view, String column, Rival rival, Median value, boolean isTime) {
        /** A time. */
        Figure(String view, String column, Rival rival, Median value) {
            this(view, column, rival, value, true);
        }
    }

    /**
     * Reads a record.
     *
     * @throws IllegalArgumentException if it is none; the message says so in one sentence
     */
    static Results read(Path file) throws IOException {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (!name.matches()) {
            throw new IllegalArgumentException(file + " is not named as Publish names its records, such as jdk17.json");
        }
        String jdk = "JDK " + name.group(2);
        Map<Table, Entry> tables = new EnumMap<>(Table.class);
        try {
            JsonObject record = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            for (Map.Entry<String, JsonElement> entry : record.entrySet()) {
                Table table = Table.named(entry.getKey());
                tables.put(table, entry(table, jdk, entry.getValue().getAsJsonObject()));
            }
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("there is no file " + file, e);
        } catch (JsonParseException e) {
            throw new IllegalArgumentException(file + " is not JSON", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + " is not a record of Publish: " + e.getMessage(), e);
        } catch (IllegalStateException | NullPointerException | UnsupportedOperationException e) {
            throw new IllegalArgumentException(file + " is not a record of Publish", e);
        }
        return new Results(jdk, tables);
    }

    private static Entry entry(Table table, String jdk, JsonObject entry) {
        List<Figure> figures = new ArrayList<>();
        for (JsonElement result : entry.getAsJsonArray("results")) {
            addFigures(table, result.getAsJsonObject(), figures);
        }
        String commit = text(entry, "commit");
        String provenance = "%s (%s) on %s, %s processors, commit %s"
                .formatted(
                        jdk,
                        text(entry, "jdk"),
                        text(entry, "cpu"),
                        text(entry, "processors"),
                        commit.replaceFirst("^(\\w{10})\\w+", "$1"));
        return new Entry(provenance, List.copyOf(figures));
    }

    private static void addFigures(Table table, JsonObject result, List<Figure> figures) {
        List<String> name = List.of(text(result, "benchmark").split("\\.", -1));
        String kind = name.get(name.size() - 2).replace(table.title, "").toLowerCase(Locale.ROOT);
        String view = (kind.isEmpty() ? "" : kind + " threads: ") + words(name.get(name.size() - 1));
        JsonObject params = result.getAsJsonObject("params");
        Rival rival = Rival.valueOf(text(params, "rival"));
        List<String> columns = new ArrayList<>();
        double operations = 1;
        for (Map.Entry<String, JsonElement> param : params.entrySet()) {
            String value = param.getValue().getAsString();
            if (param.getKey().equals("waits")) {
                operations *= Double.parseDouble(value);
            } else if (!param.getKey().equals("rival")) {
                operations *= param.getKey().equals("count") ? Double.parseDouble(value) : 1;
                columns.add(
                        value.matches("\\d+")
                                ? String.format(Locale.ROOT, "%,d", Long.parseLong(value))
                                : words(value));
            }
        }
        String column = String.join(", ", columns);
        double[] primary = values(result.getAsJsonObject("primaryMetric"));
        JsonObject more =
                result.has("secondaryMetrics") ? result.getAsJsonObject("secondaryMetrics") : new JsonObject();
        if (more.has("reader")) {
            int each = result.get("threads").getAsInt() / 2;
            for (String role : List.of("reader", "setter")) {
                if (role.equals("reader") || !column.equals("idle")) { // an idle setter only lets time pass
                    String threads = role + ", %d beside %d".formatted(each, each);
                    figures.add(new Figure(threads, column, rival, Median.of(values(more.getAsJsonObject(role)))));
                }
            }
            return;
        }
        boolean isTime = !COUNTS.contains(text(result.getAsJsonObject("primaryMetric"), "scoreUnit"));
        figures.add(new Figure(view, column, rival, Median.of(primary).times(1 / operations), isTime));
        if (more.has("cpuNanos")) {
            Median cpu = Median.of(raw(more.getAsJsonObject("cpuNanos")));
            figures.add(new Figure("processor time", column, rival, cpu.times(1 / operations)));
        }
    }

    private static double[] values(JsonObject metric) {
        String unit = text(metric, "scoreUnit");
        Double nanos = COUNTS.contains(unit) ? Double.valueOf(1) : NANOS.get(unit);
        if (nanos == null) {
            throw new IllegalArgumentException("the unit " + unit + " is none that it uses");
        }
        return DoubleStream.of(raw(metric)).map(value -> value * nanos).toArray();
    }

    /** The mean of each iteration; or of a benchmark that measures each call, all calls. */
    private static double[] raw(JsonObject metric) {
        List<Double> values = new ArrayList<>();
        boolean calls = metric.has("rawDataHistogram");
        for (JsonElement fork : metric.getAsJsonArray(calls ? "rawDataHistogram" : "rawData")) {
            for (JsonElement iteration : (JsonArray) fork) {
                if (calls) {
                    for (JsonElement bar : (JsonArray) iteration) {
                        JsonArray valueAndCount = (JsonArray) bar;
                        int count = valueAndCount.get(1).getAsInt();
                        values.addAll(
                                Collections.nCopies(count, valueAndCount.get(0).getAsDouble()));
                    }
                } else {
                    values.add(iteration.getAsDouble());
                }
            }
        }
        if (values.isEmpty()) {
            throw new IllegalArgumentException("a metric without values");
        }
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static String text(JsonObject object, String key) {
        if (!object.has(key)) {
            throw new IllegalArgumentException(key + " is missing");
        }
        return object.get(key).getAsString();
    }

    /** untilTheLastIsAwake: until the last is awake. */
    private static String words(String name) {
        return name.equals(name.toUpperCase(Locale.ROOT))
                ? name.toLowerCase(Locale.ROOT).replace('_', ' ')
                : name.replaceAll("([a-z])([A-Z0-9])|([0-9])([A-Z])", "$1$3 $2$4")
                        .toLowerCase(Locale.ROOT);
    }
}
