#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of Corpus/: whether the network is private, then steps of Driver.swift."""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
PUBLIC, PRIVATE = b"\0", b"\1"
(FRAME, INITIATION, RESPONSE, COOKIE, KEY, MESSAGE, INITIATE, _, MILLISECONDS, SECONDS, CONFIRMED, WORN, FORGET,
 CHANGE, CLOSE, SETTINGS) = range(16)
DATAGRAM, STREAM, OVERLAY = 0, 2, 3


def initiation(part, index, first, key, time, path):
    """One part of message 1 for datagrams, all of it for streams (part None)."""
    choice = index << 4 | (0 if part is None else 1 | part << 1)
    return bytes([INITIATION, choice, first, key, time, path])


def datagram(index, first, key, time, path=DATAGRAM):
    return initiation(0, index, first, key, time, path) + initiation(1, index, first, key, time, path)


SEEDS = {
    "answer": PUBLIC + datagram(1, 1, 3, 1) + bytes([CONFIRMED, 0, SECONDS, 200]),
    "answer-stream": PUBLIC + initiation(None, 1, 1, 3, 1, STREAM) + bytes([CONFIRMED, 0]),
    "ask": PRIVATE + bytes([INITIATE, 200, DATAGRAM, KEY, 64 | 7, DATAGRAM, RESPONSE, 1, DATAGRAM]),
    "body": PUBLIC + bytes([MESSAGE, 2, 3, 1, 3, 1, CONFIRMED, 0]),
    "body-initiate": PUBLIC + bytes([INITIATE, 7, OVERLAY, MESSAGE, 1, 7]),
    "collision": PUBLIC + bytes([INITIATE, 7, DATAGRAM]) + datagram(1, 1, 7, 1) + bytes(
        [MILLISECONDS, 50]) + datagram(2, 2, 7, 2) + bytes([RESPONSE, 1, DATAGRAM, CONFIRMED, 0, CONFIRMED, 1]),
    "collision-larger": PUBLIC + bytes([INITIATE, 3, DATAGRAM]) + datagram(1, 1, 3, 1) + bytes(
        [RESPONSE, 1, DATAGRAM, CONFIRMED, 0]),
    "cookie": PUBLIC + bytes([INITIATE, 7, DATAGRAM, COOKIE, 2, DATAGRAM, COOKIE, 130, DATAGRAM, RESPONSE, 1, DATAGRAM]),
    "flood": PUBLIC + b"".join(initiation(0, i % 16, i, i % 16, i, 4 * (i // 4)) for i in range(100)),
    "full": PUBLIC + b"".join(
        initiation(None, 1, i, i, 1, STREAM | 4 * i) + bytes([CONFIRMED, i]) for i in range(16)) + bytes([SECONDS, 181]),
    "garbage": PUBLIC + bytes([FRAME]) + bytes(range(255)),
    "own": PUBLIC + datagram(1, 1, 5, 1) + bytes([INITIATE, 5, DATAGRAM]),
    "rekey": PUBLIC + bytes([INITIATE, 7, DATAGRAM, RESPONSE, 1, DATAGRAM, SECONDS, 121, RESPONSE, 2, DATAGRAM,
                             SECONDS, 100, WORN, 0, CHANGE, 0, 200, CLOSE, 7, 0]),
    "replay": PUBLIC + datagram(1, 1, 3, 1) + datagram(1, 1, 3, 1) + datagram(1, 2, 3, 1) + datagram(1, 3, 3, 2),
    "retransmit": PUBLIC + bytes([INITIATE, 7, STREAM]) + bytes([MILLISECONDS, 255]) * 3 + bytes([FORGET, 128]),
    "settings": PUBLIC + bytes([SETTINGS, 0, 2, SETTINGS, 1, 255, SETTINGS, 2, 7, SETTINGS, 131, 9, KEY, 200, 0]),
}

for name, seed in SEEDS.items():
    (HERE / "Corpus" / name).write_bytes(seed)
