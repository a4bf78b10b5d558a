#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long traffic stops when the router in the middle fails: diamond A - {P, Q} - D, four nodes in namespaces of our own.

usage: failover.py [--rounds 3] [--settle 5] [--limit 90] SYSTEM FAULT...
FAULT, on the middle node in use:  kill (SIGKILL) | stop (SIGSTOP) | down (A's interface towards it goes down) | drop (frames in both directions get lost, nobody is told)
Needs root and ping. One row a fault: the longest gap between two answers of a 20 ms ping from A to D, in seconds, for each round.
"""
import argparse
import re
import signal
import sys
import time

from lab import SYSTEMS, Lab, reachable

FAULTS = ("kill", "stop", "down", "drop")
QUIET_AFTER = 4.0  # seconds without a longer gap after which a round ends


def sent_octets(lab: Lab, node: str, towards: str) -> int:
    return int(lab.run(node, "cat", f"/sys/class/net/to{towards}/statistics/tx_bytes").stdout or 0)


def middle_in_use(lab: Lab, target: str) -> str:
    before = {m: sent_octets(lab, "A", m) for m in "PQ"}
    lab.run("A", "ping", "-6", "-c", "100", "-i", "0.01", "-s", "1000", "-q", target)
    return max("PQ", key=lambda m: sent_octets(lab, "A", m) - before[m])


def inflict(lab: Lab, fault: str, middle: str) -> None:
    if fault == "kill":
        lab.processes[middle].send_signal(signal.SIGKILL)
    elif fault == "stop":
        lab.processes[middle].send_signal(signal.SIGSTOP)
    elif fault == "down":
        lab.ip("A", "link", "set", "dev", f"to{middle}", "down")
    else:  # a wrong link-layer address at both ends: frames leave and nobody takes them
        for node, other in (("A", middle), (middle, "A")):
            lab.ip(node, "neigh", "replace", lab.address(other, node), "lladdr", "02:00:00:00:00:99", "dev", f"to{other}", "nud", "permanent")


def longest_gap(answers, fault_at: float, least: float = 8.0) -> float | None:
    """Reads ping's lines; None when it ends before traffic has been steady again."""
    previous, worst = fault_at, 0.0
    for line in answers:
        found = re.match(r"\[([\d.]+)\] \d+ bytes from", line)
        if not found:
            continue
        at = float(found[1])
        if at > fault_at:
            worst = max(worst, at - previous)
            if at > fault_at + max(least, worst + QUIET_AFTER):
                return worst
        previous = at
    return None


def once(system: str, fault: str, o: argparse.Namespace) -> float | None:
    with Lab([("A", "P"), ("A", "Q"), ("D", "P"), ("D", "Q")]) as lab:
        SYSTEMS[system].start(lab)
        target = SYSTEMS[system].address(lab, "D")
        if not reachable(lab, "A", target):
            return None
        time.sleep(o.settle)
        middle = middle_in_use(lab, target)
        ping = lab.helper("A", "ping", "-6", "-D", "-i", "0.02", "-w", str(int(o.limit) + 3), target, stdout=-1, text=True)
        time.sleep(2)
        fault_at = time.time()
        inflict(lab, fault, middle)
        return longest_gap(ping.stdout, fault_at)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--settle", type=float, default=5, help="seconds between the first answer and the fault")
    options.add_argument("--limit", type=float, default=90)
    options.add_argument("system", choices=sorted(name for name in SYSTEMS if SYSTEMS[name].hops and SYSTEMS[name].direct and name != "bare"))
    options.add_argument("faults", nargs="+", choices=FAULTS)
    o = options.parse_args()
    for fault in o.faults:
        gaps = [once(o.system, fault, o) for _ in range(o.rounds)]
        print(o.system, fault, "longest gap", " ".join("none" if gap is None else f"{gap:.2f}" for gap in gaps), "s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
