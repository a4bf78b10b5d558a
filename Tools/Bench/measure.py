# SPDX-License-Identifier: Apache-2.0
"""What one round of each kind of measurement does with one system: `Bench` is a system that runs in a lab of its own.

All nodes named A and B are ends, all others are transit nodes. Processor time is the routers' alone (/proc/PID/task/*/schedstat, nanoseconds), not that of iperf3 or the kernel's own threads.
"""
from __future__ import annotations

import json
import os
import re
import time

from lab import SYSTEMS, Lab, chain, reachable

PORT = "5999"


class Bench:
    """A system with so many nodes between its two ends, started and idle until asked. `note` says why it cannot be measured."""

    def __init__(self, name: str):
        self.name = name
        base, _, hops = name.partition("@")
        self.system, self.hops, self.note = SYSTEMS[base], int(hops or 0), ""
        self.lab, self.target, self.entered = Lab(chain(self.hops)), "", False

    def __enter__(self) -> Bench:
        if not (self.system.hops if self.hops else self.system.direct):
            self.note = "does not relay" if self.hops else "only relays"
            return self
        self.lab.__enter__()
        self.entered = True
        try:
            self.system.start(self.lab)
            time.sleep(0.3)
            for node, process in self.lab.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{node} ended: {self.lab.log(node).strip()}")
            self.target = self.system.address(self.lab, "B")
            if not reachable(self.lab, "A", self.target):
                self.note = "unreachable: " + self.lab.log("A")[-200:].replace("\n", " ")
        except (OSError, RuntimeError) as error:
            self.note = str(error)[-200:]
        if not self.note:
            self.lab.helper("B", "iperf3", "-s", "-p", PORT)
            time.sleep(0.3)
        return self

    def __exit__(self, *_: object) -> None:
        if self.entered:
            self.lab.__exit__()

    # ---- what the routers cost ----

    def cpu(self) -> dict[str, float]:
        """Processor seconds so far of every node's router."""
        used = {}
        for node, process in self.lab.processes.items():
            used[node] = 0.0
            if process.poll() is None:
                for thread in os.listdir(f"/proc/{process.pid}/task"):
                    with open(f"/proc/{process.pid}/task/{thread}/schedstat") as file:
                        used[node] += int(file.read().split()[0]) / 1e9
        return used

    def spent(self, before: dict[str, float]) -> dict[str, float]:
        """Processor seconds since `before`: of all routers, of an end and of a transit node (means), as far as there are any."""
        now = self.cpu()
        used = {node: now[node] - before[node] for node in now}
        roles = {"": list(used), "end_": [n for n in used if n in "AB"], "transit_": [n for n in used if n not in "AB"]}
        return {role: sum(used[n] for n in nodes) / (len(nodes) if role else 1) for role, nodes in roles.items() if nodes}

    def memory_mib(self) -> tuple[float, float]:
        """Resident memory now and at its peak, of the largest router."""
        found = {"VmRSS": [0.0], "VmHWM": [0.0]}
        for process in self.lab.processes.values():
            if process.poll() is None:
                with open(f"/proc/{process.pid}/status") as file:
                    for line in file:
                        if line[:5] in found:
                            found[line[:5]].append(int(line.split()[1]) / 1024)
        return max(found["VmRSS"]), max(found["VmHWM"])

    # ---- one round of each kind ----

    def iperf(self, seconds: float, *options: str) -> dict:
        words = ["timeout", str(int(seconds) + 20), "iperf3", "-6", "-c", self.target, "-p", PORT, "-t", str(seconds), "--connect-timeout", "3000", "-J", *options]
        try:
            return json.loads(self.lab.run("A", *words).stdout)["end"]
        except (ValueError, KeyError):
            return {}

    def tcp(self, seconds: float, streams: int) -> dict:
        before = self.cpu()
        end = self.iperf(seconds, "-P", str(streams)).get("sum_received")
        if not end or not end["bytes"]:
            return {"gbit_s": 0.0}
        cost = {role + "cpu_s_per_gb": spent / (end["bytes"] / 1e9) for role, spent in self.spent(before).items()}
        return {"gbit_s": end["bits_per_second"] / 1e9, **cost}

    def datagrams(self, seconds: float, size: int) -> dict:
        """Unpaced UDP datagrams of this payload: what arrives of them."""
        before = self.cpu()
        end = self.iperf(seconds, "-u", "-b", "0", "-l", str(size)).get("sum")
        if not end or not end.get("packets"):
            return {"packets_s": 0.0}
        arrived = end["packets"] - end["lost_packets"]
        cost = {role + "cpu_us_per_packet": spent / max(arrived, 1) * 1e6 for role, spent in self.spent(before).items()}
        return {"packets_s": arrived / end["seconds"], "gbit_s": arrived * size * 8 / end["seconds"] / 1e9, "lost": end["lost_packets"] / end["packets"], **cost}

    def ping(self, count: int, interval: float) -> list[float]:
        """Round trips in microseconds."""
        text = self.lab.run("A", "ping", "-6", "-n", "-c", str(count), "-i", str(interval), self.target).stdout
        return [float(found) * 1000 for found in re.findall(r"time=([\d.]+) ms", text)]

    def loaded_ping(self, seconds: float) -> list[float]:
        """Round trips in microseconds beside one TCP stream at full speed, the first half second left out."""
        load = self.lab.helper("A", "iperf3", "-6", "-c", self.target, "-p", PORT, "-t", str(seconds + 1), "--connect-timeout", "3000")
        time.sleep(0.5)
        found = self.ping(int(seconds * 100), 0.01)
        load.wait()
        return found
