#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Systems beside each other: TCP, UDP, small packets, round trips, processor time and memory, in one run.

usage: duel.py [--hops 0|1|3] [--rounds 5] [--seconds 3] [--streams 1,4] [--phases tcp,udp,small,idle,load] [--reference SYSTEM] [--json FILE] [--plot FILE] [--table FILE] SYSTEM[@HOPS]...
Needs root, iperf3, ping. HOPS nodes lie between the two ends of a system: hypha-udp@1 (--hops is the default for names without it).
Every system runs in a lab of its own, all at once and idle; each kind of measurement goes round them in turn (every round in another order), so that what else the machine does meets all of them.
Figures are medians of the rounds, with the least and the greatest in brackets. Ratios are to the reference: the yardstick on the same carrier, or what --reference names.
Phases: tcp = bulk over so many streams; udp = unpaced datagrams of --udp-size bytes; small = the same of 64 bytes, at least 5 rounds; idle = 1000 pings in all; load = pings beside a TCP stream.
"""
import argparse
import contextlib
import json
import os
import random
import statistics
import sys
import time

from lab import SYSTEMS
from measure import Bench
from plot import plot

PHASES = ("tcp", "udp", "small", "idle", "load")
PINGS = 1000
IDLE_ROUNDS = 20  # short ones: a round trip of some microseconds drifts with every clock and sleep state of the machine
SMALL_ROUNDS = 5


def in_turn(benches: list, rounds: int):
    """Every system once a round, in another order each round: what always comes after the same other system inherits its heat, or its quiet."""
    for number in range(rounds):
        order = random.Random(number).sample(benches, len(benches))
        yield from ((number, bench) for bench in order)


def summary(values: list) -> dict:
    seen = [value for value in values if value is not None]
    return {"median": statistics.median(seen), "least": min(seen), "greatest": max(seen), "rounds": seen} if seen else {}


def gather(results: dict, phase: str, rounds: dict) -> None:
    """Turns a list of rounds, each with some named figures, into a summary of every figure."""
    for name, runs in rounds.items():
        names = sorted({key for run in runs for key in run})
        results[name][phase] = {key: summary([run.get(key) for run in runs]) for key in names}


def bulk(benches: list, phase: str, rounds: int, once, results: dict) -> None:
    found = {bench.name: [] for bench in benches}
    for _, bench in in_turn(benches, rounds):
        found[bench.name].append(once(bench))
        time.sleep(0.2)
    gather(results, phase, found)


def pings(benches: list, phase: str, rounds: int, once, results: dict) -> None:
    found = {bench.name: [] for bench in benches}
    for _, bench in in_turn(benches, rounds):
        found[bench.name].append(once(bench))
    for name, runs in found.items():
        times = sorted(value for run in runs for value in run)
        if times:
            results[name][phase] = {"us": {**summary([statistics.median(run) for run in runs if run]), "median": statistics.median(times)},
                                    "us_p99": {"median": times[int(len(times) * 0.99)]}, "count": len(times)}


def measure(benches: list, o: argparse.Namespace, results: dict) -> None:
    if "tcp" in o.phases:
        for streams in o.streams:
            bulk(benches, f"tcp{streams}", o.rounds, lambda bench: bench.tcp(o.seconds, streams), results)
            show(results, f"tcp{streams}", "gbit_s", f"{streams} TCP stream{'s' if streams > 1 else ''}, Gbit/s", o)
            show(results, f"tcp{streams}", "cpu_s_per_gb", "processor seconds a gigabyte, all routers", o)
            show(results, f"tcp{streams}", "end_cpu_s_per_gb", "processor seconds a gigabyte, one end", o, False)
            show(results, f"tcp{streams}", "transit_cpu_s_per_gb", "processor seconds a gigabyte, one transit node", o, False)
    if "udp" in o.phases:
        bulk(benches, "udp", o.rounds, lambda bench: bench.datagrams(o.seconds, o.udp_size), results)
        show(results, "udp", "gbit_s", f"UDP datagrams of {o.udp_size} bytes, unpaced, Gbit/s received", o)
        show(results, "udp", "lost", "share of them lost", o, False)
    if "small" in o.phases:
        bulk(benches, "small", max(o.rounds, SMALL_ROUNDS), lambda bench: bench.datagrams(o.seconds, 64), results)
        show(results, "small", "packets_s", "64-byte datagrams received a second", o)
        show(results, "small", "cpu_us_per_packet", "processor microseconds for each, all routers", o)
    if "idle" in o.phases:
        pings(benches, "idle", IDLE_ROUNDS, lambda bench: bench.ping(PINGS // IDLE_ROUNDS, 0.004), results)
        show(results, "idle", "us", f"round trip, idle, median of {PINGS} pings, microseconds", o)
    if "load" in o.phases:
        pings(benches, "load", o.rounds, lambda bench: bench.loaded_ping(o.seconds), results)
        show(results, "load", "us", "round trip beside a TCP stream, microseconds", o)
        show(results, "load", "us_p99", "the same, 99 of 100", o)
    for bench in benches:
        now, peak = bench.memory_mib()
        if peak:
            results[bench.name]["memory"] = {"rss_mib": {"median": now}, "peak_mib": {"median": peak}}
    show(results, "memory", "peak_mib", "peak memory of the largest router, MiB", o, False)


# ---- what is printed ----


def value(results: dict, name: str, phase: str, key: str) -> float | None:
    return results.get(name, {}).get(phase, {}).get(key, {}).get("median")


def reference_of(name: str, results: dict, o: argparse.Namespace) -> str | None:
    """The system that a ratio is taken to: at the same number of hops where that was measured."""
    base, _, hops = name.partition("@")
    wanted = o.reference or ("yardstick-tcp" if base.endswith("-tcp") else "yardstick-udp")
    if base == "bare":
        wanted = o.reference or "yardstick-udp"
    for candidate in (wanted + ("@" + hops if hops else ""), wanted):
        if candidate in results and "note" not in results[candidate]:
            return candidate
    return None


def show(results: dict, phase: str, key: str, title: str, o: argparse.Namespace, ratio: bool = True) -> None:
    rows = [(name, results[name][phase][key]) for name in results if results[name].get(phase, {}).get(key)]
    if not any(row["median"] for _, row in rows):
        return
    print(f"\n{title}")
    for name, row in rows:
        spread = f" [{shape(row['least'])} - {shape(row['greatest'])}]" if "least" in row else ""
        against = reference_of(name, results, o) if ratio else None
        under = value(results, against, phase, key) if against and against != name else None
        print(f"  {name:24} {shape(row['median']):>8}{spread:22}" + (f"  {row['median'] / under:.2f} of {against}" if under else ""))
    sys.stdout.flush()


def shape(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.3f}" if number < 1 else f"{number:.2f}"


COLUMNS = (("tcp1", "gbit_s", "one TCP stream, Gbit/s"), ("tcp4", "gbit_s", "four"), ("tcp1", "cpu_s_per_gb", "processor s/GB, all routers"),
           ("tcp1", "transit_cpu_s_per_gb", "one transit node"), ("udp", "gbit_s", "UDP, Gbit/s"), ("small", "packets_s", "64-byte packets/s"),
           ("small", "cpu_us_per_packet", "processor µs each"), ("idle", "us", "round trip idle, µs"), ("load", "us", "under load, µs"), ("memory", "peak_mib", "peak memory, MiB"))


def table(results: dict, o: argparse.Namespace) -> str:
    """The medians as a Markdown table, for Docs/performance.md; the first figure with its ratio to the reference."""
    columns = [column for column in COLUMNS if any(value(results, name, *column[:2]) is not None for name in results)]
    lines = ["| System | " + " | ".join(title for *_, title in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name in results:
        cells = [name]
        for phase, key, _ in columns:
            median, against = value(results, name, phase, key), reference_of(name, results, o)
            under = value(results, against, phase, key) if against and against != name and (phase, key) == COLUMNS[0][:2] else None
            cells.append("" if median is None else shape(median) + (f" ({median / under:.2f})" if under else ""))
        if any(cells[1:]):
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def aims(results: dict) -> list[dict]:
    """The figures that Hypha sets out to reach, as far as this run has measured them."""
    found = []

    def aim(what: str, reached: float | None, bound: float, at_least: bool = True) -> None:
        if reached is not None:
            found.append({"what": what, "value": reached, "bound": bound, "at_least": at_least, "met": reached >= bound if at_least else reached <= bound})

    def share(a: tuple, b: tuple) -> float | None:
        over, under = value(results, *a), value(results, *b)
        return over / under if over is not None and under else None

    for carrier, bound in (("udp", 0.9), ("tcp", 0.85)):
        ours, theirs = f"hypha-{carrier}", f"yardstick-{carrier}"
        aim(f"{ours}: one stream, of {theirs}", share((ours, "tcp1", "gbit_s"), (theirs, "tcp1", "gbit_s")), bound)
        aim(f"{ours}: processor seconds a gigabyte, of {theirs}", share((ours, "tcp1", "cpu_s_per_gb"), (theirs, "tcp1", "cpu_s_per_gb")), 1.3, False)
        aim(f"{ours}: 64-byte packets a second, of {theirs}", share((ours, "small", "packets_s"), (theirs, "small", "packets_s")), 1.2)
        aim(f"{ours}: processor time a 64-byte packet, of {theirs}", share((ours, "small", "cpu_us_per_packet"), (theirs, "small", "cpu_us_per_packet")), 0.7, False)
        aim(f"{ours}: one transit node, of the direct rate", share((ours + "@1", "tcp1", "gbit_s"), (ours, "tcp1", "gbit_s")), 0.6)
        aim(f"{ours}: processor time a gigabyte in transit, of an end's", share((ours + "@1", "tcp1", "transit_cpu_s_per_gb"), (ours + "@1", "tcp1", "end_cpu_s_per_gb")), 0.5, False)
    aim("hypha-udp: round trip, of yardstick-udp", share(("hypha-udp", "idle", "us"), ("yardstick-udp", "idle", "us")), 1, False)
    trips = [value(results, name, "idle", "us") for name in ("hypha-udp@1", "hypha-udp", "relay-udp@1", "yardstick-udp")]
    if None not in trips:
        aim(f"hypha-udp: a transit node adds microseconds (a bare relay {shape(trips[2] - trips[3])}, and 15)", trips[0] - trips[1], trips[2] - trips[3] + 15, False)
    return found


def show_aims(found: list[dict]) -> None:
    if found:
        print("\naims")
    for row in found:
        print(f"  {'met   ' if row['met'] else 'MISSED'} {shape(row['value']):>7} {'>=' if row['at_least'] else '<='} {shape(row['bound']):6} {row['what']}")


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--hops", type=int, choices=(0, 1, 3), default=0)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--streams", default="1", type=lambda text: [int(word) for word in text.split(",")])
    options.add_argument("--udp-size", type=int, default=1200, help="fits the inner MTU of every system here")
    options.add_argument("--phases", default="tcp,small,idle", type=lambda text: text.split(","))
    options.add_argument("--reference", help="system that the ratios are taken to")
    options.add_argument("--json")
    options.add_argument("--plot", help="an SVG file")
    options.add_argument("--table", help="a Markdown file")
    options.add_argument("systems", nargs="+", metavar="SYSTEM[@HOPS]")
    o = options.parse_args()
    o.names = []
    for word in ([o.reference] if o.reference else []) + o.systems:
        base, _, hops = word.partition("@")
        if base not in SYSTEMS or hops not in ("", "0", "1", "3"):
            options.error(f"{word}: one of {' '.join(sorted(SYSTEMS))}, with @0, @1 or @3")
        hops = int(hops or o.hops)
        name = f"{base}@{hops}" if hops else base
        if name not in o.names:
            o.names.append(name)
    if set(o.phases) - set(PHASES):
        options.error(f"phases are {' '.join(PHASES)}")
    return o


def main() -> None:
    o = arguments()
    results: dict[str, dict] = {name: {} for name in o.names}
    began = time.time()
    with contextlib.ExitStack() as stack:
        benches = []
        for name in o.names:
            bench = stack.enter_context(Bench(name))
            if bench.note:
                results[name]["note"] = bench.note
                print(f"{name}: {bench.note}")
            else:
                benches.append(bench)
        if not benches:
            sys.exit("nothing to measure")
        print(f"{len(benches)} systems, {o.rounds} rounds of {o.seconds:g} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
        measure(benches, o, results)
        for bench in benches:
            ended = [node for node, process in bench.lab.processes.items() if process.poll() is not None]
            if ended:
                results[bench.name]["note"] = f"ended during the run: {' '.join(ended)}: {bench.lab.log(ended[0])[-200:]}"
                print(f"{bench.name}: {results[bench.name]['note']}")
    found = aims(results)
    show_aims(found)
    print(f"\n{time.time() - began:.0f} s in all")
    record = {"at": int(began), "rounds": o.rounds, "seconds": o.seconds, "udp_size": o.udp_size, "cores": os.cpu_count(), "systems": results, "aims": found}
    if o.json:
        with open(o.json, "w") as file:
            json.dump(record, file, indent=1)
    if o.plot:
        with open(o.plot, "w") as file:
            file.write(plot(record))
    if o.table:
        with open(o.table, "w") as file:
            file.write(table(results, o))


if __name__ == "__main__":
    main()
