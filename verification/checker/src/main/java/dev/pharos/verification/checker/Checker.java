// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs a scenario in every order in which its threads can take their steps: all of them, or as many as are asked for.
 * The code is the one that is shipped, with its real class files, virtual threads and {@code LockSupport.park}; only who
 * goes next is decided here. Memory is sequentially consistent: what weaker memory allows is for another tool.
 */
public final class Checker {
    /** No bound on the number of preemptions. */
    public static final int ALL = Search.ALL;

    private Checker() {}

    /**
     * What came out.
     *
     * @param scenario the name of the scenario
     * @param bound how many preemptions a schedule had at most, or ALL
     * @param schedules how many schedules were run to their ends
     * @param abandoned how many were given up, since they led to where others had been
     * @param exhausted whether no schedule was left
     * @param millis how long it took
     * @param failure what went wrong, and the steps that led there; null if nothing did
     */
    public record Result(
            String scenario,
            int bound,
            long schedules,
            long abandoned,
            boolean exhausted,
            long millis,
            String failure) {}

    /**
     * Checks a scenario.
     *
     * @param scenario the scenario
     * @param bound how many preemptions a schedule has at most, or ALL
     * @param limit how many schedules to run at most
     * @return what came out
     */
    public static Result check(Scenario scenario, int bound, long limit) {
        return check(scenario, bound, limit, run -> {});
    }

    /** Checks a scenario, and shows each run that has come to its end. */
    static Result check(Scenario scenario, int bound, long limit, Consumer<Run> ended) {
        long start = System.nanoTime();
        Search search = new Search(bound);
        long schedules = 0;
        long abandoned = 0;
        boolean more;
        String failure = null;
        do {
            Run run = run(scenario, search, null);
            if (run == null) {
                abandoned++;
            } else {
                schedules++;
                failure = run.failure();
                ended.accept(run);
            }
            more = failure == null && search.next();
        } while (more && schedules + abandoned < limit);
        if (failure != null) {
            List<String> trace = new ArrayList<>();
            run(scenario, search, trace); // the same schedule, with words
            failure += "\n  " + String.join("\n  ", trace);
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        return new Result(scenario.name(), bound, schedules, abandoned, failure == null && !more, millis, failure);
    }

    private static Run run(Scenario scenario, Search search, List<String> trace) {
        search.restart();
        Run run = new Run(search, trace);
        return run.go(scenario) ? run : null;
    }
}
