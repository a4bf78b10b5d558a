# SPDX-License-Identifier: Apache-2.0
"""Mycelium v0.7.10 wire format: framing, control TLVs, data packets, end-to-end bodies, messages.

Pure functions over bytes; no socket, no clock. Section numbers are those of mycelium-protocol.md.
"""
import ipaddress
import os
import struct
from dataclasses import dataclass, field

from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

INFINITE = 0xFFFF
HELLO, IHU, UPDATE, ROUTE_REQUEST, SEQNO_REQUEST = 4, 5, 8, 9, 10
DATA, CONTROL = 0, 1
USER_IP, USER_MESSAGE, USER_ICMP = 0, 1, 2


# ---- identity (section 1) ----

def derive_address(public: bytes) -> bytes:
    """Overlay address of a public key: BLAKE3 first 16 bytes, byte 0 replaced by 04 or 05."""
    digest = blake3(public).digest()[:16]
    return bytes([0x04 | (bin(digest[0]).count("1") & 1)]) + digest[1:]


class Key:
    """An X25519 identity with its address and /64 prefix (8 bytes)."""

    def __init__(self, secret: bytes):
        self.secret = secret
        self._private = X25519PrivateKey.from_private_bytes(secret)
        self.public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.address = derive_address(self.public)
        self.prefix = self.address[:8]

    @classmethod
    def random(cls) -> "Key":
        return cls(os.urandom(32))

    def shared(self, other_public: bytes) -> bytes:
        """The raw X25519 result, which is the AES-256 key of both directions."""
        return self._private.exchange(X25519PublicKey.from_public_bytes(other_public))

    @property
    def ip(self) -> str:
        return text(self.address)


NAMED_KEYS = {name: bytes.fromhex(secret) for name, secret in {
    "A": "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    "B": "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    "C": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "D": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "E": "e5cce71491d4628d5c92dc226261f9b4f3d12fa0d5844420ec962ea7b7314c26",
    "F": "852a1afb4ff84b9a0125681db28d67cc558e4eb84e4a2665e52e96943758562b",
    "G": "cff2bf7b96d13bb878524d22f159a45c70302aa1237edfd6a5ca46460d70e68f",
    "R": "a0ee6c4fe2ed33f400c6777f6082d652657972c739755db23575a4a3192cb6e8",
}.items()}


def named_key(name: str) -> Key:
    """One of the test identities of section 10.1."""
    return Key(NAMED_KEYS[name])


def router_id(public: bytes, tail: bytes | None = None, zone: bytes = b"\0\0") -> bytes:
    """Public key, zone (2 bytes), tail (6 bytes, random unless given)."""
    return public + zone + (tail if tail is not None else os.urandom(6))


def text(address: bytes) -> str:
    return str(ipaddress.IPv6Address(address))


def subnet_text(prefix: bytes) -> str:
    return f"{ipaddress.IPv6Address(prefix[:8] + bytes(8))}/64"


# ---- framing and control TLVs (sections 3 and 5) ----

def packet(kind: int, body: bytes) -> bytes:
    return bytes([1, kind, 0, 0]) + body


def control_body(tlv: int, value: bytes) -> bytes:
    return struct.pack("!BBHBB", 42, 3, len(value) + 2, tlv, len(value)) + value


def control(tlv: int, value: bytes) -> bytes:
    return packet(CONTROL, control_body(tlv, value))


def hello(seqno: int, interval: int = 2000, flags: int = 0x8000) -> bytes:
    return control(HELLO, struct.pack("!HHH", flags, seqno, interval))


def ihu(rxcost: int, interval: int = 6000) -> bytes:
    return control(IHU, struct.pack("!BBHH", 0, 0, rxcost, interval))


