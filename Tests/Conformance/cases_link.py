# SPDX-License-Identifier: Apache-2.0
"""Link start, Hello and IHU, link cost, redialling, framing of the stream."""
import time

import wire
from bench import Bench, need, same
from runner import test
from wire import Data, Hello, Ihu, Update


@test()
def first_bytes(t: Bench) -> str:
    """An accepted link begins with exactly one Update for the own /64 (68 bytes); no greeting, no Hello, no dump."""
    node = t.node("A")
    peer = t.peer(node, "B", announce=False)
    time.sleep(1.5)
    raw = bytes(peer.stream)
    head = bytes.fromhex("010100002a03003c083a02004000753000000000") + node.key.prefix + node.key.public
    same(raw[:60], head, "first 60 bytes")
    if t.original:
        same(raw[60:62], b"\0\0", "zone")
        same(len(raw), 68, "bytes before the first Hello")
    t.record("first_bytes", "everything an accepted TCP link carries from node A until the first Hello", raw[:68])
    t.record("update_own", "own subnet of node A, metric 0, seqno 0, interval 30000 cs", raw[:68])
    return f"68 bytes, tail {raw[62:68].hex()}"


@test()
def first_bytes_dialled(t: Bench) -> str:
    """A dialling node sends the same first bytes as an accepting one, without waiting for ours."""
    space = t.space()
    listener = t.listener(space, "B", announce=False)
    node = t.node("A", space=space, peers=["tcp://[::1]:20001"])
    peer = listener.wait(1, 5)
    need(peer, "node did not dial within 5 s")
    update = peer.wait(Update, 2, prefix=node.key.prefix, metric=0, seqno=0, interval=30000)
    need(update, "no Update from the dialling node")
    return f"dialled {listener.accepted[0][0] - node.started:.2f} s after start"


@test()
def router_id_tail(t: Bench) -> str:
    """The router id is the same on all links of one run and its tail changes with a restart; seqno restarts at 0."""
    node = t.node("A")
    one, two = t.peer(node, "B"), t.peer(node, "C")
    first = one.wait(Update, prefix=node.key.prefix).rid
    same(two.wait(Update, prefix=node.key.prefix).rid, first, "router id on the second link")
    node.stop()
    node.start()
    again = t.peer(node, "B").wait(Update, prefix=node.key.prefix)
    need(again.rid[:32] == first[:32] and again.rid[34:] != first[34:], "tail did not change over a restart")
    return f"{first[34:].hex()} then {again.rid[34:].hex()}"


@test()
def hello_interval(t: Bench) -> str:
    """Hellos come every 20 s with seqno 0, 1, 2 and interval field 2000; the first at most 20 s after link start."""
    node = t.node("A")
    peer = t.peer(node, "B")
    start = time.monotonic()
    need(peer.wait(Hello, 25), "no Hello within 25 s")
    first = peer.times(Hello)[0] - node.started
    t.record("hello_first", "first Hello on a link of node A", peer.packets(Hello)[0].raw)
    end = start + 66
    while len(peer.times(Hello)) < 3 and time.monotonic() < end:
        time.sleep(0.2)
    times, packets = peer.times(Hello), peer.packets(Hello)
    need(len(times) >= 3, f"only {len(times)} Hellos in 66 s")
    gaps = [b - a for a, b in zip(times, times[1:])]
    if t.original:
        same([p.seqno for p in packets[:3]], [0, 1, 2], "Hello seqnos")
        same({(p.flags, p.interval) for p in packets}, {(0x8000, 2000)}, "flags and interval")
        need(all(19.5 < g < 20.5 for g in gaps), f"gaps {gaps}")
    else:
        need(all(g <= 20.5 for g in gaps), f"gaps {gaps}")
    return f"first {first:.1f} s after node start, gaps {', '.join(f'{g:.2f}' for g in gaps)} s"


