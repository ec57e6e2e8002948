// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.bugs;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.CancellationToken;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherExecutionRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Tests of a module, to be run until one fails, in a JVM of its own: with a bug, they may never end.
 *
 * @param classes the names of their classes
 * @param limit how many seconds they wait for something to happen, where a bug is planted: fewer than they do by
 *     themselves save time if many hang. Without a bug they wait for as long as they do by themselves, since what is slow
 *     is not wrong.
 */
public record ModuleTests(List<String> classes, int limit) {
    private static final String FAILED = "failed: ";
    private static final String PASSED = "passed: ";

    /** For a JVM that does not end by itself, not for a machine that is slow. */
    private static final long HOURS = 1;

    /**
     * Runs the tests with a name where a bug is planted.
     *
     * @param module where the class files of the module are
     * @param test the class that declares it and the method, as in {@code WaitContract.await_released_returns}; or a
     *     regular expression for that
     * @return the test that has failed first; empty if they have all passed
     * @throws IOException if the JVM cannot be started
     * @throws InterruptedException if this thread is interrupted meanwhile
     * @throws IllegalStateException if no test has such a name, or the JVM has ended without a result
     */
    public Optional<String> firstFailure(Path module, String test) throws IOException, InterruptedException {
        return firstFailure(module, test, List.of("-Ddev.pharos.test.limit=" + limit));
    }

    /**
     * Runs the tests with a name where no bug is planted.
     *
     * @param module where the class files of the module are
     * @param test the class that declares it and the method, as in {@code WaitContract.await_released_returns}; or a
     *     regular expression for that
     * @return the test that has failed first; empty if they have all passed
     * @throws IOException if the JVM cannot be started
     * @throws InterruptedException if this thread is interrupted meanwhile
     * @throws IllegalStateException if no test has such a name, or the JVM has ended without a result
     */
    public Optional<String> firstFailureWithoutABug(Path module, String test) throws IOException, InterruptedException {
        return firstFailure(module, test, List.of());
    }

    private Optional<String> firstFailure(Path module, String test, List<String> options)
            throws IOException, InterruptedException {
        Path log = Files.createTempFile(
                Files.createDirectories(Path.of("target", "runs")), module.getFileName() + "-", ".txt");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(options);
        command.addAll(List.of(
                "-ea",
                "-Djdk.attach.allowAttachSelf",
                "-cp",
                module + File.pathSeparator + System.getProperty("java.class.path"),
                ModuleTests.class.getName(),
                test,
                String.join(",", classes)));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            process.waitFor(HOURS, TimeUnit.HOURS);
        } finally {
            process.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(log);
        Optional<String> failed = lines.stream()
                .filter(line -> line.startsWith(FAILED))
                .map(line -> line.substring(FAILED.length()))
                .findFirst();
        if (failed.isEmpty() && lines.stream().noneMatch(line -> line.startsWith(PASSED))) {
            throw new IllegalStateException("neither passed nor failed: see " + log);
        }
        return failed;
    }

    /**
     * Runs tests, and ends this JVM.
     *
     * @param args a regular expression that their names match; the names of their classes, with commas between them
     */
    public static void main(String[] args) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(Arrays.stream(args[1].split(","))
                        .map(name -> selectClass(name))
                        .toList())
                .filters((PostDiscoveryFilter) descriptor -> FilterResult.includedIf(descriptor
                        .getSource()
                        .filter(MethodSource.class::isInstance)
                        .map(source -> nameOf((MethodSource) source).matches(args[0]))
                        .orElse(descriptor.isContainer())))
                .build();
        int[] passed = new int[1];
        CancellationToken rest = CancellationToken.create();
        TestExecutionListener listener = new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (result.getStatus() == Status.FAILED) {
                    result.getThrowable().ifPresent(Throwable::printStackTrace);
                    System.out.println(FAILED
                            + test.getSource()
                                    .map(s -> nameOf((MethodSource) s))
                                    .orElseThrow());
                    rest.cancel(); // what comes after the tests does come, so that no server stays behind
                }
                passed[0] += test.isTest() && result.getStatus() == Status.SUCCESSFUL ? 1 : 0;
            }
        };
        LauncherFactory.create()
                .execute(LauncherExecutionRequestBuilder.request(request)
                        .cancellationToken(rest)
                        .listeners(listener)
                        .build());
        if (rest.isCancellationRequested()) {
            System.exit(1); // threads may hang
        } else if (passed[0] == 0) {
            throw new IllegalArgumentException("no test is named " + args[0]);
        }
        System.out.println(PASSED + passed[0]);
        System.exit(0);
    }

    private static String nameOf(MethodSource source) {
        return source.getJavaMethod().getDeclaringClass().getSimpleName() + "." + source.getMethodName();
    }
}
