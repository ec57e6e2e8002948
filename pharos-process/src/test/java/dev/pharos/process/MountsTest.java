// SPDX-License-Identifier: Apache-2.0
package dev.pharos.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The type of the file system that a path leads to, by lists as Linux has them in /proc/self/mountinfo. */
@Tag("once")
class MountsTest {
    private static final List<String> LIST = List.of(
            "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
            "23 22 0:21 / /proc rw - proc proc rw",
            "30 22 0:30 / /on-demand rw shared:9 - autofs systemd-1 rw,fd=44",
            "31 30 0:31 / /on-demand rw shared:10 - nfs4 server:/export rw,vers=4.2",
            "40 22 0:40 / /covered/inner rw - nfs4 server:/export rw",
            "41 22 0:41 / /covered rw - tmpfs none rw",
            "50 22 0:50 / /a\\040place rw - fuse.sshfs host: rw",
            "60 22 254:0 /file /one/file rw - xfs /dev/vdb rw",
            "not a mount");

    @ParameterizedTest
    @CsvSource({
        "/, ext4",
        "/event, ext4",
        "/on-demand/event, nfs4", // and not autofs, as a FileStore has it
        "/on-demand-not/event, ext4",
        "/covered/event, tmpfs",
        "/covered/inner/event, tmpfs", // no longer the one that was mounted there before
        "/a place/event, fuse.sshfs",
        "/one/file, xfs",
        "/one/other, ext4"
    })
    void type_path_isThatOfTheMountThatItLeadsTo(String path, String type) {
        assertThat(Mounts.type(path, LIST)).isEqualTo(type);
    }

    @Test
    void type_rootThatWasMountedOver_isThatOfTheLast() {
        List<String> list = List.of("1 1 0:2 / / rw - rootfs rootfs rw", "22 1 0:41 / / rw - overlay overlay rw");
        assertThat(Mounts.type("/event", list)).isEqualTo("overlay");
    }

    @Test
    void type_rootThatIsNoMount_isKnownBelowAMount() { // as after chroot
        List<String> list = List.of("23 22 0:21 / /shm rw - tmpfs none rw");
        assertThat(Mounts.type("/event", list)).isEmpty();
        assertThat(Mounts.type("/shm/event", list)).isEqualTo("tmpfs");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void type_proc_isProc() {
        assertThat(Mounts.type(Path.of("/proc/self/status"))).isEqualTo("proc");
        assertThat(Mounts.type(Path.of("/proc/nothing"))).isEmpty();
    }
}
