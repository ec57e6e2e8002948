// SPDX-License-Identifier: Apache-2.0
//
// A peer in another language, by docs/process.md alone: it joins an event, and can be started and killed in a
// millisecond. Usage: peer PATH storm | once | create
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 4096, WORD = 64, COUNT = 1023, LOCKED_BYTE = 4096 };

static const char *path;
static volatile uint32_t *word;
static int is_held;
static pid_t parent;

static void die(const char *what) {
    perror(what);
    exit(3);
}

static long futex(int operation, uint32_t value, const void *time, uint32_t value3) {
    return syscall(SYS_futex, word, operation, value, time, word, value3);
}

static int is_marked(uint32_t w) { return (w & COUNT) != 0; }

static void add(void) {
    if (futex(FUTEX_WAKE_OP, INT_MAX, NULL, FUTEX_OP(FUTEX_OP_ADD, COUNT + 2, FUTEX_OP_CMP_LT, 0)) < 0) die("add");
}

static void wipe(void) {
    if (futex(FUTEX_WAKE_OP, INT_MAX, NULL, FUTEX_OP(FUTEX_OP_ANDN, COUNT, FUTEX_OP_CMP_LT, 0)) < 0) die("wipe");
}

static void set(void) {
    if (!is_marked(*word)) add();
}

static void clear(void) {
    if (is_marked(*word)) wipe();
}

// A test that is killed is to leave no storm behind.
static int go_on(void) { return getppid() == parent; }

// Waits until the event is set, or has been since the ticket; 0 if the time ran out first.
static int wait_set(uint32_t ticket, const struct timespec *time) {
    for (;;) {
        uint32_t w = *word;
        if (is_marked(w) || w >> 10 != ticket >> 10) return 1;
        if (futex(FUTEX_WAIT, w, time, 0) < 0 && errno == ETIMEDOUT) return 0;
    }
}

static int lock(int fd, int command, int kind) {
    struct flock lock = {.l_type = kind, .l_whence = SEEK_SET, .l_start = LOCKED_BYTE, .l_len = 1};
    return fcntl(fd, command, &lock);
}

static int hold(void) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) die("open");
    if (lock(fd, F_OFD_SETLK, F_WRLCK) == 0) wipe();
    if (lock(fd, F_OFD_SETLKW, F_RDLCK) < 0) die("lock");
    if (!is_marked(*word)) add();
    return fd;
}

static void release(int fd) {
    lock(fd, F_OFD_SETLK, F_UNLCK);
    if (lock(fd, F_OFD_SETLK, F_WRLCK) == 0) wipe();
    close(fd);
}

// Opens what is there; 0 if nothing is.
static int join(const char *name) {
    int fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) return 0;
    if (fd < 0) die("open");
    struct stat file;
    if (fstat(fd, &file) < 0 || file.st_size != SIZE) die("size");
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED) die("map");
    if (memcmp(memory, "PHAROSEV", 8) != 0 || *(uint16_t *)(memory + 8) != 1
            || *(uint32_t *)(memory + 12) != 0x0A0B0C0D) {
        fprintf(stderr, "%s: not an event\n", name);
        exit(3);
    }
    is_held = *(uint16_t *)(memory + 10) == 1;
    if (word != NULL) munmap((char *)word - WORD, SIZE);
    word = (uint32_t *)(memory + WORD);
    return 1;
}

static uint64_t random64(void) { return (uint64_t)random() << 32 ^ (uint64_t)random() << 8 ^ (uint64_t)getpid(); }

static void make(const char *folder, const char *name) {
    char content[SIZE] = "PHAROSEV", draft[PATH_MAX + 32];
    uint64_t id = random64();
    *(uint16_t *)(content + 8) = 1;
    *(uint32_t *)(content + 12) = 0x0A0B0C0D;
    *(uint64_t *)(content + 16) = id;
    snprintf(draft, sizeof draft, "%s/.pharos-%lx", folder, (unsigned long)id);
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) die(draft);
    if (write(fd, content, SIZE) != SIZE) die("write");
    close(fd);
    if (link(draft, name) < 0 && errno != EEXIST) die("link");
    unlink(draft);
}

static void storm(void) {
    while (go_on()) {
        struct timespec time = {0, random() % 300000};
        switch (random() % 4) {
        case 0:
        case 1:
            if (is_held) {
                release(hold());
            } else {
                set();
                clear();
            }
            break;
        case 2:
            wait_set(*word, &time);
            break;
        default:
            if (!join(path)) die("gone");
        }
    }
}

static void create(void) {
    char folder[PATH_MAX], name[PATH_MAX + 32];
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = 0;
    while (go_on()) {
        snprintf(name, sizeof name, "%s/made-%ld", folder, random() % 1000);
        while (!join(name)) make(folder, name);
        set();
    }
}

int main(int count, char **arguments) {
    parent = getppid();
    if (count != 3) return 2;
    path = arguments[1];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    srandom((unsigned)(now.tv_nsec ^ getpid()));
    if (!join(path)) die(path);
    if (strcmp(arguments[2], "storm") == 0) return storm(), 0;
    if (strcmp(arguments[2], "create") == 0) return create(), 0;
    if (strcmp(arguments[2], "once") == 0) {
        uint32_t ticket = *word;
        puts("waiting");
        fflush(stdout);
        return wait_set(ticket, NULL) ? 0 : 1;
    }
    return 2;
}
