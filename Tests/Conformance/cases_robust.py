# SPDX-License-Identifier: Apache-2.0
"""Reactions to bad input: the node lives on and takes new links."""
import time

import wire
from bench import Bench, need
from messages import deliver
from runner import test
from wire import Update


@test()
def bad_packet_type(t: Bench) -> str:
    """Packet type 2, packet version 2: fatal for the link, harmless for the node."""
    cases = {
        "type 2": bytes([1, 2, 0, 4]) + b"abcd" + bytes(60),
        "type 255": bytes([1, 255, 0, 0]) + bytes(60),
        "version 2": bytes([2, 1, 0, 0]) + bytes(60),
    }
    found = {name: t.after_bad(raw) for name, raw in cases.items()}
    text = "; ".join(f"{n}: {fate}" for n, fate in found.items())
    if t.original:
        need(set(found.values()) == {"closed"}, text)
    return text


@test(quirk=True)
def ipv4_route_request(t: Bench) -> str:
    """An IPv4 route request, then ordinary ones: the original's control plane dies; a robust node ignores it."""
    node = t.node("A")
    b, c = t.peer(node, "B"), t.peer(node, "C")
    t.settle(b, c)
    b.send(wire.route_request(bytes([10, 1, 2]), 0, 24, ae=1))
    time.sleep(0.5)
    hello = "answered" if b.responsive(1.5) else "unanswered"
    story = [f"after it: Hello {hello}, link {'open' if b.alive else 'closed'}"]
    for turn in range(3):
        since = b.mark()
        b.send(wire.route_request(node.key.prefix))
        got = b.wait(Update, 1.5, since, prefix=node.key.prefix)
        story.append(f"request {turn + 1}: {'answered' if got else 'unanswered'}")
    hello_b, hello_c = b.alive and b.responsive(1.5), c.alive and c.responsive(1.5)
    story.append(f"Hello on both links: {hello_b} {hello_c}, open: {b.alive} {c.alive}")
    try:
        late = t.peer(node, "D")
        since = late.mark()
        late.send(wire.route_request(node.key.prefix))
        fresh = late.responsive(1.5)
        story.append(f"new link: Update sent, Hello {'answered' if fresh else 'unanswered'}")
    except (AssertionError, OSError) as error:
        fresh = False
        story.append(f"new link: {error}")
    story.append(f"process alive: {node.alive}")
    if t.original:
        need(not (hello_b and hello_c and fresh), "survived: " + ", ".join(story))
    else:
        need(hello_b and hello_c and fresh, ", ".join(story))
    return ", ".join(story)


@test(quirk=True, needs="--api-listen")
def message_huge_length(t: Bench) -> str:
    """An INIT announcing an enormous length: the original reserves memory for all of it, or aborts; a robust node neither."""
    story = []
    if t.original:
        victim = t.node("C")
        q = t.peer(victim, "D")
        t.settle(q)
        q.send_user(victim.key, wire.USER_MESSAGE, wire.message_init(b"hugehuge", 1 << 60), 63)
        time.sleep(1.5)
        need(not victim.alive, "survived 2^60")
        story.append(f"2^60 announced: process dead, status {victim.process.returncode}")
    node = t.node("A")
    b = t.peer(node, "B")
    since = t.settle(b)
    announced = 1 << (34 if t.original else 60)  # 2^40 takes the original to many GiB
    b.send_user(node.key, wire.USER_MESSAGE, wire.message_init(b"hugehuge", announced), 63)
    time.sleep(1.5)
    _, ack = b.wait_user(node.key, wire.USER_MESSAGE, 0.5, since)
    ok, _, _ = deliver(b, node.key, b"after", patience=2) if node.alive else (False, 0, 0)
    rss = resident_mib(node.pid) if node.alive else -1
    if t.original:
        need(rss > 200, f"RSS {rss} MiB")
    else:
        need(ok and rss < 200, f"delivered {ok}, RSS {rss} MiB")
    story.append(f"{announced >> 30} GiB announced: acknowledged {bool(ack)}, next message delivered {ok},"
                 f" node alive {node.alive}, RSS {rss} MiB")
    return "; ".join(story)


def resident_mib(pid: int) -> int:
    """Memory that a process holds, in MiB."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4 // 1024
