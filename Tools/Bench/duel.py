#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Throughput, round trip, small packets and cost of each system in turn, between two nodes of our own, with 0 or 1 routers between them.

usage: duel.py [--hops 0|1] [--rounds 3] [--seconds 4] [--streams 1] [--reference SYSTEM] [--json FILE] SYSTEM...
Needs root, iperf3, ping. One row a system: median Gbit/s of one TCP run [all runs], its ratio to the reference, average round trip of 100 idle pings,
64-byte UDP payloads received per second (sent unpaced) and CPU microseconds of all routers for each, CPU seconds per gigabyte of all routers (of the router in between), peak RSS of the largest.
"""
import argparse
import json
import os
import statistics
import sys
import time

from lab import SYSTEMS, Lab, reachable

PORT = "5999"


def iperf(lab: Lab, target: str, seconds: float, *options: str) -> dict:
    words = ["timeout", str(int(seconds) + 20), "iperf3", "-6", "-c", target, "-p", PORT, "-t", str(seconds), "--connect-timeout", "3000", "-J", *options]
    try:
        return json.loads(lab.run("A", *words).stdout)["end"]
    except (ValueError, KeyError):
        return {}


def cpu_seconds(lab: Lab, nodes: list[str]) -> float:
    ticks = 0
    for node in nodes:
        if node in lab.processes and lab.processes[node].poll() is None:
            with open(f"/proc/{lab.processes[node].pid}/stat") as file:
                ticks += sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mib(lab: Lab) -> int:
    peaks = [0]
    for process in lab.processes.values():
        if process.poll() is None:
            with open(f"/proc/{process.pid}/status") as file:
                peaks += [int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM")]
    return max(peaks)


def measure(name: str, o: argparse.Namespace) -> dict:
    system = SYSTEMS[name]
    if o.hops and not system.hops:
        return {"system": name, "note": "does not relay"}
    with Lab([("A", "B")] if not o.hops else [("A", "M"), ("B", "M")]) as lab:
        try:
            system.start(lab)
            target = system.address(lab, "B")
        except (OSError, RuntimeError) as error:
            return {"system": name, "note": str(error)}
        if not reachable(lab, "A", target):
            return {"system": name, "note": "unreachable: " + lab.log("A")[-200:].replace("\n", " ")}
        lab.helper("B", "iperf3", "-s", "-p", PORT)
        time.sleep(0.3)
        ping = lab.run("A", "ping", "-6", "-c", "100", "-i", "0.005", "-q", target).stdout
        before, runs, octets = {n: cpu_seconds(lab, [n]) for n in lab.nodes}, [], 0
        for _ in range(o.rounds):
            end = iperf(lab, target, o.seconds, "-P", str(o.streams))
            runs.append(end["sum_received"]["bits_per_second"] / 1e9 if "sum_received" in end else 0.0)
            octets += end["sum_received"]["bytes"] if "sum_received" in end else 0
            time.sleep(0.3)
        used = {n: cpu_seconds(lab, [n]) - before[n] for n in lab.nodes}
        before = cpu_seconds(lab, lab.nodes)
        small = iperf(lab, target, o.seconds, "-u", "-b", "0", "-l", "64").get("sum", {})
        arrived = small["packets"] - small["lost_packets"] if small.get("packets") else 0
        rate = arrived / small["seconds"] if arrived else 0
        each = (cpu_seconds(lab, lab.nodes) - before) / arrived * 1e6 if arrived else None
        return {"system": name, "gbit_s": statistics.median(runs), "runs": runs, "rtt_ms": float(ping.split("/")[-3]) if "rtt" in ping else None,
                "small_packets_s": rate, "cpu_us_per_small_packet": each, "cpu_s_per_gb": sum(used.values()) / (octets / 1e9) if octets else None,
                "transit_cpu_s_per_gb": used["M"] / (octets / 1e9) if octets and "M" in used else None, "peak_rss_mib": peak_mib(lab)}


def row(result: dict, reference: float) -> str:
    if "gbit_s" not in result:
        return f"{result['system']:14} {result['note']}"
    ratio = f" = {result['gbit_s'] / reference:.2f}" if reference else ""
    cost = "" if result["cpu_s_per_gb"] is None else f"; CPU s/GB {result['cpu_s_per_gb']:.2f}" + (
        f" ({result['transit_cpu_s_per_gb']:.2f} in transit)" if result["transit_cpu_s_per_gb"] is not None else "")
    each = result["cpu_us_per_small_packet"]
    small = f"{result['small_packets_s'] / 1000:.0f} k/s" + (f" at {each:.1f} us" if each else "")
    return (f"{result['system']:14} {result['gbit_s']:6.2f} Gbit/s{ratio} [{' '.join(f'{r:.2f}' for r in result['runs'])}] rtt {result['rtt_ms']} ms; "
            f"small packets {small}{cost}; peak RSS {result['peak_rss_mib']} MiB")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--hops", type=int, choices=(0, 1), default=0)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--streams", type=int, default=1)
    options.add_argument("--reference", help="system that the ratios are taken to; measured first")
    options.add_argument("--json")
    options.add_argument("systems", nargs="+", choices=sorted(SYSTEMS), metavar="SYSTEM")
    o = options.parse_args()
    names = ([o.reference] if o.reference else []) + [name for name in o.systems if name != o.reference]
    results = []
    for name in names:
        results.append(measure(name, o))
        reference = results[0].get("gbit_s", 0) if o.reference else 0
        print(row(results[-1], reference), flush=True)
    if o.json:
        with open(o.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
