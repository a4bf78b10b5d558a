// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Finds the place of a prefix in the route table: open addressing, four bytes a place.
///
/// `Dictionary` would hold every prefix a second time, 28 bytes a place. The hash is keyed, because
/// prefixes are chosen by strangers.
package struct PrefixHash {
    /// Place in the slab plus one, 0 = empty; the size is a power of two.
    private var places: [UInt32]
    private var count = 0
    private let key: UInt64

    /// - Parameter key: Secret against chosen collisions.
    package init(key: UInt64) {
        self.key = key | 1
        places = [UInt32](repeating: 0, count: 64)
    }

    /// The entry of exactly this prefix, absent when there is none.
    package func find(_ prefix: Prefix, in entries: borrowing Slab<PrefixEntry>) -> PrefixID {
        var place = home(of: prefix)
        while places[place] != 0 {
            let index = PrefixID(places[place] - 1)
            if entries[index].prefix == prefix { return index }
            place = (place + 1) & (places.count - 1)
        }
        return .absent
    }

    /// Adds an entry whose prefix is not in the table.
    package mutating func insert(_ index: PrefixID, in entries: borrowing Slab<PrefixEntry>) {
        if (count + 1) * 4 > places.count * 3 { grow(entries) }
        put(index, prefix: entries[index].prefix)
        count += 1
    }

    /// Removes an entry that is in the table and still in the slab.
    package mutating func remove(_ index: PrefixID, in entries: borrowing Slab<PrefixEntry>) {
        let mask = places.count - 1
        var hole = home(of: entries[index].prefix)
        while places[hole] != index.raw + 1 {
            invariant(places[hole] != 0, "a prefix to be removed is in the table")
            hole = (hole + 1) & mask
        }
        // Backward shift: whatever probed past the hole moves into it, so no tombstones remain.
        var place = hole
        while true {
            place = (place + 1) & mask
            guard places[place] != 0 else { break }
            let wanted = home(of: entries[PrefixID(places[place] - 1)].prefix)
            if (place - wanted) & mask >= (place - hole) & mask {
                places[hole] = places[place]
                hole = place
            }
        }
        places[hole] = 0
        count -= 1
    }

    private mutating func grow(_ entries: borrowing Slab<PrefixEntry>) {
        let old = places
        places = [UInt32](repeating: 0, count: old.count * 2)
        for place in old where place != 0 {
            put(PrefixID(place - 1), prefix: entries[PrefixID(place - 1)].prefix)
        }
    }

    private mutating func put(_ index: PrefixID, prefix: Prefix) {
        var place = home(of: prefix)
        while places[place] != 0 { place = (place + 1) & (places.count - 1) }
        places[place] = index.raw + 1
    }

    private func home(of prefix: Prefix) -> Int {
        func mixed(_ word: UInt64, _ by: UInt64) -> UInt64 {
            let product = word.multipliedFullWidth(by: by)
            return product.high ^ product.low
        }
        let first = mixed(prefix.address.high ^ key, 0x9e37_79b9_7f4a_7c15 ^ key &<< 1)
        let rest = prefix.address.low ^ UInt64(prefix.length)
        let second = mixed(rest ^ first, 0xbf58_476d_1ce4_e5b9)
        return Int(truncatingIfNeeded: mixed(first ^ second, key)) & (places.count - 1)
    }
}
