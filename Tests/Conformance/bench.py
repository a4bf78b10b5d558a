# SPDX-License-Identifier: Apache-2.0
"""What a case works with: nodes, peers, checks, common actions, recorded packets."""
import base64
import socket
import struct
import subprocess
import threading
import time
from typing import Any

import wire
from node import LISTEN_PORT, Adapter, Node, Space
from peer import Listener, Peer
from wire import Data, Ihu, Key, Update, named_key


class Skip(Exception):
    """The case cannot be run here, or the node lacks what it is about."""


def need(condition: Any, detail: str) -> None:
    if not condition:
        raise AssertionError(detail)


def same(got: Any, want: Any, what: str) -> None:
    if got != want:
        raise AssertionError(f"{what}: got {show(got)}, expected {show(want)}")


def show(value: Any) -> str:
    return value.hex() if isinstance(value, (bytes, bytearray)) else repr(value)


def key_of(key: Key | str) -> Key:
    """A key, or a test identity by its letter."""
    return key if isinstance(key, Key) else named_key(key)


class Bench:
    """Handed to each case: makes nodes and peers, and takes them away afterwards."""
    vectors: dict[str, dict] = {}
    lock = threading.Lock()

    def __init__(self, adapter: Adapter, strict: bool = False):
        self.adapter = adapter
        self.original = adapter.name == "original" and not strict
        self.cleanups: list = []

    def close(self) -> None:
        for step in reversed(self.cleanups):
            try:
                step()
            except Exception:
                pass  # one failed step must not keep the others from running

    # -- what a case is made of --

    def node(self, key: Key | str = "A", **options: Any) -> Node:
        node = Node(self.adapter, key_of(key), **options)
        self.cleanups.append(node.remove)
        return node

    def space(self) -> Space:
        space = Space()
        self.cleanups.append(space.remove)
        return space

    def peer(self, node: Node, key: Key | str = "B", **options: Any) -> Peer:
        """A TCP link to the node; returns once its first Update is there."""
        peer = Peer.connect(node.space, key_of(key), **options)
        self.cleanups.append(peer.close)
        need(peer.wait(Update, 3), "no first Update")
        return peer

    def listener(self, space: Space, key: str = "B", **options: Any) -> Listener:
        listener = Listener(space, named_key(key), **options)
        self.cleanups.append(listener.close)
        return listener

    def tls_peer(self, node: Node, key: str, *, name: str, secret: bytes, suites: str | None = None) -> Peer:
        """A Peer behind `openssl s_client`, which does the TLS 1.3 external PSK."""
        here, there = socket.socketpair()
        words = ["openssl", "s_client", "-quiet", "-connect", f"[::1]:{LISTEN_PORT}", "-tls1_3",
                 "-psk_identity", name, "-psk", secret.hex()]
        words += ["-ciphersuites", suites] if suites else []
        child = subprocess.Popen(["ip", "netns", "exec", node.space.name, *words],
                                 stdin=there, stdout=there, stderr=subprocess.DEVNULL)
        there.close()
        peer = Peer(here, named_key(key))
        self.cleanups += [peer.close, lambda: (child.terminate(), child.wait(3))]
        return peer

    def quic_peer(self, node: Node, key: str = "B", **options: Any) -> Peer:
        """A QUIC link to the node."""
        QuicPeer = quic_class()
        listening = node.space.run("cat", "/proc/net/udp6") + node.space.run("cat", "/proc/net/udp")
        if not self.original and f":{LISTEN_PORT:04X} " not in listening:
            raise Skip("no QUIC listener")
        peer = QuicPeer(node.space, named_key(key), **options)
        self.cleanups.append(peer.close)
        return peer

    # -- steps --

    def settle(self, *peers: Peer, seconds: float = 0.4) -> Any:
        """Lets earlier packets be processed, then returns a mark for each peer."""
        time.sleep(seconds)
        marks = [peer.mark() for peer in peers]
        return marks[0] if len(marks) == 1 else marks

    def learn(self, peer: Peer, prefix: bytes) -> Update:
        """Makes sure that the node knows the prefix and has told this peer. There is no dump on connect, so ask."""
        for _ in range(5):
            got = peer.wait(Update, 0.3, prefix=prefix)
            if got:
                return got
            peer.send(wire.route_request(prefix))
        raise AssertionError("route not learned")

    def after_bad(self, raw: bytes, wait: float = 0.8) -> str:
        """Sends bad bytes on a fresh link: what became of the link. The node must take a new one afterwards."""
        node = self.node("A")
        peer = self.peer(node, "B")
        self.settle(peer)
        peer.send(raw)
        fate = "closed" if peer.wait_closed(wait) is not None else fate_of_hellos(peer)
        other = self.peer(node, "C")
        need(other.responsive(), f"node takes no new link after {raw.hex()}")
        return fate

    # -- recording --

    def record(self, name: str, note: str, raw: bytes, **more: Any) -> None:
        with self.lock:
            fields = {k: v.hex() if isinstance(v, (bytes, bytearray)) else v for k, v in more.items()}
            self.vectors.setdefault(name, {"name": name, "note": note, "hex": bytes(raw).hex(), **fields})

    def record_sealed(self, name: str, note: str, raw: bytes, sender: str, receiver: str, plain: bytes) -> None:
        """A data packet with everything needed to open it. sender and receiver are letters of test identities."""
        a, b = named_key(sender), named_key(receiver)
        self.record(name, note, raw, src_id=sender, dst_id=receiver, src_public=a.public, dst_public=b.public,
                    key=a.shared(b.public), plain=plain)


def fate_of_hellos(peer: Peer) -> str:
    """Sends four Hellos, one after the other, and says how the link took them."""
    answered = []
    for _ in range(4):
        since = peer.mark()
        peer.send_hello()
        answered.append(peer.wait(Ihu, 0.5, since) is not None)
    if all(answered):
        return "alive"
    if not peer.alive:
        return "closed by the next packet"
    return f"alive, {answered.index(True)} packet(s) lost" if answered[-1] else "open but deaf"


def quic_class() -> type[Peer]:
    """QuicPeer, or Skip when the package that it needs is missing."""
    try:
        from quic import QuicPeer
    except ImportError:
        raise Skip("python package aioquic not installed")
    return QuicPeer


def ping_node(node: Node, peer: Peer, *, seconds: float = 3.0, seq: int = 1,
              nonce: bytes | None = None) -> tuple[bytes, Data | None, bytes | None]:
    """Echo request from the peer: the request as sent, the reply packet and its plaintext (None without a reply)."""
    since = peer.mark()
    sent = peer.send_ip(node.key, wire.echo_request(peer.key.address, node.key.address, seq=seq), nonce=nonce)
    packet, plain = peer.wait_user(node.key, wire.USER_IP, seconds, since, lambda p: is_echo_reply(p[4:], seq))
    return sent, packet, plain


def is_echo_reply(ip: bytes, seq: int) -> bool:
    return ip[40] == 129 and ip[46:48] == struct.pack("!H", seq)


def api(node: Node, method: str, path: str, body: Any = None, timeout: float = 10) -> tuple[int, Any]:
    """REST call below /api/v1: status and decoded answer. A node without the API skips the case."""
    answer = node.api(method, path, body, timeout)
    if answer is None:
        raise Skip("no REST API on 127.0.0.1:8989")
    return answer


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
