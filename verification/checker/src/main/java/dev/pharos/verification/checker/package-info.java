// SPDX-License-Identifier: Apache-2.0
/**
 * Runs code that shares memory in every order in which its threads can take their steps.
 *
 * <p>{@link dev.pharos.verification.checker.Scenarios} says what is tried. To try something else, write another
 * {@link dev.pharos.verification.checker.Scenario}: its script makes the objects, names the threads, and says what must
 * hold in the end, by way of {@link dev.pharos.verification.checker.Run}. The rest is
 * <ul>
 *   <li>{@code Weaver}, which loads the class files and puts a call before everything that other threads could notice;
 *   <li>{@code Hooks}, which is what is called;
 *   <li>{@code Run}, which lets the threads of one schedule, each an {@code Actor}, take their steps one at a time;
 *   <li>{@code Search}, which decides whose step is next;
 *   <li>{@code Checker}, which goes through the schedules.
 * </ul>
 *
 * <p>A step is one access to a field, one call of java.util.concurrent or one park, with what a thread does by itself
 * up to the next. Memory is sequentially consistent. A future is taken as a whole: the insides of the JDK are trusted. An
 * array, a static field that is not final or a lock in the code under test would need to be woven first.
 */
package dev.pharos.verification.checker;
