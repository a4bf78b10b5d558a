#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of Corpus/: one byte that selects the subject, then its input."""
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
SEGMENT, COALESCE, COMPLETE, ERROR = range(4)
SOURCE6, TARGET6 = bytes.fromhex("04" + "00" * 14 + "01"), bytes.fromhex("05" + "00" * 14 + "02")
SOURCE4, TARGET4 = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])


def fold(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def packet(version, protocol, payload, sequence=1, flags=0x10, identification=1, partial=False):
    addresses = SOURCE6 + TARGET6 if version == 6 else SOURCE4 + TARGET4
    if protocol == 6:
        head, at = struct.pack(">HHIIBBHHH", 4660, 80, sequence, 7, 0x50, flags, 8192, 0, 0), 16
    else:
        head, at = struct.pack(">HHHH", 5000, 6000, 8 + len(payload), 0), 6
    pseudo = addresses + struct.pack(">IHBB", len(head) + len(payload), 0, 0, protocol)
    check = fold(pseudo) if partial else ~fold(pseudo + head + payload) & 0xFFFF
    body = head[:at] + struct.pack(">H", check) + head[at + 2:] + payload
    if version == 6:
        return struct.pack(">IHBB", 0x60000000, len(body), protocol, 64) + addresses + body
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), identification, 0, 64, protocol, 0) + addresses
    return ip[:10] + struct.pack(">H", ~fold(ip) & 0xFFFF) + ip[12:] + body


def offload(version, protocol, segment):
    kind = 5 if protocol == 17 else 4 if version == 6 else 1
    start, at = (40 if version == 6 else 20), (16 if protocol == 6 else 6)
    return struct.pack("=BBHHHH", 1, kind, start + (20 if protocol == 6 else 8), segment, start, at)


def main():
    folder = HERE / "Corpus"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for version in (4, 6):
        for protocol in (6, 17):
            name = f"{'tcp' if protocol == 6 else 'udp'}{version}"
            large = packet(version, protocol, bytes(range(100)), flags=0x99, partial=True)
            for subject in (SEGMENT, COMPLETE):
                data = offload(version, protocol, 40) + large
                (folder / f"{subject}-{name}").write_bytes(bytes([subject]) + data)
            parts = [packet(version, protocol, bytes([i]) * (20 if i < 3 else 7), 1 + 20 * i, 0x10, i)
                     for i in range(4)]
            data = b"\1" + b"".join(struct.pack(">H", len(p)) + p for p in parts)
            (folder / f"{COALESCE}-{name}").write_bytes(bytes([COALESCE]) + data)
            if version == 6:
                (folder / f"{ERROR}-{name}").write_bytes(bytes([ERROR]) + parts[0])


if __name__ == "__main__":
    main()
