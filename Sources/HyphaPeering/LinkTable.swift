// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Values by link in the order of link ids, so that walking it never depends on hashing.
///
/// Links are few (``Limits/neighboursMax``) and their ids count up: an insertion is an append, a
/// lookup a binary search. Inlinable, because a generic type that other modules cannot see into
/// looks its own layout up at every access (measured: most of the cost of a control packet).
package struct LinkTable<Value> {
    /// The links, ascending.
    package internal(set) var links: [LinkID] = []
    @usableFromInline var values: [Value] = []

    @inlinable
    package init() {}

    /// Number of links.
    @inlinable
    package var count: Int { links.count }

    /// The value of `link`; assigning `nil` removes it.
    @inlinable
    package subscript(link: LinkID) -> Value? {
        get {
            guard let index = index(of: link) else { return nil }
            return values[index]
        }
        set {
            let at = lowerBound(of: link)
            let isPresent = at < links.count && links[at] == link
            switch (newValue, isPresent) {
            case (let value?, true): values[at] = value
            case (let value?, false):
                links.insert(link, at: at)
                values.insert(value, at: at)
            case (nil, true):
                links.remove(at: at)
                values.remove(at: at)
            case (nil, false): break
            }
        }
    }

    /// Where `link` stands, for use with ``subscript(index:)``; `nil` when it is unknown.
    @inlinable
    package func index(of link: LinkID) -> Int? {
        let at = lowerBound(of: link)
        return at < links.count && links[at] == link ? at : nil
    }

    /// The value at a position, changed in place.
    @inlinable
    package subscript(index index: Int) -> Value {
        get { values[index] }
        _modify { yield &values[index] }
    }

    @usableFromInline
    func lowerBound(of link: LinkID) -> Int {
        var low = 0
        var high = links.count
        while low < high {
            let middle = (low + high) / 2
            if links[middle] < link { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension LinkTable: Sendable where Value: Sendable {}
