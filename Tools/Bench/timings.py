#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How soon traffic flows: three situations, each measured several times with a ping every 5 ms already running.

usage: timings.py [--rounds 5] [--json FILE]
  second   exec of the second node to the first reply, two nodes
  restart  exec of a listener that was killed to the first reply, two nodes
  joining  exec of a third node that joins a line of two to the first reply from its far end
Needs root and ping. One row a situation: the median and all rounds, in seconds.
"""
import argparse
import json
import re
import signal
import statistics
import sys
import time

from lab import SYSTEMS, Lab, reachable

SYSTEM = SYSTEMS["hypha-tcp"]


def start(lab: Lab, node: str) -> float:
    """Starts a node; the instant of its exec."""
    at = time.time()
    lab.start(node, *SYSTEM.command(lab, node))
    return at


def first_answer(lab: Lab, node: str, target: str, since: "callable", seconds: float = 30) -> float | None:
    """Runs since() with a ping already going; seconds from the instant that it returns to the first answer."""
    ping = lab.helper(node, "ping", "-6", "-D", "-n", "-i", "0.005", "-w", str(int(seconds)), target, stdout=-1, text=True)
    time.sleep(0.5)
    at = since()
    for line in ping.stdout:
        found = re.match(r"\[([\d.]+)\] \d+ bytes from", line)
        if found and float(found[1]) > at:
            ping.send_signal(signal.SIGINT)
            return float(found[1]) - at
    return None


def learn_addresses(lab: Lab) -> dict[str, str]:
    """Starts each node once, so that its key exists and its address is known, and ends it."""
    found = {}
    for node in lab.nodes:
        start(lab, node)
        found[node] = SYSTEM.address(lab, node)
    for node in lab.nodes:
        lab.processes[node].terminate()
        lab.processes[node].wait()
    time.sleep(2)  # a veth pair holds the first packets back until its own address detection is over
    return found


def second() -> float | None:
    with Lab([("A", "B")]) as lab:
        address = learn_addresses(lab)
        start(lab, "B")
        SYSTEM.address(lab, "B")
        # The ping needs a device to leave by, so it runs on B, where the first node is.
        return first_answer(lab, "B", address["A"], lambda: start(lab, "A"))


def restart() -> float | None:
    with Lab([("A", "B")]) as lab:
        address = learn_addresses(lab)
        for node in "BA":
            start(lab, node)
        if not reachable(lab, "A", address["B"]):
            return None
        time.sleep(2)
        lab.processes["B"].kill()
        lab.processes["B"].wait()
        time.sleep(1)
        return first_answer(lab, "A", address["B"], lambda: start(lab, "B"))


def joining() -> float | None:
    with Lab([("A", "M"), ("C", "M")]) as lab:
        address = learn_addresses(lab)
        for node in "MA":
            start(lab, node)
        if not reachable(lab, "A", address["M"]):
            return None
        return first_answer(lab, "A", address["C"], lambda: start(lab, "C"))


SITUATIONS = {"second": (second, 0.1), "restart": (restart, 1.0), "joining": (joining, 0.2)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json")
    options.add_argument("situations", nargs="*", choices=[[], *SITUATIONS], default=[])
    o = options.parse_args()
    results = {}
    for name in o.situations or SITUATIONS:
        measure, aim = SITUATIONS[name]
        rounds = [measure() for _ in range(o.rounds)]
        seen = [value for value in rounds if value is not None]
        results[name] = rounds
        median = f"{statistics.median(seen):.3f}" if seen else "none"
        print(f"{name:9} median {median} s, aim {aim} s [{' '.join('none' if r is None else f'{r:.3f}' for r in rounds)}]", flush=True)
    if o.json:
        with open(o.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
