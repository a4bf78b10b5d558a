# SPDX-License-Identifier: Apache-2.0
"""What the attacker does. A case builds `attack(stop)`, which works until `stop` is set and returns how many packets it sent."""
import itertools
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator

import wire
from scene import Scene
from peer import Peer
from wire import Key

CASES: dict[str, Callable[[Scene], str]] = {}
SECONDS = 5.0
BATCH = 64  # packets in one write


def case(function: Callable[[Scene], str]) -> Callable[[Scene], str]:
    CASES[function.__name__] = function
    return function


def need(condition: object, detail: str) -> None:
    if not condition:
        raise AssertionError(detail)


def judge(scene: Scene, attack: Callable, seconds: float = SECONDS) -> str:
    """Watches an attack, and fails when one of the bounds of the README is broken."""
    found = scene.watch(attack, seconds)
    need(not found.problems(), f"{', '.join(found.problems())} ({found})")
    scene.check_alive()
    return str(found)


def flood(scene: Scene, packets: Iterator[bytes], *, batch: int = BATCH) -> Callable:
    """Sends packets as fast as the node takes them, over a new link whenever it closes one."""
    def attack(stop) -> int:
        sent, peer = 0, None
        while not stop.is_set():
            try:
                if peer is None or not peer.alive:
                    peer = scene.attacker(answer_hello=False, answer_requests=False)
                peer.sock.settimeout(0.5)
                peer.sock.sendall(b"".join(itertools.islice(packets, batch)))
                sent += batch
            except (OSError, AssertionError):
                peer = None
                stop.wait(0.05)
            if peer is not None:
                peer.inbox.clear()
                peer.stream.clear()
        return sent
    return attack


def connections(scene: Scene, use: Callable[[socket.socket], None]) -> Callable:
    """One connection after the other; `use` writes to it."""
    def attack(stop) -> int:
        count = 0
        while not stop.is_set():
            try:
                with open_link(scene) as link:
                    use(link)
                    count += 1
            except OSError:
                stop.wait(0.02)
        return count
    return attack


def open_link(scene: Scene, timeout: float = 1.0) -> socket.socket:
    with scene.attacker_space.inside():
        link = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    link.settimeout(timeout)
    try:
        link.connect((scene.attacker_address(), 9651))
    except OSError:
        link.close()
        raise
    return link


def random_prefix() -> bytes:
    return bytes([0x04]) + os.urandom(7)


def random_rid() -> bytes:
    return os.urandom(32) + bytes(2) + os.urandom(6)


def owned_update() -> bytes:
    """An Update as a node would send it: the subnet belongs to the key in the router id."""
    rid = random_rid()
    return wire.update(wire.derive_address(rid[:32])[:8], 1, 10, rid)


# ---- streams ----

@case
def garbage(scene: Scene) -> str:
    """Random bytes on one connection after the other."""
    return judge(scene, connections(scene, lambda link: link.sendall(os.urandom(2000))))


@case
def truncated_frames(scene: Scene) -> str:
    """Half a frame, then the end of the connection."""
    whole = wire.update(random_prefix(), 1, 10, random_rid())

    def use(link: socket.socket) -> None:
        link.sendall(whole[:1 + os.urandom(1)[0] % (len(whole) - 1)])
    return judge(scene, connections(scene, use))


@case
def slow_bytes(scene: Scene) -> str:
    """Fifty connections, a byte each now and then."""
    def attack(stop) -> int:
        links, sent = [open_link(scene) for _ in range(50)], 0
        text = wire.update(random_prefix(), 1, 10, random_rid()) * 100
        for byte in text:
            if stop.wait(0.05):
                break
            for link in links:
                try:
                    link.send(bytes([byte]))
                    sent += 1
                except OSError:
                    pass  # the node may close it
        for link in links:
            link.close()
        return sent
    return judge(scene, attack)


@case
def idle_connections(scene: Scene) -> str:
    """A thousand connections that say nothing."""
    def attack(stop) -> int:
        links = []
        for _ in range(1000):
            try:
                links.append(open_link(scene, 0.5))
            except OSError:
                pass
            if stop.is_set():
                break
        opened = len(links)
        stop.wait()
        for link in links:
            link.close()
        return opened
    return judge(scene, attack, 12)


@case
def endless_frame(scene: Scene) -> str:
    """Data packets of the greatest length to one who never reads."""
    packet = wire.data(random_prefix() + bytes(8), scene.node.key.address, 64, bytes(65535))
    return judge(scene, flood(scene, itertools.repeat(packet), batch=2))


@case
def deaf_reader(scene: Scene) -> str:
    """Asks for everything and reads nothing."""
    def attack(stop) -> int:
        link, sent = open_link(scene), 0
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = wire.wildcard_request() + wire.route_request(scene.node.key.prefix)
        while not stop.is_set():
            try:
                link.sendall(request * 16)
                sent += 32
            except OSError:
                link.close()
                stop.wait(0.1)
                try:
                    link = open_link(scene)
                except OSError:
                    pass
        link.close()
        return sent
    return judge(scene, attack)


# ---- floods of control packets ----

@case
def updates(scene: Scene) -> str:
    """Updates for random keys, each with the subnet of its key."""
    return judge(scene, flood(scene, (owned_update() for _ in itertools.count())))


