# SPDX-License-Identifier: Apache-2.0
#
# The same with multiprocessing.Event.
#
#     processes.py roundTrip TRIPS SAMPLES     prints the nanoseconds of a round trip, once for each sample
#     processes.py wakeUp COUNT SAMPLES        prints the nanoseconds from a set until the last of so many is awake
import os
import sys
import time
from multiprocessing import get_context

processes = get_context("fork")


def answer(ping, pong):
    while True:
        ping.wait()
        ping.clear()
        pong.set()


def round_trip(trips, samples):
    ping, pong = processes.Event(), processes.Event()
    processes.Process(target=answer, args=(ping, pong), daemon=True).start()
    for _ in range(samples):
        begin = time.perf_counter_ns()
        for _ in range(trips):
            ping.set()
            pong.wait()
            pong.clear()
        print((time.perf_counter_ns() - begin) / trips)


def member(events, ready, awake, count, done):
    turn = 0
    while True:
        with ready:
            ready.value += 1
        events[turn % 2].wait()
        with awake:
            awake.value += 1
            last = awake.value == count
        if last:
            os.write(done, b"x")
        turn += 1


def is_asleep(process):
    with open(f"/proc/{process.pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "S"


def wake_up(count, samples):
    events = processes.Event(), processes.Event()
    ready, awake = processes.Value("i", 0), processes.Value("i", 0)
    reader, done = os.pipe()
    crowd = [
        processes.Process(target=member, args=(events, ready, awake, count, done), daemon=True)
        for _ in range(count)
    ]
    for process in crowd:
        process.start()
    for sample in range(samples):
        while ready.value < count or not all(is_asleep(process) for process in crowd):
            time.sleep(0.001)
        ready.value = awake.value = 0
        begin = time.perf_counter_ns()
        events[sample % 2].set()
        os.read(reader, 1)
        print(time.perf_counter_ns() - begin)
        events[sample % 2].clear()


if __name__ == "__main__":
    {"roundTrip": round_trip, "wakeUp": wake_up}[sys.argv[1]](*map(int, sys.argv[2:]))
