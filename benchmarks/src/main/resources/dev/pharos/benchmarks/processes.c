// SPDX-License-Identifier: Apache-2.0
//
// What an event between processes costs at least: a word in a mapped file and nothing but the system calls that sleep
// and wake. And a crowd of small processes that wait for an event of ours, by docs/process.md.
//
//     processes roundTrip FILE TRIPS SAMPLES     prints the nanoseconds of a round trip, once for each sample
//     processes wakeUp FILE COUNT SAMPLES        prints the nanoseconds from a set until the last of so many is awake
//     processes crowd EVENT COUNT                for each line read: prints a line when all sleep, one when all woke
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 4096, WORD = 64, OTHER_WORD = 128, COUNT = 1023 };

typedef _Atomic uint32_t word_t;

static void die(const char *what) {
    perror(what);
    exit(3);
}

static void sleep_while(word_t *word, uint32_t seen) {
    if (syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0) < 0 && errno != EAGAIN && errno != EINTR) die("wait");
}

static void wake_all(word_t *word) {
    if (syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0) < 0) die("wake");
}

static int64_t nanos(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static char *map(const char *path, int flags) {
    int file = open(path, flags, 0600);
    if (file < 0 || ((flags & O_CREAT) && ftruncate(file, SIZE) < 0)) die(path);
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) die("map");
    close(file);
    return memory;
}

static pid_t start(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
    return child;
}

static void set_flag(word_t *word) {
    atomic_store(word, 1);
    wake_all(word);
}

static void await_flag_and_clear(word_t *word) {
    while (atomic_load(word) == 0) sleep_while(word, 0);
    atomic_store(word, 0);
}

static void round_trip(const char *path, int trips, int samples) {
    char *memory = map(path, O_RDWR | O_CREAT);
    word_t *ping = (word_t *)(memory + WORD), *pong = (word_t *)(memory + OTHER_WORD);
    if (start() == 0) {
        for (;;) {
            await_flag_and_clear(ping);
            set_flag(pong);
        }
    }
    for (int sample = 0; sample < samples; sample++) {
        int64_t begin = nanos();
        for (int i = 0; i < trips; i++) {
            set_flag(ping);
            await_flag_and_clear(pong);
        }
        printf("%.1f\n", (double)(nanos() - begin) / trips);
    }
}

// A crowd of processes: how many are about to sleep, how many have woken, and who they are.
struct crowd {
    _Atomic int ready, awake;
    int count;
    pid_t *members;
    word_t *word;
};

// Waits, as docs/process.md says, until the event is set; then until it is clear.
static void member(struct crowd *crowd, int done) {
    for (;;) {
        uint32_t ticket = atomic_load(crowd->word), now = ticket;
        atomic_fetch_add(&crowd->ready, 1);
        while ((now & COUNT) == 0 && now >> 10 == ticket >> 10) {
            sleep_while(crowd->word, now);
            now = atomic_load(crowd->word);
        }
        if (atomic_fetch_add(&crowd->awake, 1) + 1 == crowd->count && write(done, "awake\n", 6) != 6) die("write");
        while ((now = atomic_load(crowd->word)) & COUNT) sleep_while(crowd->word, now);
    }
}

static struct crowd *gather(word_t *word, int count, int done) {
    struct crowd *crowd = mmap(NULL, sizeof *crowd, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (crowd == MAP_FAILED) die("map");
    *crowd = (struct crowd){.count = count, .members = calloc(count, sizeof(pid_t)), .word = word};
    for (int i = 0; i < count; i++) {
        if ((crowd->members[i] = start()) == 0) member(crowd, done);
    }
    return crowd;
}

static int is_asleep(pid_t process) {
    char name[40], line[200] = "";
    snprintf(name, sizeof name, "/proc/%d/stat", process);
    FILE *file = fopen(name, "r");
    if (file == NULL) die(name);
    char *state = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    return state != NULL && state[2] == 'S';
}

static void await_asleep(struct crowd *crowd) {
    while (atomic_load(&crowd->ready) < crowd->count) usleep(100);
    for (int i = 0; i < crowd->count; i++) {
        while (!is_asleep(crowd->members[i])) usleep(100);
    }
    atomic_store(&crowd->ready, 0);
    atomic_store(&crowd->awake, 0);
}

static void wake_up(const char *path, int count, int samples) {
    int done[2];
    char line[6];
    if (pipe(done) < 0) die("pipe");
    word_t *word = (word_t *)(map(path, O_RDWR | O_CREAT) + WORD);
    struct crowd *crowd = gather(word, count, done[1]);
    for (int sample = 0; sample < samples; sample++) {
        await_asleep(crowd);
        int64_t begin = nanos();
        atomic_fetch_add(word, COUNT + 2);
        wake_all(word);
        if (read(done[0], line, sizeof line) != sizeof line) die("read");
        printf("%ld\n", (long)(nanos() - begin));
        atomic_fetch_and(word, ~COUNT);
        wake_all(word);
    }
}

static void serve(const char *path, int count) {
    struct crowd *crowd = gather((word_t *)(map(path, O_RDWR) + WORD), count, STDOUT_FILENO);
    while (getchar() != EOF) {
        await_asleep(crowd);
        puts("asleep");
        fflush(stdout);
    }
}

int main(int count, char **arguments) {
    if (count == 5 && strcmp(arguments[1], "roundTrip") == 0) {
        round_trip(arguments[2], atoi(arguments[3]), atoi(arguments[4]));
    } else if (count == 5 && strcmp(arguments[1], "wakeUp") == 0) {
        wake_up(arguments[2], atoi(arguments[3]), atoi(arguments[4]));
    } else if (count == 4 && strcmp(arguments[1], "crowd") == 0) {
        serve(arguments[2], atoi(arguments[3]));
    } else {
        return 2;
    }
    return 0;
}
