// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// Packets that wait for a route: to their destination, or from their source so that they can be
/// opened (base protocol section 4.7); one queue for each of the two.
///
/// Packets of a prefix come out in the order in which they went in. This is off the steady path:
/// each packet is one heap allocation.
package struct HoldQueue: ~Copyable {
    private var slots: [Slot] = []
    /// First unused slot, or -1; unused ones are chained by `next`.
    private var freeSlot: Int32 = -1
    /// All held packets in the order of arrival.
    private var oldest: Int32 = -1
    private var newest: Int32 = -1
    private var chains: [UInt64: Chain] = [:]
    private var bytesPerLink: [LinkID: Int] = [:]
    private let ceilings: Ceilings

    /// Packets held.
    package private(set) var count = 0
    /// Bytes charged for them, bookkeeping included.
    package private(set) var byteCount = 0
    /// What happened to packets since the start.
    package private(set) var counters = Counters()

    /// Prefixes for which packets are held.
    package var prefixCount: Int { chains.count }

    private struct Slot {
        var packet: HeldPacket
        var heldAt: Instant
        /// Next packet of the same prefix; in an unused slot the next unused one.
        var next: Int32 = -1
        var older: Int32
        var newer: Int32 = -1
    }

    private struct Chain {
        var first: Int32
        var last: Int32
        var count: Int
    }

    /// What a queue may hold; see ``Limits`` for what happens at each.
    package struct Ceilings: Hashable, Sendable {
        package var packetsPerPrefix = Limits.holdPacketsPerPrefixMax
        package var prefixes = Limits.holdPrefixesMax
        package var prefixesForLinks = Limits.holdPrefixesForLinksMax
        package var bytes = Limits.holdBytesMax
        package var bytesForLinks = Limits.holdBytesForLinksMax
        package var bytesPerLink = Limits.holdBytesPerLinkMax

        /// The ordinary ceilings.
        package init() {}
    }

    /// What happened to packets since the start.
    package struct Counters: Hashable, Sendable {
        /// Taken in.
        package internal(set) var held: UInt64 = 0
        /// Given back because a route appeared.
        package internal(set) var released: UInt64 = 0
        /// Given back because the search failed.
        package internal(set) var failed: UInt64 = 0
        /// Given back because they had waited for 15 s.
        package internal(set) var expired: UInt64 = 0
        /// Not taken in: no room for one more of the prefix.
        package internal(set) var refusedByPrefix: UInt64 = 0
        /// Not taken in: no room in all, or for the link.
        package internal(set) var refusedByTotal: UInt64 = 0
    }

    /// What became of a packet.
    package enum Verdict: Hashable, Sendable {
        /// It is held, and is the first one of its prefix: start a search.
        case heldFirst
        /// It is held.
        case held
        /// There was no room: drop it as ``DropReason/queueFull``.
        case refused
    }

    /// Why packets of a prefix are taken out.
    package enum Ending: Hashable, Sendable {
        /// A route appeared.
        case released
        /// The search failed, or the route was lost.
        case failed
    }

    /// An empty queue.
    package init(ceilings: Ceilings = Ceilings()) { self.ceilings = ceilings }

    // MARK: - Inputs

    /// Holds a copy of a packet.
    ///
    /// - Parameters:
    ///   - packet: The bytes; what they are is up to the caller.
    ///   - subnet: The first 8 bytes of the address that needs a route.
    ///   - origin: Where the packet came from.
    ///   - now: The time of the batch.
    /// - Returns: What became of it.
    package mutating func hold(
        _ packet: Span<UInt8>,
        subnet: UInt64,
        origin: HeldPacket.Origin,
        now: Instant
    ) -> Verdict {
        let charge = packet.count + Limits.holdOverheadBytes
        let chain = chains[subnet]
        if let chain, chain.count >= ceilings.packetsPerPrefix {
            counters.refusedByPrefix &+= 1
            return .refused
        }
        guard hasRoom(for: charge, from: origin, isNewPrefix: chain == nil) else {
            counters.refusedByTotal &+= 1
            return .refused
        }
        let held = HeldPacket(bytes: [UInt8](copying: packet), subnet: subnet, origin: origin)
        let index = store(Slot(packet: held, heldAt: now, older: newest))
        if newest >= 0 { slots[Int(newest)].newer = index } else { oldest = index }
        newest = index
        if var chain {
            slots[Int(chain.last)].next = index
            chain.last = index
            chain.count += 1
            chains[subnet] = chain
        } else {
            chains[subnet] = Chain(first: index, last: index, count: 1)
        }
        count += 1
        byteCount += charge
        if case .link(let link) = origin { bytesPerLink[link, default: 0] += charge }
        counters.held &+= 1
        return chain == nil ? .heldFirst : .held
    }

    private func hasRoom(
        for charge: Int,
        from origin: HeldPacket.Origin,
        isNewPrefix: Bool
    ) -> Bool {
        let room: (prefixes: Int, bytes: Int)
        switch origin {
        case .host:
            room = (ceilings.prefixes, ceilings.bytes)
        case .link(let link):
            room = (ceilings.prefixesForLinks, ceilings.bytesForLinks)
            let ofLink = bytesPerLink[link] ?? 0
            guard ofLink + charge <= ceilings.bytesPerLink else { return false }
        }
        return byteCount + charge <= room.bytes && (!isNewPrefix || chains.count < room.prefixes)
    }

    // MARK: - Outputs

    /// Takes a packet of a prefix out; call until `nil`.
    ///
    /// - Parameters:
    ///   - subnet: The first 8 bytes of the address.
    ///   - ending: Why; for the counters.
    /// - Returns: The oldest packet of the prefix.
    package mutating func take(_ subnet: UInt64, because ending: Ending) -> HeldPacket? {
        guard let chain = chains[subnet] else { return nil }
        switch ending {
        case .released: counters.released &+= 1
        case .failed: counters.failed &+= 1
        }
        return remove(first: chain)
    }

    /// A packet that has waited for 15 s, taken out to be dropped; call until `nil`.
    package mutating func takeExpired(now: Instant) -> HeldPacket? {
        guard oldest >= 0, now >= slots[Int(oldest)].heldAt + Limits.holdDuration,
            // The oldest of all is also the oldest of its prefix.
            let chain = chains[slots[Int(oldest)].packet.subnet]
        else { return nil }
        counters.expired &+= 1
        return remove(first: chain)
    }

    /// When `takeExpired` is due, or `nil` when nothing is held.
    package func nextDeadline() -> Deadline? {
        guard oldest >= 0 else { return nil }
        return Deadline(slots[Int(oldest)].heldAt + Limits.holdDuration, "held packet expires")
    }

    // MARK: - Storage

    private mutating func store(_ slot: Slot) -> Int32 {
        guard freeSlot >= 0 else {
            slots.append(slot)
            return Int32(truncatingIfNeeded: slots.count - 1)
        }
        let index = freeSlot
        freeSlot = slots[Int(index)].next
        slots[Int(index)] = slot
        return index
    }

    private mutating func remove(first chain: Chain) -> HeldPacket {
        let index = chain.first
        let slot = slots[Int(index)]
        let packet = slot.packet
        let (older, newer) = (slot.older, slot.newer)
        if older >= 0 { slots[Int(older)].newer = newer } else { oldest = newer }
        if newer >= 0 { slots[Int(newer)].older = older } else { newest = older }
        if chain.count > 1 {
            chains[packet.subnet] = Chain(
                first: slot.next,
                last: chain.last,
                count: chain.count - 1
            )
        } else {
            chains[packet.subnet] = nil
        }
        slots[Int(index)].packet.bytes = []
        slots[Int(index)].next = freeSlot
        freeSlot = index
        count -= 1
        let charge = packet.bytes.count + Limits.holdOverheadBytes
        byteCount -= charge
        if case .link(let link) = packet.origin {
            let left = (bytesPerLink[link] ?? 0) - charge
            bytesPerLink[link] = left > 0 ? left : nil
        }
        return packet
    }
}
