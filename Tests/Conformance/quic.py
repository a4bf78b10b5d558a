# SPDX-License-Identifier: Apache-2.0
"""A Mycelium peer over QUIC (aioquic): control on stream 0, data in datagrams. Needs the `aioquic` package."""
import asyncio
import datetime
import ssl
import threading
import time
from typing import Any

import aioquic.quic.connection as quic_connection
from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, DatagramFrameReceived, HandshakeCompleted, StreamDataReceived
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

import wire
from node import LISTEN_PORT, Space
from peer import Peer
from wire import Hello, Key, Packet

_push = quic_connection.push_quic_transport_parameters
_advertise = threading.local()


def _push_with_payload_size(buffer: Any, parameters: Any) -> None:
    """aioquic has no setting for max_udp_payload_size; add it when a peer asks for one."""
    size = getattr(_advertise, "size", None)
    if size:
        parameters.max_udp_payload_size = size
    return _push(buffer, parameters)


quic_connection.push_quic_transport_parameters = _push_with_payload_size


class QuicPeer(Peer):
    """Same inbox and helpers as Peer; the event loop runs on a thread of its own.

    `alpn`, `datagrams` (largest frame accepted, None: none) and `payload_size` (advertised) shape the handshake.
    A dialling peer with `write=False` opens no stream; with `server=True` the peer listens instead.
    """

    def __init__(self, space: Space, key: Key, *, port: int = LISTEN_PORT, address: str = "::1",
                 alpn: list[str] | None = None, datagrams: int | None = 65535, payload_size: int | None = None,
                 announce: bool = True, write: bool = True, server: bool = False, seconds: float = 5):
        self.key, self.rid = key, wire.router_id(key.public)
        self.seqno, self.hello_seqno = 0, 0
        self.answer_hello = self.answer_requests = True
        self.inbox: list[tuple[float, Packet]] = []
        self.stream = bytearray()
        self.as_datagram = 0  # packets that came as datagrams
        self.closed_at = self.error = self.negotiated = self.reason = None
        self.born = time.monotonic()
        self._news, self._write = threading.Condition(), threading.Lock()
        self._rest, self._protocol, self._stream_id, self._loop = b"", None, None, None
        self._ready, self._stop = threading.Event(), None
        options = QuicConfiguration(is_client=not server, alpn_protocols=alpn, verify_mode=ssl.CERT_NONE,
                                    max_datagram_size=1452, max_datagram_frame_size=datagrams,
                                    server_name="dummy.mycelium", idle_timeout=60)
        if server:
            _load_certificate(options)
        self._thread = threading.Thread(target=self._run, daemon=True,
                                        args=(space, address, port, options, payload_size, server, write))
        self._thread.start()
        if not server:
            self._ready.wait(seconds)
            if write and self.alive and self._protocol and announce:
                self.announce()

    def _run(self, space: Space, address: str, port: int, options: QuicConfiguration, payload_size: int | None,
             server: bool, write: bool) -> None:
        _advertise.size = payload_size
        with space.inside():
            asyncio.run(self._serve(address, port, options) if server else self._dial(address, port, options, write))

    async def _dial(self, address: str, port: int, options: QuicConfiguration, write: bool) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        try:
            async with connect(address, port, configuration=options, create_protocol=self._make) as link:
                self._protocol = link
                if write:
                    self._stream_id = link._quic.get_next_available_stream_id()
                self._ready.set()
                await self._stop.wait()
        except (ConnectionError, OSError, asyncio.TimeoutError) as error:
            self.error = error
        self._ended()

    async def _serve(self, address: str, port: int, options: QuicConfiguration) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        server = await serve(address, port, configuration=options, create_protocol=self._make)
        await self._stop.wait()
        server.close()

    def _make(self, *args: Any, **more: Any) -> QuicConnectionProtocol:
        outer = self

        class Protocol(QuicConnectionProtocol):
            def quic_event_received(self, event):
                outer._event(self, event)
        return Protocol(*args, **more)

    def _event(self, protocol: QuicConnectionProtocol, event: Any) -> None:
        if isinstance(event, HandshakeCompleted):
            self.negotiated, self._protocol = (event.alpn_protocol,), protocol
            if not protocol._quic._is_client:
                self._ready.set()
        elif isinstance(event, StreamDataReceived):
            if self._stream_id is None:
                self._stream_id = event.stream_id
            self.stream += event.data
            packets, self._rest = wire.split(self._rest + event.data)
            for packet in packets:
                self._take(packet)
        elif isinstance(event, DatagramFrameReceived):
            self.as_datagram += 1
            self._take(wire.parse(event.data))
        elif isinstance(event, ConnectionTerminated):
            self.reason = (event.error_code, event.reason_phrase)
            self._ended()

    def _take(self, packet: Packet) -> None:
        with self._news:
            self.inbox.append((time.monotonic(), packet))
            self._news.notify_all()
        if isinstance(packet, Hello) and self.answer_hello:
            self._emit(wire.ihu(96))

    def _ended(self) -> None:
        with self._news:
            self.closed_at = self.closed_at or time.monotonic()
            self._news.notify_all()
        self._ready.set()

    def _emit(self, raw: bytes, datagram: bool = False) -> None:
        if datagram:
            self._protocol._quic.send_datagram_frame(raw)
        else:
            self._protocol._quic.send_stream_data(self._stream_id, raw)
        self._protocol.transmit()

    def send(self, raw: bytes, datagram: bool | None = None) -> None:
        """Control goes on the stream; data in a datagram when it fits one, else on the stream."""
        if not self.alive or self._protocol is None:
            return
        if datagram is None:
            datagram = raw[1] == wire.DATA and len(raw) <= 1300
        self._loop.call_soon_threadsafe(self._emit, raw, datagram)

    def close(self) -> None:
        if self._stop and self._loop and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(3)


def _load_certificate(options: QuicConfiguration) -> None:
    """A throw-away self-signed P-256 certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer")])
    now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - day).not_valid_after(now + 30 * day)
    options.private_key, options.certificate = key, builder.sign(key, hashes.SHA256())
