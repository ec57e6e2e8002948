// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterAddressTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            zk://zk1:2181/orders                | zk1:2181                      | /orders
            zk1:2181/orders                     | zk1:2181                      | /orders
            zk://zk1:2181                       | zk1:2181                      | /pharos
            zk1:2181/                           | zk1:2181                      | /pharos
            zk://zk1:1,zk-2.example:65535/a/b_c | zk1:1,zk-2.example:65535      | /a/b_c
            zk://127.0.0.1:2181/.a/b~           | 127.0.0.1:2181                | /.a/b~
            zk://host_1:02181/...               | host_1:02181                  | /...
            zk://b\u00fccher.example:2181/x     | b\u00fccher.example:2181      | /x
            zk://[::1]:2181/x                   | [::1]:2181                    | /x
            zk://[fe80::1%eth0]:2181/x          | [fe80::1%eth0]:2181           | /x
            zk://[fe80::1%br-0.100]:2181/x      | [fe80::1%br-0.100]:2181       | /x
            zk://[::ffff:10.0.0.1]:2181,[::]:1  | [::ffff:10.0.0.1]:2181,[::]:1 | /pharos
            """)
    void parse_address_hasItsParts(String text, String servers, String root) {
        ClusterAddress address = ClusterAddress.parse(text);
        assertThat(address.servers()).isEqualTo(servers);
        assertThat(address.root()).isEqualTo(root);
        assertThat(address).hasToString("zk://" + servers + root);
        assertThat(ClusterAddress.parse(address.toString())).isEqualTo(address).hasSameHashCodeAs(address);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            zk://zk1:2181/orders/ready          | /orders | ready      | zk://zk1:2181/orders/ready
            zk1:2181/orders/ready               | /orders | ready      | zk://zk1:2181/orders/ready
            zk://zk1:2181/a/b/x                 | /a/b    | x          | zk://zk1:2181/a/b/x
            zk://zk1:2181/r/a%20b               | /r      | "a b"      | zk://zk1:2181/r/a%20b
            zk://zk1:2181/r/a b                 | /r      | "a b"      | zk://zk1:2181/r/a%20b
            zk://zk1:2181/r/caf%c3%A9           | /r      | caf\u00e9  | zk://zk1:2181/r/caf%C3%A9
            zk://zk1:2181/r/caf\u00e9           | /r      | caf\u00e9  | zk://zk1:2181/r/caf%C3%A9
            zk://zk1:2181/r/%2Fetc%2Fhosts      | /r      | /etc/hosts | zk://zk1:2181/r/%2Fetc%2Fhosts
            zk://zk1:2181/r/100%25              | /r      | 100%       | zk://zk1:2181/r/100%25
            zk://zk1:2181/r/%2e                 | /r      | .          | zk://zk1:2181/r/%2E
            zk://zk1:2181/r/..                  | /r      | ..         | zk://zk1:2181/r/%2E%2E
            zk://zk1:2181/r/%61                 | /r      | a          | zk://zk1:2181/r/a
            zk://[fe80::1%eth0]:2181/r/n        | /r      | n          | zk://[fe80::1%eth0]:2181/r/n
            """)
    void parseEvent_address_hasItsParts(String text, String root, String name, String canonical) {
        ClusterAddress.OfEvent address = ClusterAddress.parseEvent(text);
        assertThat(address.cluster().root()).isEqualTo(root);
        assertThat(address.name()).isEqualTo(name);
        assertThat(address).hasToString(canonical).isEqualTo(address.cluster().event(name));
        assertThat(ClusterAddress.parseEvent(canonical)).isEqualTo(address);
    }

    /** The sentences are those of the command, too: {@code MainTest} there has the same rows. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            ""                          | '' is not host:port, as in zk1:2181 or [::1]:2181
            zk://                       | '' is not host:port, as in zk1:2181 or [::1]:2181
            zk:///root/x                | '' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1/root/x             | 'zk1' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1:/root/x            | 'zk1:' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1:2181,/root/x       | '' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1:1, zk2:1/root/x    | ' zk2:1' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1:port/root/x        | 'zk1:port' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1:+1/root/x          | 'zk1:+1' is not host:port, as in zk1:2181 or [::1]:2181
            zk://a b:2181/r/n           | 'a b:2181' is not host:port, as in zk1:2181 or [::1]:2181
            zk://a%20b:2181/r/n         | 'a%20b:2181' is not host:port, as in zk1:2181 or [::1]:2181
            zk://::1:2181/root/x        | '::1:2181' is not host:port, as in zk1:2181 or [::1]:2181
            zk://[::1:2181/root/x       | '[::1:2181' is not host:port, as in zk1:2181 or [::1]:2181
            zk://[1:2:3]:2181/root/x    | '[1:2:3]:2181' is not host:port, as in zk1:2181 or [::1]:2181
            zk://[127.0.0.1]:1/root/x   | '[127.0.0.1]:1' is not host:port, as in zk1:2181 or [::1]:2181
            zk://[fe80::1%]:2181/root/x | '[fe80::1%]:2181' is not host:port, as in zk1:2181 or [::1]:2181
            zk://zk1:0/root/x           | port 0 is out of range, which is 1 to 65535
            zk://zk1:65536/root/x       | port 65536 is out of range, which is 1 to 65535
            zk://zk1:99999999999/r/x    | port 99999999999 is out of range, which is 1 to 65535
            zk://zk1:2181//x            | '/' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/a//x          | '/a/' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/../x          | '/..' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/%2e/x         | '/%2e' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/a%20b/x       | '/a%20b' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/a b/x         | '/a b' is not a root, which consists of letters, digits, _ . ~ - and single slashes
            zk://zk1:2181/zookeeper/x   | the root '/zookeeper' is reserved by the servers; use another
            zk://zk1:2181/zookeeper/a/x | the root '/zookeeper' is reserved by the servers; use another
            """)
    void parse_notAnAddress_saysWhatIsWrong(String text, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterAddress.parseEvent(text))
                .withMessage("'" + text + "' is not an address: " + reason);
        if (!reason.contains("root")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Cluster.connect(text))
                    .withMessage("'" + text + "' is not an address: " + reason);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            zk://zk1:2181            | it has no root; write zk://HOST:PORT,.../ROOT/NAME
            zk://zk1:2181/           | it has no name after its root; write zk://HOST:PORT,.../ROOT/NAME
            zk://zk1:2181/root       | it has no name after its root; write zk://HOST:PORT,.../ROOT/NAME
            zk://zk1:2181/root/      | the name of an event is empty; specify 1 to 255 characters
            zk://zk1:2181/root/100%  | a % in the name of an event has no two hexadecimal digits after it; write %25 for %
            zk://zk1:2181/root/%4    | a % in the name of an event has no two hexadecimal digits after it; write %25 for %
            zk://zk1:2181/root/%+1   | a % in the name of an event has no two hexadecimal digits after it; write %25 for %
            zk://zk1:2181/root/%FF   | the escapes in the name of an event are not UTF-8; write one for each of its bytes
            """)
    void parseEvent_notTheAddressOfAnEvent_saysWhatIsWrong(String text, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterAddress.parseEvent(text))
                .withMessage("'" + text + "' is not an address: " + reason);
    }

    @Test
    void parse_userAndPassword_areNotRepeated() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterAddress.parseEvent("zk://me:secret@zk1:1/root/x"))
                .withMessage("an address has no user before an @; specify the user in the options of the client");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterAddress.parse("me:secret@zk1:1"))
                .withMessageNotContaining("secret");
    }

    @ParameterizedTest
    @CsvSource({"zk1:1//x, //x", "zk1:1/x/, /x/", "zk1:1/../x, /../x", "zk1:1/a b, /a b", "zk1:1/a%2fb, /a%2fb"})
    void parse_badRoot_saysWhatIsWrong(String text, String root) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterAddress.parse(text))
                .withMessageStartingWith("'" + text + "' is not an address: '" + root + "' is not a root");
    }

    @Test
    void event_name_ofUpTo255Characters() {
        ClusterAddress address = ClusterAddress.parse("zk1:2181");
        assertThat(address.event("x".repeat(255)).name()).hasSize(255);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> address.event("x".repeat(256)))
                .withMessageContaining("256 characters");
        assertThatIllegalArgumentException().isThrownBy(() -> address.event("")).withMessageContaining("empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> address.event("\uD800"))
                .withMessageContaining("surrogate");
        assertThatNullPointerException().isThrownBy(() -> address.event(null));
        assertThatNullPointerException().isThrownBy(() -> ClusterAddress.parse(null));
    }
}
