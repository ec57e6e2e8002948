// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A record for JDK Flight Recorder. Loaded only if the module {@code jdk.jfr} is present. */
@Name("dev.pharos.Connection")
@Label("Connection")
@Category("Pharos")
@Description("The connection to the servers of cluster events was established or lost")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the flight recorder reads the fields
final class ConnectionRecord extends jdk.jfr.Event {
    @Name("address")
    @Label("Address")
    private final String address;

    @Name("state")
    @Label("State")
    @Description("connected, disconnected or expired; when expired, all holds of the process are lost")
    private final String state;

    private ConnectionRecord(String address, String state) {
        this.address = address;
        this.state = state;
    }

    static void write(String address, String state) {
        new ConnectionRecord(address, state).commit();
    }
}
