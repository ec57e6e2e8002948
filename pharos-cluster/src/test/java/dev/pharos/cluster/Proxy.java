// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.Event;
import dev.pharos.ThreadEvent;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.zookeeper.ZooKeeper;

/**
 * A TCP proxy before one port of this machine, which does to connections what networks do: it loses what is sent one
 * way or both, is slow, or resets them. What is lost while the network is down arrives when it is up again, as it does
 * with TCP, if the receiver has not given up; so a request may arrive long after its sender has turned elsewhere.
 */
public final class Proxy implements AutoCloseable {
    private final Map<Long, byte[]> sessions = new ConcurrentHashMap<>();
    private final int target;
    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** Set while what is sent this way arrives. */
    private final Event toServer = up();

    private final Event toClient = up();
    private volatile long delayNanos;
    private volatile long session;

    /** What is waited for on the way to the server, and what is done then; only for the next that has it. */
    private record Before(String text, Runnable action) {}

    private final AtomicReference<Before> before = new AtomicReference<>();

    /** The code of the error that all answers have; 0: what the server says. */
    private volatile int error;

    /** Makes a proxy before a port. */
    public Proxy(int target) {
        this.target = target;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start("accept", this::accept);
    }

    /** The port to connect to. */
    public int port() {
        return listener.getLocalPort();
    }

    /** The sessions that were opened or resumed through this proxy. */
    Set<Long> sessions() {
        return sessions.keySet();
    }

    /**
     * Has the servers end the session seen last, as if its client had been silent for too long: another client takes
     * it over, and closes it. Returns whether a server could be reached in a minute.
     */
    public boolean expire(String address) throws IOException, InterruptedException {
        if (session == 0) {
            return false;
        }
        Event reached = new ThreadEvent("reached");
        ZooKeeper other = new ZooKeeper(address, 120_000, event -> reached.set(), session, sessions.get(session));
        try {
            return reached.await(1, TimeUnit.MINUTES);
        } finally {
            other.close();
        }
    }

    /** Loses what is sent, this way or that or both, until {@link #heal}. */
    public void drop(boolean sentToServer, boolean sentToClient) {
        if (sentToServer) {
            toServer.clear();
        }
        if (sentToClient) {
            toClient.clear();
        }
    }

    /** Does something before the next request that has this text in it is passed on; until then, that is held up. */
    public void before(String text, Runnable action) {
        before.set(new Before(text, action));
    }

    /** Has all requests that are answered from now on be answered with an error of this code, until {@link #heal}. */
    void answer(int code) {
        error = code;
    }

    /** Lets everything arrive so much later, until {@link #heal}. */
    void delay(long millis) {
        delayNanos = TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** Resets all connections. Others can be made at once. */
    public void reset() {
        sockets.forEach(this::reset);
    }

    /** Lets everything arrive. */
    public void heal() {
        delayNanos = 0;
        error = 0;
        toServer.set();
        toClient.set();
    }

    private static Event up() {
        Event up = new ThreadEvent();
        up.set();
        return up;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                sockets.add(client);
                start("connect", () -> connect(client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void connect(Socket client) {
        try {
            toServer.await();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            start("to server", () -> pump(client, server, toServer, false));
            start("to client", () -> pump(server, client, toClient, true));
        } catch (IOException e) {
            reset(client); // as the server does, or its system
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void pump(Socket from, Socket to, Event passes, boolean first) {
        boolean answer = first;
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[1 << 16];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                if (delayNanos > 0) {
                    LockSupport.parkNanos(delayNanos);
                }
                if (!first) {
                    meet(new String(buffer, 0, length, StandardCharsets.ISO_8859_1));
                }
                passes.await();
                if (answer) {
                    answer = false;
                    see(ByteBuffer.wrap(buffer, 0, length));
                } else if (first && error != 0) {
                    fail(ByteBuffer.wrap(buffer, 0, length));
                }
                out.write(buffer, 0, length);
            }
            passes.await();
            to.shutdownOutput();
        } catch (IOException e) {
            reset(from);
            reset(to);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            if (to.isOutputShutdown() && from.isOutputShutdown()) {
                end(from);
                end(to);
            }
        }
    }

    /** Does what is to be done before a request that is met. */
    private void meet(String requests) {
        Before next = before.get();
        if (next != null && requests.contains(next.text) && before.compareAndSet(next, null)) {
            next.action.run();
        }
    }

    /** Puts an error into answers, each: length, number of the request, transaction, error, and what was asked for. */
    private void fail(ByteBuffer answers) {
        while (answers.remaining() >= 20) {
            int start = answers.position();
            if (answers.getInt(start + 4) >= 0) { // else word of a watch, or the answer to a sign of life
                answers.putInt(start + 16, error);
            }
            answers.position(Math.min(answers.limit(), start + 4 + answers.getInt(start)));
        }
    }

    /** Reads the answer of a server to a client that opens a session: length, version, time-out, session, password. */
    private void see(ByteBuffer answer) {
        if (answer.remaining() >= 40 && answer.getInt(0) == answer.remaining() - 4 && answer.getInt(20) == 16) {
            long id = answer.getLong(12);
            byte[] password = new byte[16];
            answer.position(24).get(password);
            if (id != 0) { // else it has expired
                sessions.put(id, password);
                session = id;
            }
        }
    }

    private static void start(String name, Runnable action) {
        Thread thread = new Thread(action, "proxy: " + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // closed already
        }
        end(socket);
    }

    private void end(Socket socket) {
        sockets.remove(socket);
        close(socket);
    }

    private static void close(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        close(listener);
        heal();
        reset();
    }
}