@test()
def ihu_answer(t: Bench) -> str:
    """Each Hello is answered by exactly one IHU, at once; nothing unsolicited. Byte-exact (AE 0, interval 6000)."""
    node = t.node("A")
    peer = t.peer(node, "B")
    times = []
    for _ in range(5):
        since, sent = peer.mark(), time.monotonic()
        peer.send_hello()
        packet = peer.wait(Ihu, 2, since)
        need(packet, "Hello not answered")
        times.append(peer.times(Ihu, since)[0] - sent)
        time.sleep(0.3)
        same(len(peer.packets(Ihu, since)), 1, "IHUs for one Hello")
    since = peer.mark()
    time.sleep(3)
    same(len(peer.packets(Ihu, since)), 0, "IHUs without a Hello")
    if t.original:
        same(packet.raw, wire.ihu(1010), "IHU over IPv6 TCP before any measurement")
        v4 = t.peer(node, "C", address="127.0.0.1")
        v4.send_hello()
        packet4 = v4.wait(Ihu)
        same(packet4.raw, wire.ihu(1015), "IHU over IPv4 TCP before any measurement")
        t.record("ihu_initial_tcp6", "answer of node A to a Hello, fresh IPv6 TCP link", packet.raw)
        t.record("ihu_initial_tcp4", "answer of node A to a Hello, fresh IPv4 TCP link", packet4.raw)
    return f"rxcost {packet.rxcost}, slowest {max(times) * 1000:.1f} ms"


@test()
def link_cost_smoothing(t: Bench) -> str:
    """The cost of a link falls by a tenth with each measured Hello/IHU pair (initial 1000, TCP over IPv6 adds 10)."""
    node = t.node("A")
    b, c = t.peer(node, "B"), t.peer(node, "C")
    need(b.wait(Hello, 25), "no Hello")
    time.sleep(0.5)
    since = b.mark()
    b.send_hello()
    cost = b.wait(Ihu, 2, since).rxcost
    if t.original:
        need(910 <= cost <= 915, f"cost after one sample of about 0 ms is {cost}")
    since = c.mark()
    b.announce()
    c.send(wire.route_request(b.key.prefix))
    update = c.wait(Update, 2, since, prefix=b.key.prefix)
    need(update and abs(update.metric - cost) <= 10, f"metric {update and update.metric}, cost {cost}")
    return f"cost {cost} after one sample"


@test()
def redial(t: Bench) -> str:
    """After a static peer restarts, the node redials within its 5 s tick; no back-off."""
    space = t.space()
    listener = t.listener(space, "B")
    t.node("A", space=space, peers=["tcp://[::1]:20001"])
    need(listener.wait(1, 6), "no first connection")
    gaps = []
    for pause in (0.2, 7.0, 12.0):
        listener.close()
        time.sleep(pause)
        listener = t.listener(space, "B")
        back = time.monotonic()
        need(listener.wait(1, 12), "node did not redial")
        gaps.append(listener.accepted[0][0] - back)
    need(max(gaps) <= 5.5, f"redial took {gaps}")
    return "seconds after the listener was back: " + ", ".join(f"{g:.1f}" for g in gaps)


@test()
def parallel_links(t: Bench) -> str:
    """Two links of the same identity are two neighbours: both stay, data flows when one closes."""
    node = t.node("A")
    c = t.peer(node, "C")
    one, two = t.peer(node, "B", tail=b"same00"), t.peer(node, "B", tail=b"same00")
    t.settle(one)
    need(one.responsive() and two.responsive(), "a link was closed")
    since = two.mark()
    one.close()
    time.sleep(0.5)
    c.send(wire.data(c.key.address, two.key.address, 20, b"x" * 40))
    need(two.wait(Data, 3, since, dst=two.key.address), "no data over the second link")
    return "both links kept, second carries on"


@test()
def stream_segmentation(t: Bench) -> str:
    """Packets split at every byte, and many packets in one write, are decoded alike."""
    node = t.node("A")
    b, c = t.peer(node, "B"), t.peer(node, "C")
    mb, mc = t.settle(b, c)
    batch = wire.hello(0) + wire.data(b.key.address, c.key.address, 7, b"segmented" * 5) + wire.hello(1)
    for at in range(len(batch)):
        b.send(batch[at:at + 1])
        time.sleep(0.002)
    need(c.wait(Data, 2, mc), "data lost byte by byte")
    time.sleep(0.3)
    same(len(b.packets(Ihu, mb)), 2, "IHUs, byte by byte")
    mb, mc = b.mark(), c.mark()
    b.send(batch * 40)
    time.sleep(1)
    same((len(b.packets(Ihu, mb)), len(c.packets(Data, mc))), (80, 40), "IHUs and data packets from one write")
    return "byte by byte and 120 packets in one write"
