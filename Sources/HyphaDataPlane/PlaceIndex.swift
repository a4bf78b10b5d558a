// SPDX-License-Identifier: Apache-2.0

/// Finds the place of a link or session in its slab by number, once a packet and without hashing.
///
/// Link ids count up and session indices are random, so their low bits spread evenly; collisions
/// probe the next cell. At most a quarter full.
package struct PlaceIndex {
    private var ids: [UInt32]
    private var places: [Int32]
    private var mask: Int
    /// Numbers in it.
    private(set) var count = 0

    /// An index of nothing, which grows as it needs.
    package init() {
        let cells = 64
        ids = [UInt32](repeating: 0, count: cells)
        places = [Int32](repeating: -1, count: cells)
        mask = cells - 1
    }

    /// The place of a number, -1 when it is not there.
    package func place(of id: UInt32) -> Int {
        var cell = Int(id) & mask
        while places[cell] >= 0 {
            if ids[cell] == id { return Int(places[cell]) }
            cell = (cell + 1) & mask
        }
        return -1
    }

    /// Adds a number that is not there yet.
    package mutating func insert(_ id: UInt32, place: Int) {
        count += 1
        if count * 4 > places.count { grow() }
        put(id, Int32(place))
    }

    private mutating func put(_ id: UInt32, _ place: Int32) {
        var cell = Int(id) & mask
        while places[cell] >= 0 { cell = (cell + 1) & mask }
        ids[cell] = id
        places[cell] = place
    }

    private mutating func grow() {
        let old = (ids: ids, places: places)
        ids = [UInt32](repeating: 0, count: old.ids.count * 2)
        places = [Int32](repeating: -1, count: old.ids.count * 2)
        mask = ids.count - 1
        for i in old.ids.indices where old.places[i] >= 0 { put(old.ids[i], old.places[i]) }
    }

    /// Removes by moving later members of the run back, so that no tombstones gather.
    package mutating func remove(_ id: UInt32) {
        var hole = Int(id) & mask
        while places[hole] >= 0, ids[hole] != id { hole = (hole + 1) & mask }
        guard places[hole] >= 0 else { return }
        count -= 1
        var cell = (hole + 1) & mask
        while places[cell] >= 0 {
            let home = Int(ids[cell]) & mask
            if (cell - home) & mask >= (cell - hole) & mask {
                ids[hole] = ids[cell]
                places[hole] = places[cell]
                hole = cell
            }
            cell = (cell + 1) & mask
        }
        places[hole] = -1
    }
}
