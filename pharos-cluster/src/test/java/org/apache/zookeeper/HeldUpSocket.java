// SPDX-License-Identifier: Apache-2.0
package org.apache.zookeeper;

import java.io.IOException;
import org.apache.zookeeper.client.ZKClientConfig;

/** A connection of ZooKeeper's client that may hold up whoever has just asked for something, while it goes its way. */
public final class HeldUpSocket extends ClientCnxnSocketNIO {
    /** Run by each thread that asks for something, behind every request. */
    public static volatile Runnable asked = () -> {};

    /** Called by the client. */
    public HeldUpSocket(ZKClientConfig config) throws IOException {
        super(config);
    }

    @Override
    void packetAdded() {
        super.packetAdded();
        asked.run();
    }
}
