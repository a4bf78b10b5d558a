# SPDX-License-Identifier: Apache-2.0
"""Route requests: own, known, unknown and wildcard prefixes."""
import time

import wire
from bench import Bench, need, same
from runner import test
from wire import RouteRequest, Update, named_key


@test()
def route_request_own(t: Bench) -> str:
    """A route request for the own /64, or anything inside it, is answered with the own /64, metric 0."""
    node = t.node("A")
    b, c = t.peer(node, "B"), t.peer(node, "C")
    for what, length in ((node.key.prefix, 64), (node.key.address, 128), (node.key.address, 80)):
        since = t.settle(b)
        mc = c.mark()
        b.send(wire.route_request(what, 0, length))
        got = b.wait(Update, 2, since, prefix=node.key.prefix)
        need(got and (got.metric, got.length) == (0, 64), f"/{length}: {got}")
        time.sleep(0.2)
        same(c.packets(object, mc), [], "packets to the other peer")
    return "/64, /80, /128 answered to the asker only"


@test()
def route_request_known(t: Bench) -> str:
    """A request for a known prefix is answered to the asker only; not when the asker is the next hop."""
    node = t.node("A")
    b, c, d = t.peer(node, "B"), t.peer(node, "C"), t.peer(node, "D")
    mb, mc, md = t.settle(b, c, d)
    c.send(wire.route_request(b.key.prefix))
    got = c.wait(Update, 2, mc, prefix=b.key.prefix)
    need(got, "not answered")
    b.send(wire.route_request(b.key.prefix))
    time.sleep(0.5)
    same(b.packets(object, mb), [], "packets to the next hop")
    same(d.packets(object, md), [], "packets to the third peer")
    return f"metric {got.metric}"


@test()
def route_request_forward(t: Bench) -> str:
    """An unknown prefix: the request goes to the others with generation + 1, once in 15 s; the answer finds the asker."""
    node = t.node("A")
    b, c, d = t.peer(node, "B"), t.peer(node, "C"), t.peer(node, "D")
    x = named_key("F")
    mb, mc, md = t.settle(b, c, d)
    b.send(wire.route_request(x.prefix, 0))
    got = c.wait(RouteRequest, 2, mc)
    need(got, "not forwarded")
    same(got.raw, wire.route_request(x.prefix, 1), "forwarded request")
    need(d.wait(RouteRequest, 2, md, generation=1), "not forwarded to the third peer")
    t.record("route_request_gen1", "node A forwards B's request for F's /64", got.raw)
    b.send(wire.route_request(x.prefix, 0))
    time.sleep(0.7)
    same(len(c.packets(RouteRequest, mc)), 1, "forwarded copies within 15 s")
    same(b.packets(RouteRequest, mb), [], "requests back to the asker")
    c.relay(wire.router_id(x.public), x.prefix, 50)
    need(b.wait(Update, 2, mb, prefix=x.prefix), "answer did not reach the asker")
    return "generation 0 -> 1, one copy, answered through a triggered Update"


@test()
def wildcard_request(t: Bench) -> str:
    """A wildcard request is answered with all selected routes except those through the asker, then the own subnet."""
    node = t.node("A")
    b, c, d = t.peer(node, "B"), t.peer(node, "C"), t.peer(node, "D")
    since = t.settle(d, seconds=0.8)
    d.send(wire.wildcard_request())
    time.sleep(0.8)
    got = [u.prefix for u in d.packets(Update, since)]
    same(sorted(got), sorted([b.key.prefix, c.key.prefix, node.key.prefix]), "prefixes in the dump")
    if t.original:
        same(got[-1], node.key.prefix, "last of the dump")
    return f"{len(got)} Updates, own last"
