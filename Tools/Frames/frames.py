#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Frames on an interface: capture, replay, tamper with, inject, pass on and flood. For tests, in network namespaces of their own.

usage:
  frames.py capture INTERFACE FILE                         everything that passes, both directions, as pcap; until SIGTERM
  frames.py replay INTERFACE FILE [--to ADDRESS] [--protocol udp|tcp] [--flip] [--times N]
                                                           the captured frames again, byte by byte; --flip: one bit of each UDP payload flipped, checksum mended
  frames.py tamper FROM TO MAC SHARE                       passes on UDP over IPv6 that arrives on FROM, out of TO to MAC, a bit flipped in SHARE (0..1) of it;
                                                           the kernel must drop it meanwhile. Until SIGTERM
  frames.py inject INTERFACE --to ADDRESS --payload HEX    one TCP segment that continues the connection to ADDRESS that is heard from next
  frames.py transit MODE PORT TARGET --key HEX             passes streams of the base dialect from PORT on to TARGET here. While the file MODE has the word `marker`, the Hypha marker
                                                           of KEY is erased in Updates; `handshakes`: those from end to end are dropped. Until SIGTERM
  frames.py flood INTERFACE MAC TARGET PORT --key HEX --kind wrong-mac|one-net|many [--rate 10000] [--seconds 5] [--network-mac-key HEX]
                                                           handshake initiations, two frames each, from forged sources
Needs CAP_NET_RAW. What was done is the last line of standard output, as JSON. `one-net` forges sources in fd77::/64, `many` in 10 000 networks fd77:0:N::/64.
"""
from __future__ import annotations

import argparse
import hashlib
import hmac
import ipaddress
import json
import random
import signal
import socket
import struct
import threading
import time

ETHERNET, IPV6, UDP_HEADER = 14, 40, 8
PROTOCOLS = {"udp": 17, "tcp": 6}
EVERYTHING = 3  # ETH_P_ALL
PART_BYTES, MAC_BYTES, PARTS = 698, 16, 2  # Docs/protocol/hypha.md section 3.1


class Frame:
    """An Ethernet frame that may hold IPv6."""

    def __init__(self, octets: bytes):
        self.octets = octets
        self.is_ipv6 = len(octets) >= ETHERNET + IPV6 and octets[12:14] == b"\x86\xdd"
        self.protocol = octets[ETHERNET + 6] if self.is_ipv6 else None
        self.source, self.destination = octets[22:38], octets[38:54]

    def is_to(self, address: str | None, protocol: str | None) -> bool:
        return self.is_ipv6 and (address is None or self.destination == packed(address)) and (protocol is None or self.protocol == PROTOCOLS[protocol])

    def flipped(self, generator: random.Random) -> bytes:
        """One bit of the UDP payload flipped, with a checksum that agrees."""
        changed = bytearray(self.octets)
        start = ETHERNET + IPV6 + UDP_HEADER
        if len(changed) > start:
            changed[generator.randrange(start, len(changed))] ^= 1 << generator.randrange(8)
        transport = changed[ETHERNET + IPV6:]
        transport[6:8] = bytes(2)
        transport[6:8] = checksum(self.source, self.destination, PROTOCOLS["udp"], bytes(transport))
        return bytes(changed[:ETHERNET + IPV6]) + bytes(transport)


def packed(address: str) -> bytes:
    return ipaddress.IPv6Address(address).packed


def checksum(source: bytes, destination: bytes, protocol: int, transport: bytes) -> bytes:
    """The Internet checksum: the sum of 16-bit words modulo 65535, so one division does it."""
    words = source + destination + struct.pack(">IHBB", len(transport), 0, 0, protocol) + transport + bytes(len(transport) % 2)
    left = 0xFFFF - int.from_bytes(words, "big") % 0xFFFF
    return struct.pack(">H", left or 0xFFFF)


def open_interface(name: str) -> socket.socket:
    carrier = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERYTHING))
    carrier.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
    carrier.bind((name, EVERYTHING))
    return carrier


def hardware_address(interface: str) -> bytes:
    with open(f"/sys/class/net/{interface}/address") as file:
        return bytes.fromhex(file.read().strip().replace(":", ""))


def until_told() -> list[bool]:
    """Holds something as soon as SIGTERM or SIGINT has come. Whoever starts us from a worker thread may have blocked them."""
    told: list[bool] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.append(True))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
    return told


def read_pcap(path: str) -> list[Frame]:
    frames, at = [], 24
    with open(path, "rb") as file:
        octets = file.read()
    while at + 16 <= len(octets):
        length = struct.unpack_from("<I", octets, at + 8)[0]
        frames.append(Frame(octets[at + 16:at + 16 + length]))
        at += 16 + length
    return frames


# ---- what can be asked for ----


def capture(o: argparse.Namespace) -> dict:
    carrier, told, count = open_interface(o.interface), until_told(), 0
    carrier.settimeout(0.1)
    with open(o.file, "wb", buffering=0) as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        print("ready", flush=True)
        while not told:
            try:
                octets = carrier.recv(65535)
            except TimeoutError:
                continue
            now = time.time()
            file.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(octets), len(octets)) + octets)
            count += 1
    return {"frames": count}


def replay(o: argparse.Namespace) -> dict:
    frames = [frame for frame in read_pcap(o.file) if frame.is_to(o.to, o.protocol)]
    carrier, generator, count = open_interface(o.interface), random.Random(o.seed), 0
    for _ in range(o.times):
        for frame in frames:
            carrier.send(frame.flipped(generator) if o.flip else frame.octets)
            count += 1
            if count % 64 == 0:
                time.sleep(0.001)  # no faster than the other end reads
    return {"frames": count}


def tamper(o: argparse.Namespace) -> dict:
    """Frames that arrive are told from those that leave by the address family's packet type."""
    arriving, leaving, told = open_interface(o.interface), open_interface(o.out), until_told()
    generator, passed, changed = random.Random(o.seed), 0, 0
    head = bytes.fromhex(o.mac.replace(":", "")) + hardware_address(o.out)
    arriving.settimeout(0.1)
    print("ready", flush=True)
    while not told:
        try:
            octets, where = arriving.recvfrom(65535)
        except TimeoutError:
            continue
        frame = Frame(octets)
        if where[2] != socket.PACKET_HOST or frame.protocol != PROTOCOLS["udp"]:
            continue
        flip = generator.random() < o.share
        out = frame.flipped(generator) if flip else octets
        try:
            leaving.send(head + out[12:])
        except OSError:
            continue
        passed, changed = passed + (not flip), changed + flip
    return {"passed": passed, "changed": changed}


