#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes ikhfs.json: our handshakes, computed without any code of the project.

Usage: ikhfs.py > ikhfs.json (needs the package cryptography, for X25519 and AES-256-GCM).
"""
import hashlib
import hmac
import json
from hashlib import sha3_256, sha3_512, shake_128, shake_256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# MARK: - ML-KEM-768, from FIPS 203, slow

Q, N, K = 3329, 256, 3


def brv(i):
    return int(f"{i:07b}"[::-1], 2)


ZETA = [pow(17, brv(i), Q) for i in range(128)]
GAMMA = [pow(17, 2 * brv(i) + 1, Q) for i in range(128)]


def ntt(f):
    f = f[:]
    i = 1
    n = 128
    while n >= 2:
        for s in range(0, N, 2 * n):
            z = ZETA[i]
            i += 1
            for j in range(s, s + n):
                t = z * f[j + n] % Q
                f[j + n] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        n //= 2
    return f


def intt(f):
    f = f[:]
    i = 127
    n = 2
    while n <= 128:
        for s in range(0, N, 2 * n):
            z = ZETA[i]
            i -= 1
            for j in range(s, s + n):
                t = f[j]
                f[j] = (t + f[j + n]) % Q
                f[j + n] = z * (f[j + n] - t) % Q
        n *= 2
    return [x * 3303 % Q for x in f]


def mul(a, b):
    c = [0] * N
    for i in range(128):
        a0, a1, b0, b1 = a[2*i], a[2*i+1], b[2*i], b[2*i+1]
        c[2*i] = (a0 * b0 + a1 * b1 * GAMMA[i]) % Q
        c[2*i+1] = (a0 * b1 + a1 * b0) % Q
    return c


def add(a, b):
    return [(x + y) % Q for x, y in zip(a, b)]


def sub(a, b):
    return [(x - y) % Q for x, y in zip(a, b)]


def enc(f, d):
    v = sum(x << (d * i) for i, x in enumerate(f))
    return v.to_bytes(32 * d, "little")


def dec(b, d):
    v = int.from_bytes(b, "little")
    return [(v >> (d * i)) & ((1 << d) - 1) for i in range(N)]


def comp(f, d):
    return [((x << d) + Q // 2) // Q % (1 << d) for x in f]


def decomp(f, d):
    return [(x * Q + (1 << (d - 1))) >> d for x in f]


def sample(seed):
    b = shake_128(seed).digest(3000)
    out = []
    i = 0
    while len(out) < N:
        d1 = b[i] + 256 * (b[i+1] % 16)
        d2 = b[i+1] // 16 + 16 * b[i+2]
        i += 3
        out += [x for x in (d1, d2) if x < Q]
    return out[:N]


def cbd(s, n):
    v = int.from_bytes(shake_256(s + bytes([n])).digest(128), "little")
    bits = [(v >> i) & 1 for i in range(4 * N)]
    quads = [bits[i : i + 4] for i in range(0, 4 * N, 4)]
    return [(a + b - c - d) % Q for a, b, c, d in quads]


def matrix(rho):
    return [[sample(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def dot(a, b):
    r = [0] * N
    for x, y in zip(a, b):
        r = add(r, mul(x, y))
    return r


def keygen(d, z):
    g = sha3_512(d + bytes([K])).digest()
    rho, sigma = g[:32], g[32:]
    A = matrix(rho)
    s = [ntt(cbd(sigma, i)) for i in range(K)]
    e = [ntt(cbd(sigma, K + i)) for i in range(K)]
    t = [add(dot(A[i], s), e[i]) for i in range(K)]
    ek = b"".join(enc(x, 12) for x in t) + rho
    return ek, b"".join(enc(x, 12) for x in s) + ek + sha3_256(ek).digest() + z


def encaps(ek, m):
    g = sha3_512(m + sha3_256(ek).digest()).digest()
    ss, r = g[:32], g[32:]
    t = [dec(ek[384*i:384*i+384], 12) for i in range(K)]
    A = matrix(ek[1152:])
    y = [ntt(cbd(r, i)) for i in range(K)]
    e1 = [cbd(r, K + i) for i in range(K)]
    e2 = cbd(r, 2 * K)
    u = [add(intt(dot([A[j][i] for j in range(K)], y)), e1[i]) for i in range(K)]
    v = add(add(intt(dot(t, y)), e2), decomp(dec(m, 1), 1))
    return b"".join(enc(comp(x, 10), 10) for x in u) + enc(comp(v, 4), 4), ss


# MARK: - Noise IKhfs, IKhfs+psk2


def mac(key, message):
    return hmac.new(key, message, "sha256").digest()


def sha(message):
    return hashlib.sha256(message).digest()


def public(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def agree(secret, other):
    key = X25519PublicKey.from_public_bytes(other)
    return X25519PrivateKey.from_private_bytes(secret).exchange(key)


class State:
    """Symmetric state; both ends of a handshake go through the same one."""

    def __init__(self, name):
        self.h = name.ljust(32, b"\0") if len(name) <= 32 else sha(name)
        self.ck, self.k, self.n = self.h, None, 0

    def derive(self, material, count):
        temporary = mac(self.ck, material)
        outputs = [b""]
        for i in range(count):
            outputs.append(mac(temporary, outputs[-1] + bytes([i + 1])))
        return outputs[1:]

    def mix_hash(self, data):
        self.h = sha(self.h + data)

    def mix_key(self, material):
        self.ck, self.k = self.derive(material, 2)
        self.n = 0

    def mix_key_and_hash(self, material):
        self.ck, mixed, self.k = self.derive(material, 3)
        self.mix_hash(mixed)
        self.n = 0

    def seal(self, plain):
        text = AESGCM(self.k).encrypt(self.n.to_bytes(12, "big"), plain, self.h)
        self.n += 1
        self.mix_hash(text)
        return text


def handshake(scope, network_name, network_key, number):
    def fixed(label, count=32):
        return shake_256(f"{label} {number}".encode()).digest(count)

    init_static, resp_static = fixed("initiator static"), fixed("responder static")
    init_ephemeral, resp_ephemeral = fixed("initiator ephemeral"), fixed("responder ephemeral")
    kem_seed, encapsulation_seed = fixed("kem seed", 64), fixed("encapsulation seed")
    payload1, payload2 = fixed("payload 1", 20), fixed("payload 2", 26)
    kem_public, _ = keygen(kem_seed[:32], kem_seed[32:])
    kem_ciphertext, kem_secret = encaps(kem_public, encapsulation_seed)

    modifiers = "IKhfs+psk2" if network_key else "IKhfs"
    name = f"Noise_{modifiers}_25519+MLKEM768_AESGCM_SHA256"
    label = {"link": b"hypha link 1", "endToEnd": b"hypha session 1"}[scope]
    state = State(name.encode())
    state.mix_hash(label + bytes([len(network_name)]) + network_name)
    state.mix_hash(public(resp_static))

    def ephemeral(secret):
        key = public(secret)
        state.mix_hash(key)
        if network_key:
            state.mix_key(key)
        return key

    message1 = ephemeral(init_ephemeral)
    state.mix_key(agree(init_ephemeral, public(resp_static)))
    message1 += state.seal(kem_public)
    message1 += state.seal(public(init_static))
    state.mix_key(agree(init_static, public(resp_static)))
    message1 += state.seal(payload1)

    message2 = ephemeral(resp_ephemeral)
    state.mix_key(agree(resp_ephemeral, public(init_ephemeral)))
    message2 += state.seal(kem_ciphertext)
    state.mix_key(kem_secret)
    state.mix_key(agree(resp_ephemeral, public(init_static)))
    network = {}
    mac1_text = b"hypha mac1 1" + public(resp_static)
    if network_key:
        extracted = mac(network_name, network_key)
        derived = {
            label: mac(extracted, f"hypha {label} 1".encode() + b"\1")
            for label in ("psk", "mac", "key request")
        }
        state.mix_key_and_hash(derived["psk"])
        mac1_text += derived["mac"]
        code = mac(derived["key request"], payload1)[:16]
        network = {"network_key": network_key.hex(), "key_request_mac": code.hex()}
    message2 += state.seal(payload2)
    sending, receiving = state.derive(b"", 2)

    return {
        "protocol_name": name,
        "scope": scope,
        "network_name": network_name.decode(),
        **network,
        "init_static": init_static.hex(),
        "init_ephemeral": init_ephemeral.hex(),
        "kem_seed": kem_seed.hex(),
        "resp_static": resp_static.hex(),
        "resp_ephemeral": resp_ephemeral.hex(),
        "encapsulation_seed": encapsulation_seed.hex(),
        "payload1": payload1.hex(),
        "message1": message1.hex(),
        "payload2": payload2.hex(),
        "message2": message2.hex(),
        "handshake_hash": state.h.hex(),
        "initiator_sending": sending.hex(),
        "initiator_receiving": receiving.hex(),
        "mac1_key": sha(mac1_text).hex(),
        "mac1": mac(sha(mac1_text), message1)[:16].hex(),
    }


NOTE = [
    "Our handshakes with fixed keys and randomness: hypha protocol sections 3.1 and 4.",
    "Made by ikhfs.py beside this file, which shares no code with the project: X25519 and "
    "AES-256-GCM of Python's cryptography package, SHA-256 of Python, ML-KEM-768 written from FIPS "
    "203 and compared with the published XXhfs handshakes of ../published/noise.json.",
    "Keys named _static and _ephemeral are private X25519 keys, as random bytes (unclamped); "
    "kem_seed is d, then z of FIPS 203, encapsulation_seed is m.",
    "mac1_key is K1 of frames to the responder, mac1 the MAC of message1 under it, key_request_mac "
    "the MAC of payload1 under the network's key for key requests.",
    "All values but names are lower-case hexadecimal. Frozen: a change here is another protocol.",
]
VECTORS = [
    handshake("link", b"", b"", 1),
    handshake("link", b"home", bytes(range(32)), 2),
    handshake("endToEnd", b"", b"", 3),
    handshake("endToEnd", "Büro".encode(), bytes(range(32, 64)), 4),
]
print(json.dumps({"note": NOTE, "vectors": VECTORS}, indent=1, ensure_ascii=False))
