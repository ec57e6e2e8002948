// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Writes the manual pages, and the completion for bash, zsh and fish. Run by the build; the content is that of the help
 * of the subcommands.
 */
final class ManPages {
    private final Path directory;
    private final CommandLine pharos;

    private ManPages(Path directory, CommandLine pharos) {
        this.directory = directory;
        this.pharos = pharos;
    }

    /**
     * Writes the files.
     *
     * @param args the directory
     * @throws IOException if that fails
     */
    public static void main(String[] args) throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        ManPages pages = new ManPages(Path.of(args[0]), Main.commandLine(Terminal.of(nowhere, nowhere)));
        pages.write("man/man1/pharos.1", pages.manual(pages.pharos));
        for (CommandLine verb : pages.verbs()) {
            pages.write("man/man1/pharos-" + verb.getCommandName() + ".1", pages.manual(verb));
        }
        pages.write("completions/bash/pharos", AutoComplete.bash("pharos", pages.pharos));
        pages.write("completions/zsh/_pharos", pages.zsh());
        pages.write("completions/fish/pharos.fish", pages.fish());
    }

    private void write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private List<CommandLine> verbs() {
        List<CommandLine> verbs = new ArrayList<>();
        Main.VERBS.forEach(name -> verbs.add(pharos.getSubcommands().get(name)));
        return verbs;
    }

    /** The first sentence of the description of a command. */
    private static String summary(CommandLine command) {
        String description = description(command);
        int end = description.indexOf(". ");
        return end < 0 ? description.substring(0, description.length() - 1) : description.substring(0, end);
    }

    private static String description(CommandLine command) {
        return String.join(" ", command.getCommandSpec().usageMessage().description());
    }

    private static String description(ArgSpec argument) {
        return String.join(" ", argument.description()).replace("${DEFAULT-VALUE}", argument.defaultValueString());
    }

    // A manual page, in the language of man(7)

    private String manual(CommandLine command) throws IOException {
        CommandSpec spec = command.getCommandSpec();
        String name = spec.qualifiedName("-");
        String version = Version.read();
        StringBuilder page = new StringBuilder(".TH " + name.toUpperCase(Locale.ROOT) + " 1 \"\" \"" + version
                + "\" \"Pharos\"\n.SH NAME\n" + troff(name + " - " + summary(command)) + "\n.SH SYNOPSIS\n");
        page.append(troff(synopsis(command))).append("\n.SH DESCRIPTION\n").append(troff(description(command)));
        page.append("\n.SH OPTIONS\n");
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            page.append(entry(parameter.paramLabel(), description(parameter)));
        }
        for (OptionSpec option : spec.options()) {
            String value = option.arity().max() > 0 ? " " + option.paramLabel() : "";
            page.append(entry(String.join(", ", option.names()) + value, description(option)));
        }
        if (command == pharos) {
            page.append(".SH COMMANDS\n");
            verbs().forEach(verb -> page.append(entry(verb.getCommandName(), summary(verb) + ".")));
        }
        Map<String, String> codes = spec.usageMessage().exitCodeList();
        if (!codes.isEmpty()) {
            page.append(".SH EXIT STATUS\n").append(troff(heading(spec))).append('\n');
            codes.forEach((code, meaning) -> page.append(entry(code, meaning)));
        }
        page.append(".SH EXAMPLES\n.nf\n");
        for (String line : spec.usageMessage().footer()) {
            page.append(line.isEmpty() ? "" : troff(line) + "\n");
        }
        page.append(".fi\n.SH SEE ALSO\n");
        List<String> others = new ArrayList<>();
        if (command != pharos) {
            others.add("pharos(1)");
        }
        for (CommandLine verb : verbs()) {
            if (verb != command) {
                others.add("pharos-" + verb.getCommandName() + "(1)");
            }
        }
        return page.append(troff(String.join(", ", others))).append('\n').toString();
    }

    /** The text before the exit codes beyond "Exit status", as for hold, whose command has its own. */
    private static String heading(CommandSpec spec) {
        String heading = spec.usageMessage().exitCodeListHeading().replace("%n", "");
        return heading.replace("Exit status:", "").strip();
    }

    private static String synopsis(CommandLine command) {
        return command.getHelp().synopsis(0).replaceAll("\\s+", " ").strip();
    }

    private static String entry(String term, String text) {
        return ".TP\n.B " + troff(term) + "\n" + troff(text) + "\n";
    }

    /** Text without special meaning to troff. */
    private static String troff(String text) {
        String escaped = text.replace("\\", "\\e").replace("-", "\\-");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }

    // Completion

    private String zsh() {
        StringBuilder script = new StringBuilder("#compdef pharos\n\n_pharos() {\n    local -a verbs\n    verbs=(\n");
        verbs().forEach(verb -> script.append("        ")
                .append(quote(verb.getCommandName() + ":" + summary(verb)))
                .append('\n'));
        script.append("    )\n    if (( CURRENT == 2 )); then\n        _describe verb verbs\n        return\n    fi\n");
        script.append("    local verb=$words[2]\n    (( CURRENT-- ))\n    shift words\n    case $verb in\n");
        for (CommandLine verb : verbs()) {
            script.append("    ").append(verb.getCommandName()).append(")\n        _arguments -S");
            for (OptionSpec option : verb.getCommandSpec().options()) {
                for (String name : option.names()) {
                    String files = option.type() == Path.class ? "_files" : "";
                    String value = option.arity().max() > 0 ? ":" + option.paramLabel() + ":" + files : "";
                    script.append(" \\\n            ").append(quote(name + "[" + bracketed(option) + "]" + value));
                }
            }
            if (verb.getCommandName().equals("hold")) {
                script.append(" \\\n            ':EVENT:_files' '*::COMMAND:_normal'");
            } else {
                script.append(" \\\n            ")
                        .append(isOfPaths(verb) ? "'*:EVENT:_files'" : "'*:DEMO:(basic shared-resource all)'");
            }
            script.append(" ;;\n");
        }
        return script.append("    esac\n}\n\n_pharos \"$@\"\n").toString();
    }

    private static String bracketed(OptionSpec option) {
        return description(option).replace("[", "(").replace("]", ")").replace(":", " -");
    }

    private static boolean isOfPaths(CommandLine verb) {
        return !verb.getCommandName().equals("demo");
    }

    private String fish() {
        StringBuilder script = new StringBuilder("complete -c pharos -f\n");
        for (CommandLine verb : verbs()) {
            String name = verb.getCommandName();
            String after = "complete -c pharos -n '__fish_seen_subcommand_from " + name + "'";
            script.append("complete -c pharos -n __fish_use_subcommand -a ").append(name);
            script.append(" -d ").append(quote(summary(verb))).append('\n');
            script.append(after)
                    .append(isOfPaths(verb) ? " -F" : " -a 'basic shared-resource all'")
                    .append('\n');
            for (OptionSpec option : verb.getCommandSpec().options()) {
                script.append(after);
                for (String optionName : option.names()) {
                    script.append(optionName.startsWith("--") ? " -l " : " -s ")
                            .append(optionName.replaceAll("^-+", ""));
                }
                boolean takesFile = option.type() == Path.class;
                script.append(option.arity().max() > 0 ? (takesFile ? " -r -F" : " -x") : "")
                        .append(" -d ")
                        .append(quote(description(option)));
                script.append('\n');
            }
        }
        return script.toString();
    }

    private static String quote(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
