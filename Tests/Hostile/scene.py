# SPDX-License-Identifier: Apache-2.0
"""The scene of every case: an attacker and a witness beside three real nodes, and what is measured meanwhile."""
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Conformance"))

import wire  # noqa: E402
from node import ADAPTERS, Node, Space  # noqa: E402
from peer import Peer  # noqa: E402
from wire import Key, Update  # noqa: E402

PING_INTERVAL = 0.02
LOSS_MAX = 0.01
GROWTH_MAX_MIB = 64
LOG_LINES_FREE = 10  # what a node may say about a new situation, beside one line a second
WITNESS_SHARE = 0.1  # of the attacker's packets
WITNESS_RATE = 100  # packets a second that are always allowed


@dataclass
class Findings:
    """What was seen while the attacker was at work."""
    sent: int
    seconds: float
    lost: float
    growth_mib: float
    log_lines: int
    witness_packets: int
    cpu_share: float

    def problems(self) -> list[str]:
        bound = max(self.sent * WITNESS_SHARE, self.seconds * WITNESS_RATE)
        checks = {
            f"{self.lost:.1%} of the pings lost": self.lost < LOSS_MAX,
            f"memory grew by {self.growth_mib:.0f} MiB": self.growth_mib < GROWTH_MAX_MIB,
            f"{self.log_lines} log lines": self.log_lines <= self.seconds + LOG_LINES_FREE,
            f"{self.witness_packets} packets for the witness, at most {bound:.0f}": self.witness_packets <= bound,
        }
        return [text for text, holds in checks.items() if not holds]

    def __str__(self) -> str:
        return (f"{self.sent} sent in {self.seconds:.0f} s; lost {self.lost:.2%}, memory +{self.growth_mib:.0f} MiB, "
                f"{self.log_lines} log lines, {self.witness_packets} packets onwards, cpu {self.cpu_share:.0%}")


class Scene:
    """left - node - right, a witness and an attacker, each in a namespace of its own."""

    def __init__(self, descriptor_limit: int | None = None):
        adapter = ADAPTERS["hypha"]()
        self.spaces = [Space() for _ in range(5)]
        centre, left, right, witness, attacker = self.spaces
        for number, space in enumerate((left, right, witness, attacker), 1):
            centre.join(space, f"fd91:{number}::1/64", f"fd91:{number}::2/64", f"v{number}")
        self.witness_space, self.attacker_space = witness, attacker
        self.nodes: list[Node] = []
        self.peers: list[Peer] = []
        try:
            self.node = Node(adapter, Key.random(), space=centre, tun="hn0")
            self.nodes.append(self.node)
            if descriptor_limit:
                subprocess.run(["prlimit", "--pid", str(self.node.pid), f"--nofile={descriptor_limit}"], check=True)
            for number, space in ((1, left), (2, right)):
                self.nodes.append(Node(adapter, Key.random(), space=space, tun="hn0", peers=[f"tcp://[fd91:{number}::1]:9651"]))
            self.left, self.right = self.nodes[1], self.nodes[2]
            self.witness = self.connect(self.witness_space, 3)
            self.wait_reachable()
        except BaseException:
            self.close()
            raise

    def connect(self, space: Space, number: int, **options: object) -> Peer:
        peer = Peer.connect(space, Key.random(), address=f"fd91:{number}::1", **options)
        self.peers.append(peer)
        if not peer.wait(Update, 3):
            raise AssertionError("no first Update")
        return peer

    def attacker(self, **options: object) -> Peer:
        return self.connect(self.attacker_space, 4, **options)

    def attacker_address(self) -> str:
        return "fd91:4::1"

    def wait_reachable(self, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            words = ["ip", "netns", "exec", self.left.space.name, "ping", "-6", "-c1", "-W1", "-q", self.right.key.ip]
            if subprocess.run(words, capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError("left does not reach right: " + self.node.log()[-300:])

    def close(self) -> None:
        for peer in self.peers:
            peer.close()
        for node in reversed(self.nodes):
            node.remove()
        for space in self.spaces:
            space.remove()

    # -- measuring --

    def watch(self, attack: "object", seconds: float, after: float = 2.0) -> Findings:
        """Runs attack(stop: Event) -> packets sent, for `seconds`, and watches the others meanwhile and a while after."""
        stop, sent = threading.Event(), []
        failure: list[BaseException] = []

        def work() -> None:
            try:
                sent.append(attack(stop))
            except BaseException as error:
                failure.append(error)

        memory, lines = self.memory_mib(), self.log_lines()
        peak, cpu = memory, self.cpu_seconds()
        mark, began = self.witness.mark(), time.monotonic()
        ping = self.start_ping(seconds + after)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        while time.monotonic() - began < seconds:
            time.sleep(0.2)
            peak = max(peak, self.memory_mib())
            if not self.node.alive:
                stop.set()
                raise AssertionError(f"the node ended with {self.node.process.returncode}: {self.node.log()[-400:]}")
        stop.set()
        cpu = (self.cpu_seconds() - cpu) / (time.monotonic() - began)
        thread.join(10)
        if failure:
            raise failure[0]
        time.sleep(after)
        elapsed = time.monotonic() - began
        peak = max(peak, self.memory_mib())
        return Findings(sent=sum(sent), seconds=elapsed, lost=lost_share(ping, self.left.process), growth_mib=peak - memory,
                        log_lines=self.log_lines() - lines, witness_packets=self.witness.mark() - mark, cpu_share=cpu)

    def start_ping(self, seconds: float) -> subprocess.Popen:
        count = int(seconds / PING_INTERVAL)
        words = ["ip", "netns", "exec", self.left.space.name, "ping", "-6", "-n", "-q", "-i", str(PING_INTERVAL),
                 "-c", str(count), "-W", "2", self.right.key.ip]
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def memory_mib(self) -> float:
        with open(f"/proc/{self.node.pid}/statm") as file:
            return int(file.read().split()[1]) * 4 / 1024

    def cpu_seconds(self) -> float:
        with open(f"/proc/{self.node.pid}/stat") as file:
            return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def log_lines(self) -> int:
        return self.node.log().count("\n")

    def router_id(self, node: Node) -> bytes:
        """The router id that a node announces its subnet with."""
        mark = self.witness.mark()
        self.witness.send(wire.route_request(node.key.prefix))
        found = self.witness.wait(Update, 3, mark, prefix=node.key.prefix)
        if not found:
            raise AssertionError("the witness learns no route")
        return found.rid

    def check_alive(self) -> None:
        """The witness kept its link, and a fresh neighbour is served."""
        if not self.witness.alive:
            raise AssertionError("the witness lost its link")
        peer = self.connect(self.witness_space, 3)
        if not peer.responsive():
            raise AssertionError("a fresh neighbour gets no answer")


def lost_share(ping: subprocess.Popen, _: object) -> float:
    try:
        output, _ = ping.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        ping.send_signal(signal.SIGINT)
        output, _ = ping.communicate(timeout=5)
    found = re.search(r"(\d+) packets transmitted, (\d+) received", output)
    if not found:
        raise AssertionError("ping said nothing: " + output[-200:])
    return 1 - int(found[2]) / max(1, int(found[1]))
