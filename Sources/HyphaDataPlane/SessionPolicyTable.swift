// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// How packets of each overlay /64 are protected, found once a packet by its 8 bytes.
///
/// Open addressing with linear probing, at most half full; no tombstones.
package struct SessionPolicyTable {
    private var cells: [Cell]
    private let seed: UInt64
    private let capacity: Int
    /// Subnets with a policy.
    package private(set) var count = 0
    /// Policies refused for want of room; their subnets follow the default.
    package private(set) var refusedCount: UInt64 = 0

    /// What is done with one /64, with places instead of indices.
    package struct Rule: Hashable, Sendable {
        package var way: Way
        /// Only handshakes are taken under the base key.
        package var isStrict: Bool
        /// Of the session, or of the link when the way is direct; -1 = to be found.
        package var place: Int32
        /// The session in use before, whose bodies may still be quoted; -1 = none.
        package var formerPlace: Int32

        package init(way: Way, isStrict: Bool, place: Int32 = -1, formerPlace: Int32 = -1) {
            self.way = way
            self.isStrict = isStrict
            self.place = place
            self.formerPlace = formerPlace
        }
    }

    /// How packets to a /64 leave.
    package enum Way: UInt8, Hashable, Sendable {
        /// Not at all: an empty cell.
        case none
        case base
        case hold
        case session
        case direct
        case refuse
    }

    private struct Cell {
        var subnet: UInt64 = 0
        var rule = Rule(way: .none, isStrict: false)
    }

    /// - Parameters:
    ///   - seed: Random; others cannot choose subnets that collide.
    ///   - capacity: Subnets at most.
    package init(seed: UInt64, capacity: Int = Limits.sessionPoliciesMax) {
        self.seed = seed
        self.capacity = capacity
        cells = [Cell](repeating: Cell(), count: 64)
    }

    /// The rule of a subnet, `nil` = the default.
    package func rule(of subnet: UInt64) -> Rule? {
        let rule = cells[position(of: subnet)].rule
        return rule.way == .none ? nil : rule
    }

    /// Sets a rule; a way of `none` is not one.
    ///
    /// - Returns: `false` when there is no room, which was counted.
    @discardableResult
    package mutating func set(_ subnet: UInt64, _ rule: Rule) -> Bool {
        var at = position(of: subnet)
        if cells[at].rule.way == .none {
            guard count < capacity else {
                refusedCount &+= 1
                return false
            }
            count += 1
            if count * 2 > cells.count {
                grow()
                at = position(of: subnet)
            }
        }
        cells[at] = Cell(subnet: subnet, rule: rule)
        return true
    }

    /// Removes by moving later members of the run back.
    package mutating func remove(_ subnet: UInt64) {
        var hole = position(of: subnet)
        guard cells[hole].rule.way != .none else { return }
        count -= 1
        let mask = cells.count - 1
        var at = (hole + 1) & mask
        while cells[at].rule.way != .none {
            let home = hash(cells[at].subnet) & mask
            if (at - home) & mask >= (at - hole) & mask {
                cells[hole] = cells[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        cells[hole] = Cell()
    }

    private mutating func grow() {
        let old = cells
        cells = [Cell](repeating: Cell(), count: old.count * 2)
        for cell in old where cell.rule.way != .none { cells[position(of: cell.subnet)] = cell }
    }

    private func position(of subnet: UInt64) -> Int {
        let mask = cells.count - 1
        var at = hash(subnet) & mask
        while cells[at].rule.way != .none, cells[at].subnet != subnet { at = (at + 1) & mask }
        return at
    }

    private func hash(_ subnet: UInt64) -> Int {
        let first = (subnet ^ seed).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        let mixed = first.high ^ first.low ^ (seed &>> 32 | seed &<< 32)
        let second = mixed.multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
        return Int(truncatingIfNeeded: second.high ^ second.low)
    }
}
