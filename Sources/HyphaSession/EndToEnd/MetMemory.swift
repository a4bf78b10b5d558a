// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// The nodes with which a session was once confirmed, by /64.
///
/// Keys are free, so anybody can make this node meet any number of them; those that came by
/// themselves give way before one that this host had packets for does.
struct MetMemory {
    private var nodes: [UInt64: MetNode] = [:]
    private var ownUses = DeadlineHeap<UInt64>()
    private var strangerUses = DeadlineHeap<UInt64>()
    private let capacity: Int

    init(capacity: Int = Limits.metNodesMax) { self.capacity = capacity }

    var count: Int { nodes.count }

    /// All of them, by key.
    var all: [MetNode] { nodes.values.sorted { $0.key < $1.key } }

    subscript(subnet: UInt64) -> MetNode? { nodes[subnet] }

    /// Notes that a node was used.
    mutating func touch(_ subnet: UInt64, now: Instant) {
        guard let node = nodes[subnet] else { return }
        if node.isOwn { ownUses.set(subnet, at: now) } else { strangerUses.set(subnet, at: now) }
    }

    /// Adds or replaces a node.
    ///
    /// - Returns: The one that gave way to it, if any.
    mutating func insert(_ node: MetNode, _ subnet: UInt64, now: Instant) -> MetNode? {
        remove(subnet)
        var evicted: MetNode?
        if nodes.count >= capacity, let oldest = strangerUses.first ?? ownUses.first {
            evicted = remove(oldest.key)
        }
        nodes[subnet] = node
        touch(subnet, now: now)
        return evicted
    }

    @discardableResult
    mutating func remove(_ subnet: UInt64) -> MetNode? {
        ownUses.remove(subnet)
        strangerUses.remove(subnet)
        return nodes.removeValue(forKey: subnet)
    }
}
