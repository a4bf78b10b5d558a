// SPDX-License-Identifier: Apache-2.0
import CAllocationProbe
import HyphaBase
import HyphaCrypto
import HyphaSession
import Testing

@Suite struct PeerKeyCacheTests {
    private let node: NodeIdentity
    private let other: NodeIdentity
    private let zero = PublicKey(words: (0, 0, 0, 0))

    init() throws {
        node = try identity("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
        other = try identity("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    }

    /// Any 32 bytes are somebody's public key, or at least a point.
    private func key(_ number: Int) -> PublicKey { PublicKey(words: (9, 9, 9, UInt64(number))) }

    private func seal(_ cache: inout PeerKeyCache, _ key: PublicKey) -> PeerKeyCache.Outcome {
        var body = [UInt8](repeating: 0, count: 40)
        var span = body.mutableSpan
        return cache.seal(
            for: key,
            [1, 0, 0, 0, 5, 6, 7, 8, 9, 10, 11, 12].span,
            nonce: Nonce(high: 1, low: 2),
            into: &span
        )
    }

    @Test(arguments: usableBackends) func twoNodesUnderstandEachOther(backend: CryptoBackend) {
        var here = PeerKeyCache(backend: backend)
        var there = PeerKeyCache(backend: backend)
        let isReady = here.derive(other.publicKey, identity: node)
        let isReadyToo = there.derive(node.publicKey, identity: other)
        #expect(isReady == .ready)
        #expect(isReadyToo == .ready)

        let plaintext: [UInt8] = [1, 0, 0, 0] + (0..<100)
        var body = [UInt8](repeating: 0, count: plaintext.count + 28)
        var span = body.mutableSpan
        let nonce = Nonce(high: 3, low: 4)
        let sealed = here.seal(for: other.publicKey, plaintext.span, nonce: nonce, into: &span)
        #expect(sealed == .done)
        let opened = there.open(for: node.publicKey, inPlace: &span)
        #expect(opened == .done)
        #expect(Array(body.prefix(plaintext.count)) == plaintext)
    }

    @Test func packetsOfUnknownKeysAreMisses() {
        var cache = PeerKeyCache()
        var body = [UInt8](repeating: 5, count: 64)
        var span = body.mutableSpan
        let opened = cache.open(for: other.publicKey, inPlace: &span)
        #expect(opened == .missing)
        #expect(body == [UInt8](repeating: 5, count: 64))
        let sealed = seal(&cache, other.publicKey)
        #expect(sealed == .missing)
        #expect(cache.presence(of: other.publicKey) == .missing)
        #expect(cache.count == 0)
    }

    @Test func forgedAndShortBodiesAreInvalid() {
        var cache = PeerKeyCache()
        _ = cache.derive(other.publicKey, identity: node)
        for count in [0, 12, 28, 31, 32, 64] {
            var body = [UInt8](repeating: 5, count: count)
            var span = body.mutableSpan
            let opened = cache.open(for: other.publicKey, inPlace: &span)
            #expect(opened == .invalid)
        }
        var tooSmall = [UInt8](repeating: 0, count: 39)
        var span = tooSmall.mutableSpan
        let sealed = cache.seal(
            for: other.publicKey,
            [UInt8](repeating: 0, count: 12).span,
            nonce: Nonce(high: 0, low: 0),
            into: &span
        )
        #expect(sealed == .invalid)
    }

    @Test func aKeyOfSmallOrderIsRememberedAsRefused() {
        var cache = PeerKeyCache()
        for _ in 0..<3 {
            let presence = cache.derive(zero, identity: node)
            #expect(presence == .refused)
        }
        #expect(cache.presence(of: zero) == .refused)
        let sealed = seal(&cache, zero)
        #expect(sealed == .refused)
        var body = [UInt8](repeating: 5, count: 64)
        var span = body.mutableSpan
        let opened = cache.open(for: zero, inPlace: &span)
        #expect(opened == .refused)
        #expect(cache.counters.derivations == 1)
        #expect(cache.counters.refusals == 1)
        #expect(cache.count == 1)
    }

    @Test func aKnownKeyIsNotDerivedAgain() {
        var cache = PeerKeyCache()
        for _ in 0..<3 {
            let presence = cache.derive(other.publicKey, identity: node)
            #expect(presence == .ready)
        }
        #expect(cache.counters.derivations == 1)
        #expect(cache.count == 1)
    }

    @Test func atTheCeilingAKeyNotUsedLatelyIsGivenUp() {
        var cache = PeerKeyCache(ceiling: 8)
        for i in 0..<8 { _ = cache.derive(key(i), identity: node) }
        #expect(cache.count == 8)
        #expect(cache.counters.evictions == 0)
        // All but 5 are used; 5 goes.
        for i in 0..<8 where i != 5 { _ = seal(&cache, key(i)) }
        _ = cache.derive(key(100), identity: node)
        #expect(cache.count == 8)
        #expect(cache.counters.evictions == 1)
        #expect(cache.presence(of: key(5)) == .missing)
        for i in 0..<8 where i != 5 { #expect(cache.presence(of: key(i)) == .ready) }
        #expect(cache.presence(of: key(100)) == .ready)
    }

    @Test func forgedPacketsDoNotKeepAKeyIn() {
        var cache = PeerKeyCache(ceiling: 2)
        _ = cache.derive(key(1), identity: node)
        _ = cache.derive(key(2), identity: node)
        var body = [UInt8](repeating: 5, count: 64)
        var span = body.mutableSpan
        for _ in 0..<10 { _ = cache.open(for: key(1), inPlace: &span) }
        _ = seal(&cache, key(2))
        _ = cache.derive(key(3), identity: node)
        #expect(cache.presence(of: key(1)) == .missing)
        #expect(cache.presence(of: key(2)) == .ready)
    }

    @Test func whenAllAreUsedOneGoesAllTheSame() {
        var cache = PeerKeyCache(ceiling: 4)
        for i in 0..<50 {
            _ = cache.derive(key(i), identity: node)
            let sealed = seal(&cache, key(i))
            #expect(sealed == .done)
            #expect(cache.count == min(i + 1, 4))
        }
        #expect(cache.counters.evictions == 46)
    }

    /// The table against a model: what was derived last is there, and nothing appears by itself.
    @Test(arguments: 0..<3 as Range<UInt64>) func lookUpsAreRightWhileKeysComeAndGo(seed: UInt64) {
        var random = seed
        var cache = PeerKeyCache(ceiling: 100)
        var everDerived: Set<Int> = []
        for _ in 0..<600 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Int(random >> 33) % 160
            let before = cache.presence(of: key(number))
            #expect(before == .missing || everDerived.contains(number))
            let presence = cache.derive(key(number), identity: node)
            everDerived.insert(number)
            #expect(presence == .ready)
            #expect(cache.presence(of: key(number)) == .ready)
            #expect(cache.count <= 100)
        }
        let present = (0..<160).filter { cache.presence(of: key($0)) == .ready }
        #expect(present.count == 100)
        #expect(cache.count == 100)
        #expect(cache.counters.derivations == cache.counters.evictions + 100)
    }

    @Test(.enabled(if: hypha_allocation_probe_is_active() == 1), arguments: usableBackends)
    func sealingAndOpeningAllocateNothing(backend: CryptoBackend) {
        var cache = PeerKeyCache(backend: backend)
        var nonces = NonceSource()
        _ = cache.derive(other.publicKey, identity: node)
        let plaintext = [UInt8](repeating: 1, count: 1404)
        var body = [UInt8](repeating: 0, count: 1432)
        var doneCount = 0
        let before = hypha_allocation_count()
        var span = body.mutableSpan
        for _ in 0..<NonceSource.nonceCountPerDraw * 2 {
            let nonce = nonces.draw()
            let text = plaintext.span
            if cache.seal(for: other.publicKey, text, nonce: nonce, into: &span) == .done {
                doneCount += 1
            }
            if cache.open(for: other.publicKey, inPlace: &span) == .done { doneCount += 1 }
            if cache.open(for: other.publicKey, inPlace: &span) == .invalid { doneCount += 1 }
        }
        let after = hypha_allocation_count()
        #expect(after == before)
        #expect(doneCount == NonceSource.nonceCountPerDraw * 6)
    }

    @Test(.enabled(if: hypha_allocation_probe_is_active() == 1)) func theProbeCounts() {
        let before = hypha_allocation_count()
        let array = [UInt8](repeating: 1, count: 100_000)
        let after = hypha_allocation_count()
        #expect(after > before)
        #expect(array.count == 100_000)
    }
}
