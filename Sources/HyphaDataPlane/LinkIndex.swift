// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Finds a link's place in the slab by its id, once a packet and without hashing.
///
/// Ids count up, so their low bits spread evenly; collisions probe the next cell.
package struct LinkIndex {
    private var ids: [UInt32]
    private var places: [Int32]
    private let mask: Int

    /// - Parameter capacity: Links at most; cells are four times as many.
    package init(capacity: Int) {
        var cells = 8
        while cells < capacity * 4 { cells *= 2 }
        ids = [UInt32](repeating: 0, count: cells)
        places = [Int32](repeating: -1, count: cells)
        mask = cells - 1
    }

    /// The place of a link, -1 when it is not there.
    package func place(of id: LinkID) -> Int {
        var cell = Int(id.value) & mask
        while places[cell] >= 0 {
            if ids[cell] == id.value { return Int(places[cell]) }
            cell = (cell + 1) & mask
        }
        return -1
    }

    /// Adds a link that is not there yet.
    package mutating func insert(_ id: LinkID, place: Int) {
        var cell = Int(id.value) & mask
        while places[cell] >= 0 { cell = (cell + 1) & mask }
        ids[cell] = id.value
        places[cell] = Int32(place)
    }

    /// Removes by moving later members of the run back, so that no tombstones gather.
    package mutating func remove(_ id: LinkID) {
        var hole = Int(id.value) & mask
        while places[hole] >= 0, ids[hole] != id.value { hole = (hole + 1) & mask }
        guard places[hole] >= 0 else { return }
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
