#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of Corpus/: one byte that selects the subject, then its input."""
import json
import pathlib

CORPUS = pathlib.Path(__file__).resolve().parent / "Corpus"
LINE, STREAM, FILE, ENVIRONMENT, WORDS, REPLY = range(6)
METHODS = ["status", "whoami", "peers.list", "routes.selected", "routes.fallback", "routes.queried", "config.show",
           "sessions.list"]
FILE_TEXT = """state-dir = "/s"
key-file = 'k'
listen = ["tcp://[::]:9651", "tcp://1.2.3.4:0"]
peers = ["tcp://host.example:9651", "tcp://[fe80::1%eth0]:1"]
[tun]
enabled = false
name = "m0"
[discovery]
interfaces = ["eth0"]
[network]
name = "n"
key-file = "n"
[security]
require_sessions = true
[log]
level = "debug"
"odd.key" = 1979-05-27T07:32:00Z
"""


def call(method, **params):
    body = {"jsonrpc": "2.0", "id": 1, "method": method}
    return json.dumps({**body, "params": params} if params else body).encode()


def reply(result):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def seeds():
    for method in METHODS:
        yield LINE, method, call(method)
    for method in ("peers.add", "peers.remove"):
        yield LINE, method, call(method, endpoint="tcp://[2001:db8::1]:9651")
    yield LINE, "udp", call("peers.add", endpoint="udp://a.example:1?key=" + "0a" * 32)
    yield LINE, "forget", call("peers.forget", address="400::1")
    yield LINE, "whois", call("whois", address="400::1", port=443)
    yield LINE, "sessions-page", call("sessions.list", after="400::1", limit=5)
    yield LINE, "page", call("routes.selected", after="400:1::/64", limit=5)
    yield LINE, "notification", b'{"jsonrpc":"2.0","method":"status"}'
    yield STREAM, "lines", b"\x03one\n\nlonger than the ceiling\nend"
    yield FILE, "whole", FILE_TEXT.encode()
    yield FILE, "unknown", b"[tunn]\nname = 1\n[[peers]]\nurl = 2.5\n"
    yield ENVIRONMENT, "all", b"HOME=/home/u\nHYPHA_PEERS=tcp://a:1,tcp://b:2\nHYPHA_TUN=off\npeers=tcp://c:3\ntun.enabled=x"
    yield ENVIRONMENT, "service", b"STATE_DIRECTORY=/a:/b\nRUNTIME_DIRECTORY=/r\nHYPHA_PEER=x"
    for name, words in {"run": "run --no-tun --peer=tcp://a:1 --listen x", "routes": "routes selected --json", "help": "peers add -h",
                        "wrong": "rnu --lisen -- x"}.items():
        yield WORDS, name, words.replace(" ", "\0").encode()
    traffic = {"packets": 1, "bytes": 2048}
    yield REPLY, "peers", reply({"peers": [{"origin": "static", "state": "waiting", "endpoint": "tcp://a:1", "attempts": 1, "isSealed": False, "received": traffic,
                                            "sent": traffic, "nextAttemptSeconds": 1e300, "lastError": "refused"}]})
    yield REPLY, "sessions", reply({"total": 1, "sessions": [{"address": "400::1", "state": "session", "role": "responder", "sent": traffic,
                                                              "received": traffic, "replayedDrops": 1, "forgedDrops": 0, "ageSeconds": 5}]})
    yield REPLY, "whois", reply({"address": "400::1", "isProven": True, "isExact": False, "state": "session"})
    yield REPLY, "routes", reply({"total": 1, "routes": [{"subnet": "400::/7", "nextHop": "1.2.3.4:5", "link": 1, "seqno": 1, "publicKey": "a",
                                                          "routerID": "b", "expiresSeconds": -1, "isDirect": True, "isSelected": False}]})


if __name__ == "__main__":
    CORPUS.mkdir(exist_ok=True)
    for subject, name, data in seeds():
        (CORPUS / f"{subject}-{name}").write_bytes(bytes([subject]) + data)
