#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of Corpus/ from Tests/Vectors: one byte that selects the decoder, then its input."""
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parents[2] / "Tests" / "Vectors"
(STREAM, CONTROL, DATA, BODY, BEACON, REPORT, MESSAGE, ENDPOINT,
 HANDSHAKE, TRANSPORT, CONTENT, LIVENESS, PAYLOAD, SESSION, SUBTLV, SESSION_CONTROL) = range(16)
TEXTS = ["tcp://1.2.3.4:9651", "tcp://[2001:db8::1]:9651", "TCP://[fe80::1%eth0]:0", "tcp://a-b.example:1",
         "::", "1:2:3:4:5:6:1.2.3.4", "400::/7", "52d:dc0:ab0c:851a::/64", "10.0.0.1",
         "udp://[::]:9652", "udp://1.2.3.4:9652?key=" + "0a" * 32]


def tlv(kind, value):
    return bytes([kind, len(value)]) + value


def babel(*tlvs):
    body = b"".join(tlvs)
    return bytes([42, 3]) + struct.pack(">H", len(body)) + body


def links(add):
    """Frames, contents and payloads of Hypha links, made by hand from Docs/protocol/hypha.md."""
    index, counter, key, macs = b"\1\2\3\4", bytes(range(8)), bytes(range(32)), b"\x11" * 32
    add(HANDSHAKE, "part-0", bytes([1, 1, 0, 2]) + index + b"\x55" * 658 + macs)
    add(HANDSHAKE, "part-1", bytes([1, 1, 1, 2]) + index + b"\x66" * 658 + macs)
    add(HANDSHAKE, "whole", bytes([1, 1, 0, 1]) + index + b"\x77" * 1316 + macs)
    add(HANDSHAKE, "response", bytes([2, 1, 0, 1]) + index * 2 + b"\x88" * 1178 + macs)
    add(HANDSHAKE, "cookie", bytes([3, 1, 1, 0]) + index + b"\x22" * 24 + b"\x33" * 32)
    add(HANDSHAKE, "key-request", bytes([5, 1, 0, 0]) + counter + bytes(52))
    add(HANDSHAKE, "key-reply", bytes([6, 1, 0, 0]) + counter + key)
    add(HANDSHAKE, "key-reply-mac", bytes([6, 1, 0, 0]) + counter + key + b"\x44" * 16)
    for kind, part, parts in [(0, 0, 1), (1, 0, 1), (1, 1, 2), (2, 0, 2), (3, 0, 1)]:
        add(TRANSPORT, f"{kind}-{part}-{parts}", bytes([4, kind, part, parts]) + index + counter)
    hello = tlv(4, bytes.fromhex("8000000707d0"))
    update = bytes.fromhex("020040007530000100050400000000000001") + key + bytes(8)
    packets = [babel(hello), babel(hello, tlv(8, update + tlv(112, b"\x05\x3c"))),
               babel(tlv(8, update + b"\0" + tlv(3, counter) + tlv(112, b"\x05\0"))),
               babel(tlv(8, update + tlv(240, b"")), tlv(9, bytes([0, 0, 0])), hello),
               babel(tlv(8, update + tlv(112, b"\5")), tlv(8, update + b"\x70\xff"))]
    for i, packet in enumerate(packets):
        add(SUBTLV, f"packet-{i}", packet)
    add(CONTENT, "ack", bytes(4) + index)
    add(CONTENT, "packets", index + bytes(4) + b"".join(packets))
    for kind in range(1, 7):
        add(LIVENESS, f"type-{kind}", bytes([kind, 0, 0, 0]) + counter)
    add(LIVENESS, "close", bytes([4, 2, 0, 0]) + counter)
    add(LIVENESS, "probe-padded", bytes([3, 0, 0, 0]) + counter + bytes(40))
    add(LIVENESS, "echo-length", bytes([2, 0, 0, 0]) + counter + b"\x05\xac")
    time = struct.pack(">QI", 1 << 62, 5)
    add(PAYLOAD, "link-1", time + struct.pack(">4H", 7, 1452, 9652, 9651))
    add(PAYLOAD, "link-2", struct.pack(">4H", 7, 1452, 9652, 9651) + bytes(10) + b"\xff\xff\x0a\0\0\1\x25\xb4")
    add(PAYLOAD, "session-1", time + struct.pack(">2H", 1, 1340) + bytes(4))
    add(PAYLOAD, "session-2", struct.pack(">2H", 1, 1340) + bytes(22))
    add(SESSION, "body", b"\x99" * 40 + index + counter)
    add(SESSION, "least", b"\x99" * 20 + index + counter)
    add(SESSION_CONTROL, "probe", bytes([3, 0, 0, 0]) + counter + bytes(40))
    add(SESSION_CONTROL, "report", bytes([7, 0]) + b"\x05\x78" + counter + b"\x05\x3c" + bytes(2))
    endpoints = [bytes.fromhex("20010db8") + bytes(11) + b"\1", bytes(10) + b"\xff\xff\xc0\0\2\1"]
    add(SESSION_CONTROL, "candidates", bytes([8, 2, 0, 0]) + b"".join(e + b"\x25\xb4" for e in endpoints))
    add(SESSION_CONTROL, "no-candidates", bytes([8, 0, 0, 0]))
    add(STREAM, "sealed", b"\5" + bytes([1, 2, 0, 16, 4, 3, 0, 1]) + index + counter + bytes([1, 2, 0, 0]))


def main():
    derived = json.loads((VECTORS / "mycelium-derived.json").read_text())
    live = json.loads((VECTORS / "mycelium-live.json").read_text())["packets"]
    seeds = {}

    def add(decoder, name, data):
        seeds.setdefault(bytes([decoder]) + data, f"{decoder}-{name}")

    def plain(name, data):
        add(BODY, name, data)
        if data[1] == 1:
            add(MESSAGE, name, data[4:])
        elif data[1] == 2:
            add(REPORT, name, data[4:])

    for packet in derived["control_packets"]:
        add(CONTROL, packet["name"], bytes.fromhex(packet["babel_packet"]))
    transcript = derived["connect_transcript_A_to_peer_with_one_pending_query"]["bytes"]
    add(STREAM, "transcript", b"\x20" + bytes.fromhex(transcript))
    for packet in derived["encrypted_payloads"]:
        add(DATA, packet["name"], bytes.fromhex(packet["framed_packet"])[:44])
        plain(packet["name"], bytes.fromhex(packet["plaintext_header_plus_inner"]))
    for packet in derived["message_packets"]:
        add(MESSAGE, packet["name"], bytes.fromhex(packet["inner"]))
    for packet in live:
        data = bytes.fromhex(packet["hex"])
        if packet["name"] == "discovery_beacon":
            add(BEACON, "live", data)
        else:
            add(STREAM, packet["name"], b"\x09" + data)
        if "plain" in packet and not packet["name"].startswith("message"):
            plain(packet["name"], bytes.fromhex(packet["plain"]))
    for i, text in enumerate(TEXTS):
        add(ENDPOINT, f"text-{i}", text.encode())
    links(add)
    for data, name in seeds.items():
        (HERE / "Corpus" / name).write_bytes(data)


main()
