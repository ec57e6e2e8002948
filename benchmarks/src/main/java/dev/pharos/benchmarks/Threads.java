// SPDX-License-Identifier: Apache-2.0
package dev.pharos.benchmarks;

import java.lang.reflect.Method;

/** The two kinds of threads. */
enum Threads {
    PLATFORM {
        @Override
        Thread unstarted(Runnable task) {
            Thread thread = new Thread(null, task, "platform", STACK);
            thread.setDaemon(true);
            return thread;
        }
    },

    /** Needs JDK 21, and is reached by reflection, since this is compiled for 17. */
    VIRTUAL {
        @Override
        Thread unstarted(Runnable task) {
            try {
                return (Thread) UNSTARTED.invoke(BUILDER, task);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("cannot make a virtual thread", e);
            }
        }
    };

    /** What a thread does. */
    interface Task {
        void run() throws InterruptedException;
    }

    /** Small, since there are many. */
    private static final long STACK = 256 << 10;

    private static final Object BUILDER;
    private static final Method UNSTARTED;

    static {
        Object builder = null;
        Method unstarted = null;
        if (haveVirtual()) {
            try {
                builder = Thread.class.getMethod("ofVirtual").invoke(null);
                unstarted = Class.forName("java.lang.Thread$Builder").getMethod("unstarted", Runnable.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
        BUILDER = builder;
        UNSTARTED = unstarted;
    }

    static boolean haveVirtual() {
        return Runtime.version().feature() >= 21;
    }

    abstract Thread unstarted(Runnable task);

    /** Starts a thread. */
    Thread start(Task task) {
        Thread thread = unstarted(() -> {
            try {
                task.run();
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts it", e);
            }
        });
        thread.start();
        return thread;
    }
}