def prefix_bytes(prefix: bytes, length: int) -> bytes:
    return prefix[:(length + 7) // 8]


def update_value(prefix: bytes, seqno: int, metric: int, rid: bytes, length: int = 64, interval: int = 30000,
                 ae: int = 2, flags: int = 0) -> bytes:
    head = struct.pack("!BBBBHHH", ae, flags, length, 0, interval, seqno, metric)
    return head + prefix_bytes(prefix, length) + rid


def update(prefix: bytes, seqno: int, metric: int, rid: bytes, **options: int) -> bytes:
    return control(UPDATE, update_value(prefix, seqno, metric, rid, **options))


def route_request(prefix: bytes, generation: int = 0, length: int = 64, ae: int = 2) -> bytes:
    return control(ROUTE_REQUEST, bytes([generation, ae, length]) + prefix_bytes(prefix, length))


def wildcard_request(generation: int = 0) -> bytes:
    return route_request(b"", generation, 0, 0)


def seqno_request(prefix: bytes, seqno: int, rid: bytes, hops: int = 64, length: int = 64) -> bytes:
    head = struct.pack("!BBHBB", 2, length, seqno, hops, 0)
    return control(SEQNO_REQUEST, head + rid + prefix_bytes(prefix, length))


@dataclass
class Hello:
    flags: int
    seqno: int
    interval: int
    raw: bytes = field(repr=False, default=b"")


@dataclass
class Ihu:
    ae: int
    rxcost: int
    interval: int
    raw: bytes = field(repr=False, default=b"")


@dataclass
class Update:
    ae: int
    flags: int
    length: int
    omitted: int
    interval: int
    seqno: int
    metric: int
    prefix: bytes
    rid: bytes
    raw: bytes = field(repr=False, default=b"")


@dataclass
class RouteRequest:
    generation: int
    ae: int
    length: int
    prefix: bytes
    raw: bytes = field(repr=False, default=b"")


@dataclass
class SeqnoRequest:
    ae: int
    length: int
    seqno: int
    hops: int
    reserved: int
    rid: bytes
    prefix: bytes
    raw: bytes = field(repr=False, default=b"")


@dataclass
class Data:
    hops: int
    src: bytes
    dst: bytes
    body: bytes = field(repr=False)
    reserved: int = 0
    raw: bytes = field(repr=False, default=b"")


@dataclass
class Other:
    """A frame that the base protocol does not know."""
    kind: int
    raw: bytes = field(repr=False, default=b"")


Packet = Hello | Ihu | Update | RouteRequest | SeqnoRequest | Data | Other


def parse_tlv(tlv: int, value: bytes, raw: bytes = b"") -> "Packet":
    """A typed TLV from its exact value bytes; raises on surplus or missing bytes."""
    def exact(n: int) -> None:
        if len(value) != n:
            raise ValueError(f"TLV {tlv}: {len(value)} bytes, expected {n}")
    if tlv == HELLO:
        exact(6)
        return Hello(*struct.unpack("!HHH", value), raw)
    if tlv == IHU:
        ae, _, rxcost, interval = struct.unpack("!BBHH", value[:6])
        exact(6 + {0: 0, 1: 4, 2: 16, 3: 8}[ae])
        return Ihu(ae, rxcost, interval, raw)
    if tlv == UPDATE:
        ae, flags, length, omitted, interval, seqno, metric = struct.unpack("!BBBBHHH", value[:10])
        n = (length + 7) // 8
        exact(50 + n)
        prefix, rid = value[10:10 + n], value[10 + n:]
        return Update(ae, flags, length, omitted, interval, seqno, metric, prefix, rid, raw)
    if tlv == ROUTE_REQUEST:
        exact(3 + (value[2] + 7) // 8)
        return RouteRequest(value[0], value[1], value[2], value[3:], raw)
    if tlv == SEQNO_REQUEST:
        ae, length, seqno, hops, reserved = struct.unpack("!BBHBB", value[:6])
        exact(46 + (length + 7) // 8)
        return SeqnoRequest(ae, length, seqno, hops, reserved, value[6:46], value[46:], raw)
    raise ValueError(f"unknown TLV {tlv}")


def split(buffer: bytes) -> tuple[list["Packet"], bytes]:
    """Whole packets at the front of a stream buffer, and the bytes left over."""
    out, at = [], 0
    while len(buffer) - at >= 8:
        version, kind = buffer[at], buffer[at + 1]
        if version != 1:
            raise ValueError(f"packet version {version}")
        if kind == CONTROL:
            size = 8 + struct.unpack_from("!H", buffer, at + 6)[0]
        elif kind == DATA:
            if len(buffer) - at < 40:
                break
            size = 40 + struct.unpack_from("!H", buffer, at + 5)[0]
        elif kind == 2:
            size = 4 + struct.unpack_from("!H", buffer, at + 2)[0]
        else:
            raise ValueError(f"packet type {kind}")
        if len(buffer) - at < size:
            break
        out.append(parse(bytes(buffer[at:at + size])))
        at += size
    return out, buffer[at:]


def parse(raw: bytes) -> "Packet":
    """One whole framed packet."""
    if raw[1] == CONTROL:
        magic, version, size, tlv, length = struct.unpack_from("!BBHBB", raw, 4)
        if (magic, version) != (42, 3) or size != length + 2:
            raise ValueError(f"control header {raw[4:10].hex()}")
        return parse_tlv(tlv, raw[10:10 + length], raw)
    if raw[1] == DATA:
        return Data(raw[7], raw[8:24], raw[24:40], raw[40:], raw[4], raw)
    return Other(raw[1], raw)


# ---- data packets (section 4) ----

def data(src: bytes, dst: bytes, hops: int, body: bytes) -> bytes:
    return packet(DATA, struct.pack("!BHB", 0, len(body), hops) + src + dst + body)


def seal(key: bytes, plain: bytes, nonce: bytes | None = None) -> bytes:
    """plaintext -> ciphertext, tag, nonce."""
    nonce = nonce or os.urandom(12)
    return AESGCM(key).encrypt(nonce, plain, None) + nonce


def unseal(key: bytes, body: bytes) -> bytes:
    return AESGCM(key).decrypt(body[-12:], body[:-12], None)


def user(kind: int, content: bytes) -> bytes:
    """Plaintext of an end-to-end body: user header and content."""
    return bytes([1, kind, 0, 0]) + content


# ---- IPv6, ICMPv6, UDP ----

def checksum(src: bytes, dst: bytes, proto: int, payload: bytes) -> int:
    total = src + dst + struct.pack("!IxxxB", len(payload), proto) + payload
    if len(total) % 2:
        total += b"\0"
    s = sum(struct.unpack(f"!{len(total) // 2}H", total))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def ipv6(src: bytes, dst: bytes, proto: int, payload: bytes, hops: int = 64) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(payload), proto, hops) + src + dst + payload


def icmp6(src: bytes, dst: bytes, kind: int, code: int, rest: bytes) -> bytes:
    body = bytes([kind, code, 0, 0]) + rest
    return body[:2] + struct.pack("!H", checksum(src, dst, 58, body)) + body[4:]


def echo_request(src: bytes, dst: bytes, ident: int = 0x1234, seq: int = 1, payload: bytes = b"mycelium",
                 hops: int = 64) -> bytes:
    return ipv6(src, dst, 58, icmp6(src, dst, 128, 0, struct.pack("!HH", ident, seq) + payload), hops)


def udp(src: bytes, dst: bytes, sport: int, dport: int, payload: bytes, hops: int = 64) -> bytes:
    body = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    body = body[:6] + struct.pack("!H", checksum(src, dst, 17, body) or 0xFFFF) + body[8:]
    return ipv6(src, dst, 17, body, hops)


# ---- messages (section 6) ----

INIT, DONE, ABORTED, CHUNK, READ, REPLY, ACK = 0x8000, 0x4000, 0x2000, 0x1000, 0x0800, 0x0400, 0x0100


def message(ident: bytes, flags: int, body: bytes = b"") -> bytes:
    return ident + struct.pack("!HH", flags, 0) + body


def message_init(ident: bytes, size: int, topic: bytes = b"", reply: bool = False) -> bytes:
    return message(ident, INIT | (REPLY if reply else 0), struct.pack("!QB", size, len(topic)) + topic)


def message_chunk(ident: bytes, index: int, offset: int, content: bytes) -> bytes:
    return message(ident, CHUNK, struct.pack("!QQQ", index, offset, len(content)) + content)


def message_done(ident: bytes, count: int, payload: bytes) -> bytes:
    return message(ident, DONE, struct.pack("!Q", count) + blake3(payload).digest())


def split_even(size: int, chunk: int = 1300) -> list[int]:
    """Sizes of the fewest chunks of at most `chunk` bytes, as equal as can be."""
    n = -(-size // chunk)
    return [size // n + (1 if i < size % n else 0) for i in range(n)]