@case
def retractions(scene: Scene) -> str:
    """Updates for random keys, each taken back at once: everything stays in the tables for a while."""
    def packets() -> Iterator[bytes]:
        while True:
            rid = random_rid()
            prefix = wire.derive_address(rid[:32])[:8]
            yield wire.update(prefix, 1, 10, rid)
            yield wire.update(prefix, 1, wire.INFINITE, rid)
    return judge(scene, flood(scene, packets()))


@case
def foreign_updates(scene: Scene) -> str:
    """Updates for subnets that do not belong to their keys."""
    return judge(scene, flood(scene, (wire.update(random_prefix(), 1, 10, random_rid()) for _ in itertools.count())))


@case
def route_requests(scene: Scene) -> str:
    """Route requests for random subnets."""
    return judge(scene, flood(scene, (wire.route_request(random_prefix()) for _ in itertools.count())))


@case
def seqno_requests(scene: Scene) -> str:
    """Seqno requests: random ones, and ones that always ask the node for more."""
    def packets() -> Iterator[bytes]:
        rid, other = scene.router_id(scene.node), scene.router_id(scene.right)
        for number in itertools.count():
            yield wire.seqno_request(random_prefix(), number & 0xFFFF, random_rid())
            yield wire.seqno_request(scene.node.key.prefix, number & 0xFFFF, rid)
            yield wire.seqno_request(scene.right.key.prefix, number & 0xFFFF, other)
    return judge(scene, flood(scene, packets()))


@case
def wildcard_requests(scene: Scene) -> str:
    """Requests for everything the node knows."""
    return judge(scene, flood(scene, itertools.repeat(wire.wildcard_request())))


@case
def hellos(scene: Scene) -> str:
    """Hellos without end."""
    return judge(scene, flood(scene, (wire.hello(n & 0xFFFF) for n in itertools.count())))


@case
def ihus(scene: Scene) -> str:
    """Answers that nobody asked for."""
    return judge(scene, flood(scene, itertools.repeat(wire.ihu(96))))


@case
def flapping_route(scene: Scene) -> str:
    """One route that comes and goes, each time with a newer number."""
    key = Key.random()

    def packets() -> Iterator[bytes]:
        for number in itertools.count():
            yield wire.update(key.prefix, number & 0xFFFF, 10 if number % 2 else wire.INFINITE, wire.router_id(key.public, bytes(6)))
    return judge(scene, flood(scene, packets()))


@case
def changing_metric(scene: Scene) -> str:
    """One route whose metric jumps."""
    key, rid = Key.random(), None
    rid = wire.router_id(key.public, bytes(6))
    packets = (wire.update(key.prefix, (n >> 3) & 0xFFFF, 1 + (n * 7919) % 5000, rid) for n in itertools.count())
    return judge(scene, flood(scene, packets))


@case
def stolen_subnet(scene: Scene) -> str:
    """Updates for the subnet of an honest node, with another key."""
    rid = random_rid()
    packets = (wire.update(scene.right.key.prefix, n & 0xFFFF, 1, rid) for n in itertools.count())
    return judge(scene, flood(scene, packets))


# ---- floods of data ----

@case
def data_to_unknown(scene: Scene) -> str:
    """Data for subnets that nobody has: each makes the node search."""
    def packets() -> Iterator[bytes]:
        source = random_prefix() + os.urandom(8)
        while True:
            yield wire.data(source, random_prefix() + bytes(8), 64, os.urandom(60))
    return judge(scene, flood(scene, packets()))


@case
def data_from_unknown(scene: Scene) -> str:
    """Data for the node from senders whose key nobody knows."""
    def packets() -> Iterator[bytes]:
        while True:
            yield wire.data(random_prefix() + os.urandom(8), scene.node.key.address, 64, os.urandom(60))
    return judge(scene, flood(scene, packets()))


@case
def data_without_hops(scene: Scene) -> str:
    """Data in transit whose hop limit is used up: each may cause an error message."""
    def packets() -> Iterator[bytes]:
        while True:
            yield wire.data(random_prefix() + os.urandom(8), scene.right.key.address, 1, os.urandom(60))
    return judge(scene, flood(scene, packets()))


# ---- descriptors ----

@case
def descriptor_limit(scene: Scene) -> str:
    """More connections than the node may have descriptors; afterwards it takes new ones."""
    limit = len(os.listdir(f"/proc/{scene.node.pid}/fd")) + 12
    os.system(f"prlimit --pid {scene.node.pid} --nofile={limit}")

    def attack(stop) -> int:
        links = []
        for _ in range(100):
            try:
                links.append(open_link(scene, 0.3))
            except OSError:
                pass
        stop.wait()
        for link in links:
            link.close()
        return len(links)
    found = scene.watch(attack, SECONDS)
    need(not found.problems(), f"{', '.join(found.problems())} ({found})")
    need(found.cpu_share < 0.3, f"spins at the limit: {found}")
    end = time.monotonic() + 5
    while True:
        try:
            scene.check_alive()
            return str(found)
        except (AssertionError, OSError) as error:
            need(time.monotonic() < end, f"takes no new link after the flood: {error}")
            time.sleep(0.2)
