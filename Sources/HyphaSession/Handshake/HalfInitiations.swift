// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Initiations of which one of two parts is there.
///
/// All live equally long, so the order of arrival is the order of expiry. A source has at most
/// ``Limits/halfInitiationsPerSourceMax`` of them.
struct HalfInitiations {
    private var table: RecencyTable<Key, Half>
    private var bySource: [HandshakeSource: [Key]] = [:]

    struct Key: Hashable {
        let from: SocketAddress
        let sender: UInt32
    }

    private struct Half {
        let part: UInt8
        let message: [UInt8]
        let source: HandshakeSource
        let expiresAt: Instant
    }

    /// What became of a part.
    enum Outcome {
        case whole([UInt8])
        case kept
    }

    init(capacity: Int) { table = RecencyTable(capacity: capacity) }

    var count: Int { table.count }

    /// When the oldest half expires.
    var firstExpiry: Instant? { table.oldestValue?.expiresAt }

    /// Whether the other part, or this one, is waiting.
    func contains(_ key: Key) -> Bool { table[key] != nil }

    /// Whether a source has as many as it may.
    func isFull(_ source: HandshakeSource) -> Bool {
        (bySource[source]?.count ?? 0) >= Limits.halfInitiationsPerSourceMax
    }

    /// Adds a part; a part that is there already changes nothing.
    ///
    /// - Returns: What became of it, and how many others gave way.
    mutating func add(
        part: UInt8,
        _ message: [UInt8],
        for key: Key,
        source: HandshakeSource,
        now: Instant
    ) -> (outcome: Outcome, evicted: Int) {
        if let half = table[key] {
            guard half.part != part else { return (.kept, 0) }
            remove(key)
            return (.whole(part == 0 ? message + half.message : half.message + message), 0)
        }
        var evicted = 0
        if isFull(source), let oldest = bySource[source]?.first {
            remove(oldest)
            evicted += 1
        }
        if table.isFull, let oldest = table.oldestKey {
            remove(oldest)
            evicted += 1
        }
        let half = Half(
            part: part,
            message: message,
            source: source,
            expiresAt: now + HandshakeTimes.halfInitiation
        )
        table.insert(half, for: key)
        bySource[source, default: []].append(key)
        return (.kept, evicted)
    }

    /// Forgets what has waited too long.
    ///
    /// - Returns: How many.
    mutating func expire(now: Instant) -> Int {
        var count = 0
        while let key = table.oldestKey, let at = firstExpiry, at <= now {
            remove(key)
            count += 1
        }
        return count
    }

    private mutating func remove(_ key: Key) {
        guard let half = table.remove(key) else { return }
        bySource[half.source]?.removeAll { $0 == key }
        if bySource[half.source]?.isEmpty == true { bySource[half.source] = nil }
    }
}
