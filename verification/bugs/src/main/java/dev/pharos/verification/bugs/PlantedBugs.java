// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.bugs;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * The bugs of a module, which the gates are calibrated with: a gate that no longer finds those it has found says nothing
 * when it finds none. They stand in a file named after the module, each with the gates that have to find it, and are
 * planted in the source of the module that is in the same checkout as the working directory. What is compiled goes to
 * {@code target/planted} there. The format is told in {@code pharos-core.txt}.
 */
public final class PlantedBugs {
    /** Those of the core. */
    public static final PlantedBugs CORE = new PlantedBugs("pharos-core");

    /** Those of the events between machines. */
    public static final PlantedBugs CLUSTER = new PlantedBugs("pharos-cluster");

    /** Those of the model that are not among those of the core. They cannot be compiled. */
    public static final PlantedBugs MODEL = new PlantedBugs("model");

    /** Of the entries, one that is no bug. */
    private static final String SMALL = "small";

    private final String module;
    private final List<PlantedBug> entries;

    private PlantedBugs(String module) {
        this.module = module;
        this.entries = read(module);
    }

    /**
     * Returns all bugs, in the order in which they are listed.
     *
     * @return the bugs
     */
    public List<PlantedBug> all() {
        return entries.stream().filter(bug -> !bug.name().equals(SMALL)).toList();
    }

    /**
     * Returns the bugs that a gate has to detect.
     *
     * @param gate the gate, as in the entries
     * @return the bugs, in the order in which they are listed
     */
    public List<PlantedBug> detectedBy(String gate) {
        return entries.stream().filter(bug -> bug.detectors().containsKey(gate)).toList();
    }

    /**
     * Returns the bug with a name.
     *
     * @param name the name
     * @return the bug
     */
    public PlantedBug named(String name) {
        return entries.stream()
                .filter(bug -> bug.name().equals(name))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException("there is no bug named " + name));
    }

    /**
     * Returns the bugs with these names.
     *
     * @param names the names
     * @return the bugs, in this order
     */
    public List<PlantedBug> allNamed(String... names) {
        return Stream.of(names).map(this::named).toList();
    }

    /**
     * Compiles the module as it is shipped, in the way the bugs are.
     *
     * @return the directory with the class files
     */
    public Path shipped() {
        return compile(new PlantedBug(module, "shipped", "Not a bug.", false, Map.of(), List.of()));
    }

    /**
     * Compiles the core with numbers so small that few threads reach the code for crowds. It has no bug.
     *
     * @return the directory with the class files
     */
    public Path small() {
        return named(SMALL).compile();
    }

    static Path compile(PlantedBug bug) {
        List<JavaFileObject> sources = plant(bug);
        try {
            Path classes = Files.createDirectories(Path.of("target", "planted", bug.module(), bug.name()));
            compile(bug, sources, classes);
            return classes.toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The source of a module with a bug in it. */
    static List<JavaFileObject> plant(PlantedBug bug) {
        List<JavaFileObject> sources = new ArrayList<>();
        int applied = 0;
        try (Stream<Path> files = Files.walk(inCheckout(bug.module(), "src", "main", "java"))) {
            for (Path file : files.filter(PlantedBugs::isSource).toList()) {
                List<String> lines = Files.readAllLines(file);
                for (PlantedBug.Hunk hunk : bug.hunks()) {
                    if (file.endsWith(hunk.file())) {
                        apply(bug, hunk, lines);
                        applied++;
                    }
                }
                sources.add(source(file.toUri(), String.join("\n", lines)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (applied != bug.hunks().size()) {
            throw new IllegalStateException(bug + " names a file that " + bug.module() + " does not have");
        }
        return sources;
    }

    private static void apply(PlantedBug bug, PlantedBug.Hunk hunk, List<String> lines) {
        List<String> stripped = lines.stream().map(String::strip).toList();
        int at = Collections.indexOfSubList(stripped, hunk.find());
        if (at < 0 || at != Collections.lastIndexOfSubList(stripped, hunk.find())) {
            throw new IllegalStateException("%s: these lines occur %s in %s, where they must occur once:%n%s"
                    .formatted(
                            bug,
                            at < 0 ? "nowhere" : "more than once",
                            hunk.file(),
                            String.join(System.lineSeparator(), hunk.find())));
        }
        List<String> found = lines.subList(at, at + hunk.find().size());
        found.clear();
        found.addAll(hunk.replacement());
    }

    private static JavaFileObject source(URI uri, String text) {
        return new SimpleJavaFileObject(uri, JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }

    private static void compile(PlantedBug bug, List<JavaFileObject> sources, Path classes) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        List<String> options = List.of(
                "--release",
                "17",
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString());
        if (!compiler.getTask(messages, null, null, options, null, sources).call()) {
            throw new IllegalStateException(bug + " does not compile:\n" + messages);
        }
    }

    /** A file or directory of the checkout: in the nearest directory above the working directory that has it. */
    static Path inCheckout(String first, String... more) {
        Path path = Path.of(first, more);
        for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
            if (Files.exists(p.resolve(path))) {
                return p.resolve(path);
            }
        }
        throw new IllegalStateException("the working directory is not in a checkout: there is no " + path);
    }

    /** Whether a file is to be compiled; without its declaration a module is compiled for the class path. */
    private static boolean isSource(Path file) {
        return file.toString().endsWith(".java") && !file.endsWith("module-info.java");
    }

    private static List<PlantedBug> read(String module) {
        try (InputStream in = PlantedBugs.class.getResourceAsStream(module + ".txt")) {
            String[] entries = new String(in.readAllBytes(), StandardCharsets.UTF_8).split("(?m)^## ");
            List<PlantedBug> bugs = new ArrayList<>();
            for (String entry : List.of(entries).subList(1, entries.length)) {
                bugs.add(parse(module, entry, bugs));
            }
            return List.copyOf(bugs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PlantedBug parse(String module, String entry, List<PlantedBug> before) {
        List<String> lines = entry.lines().toList();
        String title = lines.get(0);
        boolean small = title.endsWith(" (small)");
        int blank = lines.indexOf("");
        String description = String.join(" ", lines.subList(1, blank));
        Map<String, String> detectors = new LinkedHashMap<>();
        List<PlantedBug.Hunk> hunks = new ArrayList<>();
        if (small) {
            hunks.addAll(before.get(0).hunks());
        }
        for (String line : lines.subList(blank + 1, lines.size())) {
            if (line.isEmpty()) {
                continue;
            }
            char mark = line.charAt(0);
            if (" -+".indexOf(mark) >= 0) {
                PlantedBug.Hunk hunk = hunks.get(hunks.size() - 1);
                if (mark != '+') {
                    hunk.find().add(line.substring(1).strip());
                }
                if (mark != '-') {
                    hunk.replacement().add(line.substring(1).strip());
                }
            } else if (line.contains(": ")) {
                String[] detector = line.split(": ", 2);
                detectors.put(detector[0], detector[1]);
            } else {
                hunks.add(new PlantedBug.Hunk(line, new ArrayList<>(), new ArrayList<>()));
            }
        }
        return new PlantedBug(
                module,
                small ? title.replace(" (small)", "") : title,
                description,
                small,
                Collections.unmodifiableMap(detectors),
                List.copyOf(hunks));
    }
}
