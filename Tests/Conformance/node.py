# SPDX-License-Identifier: Apache-2.0
"""Starts a router under test in a network namespace of its own; adapters know how each router is called."""
import contextlib
import ctypes
import functools
import http.client
import itertools
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wire import Key

LISTEN_PORT = 9651
API = ("127.0.0.1", 8989)

_libc = ctypes.CDLL(None, use_errno=True)
_counter = itertools.count()
_lock = threading.Lock()


# ---- network namespaces ----

def sh(*words: str, check: bool = True) -> str:
    return subprocess.run(words, check=check, capture_output=True, text=True).stdout


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Sockets that this thread creates in the block belong to `namespace`."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    try:
        if _libc.setns(there, 0x40000000):
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        _libc.setns(home, 0x40000000)
        os.close(home)
        os.close(there)


class Space:
    """A network namespace with loopback up."""

    def __init__(self) -> None:
        with _lock:
            self.name = f"cf{os.getpid()}n{next(_counter)}"
            sh("ip", "netns", "add", self.name)
            sh("ip", "-n", self.name, "link", "set", "lo", "up")
            for scope in ("all", "default"):  # no duplicate address detection delay
                self.run("sysctl", "-qw", f"net.ipv6.conf.{scope}.accept_dad=0")

    def inside(self) -> contextlib.AbstractContextManager[None]:
        return inside(self.name)

    def run(self, *words: str, check: bool = False) -> str:
        """Output of a command run in this namespace."""
        return sh("ip", "netns", "exec", self.name, *words, check=check)

    def join(self, other: "Space", here: str, there: str, device: str = "v0") -> None:
        """A veth pair between two namespaces with the two given addresses (with /len)."""
        with _lock:
            sh("ip", "link", "add", device, "netns", self.name, "type", "veth",
               "peer", "name", device, "netns", other.name)
            for space, address in ((self, here), (other, there)):
                sh("ip", "-n", space.name, "link", "set", device, "up")
                sh("ip", "-n", space.name, "-6", "addr", "add", address, "dev", device, "nodad")

    def remove(self) -> None:
        with _lock:
            sh("ip", "netns", "del", self.name, check=False)


# ---- adapters: how each router is called ----

@dataclass(frozen=True)
class Setup:
    """What a case asks of a node, however the program spells it."""
    tun: str | None = None  # name of the TUN interface; None: the case needs none
    peers: Sequence[str] = ()  # static peers, such as tcp://[::1]:20001
    quic: bool = False  # QUIC beside TCP, on UDP port LISTEN_PORT
    discovery: bool = False  # beacons on the local link
    network: tuple[str, str] | None = None  # private network: its name and a file with its 32-byte key


class Adapter:
    """A program under test. `folder` is the node's own; key_file(folder) holds its secret key."""
    name: str
    variable: str  # the environment variable that names the program
    program: str

    def prepare(self, folder: str) -> None:
        """Writes what the program needs beside the key."""

    def arguments(self, folder: str, setup: Setup) -> list[str]:
        raise NotImplementedError

    def headers(self, folder: str) -> dict[str, str]:
        """HTTP headers that the REST API asks for."""
        return {}

    def offers(self, feature: str) -> bool:
        """Whether the program has a feature, as its help names it."""
        return True


def key_file(folder: str) -> str:
    return os.path.join(folder, "priv_key.bin")


def token_file(folder: str) -> str:
    return os.path.join(folder, "api-token")


def find_program(variable: str, default: str) -> str:
    """The program named by an environment variable; absolute, for nodes run in a folder of their own."""
    name = os.environ.get(variable, default)
    found = shutil.which(name)
    return os.path.abspath(found) if found else name


