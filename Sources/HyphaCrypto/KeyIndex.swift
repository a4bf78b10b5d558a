// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// An open-addressing table from public keys to places in the owner's array of entries.
///
/// It keeps only the places, so the owner lends its keys to every call. Linear probing with
/// backward-shift deletion: no tombstones, so it does not decay. At most half full.
struct KeyIndex {
    /// Place + 1, or 0 for a free slot; the count is a power of two.
    private var slots = [UInt32](repeating: 0, count: 16)
    private var count = 0
    /// Peers choose their keys, so they must not know where these land.
    private let seed = (Entropy.word(), Entropy.word(), Entropy.word(), Entropy.word())

    /// The place of `key`, or `nil`.
    func find(_ key: PublicKey, keyAt: (Int) -> PublicKey) -> Int? {
        var slot = home(of: key)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if keyAt(place) == key { return place }
            slot = next(slot)
        }
        return nil
    }

    /// Adds `key`, which must not be in the table, but already at `place` in the owner's array.
    mutating func insert(_ key: PublicKey, at place: Int, keyAt: (Int) -> PublicKey) {
        count += 1
        if count * 2 > slots.count { grow(keyAt: keyAt) }
        put(UInt32(place + 1), home(of: key))
    }

    /// Removes `key`, which must be in the table and still in the owner's array.
    mutating func remove(_ key: PublicKey, keyAt: (Int) -> PublicKey) {
        var hole = home(of: key)
        while keyAt(Int(slots[hole]) - 1) != key { hole = next(hole) }
        var slot = next(hole)
        while slots[slot] != 0 {
            // An entry may move back to the hole unless its home lies behind the hole.
            let home = home(of: keyAt(Int(slots[slot]) - 1))
            if (slot - home) & (slots.count - 1) >= (slot - hole) & (slots.count - 1) {
                slots[hole] = slots[slot]
                hole = slot
            }
            slot = next(slot)
        }
        slots[hole] = 0
        count -= 1
    }

    private mutating func grow(keyAt: (Int) -> PublicKey) {
        let old = slots
        slots = [UInt32](repeating: 0, count: old.count * 2)
        for value in old where value != 0 { put(value, home(of: keyAt(Int(value) - 1))) }
    }

    private mutating func put(_ value: UInt32, _ home: Int) {
        var slot = home
        while slots[slot] != 0 { slot = next(slot) }
        slots[slot] = value
    }

    private func next(_ slot: Int) -> Int { (slot &+ 1) & (slots.count &- 1) }

    /// Two folded products keyed by the seed: a few nanoseconds, and not to be steered from outside.
    private func home(of key: PublicKey) -> Int {
        func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
            let product = left.multipliedFullWidth(by: right)
            return product.high ^ product.low
        }
        let (a, b, c, d) = key.words
        let hash = fold(a ^ seed.0, b ^ seed.1) &+ fold(c ^ seed.2, d ^ seed.3)
        return Int(truncatingIfNeeded: hash ^ hash >> 32) & (slots.count &- 1)
    }
}
