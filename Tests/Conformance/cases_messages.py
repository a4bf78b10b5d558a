# SPDX-License-Identifier: Apache-2.0
"""Messages to and from the node, over the wire and the REST API."""
import base64
import json
import os
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import wire
from bench import Bench, api, b64, need, same
from messages import collect, deliver
from runner import test

SIZES = (0, 1, 17, 249, 250, 1300, 1301, 1400, 1549, 1550, 2600, 2700, 2849, 2850, 20000, 100000)


@test(needs="--api-listen")
def message_to_node(t: Bench) -> str:
    """INIT, CHUNK, DONE are acknowledged as specified; the message is at the REST API; READ is sent when popped."""
    node = t.node("A")
    b = t.peer(node, "B")
    since = t.settle(b)
    payload, ident = b"this is a message", bytes.fromhex("0123456789abcdef")
    ok, _, acks = deliver(b, node.key, payload, topic=b"example.topic", ident=ident)
    need(ok, f"not delivered; acknowledged {sorted(acks)}")
    user = wire.user(wire.USER_MESSAGE, b"")
    same(acks["init"], user + wire.message(ident, 0x8100, struct.pack("!QB", 17, 13)), "INIT ACK")
    same(acks["chunk"], user + wire.message(ident, 0x1100, struct.pack("!QQQ", 0, 0, 17)), "CHUNK ACK")
    same(acks["done"], user + wire.message(ident, 0x4100, wire.message_done(ident, 1, payload)[12:]), "DONE ACK")
    for stage in ("init", "chunk", "done"):
        packet, plain = b.wait_user(node.key, wire.USER_MESSAGE, 1, since, lambda p: p == acks[stage])
        t.record_sealed(f"message_{stage}_ack", f"node A acknowledges {stage.upper()} of B's message",
                        packet.raw, "A", "B", plain)
        same((packet.src, packet.dst), (node.key.address, b.key.address), "addresses of the ACK")
    hops = packet.hops
    status, got = api(node, "GET", "/messages?timeout=3")
    same(status, 200, "REST status")
    same((base64.b64decode(got["payload"]), base64.b64decode(got["topic"]), got["srcPk"], got["id"]),
         (payload, b"example.topic", b.key.public.hex(), ident.hex()), "message at the API")
    packet, plain = b.wait_user(node.key, wire.USER_MESSAGE, 2, since, lambda p: p[12:14] == b"\x08\x00")
    need(packet, "no READ")
    same(plain, user + wire.message(ident, 0x0800), "READ")
    t.record_sealed("message_read", "node A tells B that the message was fetched", packet.raw, "A", "B", plain)
    return f"acknowledged, hop limit of ACKs {hops}, source {got['srcIp']}"


@test(needs="--api-listen")
def message_from_node(t: Bench) -> str:
    """The node sends INIT, CHUNK, DONE for a REST message; fields exact; status becomes received after our DONE ACK."""
    node = t.node("A")
    b = t.peer(node, "B")
    since = t.settle(b)
    payload = b"hello from the node"
    posted = {"dst": {"ip": b.key.ip}, "topic": b64(b"example.topic"), "payload": b64(payload)}
    status, got = api(node, "POST", "/messages", posted)
    need(status in (200, 201), f"REST status {status} {got}")
    received = collect(b, node.key, 5, since)
    need(received and received.get("payload") == payload, f"received {received}")
    same((received["flags"], received["topic"], received["size"], received["hops"]),
         (0x8000, b"example.topic", len(payload), 63), "INIT")
    same(received["digest"], wire.blake3(payload).digest(), "digest")
    same(received["ident"].hex(), got["id"], "id")
    shared = b.key.shared(node.key.public)
    for stage in ("init", "chunk", "done"):
        t.record_sealed(f"message_{stage}", f"{stage.upper()} of a REST message from node A to B",
                        received["raw"][stage], "A", "B", received["plain"][stage])
        ack = received["acks"][stage]
        t.record_sealed(f"message_{stage}_ack_by_peer", "B's acknowledgement that node A accepted",
                        ack, "B", "A", wire.unseal(shared, wire.parse(ack).body))
    time.sleep(0.4)
    _, state = api(node, "GET", f"/messages/status/{got['id']}")
    need("received" in json.dumps(state["state"]), f"state {state}")
    b.send_user(node.key, wire.USER_MESSAGE, wire.message(received["ident"], wire.READ), 63)
    time.sleep(0.4)
    _, read = api(node, "GET", f"/messages/status/{got['id']}")
    need("read" in json.dumps(read["state"]), f"state after READ {read}")
    return f"received, then read; deadline {state.get('deadline')} created {state.get('created')}"


@test(needs="--api-listen")
def message_reply_to_node(t: Bench) -> str:
    """A waiting REST sender gets our reply as the HTTP answer; the INIT ACK of a reply keeps the REPLY bit."""
    node = t.node("A")
    b = t.peer(node, "B")
    since = t.settle(b)
    question = {"dst": {"pk": b.key.public.hex()}, "payload": b64(b"question")}
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(api, node, "POST", "/messages?reply_timeout=8", question, 12)
        got = collect(b, node.key, 5, since)
        need(got and got.get("payload") == b"question", "question not received")
        ok, _, acks = deliver(b, node.key, b"answer", ident=got["ident"], reply=True)
        status, answer = call.result()
    need(ok, f"reply not delivered {acks}")
    same(status, 200, "HTTP status")
    same(base64.b64decode(answer["payload"]), b"answer", "reply at the API")
    same(acks["init"][12:14], b"\x85\x00", "flags of the reply's INIT ACK")
    return "reply returned by the waiting call"


@test(needs="--api-listen")
def message_sizes_even_chunks(t: Bench) -> str:
    """Messages to the node in evenly sized chunks arrive at every size."""
    node = t.node("A")
    b = t.peer(node, "B")
    t.settle(b)
    failed, wrong = [], []
    for size in SIZES:
        payload = os.urandom(size)
        ok, ident, _ = deliver(b, node.key, payload, patience=3 if size > 5000 else 1.5)
        if not ok:
            failed.append(size)
            continue
        answer = node.api("GET", "/messages?timeout=2")
        if answer and answer[0] == 200 and base64.b64decode(answer[1]["payload"]) != payload:
            wrong.append(size)
    same((failed, wrong), ([], []), "undelivered, damaged")
    return f"all of {list(SIZES)}"
