// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import dev.pharos.benchmarks.Results.Entry;
import dev.pharos.benchmarks.Results.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes the tables of docs/benchmarks.md, between the marks {@code <!-- table: NAME -->} and {@code <!-- end -->}, the
 * charts in docs/images, and the figures of the README, between {@code <!-- figures -->} and {@code <!-- end -->}, from
 * the records of {@link Publish}. The same records give the same bytes.
 */
public final class Report {
    private static final Pattern MARKED =
            Pattern.compile("(<!-- table: (\\w+) -->\\R).*?(<!-- end -->)", Pattern.DOTALL);
    private static final Pattern HEADLINES = Pattern.compile("(<!-- figures -->\\R).*?(<!-- end -->)", Pattern.DOTALL);
    private static final String[] UNITS = {"ns", "µs", "ms", "s"};

    private final List<Results> results;

    private Report(List<Results> results) {
        this.results = results;
    }

    /**
     * Writes the report; run it from the root of the repository.
     *
     * @param args the records
     * @throws IOException if the disk fails
     */
    public static void main(String... args) throws IOException {
        if (args.length == 0) {
            System.err.println(
                    "usage: Report RECORD..., where a record is a file such as benchmarks/results/jdk17.json");
            System.exit(2);
        }
        try {
            write(Arrays.stream(args).map(Path::of).toList(), Path.of(""));
        } catch (IllegalArgumentException e) {
            System.err.println("Report: " + e.getMessage());
            System.exit(1);
        }
    }

    /**
     * Writes the report.
     *
     * @throws IllegalArgumentException if a record or the page is not what it should be; the message says so in one
     *     sentence
     */
    static void write(List<Path> records, Path root) throws IOException {
        List<Results> results = new ArrayList<>();
        for (Path record : records) {
            results.add(Results.read(record));
        }
        results.sort(Comparator.comparing(Results::jdk));
        Report report = new Report(results);
        Path docs = root.resolve("docs");
        Path page = docs.resolve("benchmarks.md");
        String written = MARKED.matcher(read(page))
                .replaceAll(match -> Matcher.quoteReplacement(
                        match.group(1) + report.table(Table.named(match.group(2))) + match.group(3)));
        Path readme = root.resolve("README.md");
        String figures = HEADLINES
                .matcher(read(readme))
                .replaceAll(match -> Matcher.quoteReplacement(match.group(1) + report.headlines() + match.group(2)));
        for (Table table : Table.values()) {
            List<Chart.Panel> panels = table.chart ? report.panels(table) : List.of();
            if (!panels.isEmpty()) {
                Path image = docs.resolve("images").resolve(chartName(table));
                Files.createDirectories(image.getParent());
                Files.writeString(image, Chart.svg(panels));
            }
        }
        Files.writeString(page, written);
        Files.writeString(readme, figures);
    }

    private static String read(Path page) throws IOException {
        if (!Files.exists(page)) {
            throw new IllegalArgumentException("there is no page " + page);
        }
        return Files.readString(page);
    }

    /** A row for each figure, a column for each JDK. */
    private String headlines() {
        StringBuilder text = new StringBuilder("\n| relative to |");
        results.forEach(of -> text.append(' ').append(of.jdk()).append(" |"));
        text.append("\n| --- |").append(" ---: |".repeat(results.size())).append('\n');
        for (Headline headline : Headline.ALL) {
            text.append("| ").append(headline.words()).append(" |");
            for (Results of : results) {
                Optional<Median> ours = value(of, headline, headline.table().ours());
                Optional<Median> rival = value(of, headline, headline.rival());
                text.append(' ')
                        .append(
                                ours.isPresent() && rival.isPresent()
                                        ? "[%sx](docs/benchmarks.md)"
                                                .formatted(ours.get().over(rival.get()))
                                        : "-")
                        .append(" |");
            }
            text.append('\n');
        }
        return text.append('\n').toString();
    }

    private static Optional<Median> value(Results of, Headline headline, Rival rival) {
        return figures(of, headline.table()).stream()
                .filter(figure -> figure.rival() == rival
                        && figure.view().equals(headline.view())
                        && figure.column().equals(headline.column()))
                .map(Figure::value)
                .findFirst();
    }

    private static String chartName(Table table) {
        return "benchmark-" + table.title + ".svg";
    }

    /** One table for each view; one for all if each has but one column. */
    private String table(Table table) {
        Set<String> views = new LinkedHashSet<>();
        Set<String> columns = new LinkedHashSet<>();
        for (Entry entry : entries(table)) {
            entry.figures().forEach(figure -> {
                views.add(figure.view());
                columns.add(figure.column());
            });
        }
        if (views.isEmpty()) {
            return "\nNot measured yet.\n\n";
        }
        StringBuilder text = new StringBuilder();
        if (columns.equals(Set.of(""))) {
            List<Column> all = views.stream()
                    .flatMap(view -> columns(table, view).stream())
                    .map(column -> column.titled(column.view))
                    .toList();
            appendTable(table, all, text);
        } else {
            for (String view : views) {
                text.append("\n**").append(sentence(view)).append("**\n");
                appendTable(table, columns(table, view), text);
            }
        }
        if (table.chart && !panels(table).isEmpty()) {
            text.append("\n![The same as a chart](images/")
                    .append(chartName(table))
                    .append(")\n");
        }
        text.append('\n');
        entries(table)
                .forEach(entry -> text.append("- ").append(entry.provenance()).append('\n'));
        return text.append('\n').toString();
    }

