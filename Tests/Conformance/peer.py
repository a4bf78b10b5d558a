# SPDX-License-Identifier: Apache-2.0
"""A Mycelium peer on one TCP connection, played in Python: sends and receives framed packets and logs them."""
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import wire
from node import LISTEN_PORT, Space
from wire import Data, Hello, Ihu, Key, Packet, RouteRequest


class Peer:
    """Reads on a thread. `inbox` holds (time, packet); helpers wait for packets with given field values."""

    def __init__(self, sock: socket.socket, key: Key, *, tail: bytes | None = None, zone: bytes = b"\0\0",
                 announce: bool = True, answer_hello: bool = True, answer_requests: bool = True):
        self.sock, self.key = sock, key
        self.rid = wire.router_id(key.public, tail, zone)
        self.seqno = 0
        self.answer_hello, self.answer_requests = answer_hello, answer_requests
        self.hello_seqno = 0
        self.inbox: list[tuple[float, Packet]] = []
        self.stream = bytearray()  # everything received
        self.closed_at: float | None = None
        self.error: Exception | None = None
        self.born = time.monotonic()
        self._news = threading.Condition()
        self._write = threading.Lock()
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(None)
        threading.Thread(target=self._read, daemon=True).start()
        if announce:
            self.announce()

    # -- connection --

    @classmethod
    def connect(cls, space: Space, key: Key, *, address: str = "::1", port: int = LISTEN_PORT,
                **options: Any) -> "Peer":
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with space.inside():
            sock = socket.socket(family, socket.SOCK_STREAM)
        sock.settimeout(5)
        sock.connect((address, port))
        return cls(sock, key, **options)

    def close(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    @property
    def alive(self) -> bool:
        return self.closed_at is None

    def _read(self) -> None:
        rest = b""
        try:
            while True:
                piece = self.sock.recv(65536)
                if not piece:
                    break
                now = time.monotonic()
                self.stream += piece
                packets, rest = wire.split(rest + piece)
                for packet in packets:
                    with self._news:
                        self.inbox.append((now, packet))
                        self._news.notify_all()
                    self._react(packet)
        except (OSError, ValueError, KeyError, struct.error) as error:
            self.error = error
        with self._news:
            self.closed_at = time.monotonic()
            self._news.notify_all()

    def _react(self, packet: Packet) -> None:
        if isinstance(packet, Hello) and self.answer_hello:
            self.send(wire.ihu(96))
        elif isinstance(packet, RouteRequest) and self.answer_requests and packet.prefix[:8] == self.key.prefix:
            self.announce()

    # -- sending --

    def send(self, raw: bytes) -> None:
        with self._write:
            try:
                self.sock.sendall(raw)
            except OSError as error:
                self.error = self.error or error

    def send_hello(self) -> None:
        self.send(wire.hello(self.hello_seqno))
        self.hello_seqno = self.hello_seqno + 1 & 0xFFFF

    def announce(self, metric: int = 0, seqno: int | None = None) -> None:
        """An Update for our own prefix."""
        self.send(wire.update(self.key.prefix, self.seqno if seqno is None else seqno, metric, self.rid))

    def relay(self, origin_rid: bytes, prefix: bytes, metric: int, seqno: int = 0, **options: int) -> None:
        """An Update for somebody else's prefix."""
        self.send(wire.update(prefix, seqno, metric, origin_rid, **options))

    def retract(self, prefix: bytes, seqno: int | None = None) -> None:
        self.send(wire.update(prefix, self.seqno if seqno is None else seqno, wire.INFINITE, self.rid))

    def send_user(self, to: Key, kind: int, content: bytes, hops: int = 64, nonce: bytes | None = None,
                  src: bytes | None = None) -> bytes:
        """Sends an end-to-end body; returns the packet."""
        body = wire.seal(self.key.shared(to.public), wire.user(kind, content), nonce)
        raw = wire.data(src or self.key.address, to.address, hops, body)
        self.send(raw)
        return raw

    def send_ip(self, to: Key, ip: bytes, hops: int | None = None, nonce: bytes | None = None) -> bytes:
        """Sends an IPv6 packet; the outer hop limit is the inner one unless given."""
        return self.send_user(to, wire.USER_IP, ip, ip[7] if hops is None else hops, nonce)

    # -- receiving --

    def mark(self) -> int:
        """How many packets came so far; as `since` it leaves those out."""
        with self._news:
            return len(self.inbox)

    def packets(self, kind: type = object, since: int = 0, **match: Any) -> list[Any]:
        with self._news:
            return [p for _, p in self.inbox[since:] if _fits(p, kind, match)]

    def times(self, kind: type = object, since: int = 0, **match: Any) -> list[float]:
        with self._news:
            return [t for t, p in self.inbox[since:] if _fits(p, kind, match)]

    def wait(self, kind: type = object, seconds: float = 2.0, since: int = 0, **match: Any) -> Any:
        """First packet of this kind and field values; None when it does not come in time."""
        end = time.monotonic() + seconds
        with self._news:
            while True:
                for _, packet in self.inbox[since:]:
                    if _fits(packet, kind, match):
                        return packet
                left = end - time.monotonic()
                if left <= 0 or (self.closed_at and left < seconds - 0.3):
                    return None
                self._news.wait(min(left, 0.5))

    def wait_user(self, other: Key, kind: int, seconds: float = 2.0, since: int = 0,
                  test: Callable[[bytes], bool] = lambda plain: True) -> tuple[Data | None, bytes | None]:
        """First data packet from `other`'s /64 that opens with our key and holds this user type; its plaintext."""
        shared = self.key.shared(other.public)

        def good(packet: Data) -> bool:
            if packet.src[:8] != other.prefix:
                return False
            try:
                plain = wire.unseal(shared, packet.body)
            except Exception:
                return False
            return plain[1] == kind and test(plain)
        packet = self.wait(Data, seconds, since, _test=good)
        return (packet, wire.unseal(shared, packet.body)) if packet else (None, None)

    def wait_closed(self, seconds: float) -> float | None:
        """Seconds until the node closed the link, or None."""
        start = time.monotonic()
        with self._news:
            while self.closed_at is None and time.monotonic() - start < seconds:
                self._news.wait(0.2)
        return None if self.closed_at is None else max(0.0, self.closed_at - start)

    def responsive(self, seconds: float = 2.0) -> bool:
        """True when the node answers a Hello on this link."""
        since = self.mark()
        self.send_hello()
        return self.wait(Ihu, seconds, since) is not None


def _fits(packet: Packet, kind: type, match: dict[str, Any]) -> bool:
    """True for a packet of this kind whose fields hold these values; `_test` is a predicate on the packet."""
    if not isinstance(packet, kind):
        return False
    for name, value in match.items():
        if name == "_test":
            if not value(packet):
                return False
        elif getattr(packet, name, None) != value:
            return False
    return True


class Listener:
    """Accepts TCP connections inside a namespace and turns each into a Peer."""

    def __init__(self, space: Space, key: Key, *, address: str = "::1", port: int = 20001, **options: Any):
        self.key, self.options = key, options
        self.accepted: list[tuple[float, Peer]] = []
        with space.inside():
            self.sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, port))
        self.sock.listen(8)
        self._news = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            with self._news:
                self.accepted.append((time.monotonic(), Peer(sock, self.key, **self.options)))
                self._news.notify_all()

    def wait(self, count: int = 1, seconds: float = 10) -> Peer | None:
        """The peer of the count-th connection."""
        end = time.monotonic() + seconds
        with self._news:
            while len(self.accepted) < count and time.monotonic() < end:
                self._news.wait(0.2)
            return self.accepted[count - 1][1] if len(self.accepted) >= count else None

    def close(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
        for _, peer in self.accepted:
            peer.close()
