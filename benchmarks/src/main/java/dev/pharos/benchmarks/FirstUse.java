// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.pharos.ThreadEvent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How much processor time, of user and system, does the first use of an event take in a JVM that records nothing? Each
 * figure is the median of as many JVMs as are asked for. The thread is the one that uses the event; the process includes
 * the threads of the JVM, such as its compilers, at 10 ms the tick of its clock.
 */
public final class FirstUse {
    private static final List<String> USES = List.of("set", "wait");

    private FirstUse() {}

    /**
     * Measures and prints; or, if called with the name of a use, measures that one in this JVM.
     *
     * @param args how many JVMs
     * @throws Exception if a program fails
     */
    public static void main(String[] args) throws Exception {
        if (USES.contains(args[0])) {
            measure(args[0]);
            return;
        }
        System.out.printf("Java %s; medians of %s JVMs%n", Runtime.version(), args[0]);
        System.out.printf("| %-5s | %16s | %16s |%n", "first", "thread, ms", "process, ms");
        for (String use : USES) {
            List<Double> thread = new ArrayList<>();
            List<Double> process = new ArrayList<>();
            for (int i = 0; i < Integer.parseInt(args[0]); i++) {
                String[] times = run(use).strip().split(" ", 2);
                thread.add(Long.parseLong(times[0]) / 1e6);
                process.add(Long.parseLong(times[1]) / 1e6);
            }
            System.out.printf("| %-5s | %16s | %16s |%n", use, median(thread), median(process));
        }
    }

    private static Median median(List<Double> times) {
        return Median.of(times.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static void measure(String use) throws InterruptedException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        ThreadEvent event = new ThreadEvent();
        system.getProcessCpuTime(); // once before, so that the clocks are loaded
        threads.getCurrentThreadCpuTime();
        long process = system.getProcessCpuTime();
        long thread = threads.getCurrentThreadCpuTime();
        if (use.equals("set")) {
            event.set();
        } else {
            event.await(1, TimeUnit.NANOSECONDS);
        }
        thread = threads.getCurrentThreadCpuTime() - thread;
        process = system.getProcessCpuTime() - process;
        System.out.println(thread + " " + process);
    }

    private static String run(String use) throws IOException, InterruptedException {
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        FirstUse.class.getName(),
                        use)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (program.waitFor() != 0) {
            throw new IllegalStateException("the JVM has ended with " + program.exitValue());
        }
        return output;
    }
}
