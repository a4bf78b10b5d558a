// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes
package import HyphaSession

/// A worker's expanded ciphers of the base protocol, by public key.
///
/// Sealing and opening never derive: a miss is reported, and the worker calls
/// ``derive(_:identity:)`` when it can afford 50 µs. A hit allocates nothing and counts no
/// references. Second-chance ("clock") eviction.
package struct PeerKeyCache: ~Copyable, @unchecked Sendable {
    // Unchecked: there is one owner, and every use of a handle is mutating, hence exclusive.
    private var index: KeyIndex
    private var entries: [Entry] = []
    /// Where the search for an entry to evict goes on.
    private var hand = 0
    private let ceiling: Int
    private let backend: CryptoBackend
    /// What has happened so far.
    package private(set) var counters = Counters()

    /// Events since the start.
    package struct Counters: Hashable, Sendable {
        /// X25519 computations, with whatever result.
        package var derivations: UInt64 = 0
        /// Entries given up at the ceiling.
        package var evictions: UInt64 = 0
        /// Derivations whose result was all zero.
        package var refusals: UInt64 = 0
    }

    /// What the cache knows about a key.
    package enum Presence: Hashable, Sendable {
        /// Nothing; derive it first.
        case missing
        /// A cipher.
        case ready
        /// That its shared secret is all zero: nothing may be sealed or opened with it.
        case refused
    }

    /// What became of one packet.
    package enum Outcome: Hashable, Sendable {
        /// Sealed or opened.
        case done
        /// The cache has no cipher for the key; derive it and repeat.
        case missing
        /// The key's shared secret is all zero.
        case refused
        /// A body that is too short or not genuine, or buffers of the wrong size.
        case invalid
    }

    private struct Entry {
        var key: PublicKey
        /// `nil`: refused.
        var cipher: CipherHandle?
        /// Used since the hand last passed.
        var isRecent: Bool
    }

    /// - Parameters:
    ///   - ceiling: Most keys kept, refused ones included; at least 1.
    ///   - backend: The library that seals and opens.
    package init(ceiling: Int = Limits.peerKeysMax, backend: CryptoBackend = .current) {
        self.ceiling = max(1, ceiling)
        self.backend = backend
        index = KeyIndex()
    }

    deinit {
        for entry in entries { entry.cipher?.destroy() }
    }

    // MARK: - Packets

    /// Seals a body for `key`; see ``BaseBody/seal(_:with:nonce:into:)``.
    ///
    /// - Parameters:
    ///   - key: The destination's key.
    ///   - plaintext: User header and content, at least 4 bytes.
    ///   - nonce: Fresh and random.
    ///   - body: Exactly 28 bytes longer than the plaintext.
    /// - Returns: `.done`, or why there is nothing to send.
    /// - Complexity: One table look-up; no allocation.
    package mutating func seal(
        for key: PublicKey,
        _ plaintext: Span<UInt8>,
        nonce: Nonce,
        into body: inout MutableSpan<UInt8>
    ) -> Outcome {
        guard let at = find(key) else { return .missing }
        guard var cipher = entries[at].cipher else { return .refused }
        markRecent(at)
        let isDone = BaseBody.seal(plaintext, with: &cipher, nonce: nonce, into: &body)
        return isDone ? .done : .invalid
    }

    /// Seals a body for `key` whose plaintext is in its place already.
    ///
    /// - Parameters:
    ///   - key: The destination's key.
    ///   - body: User header and content, then 28 free bytes.
    ///   - nonce: Fresh and random.
    /// - Returns: `.done`, or why there is nothing to send.
    /// - Complexity: One table look-up; no allocation.
    package mutating func seal(
        for key: PublicKey,
        inPlace body: inout MutableSpan<UInt8>,
        nonce: Nonce
    ) -> Outcome {
        guard let at = find(key) else { return .missing }
        guard var cipher = entries[at].cipher else { return .refused }
        markRecent(at)
        return BaseBody.seal(inPlace: &body, with: &cipher, nonce: nonce) ? .done : .invalid
    }

    /// Opens a body from `key` in place; see ``BaseBody/open(inPlace:with:)``.
    ///
    /// Only a genuine body makes the key a recently used one, so forgeries keep nothing in.
    ///
    /// - Parameters:
    ///   - key: The source's key.
    ///   - body: As received; all but the last 28 bytes become the plaintext.
    /// - Returns: `.done`, or why there is nothing to read.
    /// - Complexity: One table look-up; no allocation.
    package mutating func open(
        for key: PublicKey,
        inPlace body: inout MutableSpan<UInt8>
    ) -> Outcome {
        guard let at = find(key) else { return .missing }
        guard var cipher = entries[at].cipher else { return .refused }
        guard BaseBody.open(inPlace: &body, with: &cipher) else { return .invalid }
        markRecent(at)
        return .done
    }

    // MARK: - Keys

    /// What the cache knows about `key`.
    package func presence(of key: PublicKey) -> Presence {
        guard let at = find(key) else { return .missing }
        return entries[at].cipher == nil ? .refused : .ready
    }

    /// Keys known, refused ones included; never above the ceiling.
    package var count: Int { entries.count }

    /// Computes and expands the key shared with `key`, unless it is known; about 50 µs.
    ///
    /// - Parameters:
    ///   - key: The other node's key.
    ///   - identity: Who we are; always the same for one cache.
    /// - Returns: `.ready` or `.refused`; `.missing` when memory ran out.
    package mutating func derive(_ key: PublicKey, identity: NodeIdentity) -> Presence {
        let known = presence(of: key)
        guard known == .missing else { return known }
        counters.derivations += 1
        guard let shared = identity.sharedSecret(with: key) else {
            counters.refusals += 1
            insert(Entry(key: key, cipher: nil, isRecent: false))
            return .refused
        }
        guard let cipher = shared.withBytes({ backend.expand($0) }) else { return .missing }
        insert(Entry(key: key, cipher: cipher, isRecent: false))
        return .ready
    }

    private func find(_ key: PublicKey) -> Int? {
        index.find(key) { entries[$0].key }
    }

    private mutating func markRecent(_ at: Int) {
        if !entries[at].isRecent { entries[at].isRecent = true }
    }

    private mutating func insert(_ entry: Entry) {
        if entries.count < ceiling {
            entries.append(entry)
            index.insert(entry.key, at: entries.count - 1) { entries[$0].key }
            return
        }
        while entries[hand].isRecent {
            entries[hand].isRecent = false
            hand = hand + 1 == entries.count ? 0 : hand + 1
        }
        index.remove(entries[hand].key) { entries[$0].key }
        entries[hand].cipher?.destroy()
        entries[hand] = entry
        index.insert(entry.key, at: hand) { entries[$0].key }
        hand = hand + 1 == entries.count ? 0 : hand + 1
        counters.evictions += 1
    }
}
