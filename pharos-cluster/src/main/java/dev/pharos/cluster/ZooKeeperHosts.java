// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import dev.pharos.ThreadEvent;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.apache.zookeeper.client.HostProvider;

/**
 * The servers that a session tries in turn. Differs from ZooKeeper's own class in three points. Of a name with several
 * addresses it tries each, not one at random. No address is without the name that was specified, so that nothing asks a
 * name server for one. And it allows a server so little time that a dead one leaves time for the others.
 */
final class ZooKeeperHosts implements HostProvider {
    /**
     * The least time to allow a server, in milliseconds. It has to begin a session, which is a write: if that takes
     * longer, the ensemble is hardly able to do anything.
     */
    private static final long LEAST_MILLIS = 2_000;

    private final List<ClusterAddress.Server> servers;
    private final long millisForEach;

    /** The addresses of the current server that were not tried yet. For the thread that connects only. */
    private final Queue<InetSocketAddress> others = new ArrayDeque<>();

    private volatile int current = -1;

    /** The server of the last connection, before which there is a pause; negative before the first attempt. */
    private volatile int last = -1;

    /** The session timeout that is asked for, then the one that is granted. */
    private volatile IntSupplier sessionMillis;

    private final ThreadEvent begun = new ThreadEvent("begun");
    private final ThreadEvent ended = new ThreadEvent("ended");

    ZooKeeperHosts(ClusterAddress address, Cluster.Options options) {
        this.servers = new ArrayList<>(address.list());
        Collections.shuffle(servers);
        this.millisForEach = Math.max(LEAST_MILLIS, options.operationTimeout.toMillis() / (servers.size() + 2));
        int asked = (int) options.sessionTimeout.toMillis();
        this.sessionMillis = () -> asked;
    }

    /** Lets the first server be tried, once it is known where the granted session timeout will be found. */
    void begin(IntSupplier grantedMillis) {
        sessionMillis = grantedMillis;
        begun.set();
    }

    /** Ends the pauses: the session is closed. */
    void end() {
        begun.set();
        ended.set();
    }

    /** By what ZooKeeper divides the session timeout, to get the time that it allows a server. */
    @Override
    public int size() {
        long times = (sessionMillis.getAsInt() + millisForEach - 1) / millisForEach;
        return (int) Math.max(servers.size(), times);
    }

    @Override
    public InetSocketAddress next(long spinDelay) {
        InetSocketAddress other = others.poll();
        if (other != null) {
            return other;
        }
        current = (current + 1) % servers.size();
        try {
            begun.await();
            if (last < 0) {
                last = 0;
            } else if (current == last) {
                boolean unused = ended.await(spinDelay, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        ClusterAddress.Server server = servers.get(current);
        try {
            others.addAll(resolve(server));
            return others.remove();
        } catch (UnknownHostException e) {
            return InetSocketAddress.createUnresolved(server.host(), server.port()); // fails at once
        }
    }

    /** The addresses of a server, in random order, each with the name that was specified. */
    static List<InetSocketAddress> resolve(ClusterAddress.Server server) throws UnknownHostException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (InetAddress found : InetAddress.getAllByName(server.host())) {
            addresses.add(new InetSocketAddress(named(server.host(), found), server.port()));
        }
        Collections.shuffle(addresses);
        return addresses;
    }

    private static InetAddress named(String host, InetAddress found) throws UnknownHostException {
        if (found instanceof Inet6Address six && six.getScopeId() != 0) {
            return Inet6Address.getByAddress(host, six.getAddress(), six.getScopeId());
        }
        return InetAddress.getByAddress(host, found.getAddress());
    }

    @Override
    public void onConnected() {
        last = current;
    }

    @Override
    public boolean updateServerList(Collection<InetSocketAddress> servers, InetSocketAddress current) {
        throw new UnsupportedOperationException("the servers are those of the address");
    }
}