def write_private(path: str, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


class Hypha(Adapter):
    """Our router."""
    name, variable = "hypha", "HYPHA"
    program = find_program(variable, "hypha")

    def prepare(self, folder: str) -> None:
        write_private(token_file(folder), secrets.token_hex(32).encode())
        os.mkdir(os.path.join(folder, "state"), 0o700)

    def arguments(self, folder: str, setup: Setup) -> list[str]:
        """The whole spelling of the command line. When the program's flags change, change this function only."""
        words = ["run", "--config", "/dev/null",
                 "--key-file", key_file(folder), "--state-dir", os.path.join(folder, "state"),
                 "--listen", f"{'tls' if setup.network else 'tcp'}://[::]:{LISTEN_PORT}"]
        words += ["--tun-name", setup.tun] if setup.tun else ["--no-tun"]
        if setup.quic and self.offers("quic://"):  # without a QUIC listener its cases are skipped
            words += ["--listen", f"quic://[::]:{LISTEN_PORT}"]
        for peer in setup.peers:
            words += ["--peer", peer]
        if not setup.discovery:
            words += ["--no-discovery"]
        if setup.network:
            words += ["--network-name", setup.network[0], "--network-key-file", setup.network[1]]
        if self.offers("--api-listen"):  # a program without the REST door has the cases that need it skipped
            words += ["--api-listen", "%s:%d" % API, "--api-token-file", token_file(folder)]
        return words

    def offers(self, feature: str) -> bool:
        return feature in self.help()

    @functools.cache
    def help(self) -> str:
        return subprocess.run([self.program, "run", "--help"], capture_output=True, text=True).stdout

    def headers(self, folder: str) -> dict[str, str]:
        with open(token_file(folder)) as file:
            return {"Authorization": f"Bearer {file.read().strip()}"}


class Original(Adapter):
    """The Mycelium v0.7.10 daemon."""
    name, variable = "original", "MYCELIUM"
    program = find_program(variable, "mycelium")

    def arguments(self, folder: str, setup: Setup) -> list[str]:
        words = ["-k", key_file(folder), "-d", "--tcp-listen-port", str(LISTEN_PORT),
                 "--api-addr", "%s:%d" % API, "--jsonrpc-addr", "127.0.0.1:8990"]
        words += ["--tun-name", setup.tun] if setup.tun else ["--no-tun"]
        if not setup.quic:
            words += ["--disable-quic"]
        if not setup.discovery:
            words += ["--disable-peer-discovery"]
        if setup.peers:
            words += ["--peers", *setup.peers]
        if setup.network:
            words += ["--network-name", setup.network[0], "--network-key-file", setup.network[1]]
        return words


ADAPTERS: dict[str, type[Adapter]] = {"hypha": Hypha, "original": Original}


# ---- nodes ----

class Node:
    """One running router. `space` may be given to share a namespace prepared by the case; the rest is Setup."""

    def __init__(self, adapter: Adapter, key: Key, *, space: Space | None = None, **setup: Any):
        self.adapter, self.key, self.setup = adapter, key, Setup(**setup)
        self.owns_space = space is None
        self.space = space or Space()
        self.folder = tempfile.mkdtemp(prefix="cf-node-")
        self.log_path = os.path.join(self.folder, "log")
        self.process: subprocess.Popen | None = None
        try:
            write_private(key_file(self.folder), key.secret)
            adapter.prepare(self.folder)
            self.start()
        except BaseException:
            self.remove()
            raise

    def start(self) -> None:
        """Starts the program, again after stop(), and waits until it listens."""
        words = [self.adapter.program, *self.adapter.arguments(self.folder, self.setup)]
        home = {**os.environ, "HOME": self.folder}  # keeps config and data folders of the user out of it
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.space.name, *words], cwd=self.folder,
                                            env=home, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.started = time.monotonic()
        self.wait_listening()

    @property
    def pid(self) -> int:
        return self.process.pid  # `ip netns exec` replaces itself with the program

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_listening(self, seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.alive:
                raise RuntimeError(f"node ended with {self.process.returncode}: {self.log()[-400:]}")
            with self.space.inside():
                if f":{LISTEN_PORT:04X} " in self._listening():
                    return
            time.sleep(0.05)
        raise RuntimeError("node does not listen: " + self.log()[-400:])

    def _listening(self) -> str:
        rows = []
        for table in ("tcp", "tcp6"):  # read, not connect: a probe connection would be a neighbour
            with open(f"/proc/thread-self/net/{table}") as file:
                rows += [line for line in file if " 0A " in line]
        return "".join(rows)

    def stop(self) -> None:
        if self.process and self.alive:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)

    def remove(self) -> None:
        self.stop()
        if self.owns_space:
            self.space.remove()
        if not os.environ.get("CONFORM_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        with open(self.log_path, "rb") as file:
            return file.read().decode(errors="replace")

    def api(self, method: str, path: str, body: Any = None, timeout: float = 10) -> tuple[int, Any] | None:
        """REST call: (status, decoded JSON or None). None when no API listens."""
        try:
            with self.space.inside():
                sock = socket.create_connection(API, timeout)
        except OSError:
            return None
        link = http.client.HTTPConnection(*API, timeout=timeout)
        link.sock = sock
        headers = self.adapter.headers(self.folder)
        payload = None
        if body is not None:
            headers["Content-Type"], payload = "application/json", json.dumps(body).encode()
        try:
            link.request(method, "/api/v1" + path, payload, headers)
            answer = link.getresponse()
            return answer.status, decode(answer.read())
        finally:
            link.close()


def decode(content: bytes) -> Any:
    """The value of a JSON answer; its text when it is no JSON; None when it is empty."""
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode(errors="replace")
