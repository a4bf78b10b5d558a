#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of Corpus/ from Tests/Vectors: one byte that selects the decoder, then its input."""
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parents[2] / "Tests" / "Vectors"
STREAM, CONTROL, DATA, BODY, BEACON, REPORT, MESSAGE, ENDPOINT = range(8)
TEXTS = ["tcp://1.2.3.4:9651", "tcp://[2001:db8::1]:9651", "TCP://[fe80::1%eth0]:0", "tcp://a-b.example:1",
         "::", "1:2:3:4:5:6:1.2.3.4", "400::/7", "52d:dc0:ab0c:851a::/64", "10.0.0.1"]


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
    for data, name in seeds.items():
        (HERE / "Corpus" / name).write_bytes(data)


main()
