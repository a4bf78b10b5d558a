# SPDX-License-Identifier: Apache-2.0
"""A few routers in network namespaces of our own, joined by veth pairs: which system is started how, and where it answers.

Programs are named by environment variables (HYPHA, YARDSTICK, YARDSTICK_OPENSSL, RELAY, MYCELIUM, YGGDRASIL, WIREGUARD_GO, NEBULA, NEBULA_CERT) or found on the path.
Needs root. Everything is taken down at the end, processes by the ids recorded here.
"""
from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

TUN = "ov"  # name of the tunnel device on every node


def sh(*words: str, text: str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(words, input=text, capture_output=True, text=True)


def program(variable: str, default: str) -> str:
    return os.environ.get(variable, default)


def chain(hops: int) -> list[tuple[str, str]]:
    """A and B with so many nodes in a line between them, as links (dialler, listener)."""
    return {0: [("A", "B")], 1: [("A", "M"), ("B", "M")], 3: [("A", "M"), ("N", "M"), ("N", "O"), ("B", "O")]}[hops]


class Lab:
    """Nodes with one-letter names and links (dialler, listener); as a context manager it cleans up after itself."""
    count = 0

    def __init__(self, links: list[tuple[str, str]]):
        self.links = links
        self.listeners = sorted({b for _, b in links} - {a for a, _ in links})
        self.nodes = self.listeners + sorted({a for a, _ in links})  # in starting order
        self.processes: dict[str, subprocess.Popen] = {}
        self.helpers: list[subprocess.Popen] = []
        self.folder = Path(tempfile.mkdtemp(prefix="lab-"))
        Lab.count += 1
        self.tag = f"lab{os.getpid()}x{Lab.count}"

    def __enter__(self) -> Lab:
        for node in self.nodes:
            sh("ip", "netns", "add", self.space(node))
            self.ip(node, "link", "set", "dev", "lo", "up")
            (self.folder / node).mkdir()
        for dialler, listener in self.links:
            sh("ip", "link", "add", f"to{listener}", "netns", self.space(dialler), "type", "veth",
               "peer", "name", f"to{dialler}", "netns", self.space(listener))
            for node, other in ((dialler, listener), (listener, dialler)):
                self.ip(node, "-6", "addr", "add", self.address(node, other) + "/64", "dev", f"to{other}", "nodad")
                self.ip(node, "link", "set", "dev", f"to{other}", "up")
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.helpers, *self.processes.values()]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        for node in self.nodes:
            sh("ip", "netns", "del", self.space(node))
        sh("rm", "-rf", str(self.folder))

    def space(self, node: str) -> str:
        return self.tag + node

    def ip(self, node: str, *words: str) -> str:
        return sh("ip", "-n", self.space(node), *words).stdout

    def run(self, node: str, *words: str) -> subprocess.CompletedProcess:
        return sh("ip", "netns", "exec", self.space(node), *words)

    def start(self, node: str, *words: str) -> None:
        """The router of a node; its output goes to NODE/log."""
        self.processes[node] = self.spawn(node, *words)

    def helper(self, node: str, *words: str, **options: object) -> subprocess.Popen:
        self.helpers.append(self.spawn(node, *words, **options))
        return self.helpers[-1]

    def spawn(self, node: str, *words: str, **options: object) -> subprocess.Popen:
        with open(self.folder / node / "log", "a") as log:
            streams = {"stdout": log, "stderr": log, **options}
            return subprocess.Popen(["ip", "netns", "exec", self.space(node), *words], stdin=subprocess.DEVNULL, **streams)

    def address(self, node: str, other: str) -> str:
        """Underlay address of a node on its link to another: fd9N::1 for the dialler, fd9N::9 for the listener."""
        for number, (dialler, listener) in enumerate(self.links):
            if {node, other} == {dialler, listener}:
                return f"fd9{number}::{1 if node == dialler else 9}"
        raise KeyError((node, other))

    def peers(self, node: str) -> list[str]:
        """Underlay addresses that a node dials."""
        return [self.address(listener, node) for dialler, listener in self.links if dialler == node]

    def neighbours(self, node: str) -> list[str]:
        return [b if a == node else a for a, b in self.links if node in (a, b)]

    def first_step(self, node: str, target: str) -> str:
        """The neighbour by which a node reaches another."""
        reached = {target: target}
        for at in (queue := [target]):
            for nearer in self.neighbours(at):
                if nearer not in reached:
                    reached[nearer] = at
                    queue.append(nearer)
        return reached[node]

    def log(self, node: str) -> str:
        return (self.folder / node / "log").read_text(errors="replace")


