// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Longest-prefix match over what routing published, for one worker.
///
/// Nearly every prefix is a /64 (base protocol section 1.3). So the table is a hash over the first
/// 8 bytes of an address, and each of its buckets leads to a short chain: the prefixes longer than
/// /64 inside that /64, longest first, then the /64 itself.
///
/// Lookups allocate nothing; `set` may, when the table grows.
package struct ForwardingTable: ~Copyable {
    /// Where chains begin; open addressing with linear probing, at most half full.
    @usableFromInline var buckets: [Bucket]
    /// Few bytes each, so that a lookup touches one cache line of them.
    @usableFromInline var entries: [Entry] = []
    /// The originator's key of each entry.
    @usableFromInline var keys: [PublicKey] = []
    /// First unused entry, or -1; unused ones are chained by `next`.
    private var freeEntry: Int32 = -1
    private var bucketCount = 0
    /// Unknown to neighbours, so that they cannot choose prefixes that collide.
    @usableFromInline let seed: UInt64
    private let entriesMax: Int

    /// Prefixes in the table.
    package private(set) var count = 0
    /// Prefixes refused at a ceiling, and such as are shorter than /64.
    package private(set) var refusedCount: UInt64 = 0

    @usableFromInline
    struct Bucket {
        @usableFromInline var high: UInt64
        /// Index of the first entry, or -1 in an empty bucket.
        @usableFromInline var first: Int32

        @inlinable
        init(high: UInt64, first: Int32) {
            self.high = high
            self.first = first
        }

        static let empty = Bucket(high: 0, first: -1)
    }

    @usableFromInline
    struct Entry {
        @usableFromInline var low: UInt64
        @usableFromInline var refreshAt: Instant
        /// Before this instant no further refresh is asked for.
        @usableFromInline var quietUntil: Instant
        @usableFromInline var link: LinkID
        /// Index of the next entry of the chain, or -1.
        @usableFromInline var next: Int32
        @usableFromInline var length: UInt8
        @usableFromInline var isSelected: Bool
        @usableFromInline var isDirect: Bool
        @usableFromInline var offersSessions: Bool
        @usableFromInline var pathMTU: UInt16

        /// Whether the prefix contains an address with the same first 8 bytes.
        @inlinable
        func contains(low address: UInt64) -> Bool {
            // A /64 is a shift by 64, which gives 0 on both sides.
            (address ^ low) >> (128 - UInt64(length)) == 0
        }
    }

    /// Names an entry until the next `set`.
    package struct Index: Hashable, Sendable {
        @usableFromInline let value: Int32

        @inlinable
        init(_ value: Int32) { self.value = value }
    }

    /// What to do with a packet.
    package enum Result: Hashable, Sendable {
        /// Send it on.
        case selected(Route)
        /// Report that there is no route; the key can open bodies nevertheless.
        case unselected(Index)
        /// Search a route, hold the packet.
        case unknown
    }

    /// A selected route, in few bytes.
    package struct Route: Hashable, Sendable {
        /// The next hop.
        package let link: LinkID
        /// The next hop is the originator itself.
        package let isDirect: Bool
        /// Greatest inner packet that the path takes whole, bytes, 1280 or more.
        package let pathMTU: UInt16
        /// The originator makes sessions.
        package let offersSessions: Bool
        /// Leads to the key and to the time of refresh.
        package let index: Index

        @inlinable
        init(
            link: LinkID,
            isDirect: Bool,
            pathMTU: UInt16,
            offersSessions: Bool,
            index: Index
        ) {
            self.link = link
            self.isDirect = isDirect
            self.pathMTU = pathMTU
            self.offersSessions = offersSessions
            self.index = index
        }
    }

    /// An empty table.
    ///
    /// - Parameters:
    ///   - seed: Random, drawn at start.
    ///   - entriesMax: Prefixes at most.
    package init(seed: UInt64, entriesMax: Int = Limits.forwardingEntriesMax) {
        self.seed = seed
        self.entriesMax = entriesMax
        buckets = [Bucket](repeating: .empty, count: 64)
    }

    // MARK: - Packet path

    /// The longest prefix that contains an address.
    ///
    /// - Parameters:
    ///   - high: The first 8 bytes of the address.
    ///   - low: Its last 8 bytes.
    /// - Returns: What to do with a packet to it.
    @inlinable
    package func lookup(high: UInt64, low: UInt64) -> Result {
        let found = find(high: high, low: low)
        guard found >= 0 else { return .unknown }
        let index = Index(found)
        guard entries[Int(found)].isSelected else { return .unselected(index) }
        return .selected(
            Route(
                link: entries[Int(found)].link,
                isDirect: entries[Int(found)].isDirect,
                pathMTU: entries[Int(found)].pathMTU,
                offersSessions: entries[Int(found)].offersSessions,
                index: index
            )
        )
    }

    /// The key that opens packets from an address, whatever the state of its route.
    ///
    /// - Parameters:
    ///   - high: The first 8 bytes of the address.
    ///   - low: Its last 8 bytes.
    /// - Returns: `nil` when nothing is known.
    /// - Source: Base protocol section 4.5 step 1.
    @inlinable
    package func key(ofSourceHigh high: UInt64, low: UInt64) -> PublicKey? {
        let found = find(high: high, low: low)
        return found < 0 ? nil : keys[Int(found)]
    }

    /// The originator's key.
    @inlinable
    package func key(at index: Index) -> PublicKey { keys[Int(index.value)] }

    /// Notes that a route is in use, which may call for a refresh.
    ///
    /// - Parameters:
    ///   - index: A selected route in use.
    ///   - now: The time of the batch.
    /// - Returns: Whether to ask routing for a refresh now: the route is about to expire and was
    ///   not asked for in the last 15 s.
    /// - Source: Base protocol section 4.4 step 4.
    @inlinable
    package mutating func takeRefresh(_ index: Index, now: Instant) -> Bool {
        let i = Int(index.value)
        guard now >= entries[i].refreshAt, now >= entries[i].quietUntil else { return false }
        entries[i].quietUntil = now + Limits.forwardingRefreshInterval
        return true
    }

    @inlinable
    func find(high: UInt64, low: UInt64) -> Int32 {
        var next = buckets[position(of: high)].first
        while next >= 0 {
            if entries[Int(next)].contains(low: low) { return next }
            next = entries[Int(next)].next
        }
        return -1
    }

    /// The bucket of `high`, or the empty one where it would go.
    @inlinable
    func position(of high: UInt64) -> Int {
        let mask = buckets.count &- 1
        var at = hash(high) & mask
        while buckets[at].first >= 0, buckets[at].high != high { at = (at &+ 1) & mask }
        return at
    }

    @inlinable
    func hash(_ high: UInt64) -> Int {
        let first = (high ^ seed).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        let mixed = first.high ^ first.low ^ (seed &>> 32 | seed &<< 32)
        let second = mixed.multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
        return Int(truncatingIfNeeded: second.high ^ second.low)
    }

    // MARK: - Changes

    /// Publishes the state of one prefix, or removes it.
    ///
    /// - Parameters:
    ///   - prefix: A /64 or longer.
    ///   - state: `nil` removes the prefix.
    /// - Returns: `false` when the prefix was refused and counted: shorter than /64, or a ceiling
    ///   is reached. Nothing has changed then.
    @discardableResult
    package mutating func set(_ prefix: Prefix, _ state: ForwardingState?) -> Bool {
        guard prefix.length >= 64 else {
            refusedCount &+= 1
            return false
        }
        guard let state else {
            remove(prefix)
            return true
        }
        let place = place(of: prefix)
        if place.isPresent {
            update(place.entry, state)
            return true
        }
        let isFull =
            count >= entriesMax
            || (prefix.length > 64 && place.longerCount >= Limits.forwardingLongerPrefixesMax)
        guard !isFull else {
            refusedCount &+= 1
            return false
        }
        insert(prefix, state, after: place.previous)
        return true
    }

    /// Where a prefix is or would be in its chain.
    private struct Place {
        /// The entry itself, or -1.
        var entry: Int32 = -1
        /// The entry before it, or -1.
        var previous: Int32 = -1
        /// Longer prefixes in the chain.
        var longerCount = 0

        var isPresent: Bool { entry >= 0 }
    }

    private func place(of prefix: Prefix) -> Place {
        var place = Place()
        var next = buckets[position(of: prefix.address.high)].first
        while next >= 0 {
            let entry = entries[Int(next)]
            if entry.length > 64 { place.longerCount += 1 }
            if entry.length == prefix.length, entry.low == prefix.address.low {
                place.entry = next
                return place
            }
            if entry.length >= prefix.length { place.previous = next }
            next = entry.next
        }
        return place
    }

    private mutating func insert(_ prefix: Prefix, _ state: ForwardingState, after previous: Int32)
    {
        var entry = Entry(
            low: prefix.address.low,
            refreshAt: .distantFuture,
            quietUntil: .zero,
            link: LinkID(0),
            next: -1,
            length: prefix.length,
            isSelected: false,
            isDirect: false,
            offersSessions: false,
            pathMTU: 0
        )
        let index: Int32
        if previous >= 0 {
            entry.next = entries[Int(previous)].next
            index = store(entry)
            entries[Int(previous)].next = index
        } else {
            growIfNeeded()
            let at = position(of: prefix.address.high)
            if buckets[at].first < 0 { bucketCount += 1 }
            entry.next = buckets[at].first
            index = store(entry)
            buckets[at] = Bucket(high: prefix.address.high, first: index)
        }
        count += 1
        update(index, state)
    }

    private mutating func store(_ entry: Entry) -> Int32 {
        guard freeEntry >= 0 else {
            entries.append(entry)
            keys.append(PublicKey(words: (0, 0, 0, 0)))
            return Int32(truncatingIfNeeded: entries.count - 1)
        }
        let index = freeEntry
        freeEntry = entries[Int(index)].next
        entries[Int(index)] = entry
        return index
    }

    private mutating func update(_ index: Int32, _ state: ForwardingState) {
        let i = Int(index)
        keys[i] = state.key
        switch state {
        case .selected(let route):
            entries[i].isSelected = true
            entries[i].link = route.link
            entries[i].isDirect = route.isDirect
            entries[i].pathMTU = route.pathMTU
            entries[i].offersSessions = route.offersSessions
            entries[i].refreshAt = route.refreshAt
        case .unselected:
            entries[i].isSelected = false
            entries[i].isDirect = false
            entries[i].refreshAt = .distantFuture
        }
    }

    private mutating func remove(_ prefix: Prefix) {
        let place = place(of: prefix)
        guard place.isPresent else { return }
        let following = entries[Int(place.entry)].next
        if place.previous >= 0 {
            entries[Int(place.previous)].next = following
        } else {
            let at = position(of: prefix.address.high)
            buckets[at].first = following
            if following < 0 { closeGap(at: at) }
        }
        entries[Int(place.entry)].next = freeEntry
        freeEntry = place.entry
        count -= 1
    }

    /// Moves later buckets of the same run forward, so that no marker of removal is needed.
    private mutating func closeGap(at start: Int) {
        let mask = buckets.count - 1
        var gap = start
        var at = (start + 1) & mask
        while buckets[at].first >= 0 {
            let home = hash(buckets[at].high) & mask
            // The bucket may move only if its home does not lie behind the gap.
            if (at &- home) & mask >= (at &- gap) & mask {
                buckets[gap] = buckets[at]
                gap = at
            }
            at = (at + 1) & mask
        }
        buckets[gap] = .empty
        bucketCount -= 1
    }

    private mutating func growIfNeeded() {
        guard (bucketCount + 1) * 2 > buckets.count else { return }
        let old = buckets
        buckets = [Bucket](repeating: .empty, count: old.count * 2)
        for bucket in old where bucket.first >= 0 {
            buckets[position(of: bucket.high)] = bucket
        }
    }
}
