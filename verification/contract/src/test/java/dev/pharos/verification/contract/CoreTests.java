// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.contract;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs tests of the core until one fails, in a JVM of its own: with a bug, it may never end. */
final class CoreTests {
    private static final List<String> CLASSES = List.of("dev.pharos.ThreadEventTest", "dev.pharos.AttackTest");
    private static final String FAILED = "failed: ";
    private static final String PASSED = "passed: ";
    private static final long MINUTES = 3;

    private CoreTests() {}

    /**
     * Runs the tests with a name, of every kind of event.
     *
     * @param core where the class files of the core are
     * @param test the class that declares it and the method, as in {@code WaitContract.await_released_returns}; or a
     *     regular expression for that
     * @return the test that has failed first; empty if they have all passed
     */
    static Optional<String> firstFailure(Path core, String test) throws Exception {
        Path log = Files.createTempFile(
                Files.createDirectories(Path.of("target", "contract")), core.getFileName() + "-", ".txt");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-ea",
                "-Djdk.attach.allowAttachSelf",
                "-cp",
                core + File.pathSeparator + System.getProperty("java.class.path"),
                CoreTests.class.getName(),
                test);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            process.waitFor(MINUTES, TimeUnit.MINUTES);
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

    /** Runs the tests that a regular expression matches. */
    public static void main(String[] args) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(CLASSES.stream().map(name -> selectClass(name)).toList())
                .filters((PostDiscoveryFilter) descriptor -> FilterResult.includedIf(descriptor
                        .getSource()
                        .filter(MethodSource.class::isInstance)
                        .map(source -> nameOf((MethodSource) source).matches(args[0]))
                        .orElse(descriptor.isContainer())))
                .build();
        int[] passed = new int[1];
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (result.getStatus() == Status.FAILED) {
                    result.getThrowable().ifPresent(Throwable::printStackTrace);
                    System.out.println(FAILED
                            + test.getSource()
                                    .map(s -> nameOf((MethodSource) s))
                                    .orElseThrow());
                    Runtime.getRuntime().halt(1); // threads may hang
                }
                passed[0] += test.isTest() && result.getStatus() == Status.SUCCESSFUL ? 1 : 0;
            }
        });
        if (passed[0] == 0) {
            throw new IllegalArgumentException("no test of the core is named " + args[0]);
        }
        System.out.println(PASSED + passed[0]);
        System.exit(0);
    }

    private static String nameOf(MethodSource source) {
        return source.getJavaMethod().getDeclaringClass().getSimpleName() + "." + source.getMethodName();
    }
}