def inject(o: argparse.Namespace) -> dict:
    """Continues a connection: the sequence number after the last byte seen, acknowledgement and options as last seen. The receiver drops
    timestamps older than its newest, so a segment is awaited, and once nothing has followed it for a moment ours does."""
    carrier, last, told = open_interface(o.interface), None, until_told()
    carrier.settimeout(0.02)
    print("ready", flush=True)
    while not told:
        try:
            frame = Frame(carrier.recv(65535))
        except TimeoutError:
            if last is None or last[3] == 0:
                continue
            break
        if not frame.is_to(o.to, "tcp"):
            continue
        tcp = frame.octets[ETHERNET + IPV6:]
        header = (tcp[12] >> 4) * 4
        size = struct.unpack_from(">H", frame.octets, ETHERNET + 4)[0] - header
        if not tcp[13] & 0x07:  # neither SYN nor FIN nor RST
            after = (struct.unpack_from(">I", tcp, 4)[0] + size) % (1 << 32)
            seen = size + (last[3] if last else 0)
            if last is None or (after - last[1]) % (1 << 32) < 1 << 31:
                last = (frame, after, tcp[:header], seen)
    if last is None:
        raise SystemExit(f"no connection to {o.to}")
    frame, sequence, header, _ = last
    payload = bytes.fromhex(o.payload)
    tcp = bytearray(header + payload)
    struct.pack_into(">I", tcp, 4, sequence)
    tcp[13], tcp[16:18] = 0x18, bytes(2)  # PSH ACK
    tcp[16:18] = checksum(frame.source, frame.destination, PROTOCOLS["tcp"], bytes(tcp))
    ip = bytearray(frame.octets[ETHERNET:ETHERNET + IPV6])
    struct.pack_into(">H", ip, 4, len(tcp))
    carrier.send(frame.octets[:ETHERNET] + bytes(ip) + bytes(tcp))
    return {"sequence": sequence, "bytes": len(payload)}


def initiation(kind: str, key: bytes, network_key: bytes, target: bytes, port: int, number: int, generator: random.Random) -> list[bytes]:
    """The two datagrams of an initiation, IPv6 header and all: random bytes for the Noise message, mac1 as the kind says."""
    network = b"" if kind != "many" else struct.pack(">H", number % 10000)
    source = (b"\xfd\x77\0\0" + network).ljust(8, b"\0") + struct.pack(">Q", 1 + number)
    index, packets = generator.randbytes(4), []
    mac_key = hashlib.sha256(b"hypha mac1 1" + key + network_key).digest()
    for part in range(PARTS):
        frame = bytes([1, 1, part, PARTS]) + index
        frame += generator.randbytes(PART_BYTES - 2 * MAC_BYTES - len(frame))
        mac1 = generator.randbytes(MAC_BYTES) if kind == "wrong-mac" else hmac.new(mac_key, frame, hashlib.sha256).digest()[:MAC_BYTES]
        frame += mac1 + bytes(MAC_BYTES)
        udp = struct.pack(">HHHH", 1024 + number % 60000, port, UDP_HEADER + len(frame), 0) + frame
        udp = udp[:6] + checksum(source, target, PROTOCOLS["udp"], udp) + udp[8:]
        packets.append(struct.pack(">IHBB", 6 << 28, len(udp), PROTOCOLS["udp"], 64) + source + target + udp)
    return packets