    /** A column of one JDK. */
    private record Column(String title, String view, String jdk, boolean ofTimes, Map<Rival, Median> cells) {
        Column titled(String newTitle) {
            return new Column(newTitle, view, jdk, ofTimes, cells);
        }
    }

    private List<Column> columns(Table table, String view) {
        Set<String> titles = new LinkedHashSet<>();
        for (Entry entry : entries(table)) {
            entry.figures().stream()
                    .filter(figure -> figure.view().equals(view))
                    .forEach(figure -> titles.add(figure.column()));
        }
        List<Column> columns = new ArrayList<>();
        for (String title : titles) {
            for (Results of : results) {
                Map<Rival, Median> cells = new LinkedHashMap<>();
                boolean ofTimes = true;
                for (Figure figure : figures(of, table)) {
                    if (figure.view().equals(view) && figure.column().equals(title)) {
                        cells.put(figure.rival(), figure.value());
                        ofTimes = figure.isTime();
                    }
                }
                if (!cells.isEmpty()) {
                    columns.add(new Column(title, view, of.jdk(), ofTimes, cells));
                }
            }
        }
        return columns;
    }

    private static void appendTable(Table table, List<Column> columns, StringBuilder text) {
        text.append("\n| |");
        columns.forEach(column -> text.append(' ')
                .append((column.title + ", " + column.jdk).replaceFirst("^, ", ""))
                .append(" |"));
        text.append("\n| --- |").append(" ---: |".repeat(columns.size())).append('\n');
        Set<Rival> rivals = new TreeSet<>();
        columns.forEach(column -> rivals.addAll(column.cells.keySet()));
        for (Rival rival : rivals) {
            text.append("| ").append(rival.title).append(" |");
            for (Column column : columns) {
                Median value = column.cells.get(rival);
                text.append(' ')
                        .append(value == null ? "-" : cell(table, columns, column, rival, value))
                        .append(" |");
            }
            text.append('\n');
        }
    }

    private static String cell(Table table, List<Column> columns, Column column, Rival rival, Median value) {
        if (!column.ofTimes) {
            return value.toString();
        }
        Median base = null;
        if (table.base == Table.Base.OURS && rival != table.ours()) {
            base = column.cells.get(table.ours());
        } else if (table.base == Table.Base.FIRST_COLUMN) {
            Column first = columns.stream()
                    .filter(other -> other.jdk.equals(column.jdk))
                    .findFirst()
                    .orElseThrow();
            base = first.equals(column) ? null : first.cells.get(rival);
        }
        return base == null ? time(value) : value.over(base) + "x";
    }

    /** A time in a fitting unit. */
    private static String time(Median nanos) {
        int unit = 0;
        double factor = 1;
        while (unit < UNITS.length - 1 && nanos.value() * factor >= 1000) {
            unit++;
            factor /= 1000;
        }
        return nanos.times(factor) + " " + UNITS[unit];
    }

    /** Of the newest JDK, and what was measured first; the ratios to ThreadEvent. */
    private List<Chart.Panel> panels(Table table) {
        List<Chart.Panel> panels = new ArrayList<>();
        Optional<Results> newest =
                results.stream().filter(of -> of.tables().containsKey(table)).reduce((older, newer) -> newer);
        if (newest.isEmpty()) {
            return panels;
        }
        List<Figure> figures = figures(newest.get(), table);
        boolean columnless = figures.stream().allMatch(figure -> figure.column().isEmpty());
        for (Figure base : figures) {
            boolean first = columnless || base.view().equals(figures.get(0).view());
            if (base.rival() == table.ours() && first) {
                List<Chart.Bar> bars = figures.stream()
                        .filter(figure -> figure.view().equals(base.view())
                                && figure.column().equals(base.column()))
                        .sorted(Comparator.comparing(Figure::rival))
                        .map(figure -> figure.rival() == table.ours()
                                ? new Chart.Bar(figure.rival().title, new Median(1, 0), time(base.value()))
                                : bar(figure, base))
                        .toList();
                String title = sentence(base.view()) + (columnless ? "" : ": " + base.column());
                panels.add(new Chart.Panel(title + " (" + newest.get().jdk() + ")", bars));
            }
        }
        return panels;
    }

    private static Chart.Bar bar(Figure figure, Figure base) {
        Median ratio = figure.value().over(base.value());
        return new Chart.Bar(figure.rival().title, ratio, ratio + "x");
    }

    private List<Entry> entries(Table table) {
        return results.stream()
                .map(of -> of.tables().get(table))
                .filter(entry -> entry != null)
                .toList();
    }

    private static List<Figure> figures(Results of, Table table) {
        Entry entry = of.tables().get(table);
        return entry == null ? List.of() : entry.figures();
    }

    private static String sentence(String words) {
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }
}
