#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an idle node with one neighbour costs: share of a core, from the scheduler's own nanoseconds, and memory.

usage: idle.py [--seconds 300] [--settle 15] [--carrier tcp|udp]
Needs root. Ticks of 10 ms are too coarse for this; /proc/PID/schedstat of every thread is not.
"""
import argparse
import os
import sys
import time

from lab import SYSTEMS, Lab, reachable


def cpu_nanoseconds(pid: int) -> int:
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            total += int(file.read().split()[0])
    return total


def status_kib(pid: int, field: str) -> int:
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=300)
    options.add_argument("--settle", type=float, default=15, help="a link comes to rest 10 s after its last packet")
    options.add_argument("--carrier", choices=("tcp", "udp"), default="tcp")
    o = options.parse_args()
    system = SYSTEMS["hypha-" + o.carrier]
    with Lab([("A", "B")]) as lab:
        system.start(lab)
        if not reachable(lab, "A", system.address(lab, "B")):
            sys.exit("no route between the two nodes: " + lab.log("A")[-300:])
        time.sleep(o.settle)
        pids = {node: lab.processes[node].pid for node in lab.nodes}
        before = {node: cpu_nanoseconds(pid) for node, pid in pids.items()}
        began = time.monotonic()
        time.sleep(o.seconds)
        elapsed = time.monotonic() - began
        for node, role in (("B", "listener"), ("A", "dialler")):
            share = (cpu_nanoseconds(pids[node]) - before[node]) / 1e9 / elapsed
            rss, peak = (status_kib(pids[node], field) / 1024 for field in ("VmRSS", "VmHWM"))
            print(f"{role:9} {share:.4%} of a core over {elapsed:.0f} s (aim 0.01 %), RSS {rss:.1f} MiB, peak {peak:.1f} MiB (aim 30 MB)")


if __name__ == "__main__":
    main()