def flood(o: argparse.Namespace) -> dict:
    generator, target = random.Random(o.seed), packed(o.target)
    key, network_key = bytes.fromhex(o.key), bytes.fromhex(o.network_mac_key)
    head = bytes.fromhex(o.mac.replace(":", "")) + hardware_address(o.interface) + b"\x86\xdd"
    made = [[head + packet for packet in initiation(o.kind, key, network_key, target, o.port, number, generator)] for number in range(10000)]
    carrier = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    carrier.bind((o.interface, 0))
    print("ready", flush=True)
    count, lost, began = 0, 0, time.monotonic()
    while (passed := time.monotonic() - began) < o.seconds:
        due = int(passed * o.rate)
        while count < due:
            for packet in made[count % len(made)]:
                try:
                    carrier.send(packet)
                except OSError:
                    lost += 1
            count += 1
        time.sleep(0.002)
    return {"initiations": count, "lost": lost, "seconds": round(time.monotonic() - began, 2), "rate": round(count / (time.monotonic() - began))}


# Sealed bodies of the two messages of a handshake from end to end (Docs/protocol/hypha.md section 4).
HANDSHAKE_BODIES = (1324 + 28, 1190 + 28)


def base_packet(buffer: bytes) -> int:
    """Size of the packet that a stream in the base dialect begins with, 0 while it is not whole."""
    if len(buffer) < 8:
        return 0
    size = 40 + struct.unpack(">H", buffer[5:7])[0] if buffer[1] == 0 else 8 + struct.unpack(">H", buffer[6:8])[0]
    return size if len(buffer) >= size else 0


def transit(o: argparse.Namespace) -> dict:
    told, key, counts, ends, mode = until_told(), bytes.fromhex(o.key), {"erased": 0, "dropped": 0}, [], ""

    def changed(packet: bytes) -> bytes:
        if packet[1] == 0:
            if "handshakes" not in mode or len(packet) - 40 not in HANDSHAKE_BODIES:
                return packet
            counts["dropped"] += 1
            return b""
        if "marker" not in mode or key + b"\x48\x79" not in packet:
            return packet
        counts["erased"] += 1
        return packet.replace(key + b"\x48\x79", key + b"\0\0")

    def pump(source: socket.socket, sink: socket.socket) -> None:
        buffer = b""
        try:
            while data := source.recv(65536):
                buffer += data
                while size := base_packet(buffer):
                    sink.sendall(changed(buffer[:size]))
                    buffer = buffer[size:]
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    listener = socket.create_server(("::", o.port), family=socket.AF_INET6)
    listener.settimeout(0.1)
    print("ready", flush=True)
    while not told:
        with open(o.mode) as file:
            wanted = file.read()
        if wanted != mode:
            # The neighbour dials again, and Updates are said anew.
            mode = wanted
            for end in ends:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            ends = []
        try:
            client, _ = listener.accept()
        except TimeoutError:
            continue
        try:
            server = socket.create_connection(("::1", o.target))
        except OSError:
            client.close()
            continue
        client.setblocking(True)
        ends += [client, server]
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()
    return counts


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    kinds = options.add_subparsers(required=True)

    def kind(function, *names: str) -> argparse.ArgumentParser:
        one = kinds.add_parser(function.__name__)
        one.set_defaults(function=function)
        for name in names:
            one.add_argument(name)
        return one

    kind(capture, "interface", "file")
    one = kind(replay, "interface", "file")
    one.add_argument("--to")
    one.add_argument("--protocol", choices=PROTOCOLS)
    one.add_argument("--flip", action="store_true")
    one.add_argument("--times", type=int, default=1)
    kind(tamper, "interface", "out", "mac").add_argument("share", type=float)
    one = kind(inject, "interface")
    one.add_argument("--to", required=True)
    one.add_argument("--payload", required=True)
    one = kind(transit, "mode")
    one.add_argument("port", type=int)
    one.add_argument("target", type=int)
    one.add_argument("--key", required=True)
    one = kind(flood, "interface", "mac", "target")
    one.add_argument("port", type=int)
    one.add_argument("--key", required=True)
    one.add_argument("--kind", choices=("wrong-mac", "one-net", "many"), required=True)
    one.add_argument("--rate", type=float, default=10000)
    one.add_argument("--seconds", type=float, default=5)
    one.add_argument("--network-mac-key", default="")
    o = options.parse_args()
    print(json.dumps(o.function(o)), flush=True)


if __name__ == "__main__":
    main()
