// SPDX-License-Identifier: Apache-2.0

/// A bounded dictionary that knows the order in which its entries were added or last touched.
///
/// The oldest entry is at hand, so that tables can forget by age (when entries are only added) or
/// by disuse (when they are touched). All operations take constant time.
struct RecencyTable<Key: Hashable, Value> {
    /// Most entries it holds; adding one more needs ``removeOldest()`` first.
    let capacity: Int
    private var places: [Key: Int32] = [:]
    private var nodes: [Node] = []
    private var free: [Int32] = []
    private var oldest: Int32 = -1
    private var newest: Int32 = -1

    private struct Node {
        var key: Key
        var value: Value?
        var older: Int32
        var newer: Int32
    }

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { places.count }
    var isFull: Bool { places.count >= capacity }
    var oldestKey: Key? { oldest < 0 ? nil : nodes[Int(oldest)].key }
    var oldestValue: Value? { oldest < 0 ? nil : nodes[Int(oldest)].value }

    /// Reads or replaces the value of an entry that is there; its place in the order stays.
    subscript(key: Key) -> Value? {
        get { places[key].flatMap { nodes[Int($0)].value } }
        set {
            guard let place = places[key] else { return }
            if let newValue { nodes[Int(place)].value = newValue } else { remove(key) }
        }
    }

    /// Adds an entry as the newest, or replaces the value of one and makes it the newest.
    ///
    /// - Returns: `false` when the table is full; nothing has changed then.
    @discardableResult
    mutating func insert(_ value: Value, for key: Key) -> Bool {
        if let place = places[key] {
            unlink(place)
            nodes[Int(place)].value = value
            link(place)
            return true
        }
        guard !isFull else { return false }
        let place: Int32
        let node = Node(key: key, value: value, older: -1, newer: -1)
        if let reused = free.popLast() {
            place = reused
            nodes[Int(place)] = node
        } else {
            place = Int32(nodes.count)
            nodes.append(node)
        }
        places[key] = place
        link(place)
        return true
    }

    /// Adds an entry as the newest; when the table is full the oldest one is forgotten.
    ///
    /// - Returns: Whether an entry was forgotten.
    @discardableResult
    mutating func insertEvicting(_ value: Value, for key: Key) -> Bool {
        let evicts = isFull && places[key] == nil
        if evicts { removeOldest() }
        insert(value, for: key)
        return evicts
    }

    /// Removes an entry.
    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        let value = nodes[Int(place)].value
        unlink(place)
        nodes[Int(place)].value = nil
        free.append(place)
        return value
    }

    /// Removes the entry that was added or touched longest ago.
    @discardableResult
    mutating func removeOldest() -> (key: Key, value: Value)? {
        guard let key = oldestKey, let value = remove(key) else { return nil }
        return (key, value)
    }

    private mutating func link(_ place: Int32) {
        nodes[Int(place)].older = newest
        nodes[Int(place)].newer = -1
        if newest >= 0 { nodes[Int(newest)].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int32) {
        let (older, newer) = (nodes[Int(place)].older, nodes[Int(place)].newer)
        if older >= 0 { nodes[Int(older)].newer = newer } else { oldest = newer }
        if newer >= 0 { nodes[Int(newer)].older = older } else { newest = older }
    }
}
