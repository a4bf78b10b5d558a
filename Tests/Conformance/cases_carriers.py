# SPDX-License-Identifier: Apache-2.0
"""Carriers beside plain TCP: private network (TLS-PSK), QUIC, discovery on the local link."""
import shutil
import socket
import struct
import tempfile
import time

import wire
from bench import Bench, Skip, need, ping_node, same
from peer import Peer
from runner import test
from wire import Ihu, Update, named_key


@test(needs="tls://")
def private_network(t: Bench) -> str:
    """TLS 1.3, external PSK: right name and key pass in both SHA-256 suites; wrong ones, AES-256 and plain TCP do not."""
    if not shutil.which("openssl"):
        raise Skip("openssl not installed")
    with tempfile.NamedTemporaryFile() as file:
        secret = bytes(range(32, 64))
        file.write(secret)
        file.flush()
        node = t.node("A", network=("testnet", file.name))
        found = {}
        for label, name, key, suites in (
            ("AES-128", "testnet", secret, "TLS_AES_128_GCM_SHA256"),
            ("ChaCha20", "testnet", secret, "TLS_CHACHA20_POLY1305_SHA256"),
            ("AES-256", "testnet", secret, "TLS_AES_256_GCM_SHA384"),
            ("wrong name", "testnex", secret, None),
            ("wrong key", "testnet", bytes(32), None),
        ):
            peer = t.tls_peer(node, "B", name=name, secret=key, suites=suites)
            found[label] = bool(peer.wait(Update, 1.5, prefix=node.key.prefix)) and peer.responsive()
            peer.close()
        plain = Peer.connect(node.space, named_key("C"))
        t.cleanups.append(plain.close)
        found["plain TCP"] = plain.wait(Update, 1) is not None
    up = {label for label, works in found.items() if works}
    if t.original:
        same(up, {"AES-128", "ChaCha20"}, "links up")
    else:
        need("AES-128" in up and not up & {"wrong name", "wrong key", "plain TCP"}, f"{found}")
    return str(found)


@test(needs="quic://")
def quic_link(t: Bench) -> str:
    """QUIC without ALPN; Update on stream 0; IHU; data as datagram and on the stream; replies as datagrams."""
    node = t.node("A", tun="cft0", quic=True)
    q, c = t.quic_peer(node), t.peer(node, "C")
    need(q.wait(Update, 3, prefix=node.key.prefix), f"no Update; closed {q.closed_at}, {q.reason} {q.error}")
    same(q.negotiated, (None,), "negotiated ALPN")
    since = q.mark()
    q.send_hello()
    ihu = q.wait(Ihu, 2, since)
    need(ihu, "Hello not answered")
    if t.original:
        same(ihu.rxcost, 1007, "rxcost on a fresh IPv6 QUIC link")
    _, packet, _ = ping_node(node, q, seq=1)
    need(packet, "no echo reply")
    by_datagram = q.as_datagram
    since = q.mark()
    request = wire.user(wire.USER_IP, wire.echo_request(q.key.address, node.key.address, seq=2))
    body = wire.seal(q.key.shared(node.key.public), request)
    q.send(wire.data(q.key.address, node.key.address, 60, body), datagram=False)
    _, plain = q.wait_user(node.key, wire.USER_IP, 2, since)
    need(plain, "data on the stream not answered")
    need(by_datagram >= 1, "reply not in a datagram")
    learned = t.learn(c, q.key.prefix)
    return f"no ALPN, rxcost {ihu.rxcost}, metric to others {learned.metric}, replies in datagrams"


@test()
def discovery_beacon(t: Bench) -> str:
    """Beacons on ff02::cafe port 9650: 50 bytes, first at once; two nodes on one wire find each other and dial TCP."""
    one, two = t.space(), t.space()
    one.join(two, "fd00:cf::1/64", "fd00:cf::2/64")
    time.sleep(2.5)  # link-local addresses leave the tentative state
    with two.inside():
        index = socket.if_nametoindex("v0")
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("::", 9650))
    group = socket.inet_pton(socket.AF_INET6, "ff02::cafe")
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("@I", index))
    sock.settimeout(8)
    a = t.node("A", space=one, discovery=True)
    try:
        beacon, source = sock.recvfrom(200)
    except socket.timeout:
        raise AssertionError("no beacon within 8 s of start")
    after = time.monotonic() - a.started
    same(beacon[:10] + beacon[10:42], b"mycelium" + struct.pack("!H", 9651) + a.key.public, "beacon")
    same(len(beacon), 50, "beacon size")
    need(source[0].startswith("fe80"), f"source {source}")
    note = "node A, UDP to ff02::cafe port 9650 from a link-local address, TCP port 9651"
    t.record("discovery_beacon", note, beacon)
    # a beacon of our own makes the node dial us
    with two.inside():
        server = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    server.bind(("::", 9777))
    server.listen()
    server.settimeout(12)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    mine = b"mycelium" + struct.pack("!H", 9777) + wire.router_id(named_key("B").public)
    sock.sendto(mine, ("ff02::cafe", 9650, 0, index))
    sent = time.monotonic()
    try:
        link, remote = server.accept()
    except socket.timeout:
        raise AssertionError("node did not dial the beacon's sender")
    dialled = time.monotonic() - sent
    peer = Peer(link, named_key("B"))
    t.cleanups += [peer.close, server.close, sock.close]
    need(peer.wait(Update, 3, prefix=a.key.prefix), "no Update on the discovered link")
    return f"first beacon {after:.1f} s after start, dialled {dialled:.1f} s after ours, from {remote[0][:6]}"
