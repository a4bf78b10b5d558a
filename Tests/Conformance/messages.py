# SPDX-License-Identifier: Apache-2.0
"""Messages (section 6 of mycelium-protocol.md) as a Peer sends and receives them."""
import os
import struct
import time
from typing import Any

import wire
from peer import Peer
from wire import Data, Key, Packet

# ---- to a node ----

def deliver(peer: Peer, to: Key, payload: bytes, *, chunks: list[int] | None = None, topic: bytes = b"",
            ident: bytes | None = None, reply: bool = False, patience: float = 2.0,
            tries: int = 3) -> tuple[bool, bytes, dict[str, Any]]:
    """Sends a message with the given chunk sizes. Returns (delivered, ident, plaintexts of the ACKs by stage)."""
    ident = ident or os.urandom(8)
    sizes = wire.split_even(len(payload)) if chunks is None else chunks
    sending = Sending(peer, to, ident, patience, tries)
    init_ack = wire.INIT | wire.ACK | (wire.REPLY if reply else 0)
    if not sending.exchange("init", wire.message_init(ident, len(payload), topic, reply), init_ack):
        return False, ident, sending.acks
    sending.send_chunks(payload, sizes)
    done = sending.exchange("done", wire.message_done(ident, len(sizes), payload), wire.DONE | wire.ACK)
    return done, ident, sending.acks


class Sending:
    """One message under way to a node. Each stage is repeated up to `tries` times in `patience` seconds."""

    def __init__(self, peer: Peer, to: Key, ident: bytes, patience: float, tries: int):
        self.peer, self.to, self.ident = peer, to, ident
        self.patience, self.tries = patience, tries
        self.acks: dict[str, Any] = {}

    def exchange(self, stage: str, content: bytes, flags: int) -> bool:
        """Sends until an answer with these flags comes."""
        def answers(plain: bytes) -> bool:
            return plain[4:12] == self.ident and struct.unpack_from("!H", plain, 12)[0] == flags
        for _ in range(self.tries):
            since = self.peer.mark()
            self.peer.send_user(self.to, wire.USER_MESSAGE, content, 63)
            _, plain = self.peer.wait_user(self.to, wire.USER_MESSAGE, self.patience / self.tries, since, answers)
            if plain:
                self.acks[stage] = plain
                return True
        return False

    def send_chunks(self, payload: bytes, sizes: list[int]) -> None:
        """Sends all chunks, and again those that were not acknowledged."""
        at, since, pending = 0, self.peer.mark(), {}
        for index, size in enumerate(sizes):
            pending[index] = wire.message_chunk(self.ident, index, at, payload[at:at + size])
            at += size
        for _ in range(self.tries):
            for content in list(pending.values()):
                self.peer.send_user(self.to, wire.USER_MESSAGE, content, 63)
            self.await_chunks(pending, since)
            if not pending:
                break
        self.acks["chunks_missing"] = sorted(pending)

    def await_chunks(self, pending: dict[int, bytes], since: int) -> None:
        """Takes the acknowledged chunks out of `pending`."""
        end = time.monotonic() + self.patience / self.tries
        shared = self.peer.key.shared(self.to.public)
        while pending and time.monotonic() < end:
            for packet in self.peer.packets(Data, since):
                plain = wire.unseal(shared, packet.body) if packet.src[:8] == self.to.prefix else b""
                if self.is_chunk_ack(plain):
                    self.acks.setdefault("chunk", plain)
                    pending.pop(struct.unpack_from("!Q", plain, 16)[0], None)
            time.sleep(0.05)

    def is_chunk_ack(self, plain: bytes) -> bool:
        return (len(plain) >= 40 and plain[1] == wire.USER_MESSAGE and plain[4:12] == self.ident
                and plain[12:14] == b"\x11\x00")


# ---- from a node ----

def collect(peer: Peer, sender: Key, seconds: float = 10, since: int = 0) -> dict[str, Any] | None:
    """Receives one message, acknowledging each stage. None when not even its INIT comes.

    The result has ident, flags, topic, size and hops of the INIT; payload, digest, count and chunk sizes once DONE
    came; and by stage (init, chunk, done) the first plaintext, raw packet and raw acknowledgement (plain, raw, acks).
    """
    got: dict[str, Any] = {"chunks": {}, "plain": {}, "raw": {}, "acks": {}}
    at, end = since, time.monotonic() + seconds
    while time.monotonic() < end:
        now = peer.mark()
        for _, packet in peer.inbox[at:now]:
            plain = open_message(peer, sender, packet)
            if plain and take(peer, sender, got, packet, plain):
                return got
        at = now
        time.sleep(0.02)
    return got if "size" in got else None


def open_message(peer: Peer, sender: Key, packet: Packet) -> bytes | None:
    """Plaintext of a message packet from `sender`."""
    if not isinstance(packet, Data) or packet.src[:8] != sender.prefix:
        return None
    try:
        plain = wire.unseal(peer.key.shared(sender.public), packet.body)
    except Exception:
        return None
    return plain if plain[1] == wire.USER_MESSAGE else None


def take(peer: Peer, sender: Key, got: dict[str, Any], packet: Data, plain: bytes) -> bool:
    """Adds one message packet to `got` and acknowledges it. True when the message is complete."""
    ident, (flags,), body = plain[4:12], struct.unpack_from("!H", plain, 12), plain[16:]
    if got.setdefault("ident", ident) != ident or flags & wire.ACK:
        return False

    def acknowledge(stage: str, content: bytes) -> None:
        got["plain"].setdefault(stage, plain)
        got["raw"].setdefault(stage, packet.raw)
        raw = peer.send_user(sender, wire.USER_MESSAGE, wire.message(ident, flags | wire.ACK, content), 63)
        got["acks"].setdefault(stage, raw)
    if flags & wire.INIT:
        got["size"], topic = struct.unpack_from("!QB", body)
        got["flags"], got["topic"], got["hops"] = flags, body[9:9 + topic], packet.hops
        acknowledge("init", body[:9])
    elif flags & wire.CHUNK:
        index, offset, size = struct.unpack_from("!QQQ", body)
        got["chunks"][index] = (offset, body[24:24 + size])
        acknowledge("chunk", body[:24])
    elif flags & wire.DONE:
        chunks = [got["chunks"][index][1] for index in sorted(got["chunks"])]
        got["count"], got["digest"] = struct.unpack_from("!Q", body)[0], body[8:40]
        got["payload"], got["sizes"] = b"".join(chunks), [len(chunk) for chunk in chunks]
        acknowledge("done", body[:40])
        return True
    return False