class System:
    """A way to connect the nodes of a lab. `hops`: it can relay; `direct`: it works without a relay."""
    hops, direct = True, True

    def start(self, lab: Lab) -> None:
        for node in lab.nodes:
            if node not in lab.listeners and lab.listeners[-1] == list(lab.processes)[-1]:
                time.sleep(1)  # listeners first
            lab.start(node, *self.command(lab, node))

    def command(self, lab: Lab, node: str) -> list[str]:
        raise NotImplementedError

    def address(self, lab: Lab, node: str) -> str:
        for _ in range(100):
            found = re.search(r"inet6 ([0-9a-f:]+)/\d+ scope global", lab.ip(node, "-6", "addr", "show", "dev", TUN))
            if found:
                return found[1]
            time.sleep(0.1)
        raise RuntimeError(f"{node} has no overlay address: {lab.log(node)[-300:]}")


class Bare(System):
    """No tunnel: the kernel forwards. The ceiling of the test itself."""

    def start(self, lab: Lab) -> None:
        for node in lab.nodes:
            lab.run(node, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
        for node in lab.nodes:
            for a, b in lab.links:
                if node not in (a, b):
                    step = lab.first_step(node, a)
                    lab.ip(node, "-6", "route", "add", lab.address(a, b) + "/64", "via", lab.address(step, node))

    def address(self, lab: Lab, node: str) -> str:
        return lab.address(node, lab.neighbours(node)[0])


class Hypha(System):
    def __init__(self, carrier: str):
        self.carrier, self.port = carrier, {"udp": 9652, "tcp": 9651}[carrier]

    def command(self, lab: Lab, node: str) -> list[str]:
        words = [program("HYPHA", "hypha"), "run", "--config", "/dev/null", "--state-dir", str(lab.folder / node), "--tun-name", TUN, "--no-discovery"]
        if self.carrier == "tcp":
            words += ["--listen", "tcp://[::]:9651"]  # and no UDP, so the link stays on TCP
        for peer in lab.peers(node):
            words += ["--peer", f"{self.carrier}://[{peer}]:{self.port}"]
        return words


class Mycelium(System):
    def __init__(self, carrier: str):
        self.carrier = carrier

    def command(self, lab: Lab, node: str) -> list[str]:
        words = [program("MYCELIUM", "mycelium"), "-k", str(lab.folder / node / "key"), "--tun-name", TUN, "--disable-peer-discovery"]
        peers = [f"{self.carrier}://[{peer}]:9651" for peer in lab.peers(node)]
        return words + (["--peers", *peers] if peers else [])


class Yggdrasil(System):
    def command(self, lab: Lab, node: str) -> list[str]:
        peers = ",".join(f'"tcp://[{peer}]:6001"' for peer in lab.peers(node))
        config = lab.folder / node / "yggdrasil.conf"
        config.write_text('{"Listen":["tcp://[::]:6001"],"Peers":[%s],"AdminListen":"none","IfName":"%s","MulticastInterfaces":[]}' % (peers, TUN))
        return [program("YGGDRASIL", "yggdrasil"), "-useconffile", str(config)]


class Fixed(System):
    """Systems without addresses of their own: fd98::N on the tunnel; direct links only."""
    hops, mtu = False, 1380

    def address(self, lab: Lab, node: str) -> str:
        return f"fd98::{lab.nodes.index(node) + 1}"

    def device(self, node: str) -> str:
        return TUN

    def configure(self, lab: Lab, node: str) -> None:
        for _ in range(50):
            if self.device(node) in lab.ip(node, "-br", "link"):
                break
            time.sleep(0.1)
        lab.ip(node, "link", "set", "dev", self.device(node), "mtu", str(self.mtu), "up")
        lab.ip(node, "-6", "addr", "add", self.address(lab, node) + "/64", "dev", self.device(node), "nodad")


class Yardstick(Fixed):
    def __init__(self, carrier: str, build: str = "yardstick"):
        self.carrier, self.build = carrier, build

    def start(self, lab: Lab) -> None:
        (dialler, listener), = lab.links
        for node, other, role in ((listener, dialler, "listen"), (dialler, listener, "connect")):
            towards = lab.address(other, node)
            if self.carrier == "tcp":
                towards = lab.address(listener, dialler)
            lab.start(node, program(self.build.upper().replace("-", "_"), self.build), TUN, self.carrier, role, towards, "7001")
            time.sleep(0.3)
        for node in (dialler, listener):
            self.configure(lab, node)


class RelayedYardstick(Yardstick):
    """Two yardsticks over UDP with a bare relay in user space on every node between them: what a hop in user space costs at the least."""
    hops, direct = True, False

    def start(self, lab: Lab) -> None:
        for node in lab.nodes:
            others = lab.neighbours(node)
            if len(others) == 2:
                lab.start(node, program("RELAY", "relay"), "7001", *(lab.address(other, node) for other in others))
        for node in "AB":
            other, = lab.neighbours(node)
            lab.start(node, program(self.build.upper(), self.build), TUN, "udp", "connect", lab.address(other, node), "7001")
        for node in "AB":
            self.configure(lab, node)


class WireguardGo(Fixed):
    mtu = 1420

    def device(self, node: str) -> str:
        return TUN + node  # its control sockets share one folder across namespaces, so one lab at a time

    def start(self, lab: Lab) -> None:
        (dialler, listener), = lab.links
        public = {}
        for node in lab.nodes:
            secret = sh("wg", "genkey").stdout
            (lab.folder / node / "key").write_text(secret)
            public[node] = sh("wg", "pubkey", text=secret).stdout.strip()
            lab.start(node, "env", "WG_PROCESS_FOREGROUND=1", program("WIREGUARD_GO", "wireguard-go"), "-f", self.device(node))
        time.sleep(1.5)
        for node, other in ((dialler, listener), (listener, dialler)):
            lab.run(node, "wg", "set", self.device(node), "private-key", str(lab.folder / node / "key"), "listen-port", "5001", "peer", public[other],
                    "allowed-ips", self.address(lab, other) + "/128", "endpoint", f"[{lab.address(other, node)}]:5001")
            self.configure(lab, node)


class Nebula(Fixed):
    """Release 1.10 or later (IPv6 overlay)."""

    def start(self, lab: Lab) -> None:
        (dialler, listener), = lab.links
        cert, keys = program("NEBULA_CERT", "nebula-cert"), lab.folder
        subprocess.run([cert, "ca", "-version", "2", "-name", "lab", "-duration", "24h"], cwd=keys, capture_output=True)
        for node in lab.nodes:
            subprocess.run([cert, "sign", "-version", "2", "-name", node, "-networks", self.address(lab, node) + "/64"], cwd=keys, capture_output=True)
            lighthouse = node == listener
            (keys / node / "config.yml").write_text(
                f"pki: {{ca: {keys}/ca.crt, cert: {keys}/{node}.crt, key: {keys}/{node}.key}}\n"
                f'static_host_map: {{"{self.address(lab, listener)}": ["[{lab.address(listener, dialler)}]:4242"]}}\n'
                f"lighthouse: {{am_lighthouse: {str(lighthouse).lower()}, hosts: [{'' if lighthouse else repr(self.address(lab, listener))}]}}\n"
                'listen: {host: "::", port: 4242}\n'
                f"tun: {{dev: {TUN}, mtu: 1300}}\n"
                "firewall: {outbound: [{port: any, proto: any, host: any}], inbound: [{port: any, proto: any, host: any}]}\n")
            lab.start(node, program("NEBULA", "nebula"), "-config", str(keys / node / "config.yml"))
            time.sleep(0.7)


SYSTEMS = {
    "bare": Bare(), "yardstick-udp": Yardstick("udp"), "yardstick-tcp": Yardstick("tcp"),
    "yardstick-openssl-udp": Yardstick("udp", "yardstick-openssl"), "yardstick-openssl-tcp": Yardstick("tcp", "yardstick-openssl"),
    "relay-udp": RelayedYardstick("udp"),
    "hypha-udp": Hypha("udp"), "hypha-tcp": Hypha("tcp"),
    "mycelium-tcp": Mycelium("tcp"), "mycelium-quic": Mycelium("quic"),
    "yggdrasil": Yggdrasil(), "wireguard-go": WireguardGo(), "nebula": Nebula(),
}


def reachable(lab: Lab, node: str, target: str, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if lab.run(node, "ping", "-6", "-c1", "-W1", "-q", target).returncode == 0:
            return True
        time.sleep(0.1)
    return False
