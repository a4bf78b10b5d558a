// SPDX-License-Identifier: Apache-2.0

/// The ends of a doubly linked list of slab elements; the links are in ``IndexLinks``.
package struct IndexList<Element> {
    /// The element added longest ago.
    package fileprivate(set) var first = SlabIndex<Element>.absent
    /// The element added last.
    package fileprivate(set) var last = SlabIndex<Element>.absent
    /// Elements in the list.
    package fileprivate(set) var count = 0

    package init() {}
}

/// The links of lists over one slab: an element is in at most one of the lists that share them.
package struct IndexLinks<Element> {
    private var links: [Link] = []

    private struct Link {
        var previous = SlabIndex<Element>.absent
        var next = SlabIndex<Element>.absent
    }

    package init() {}

    /// Adds an element, which is in no list, at the end.
    package mutating func append(_ index: SlabIndex<Element>, to list: inout IndexList<Element>) {
        let place = Int(index.raw)
        while links.count <= place { links.append(Link()) }
        links[place] = Link(previous: list.last, next: .absent)
        if list.last.exists {
            links[Int(list.last.raw)].next = index
        } else {
            list.first = index
        }
        list.last = index
        list.count += 1
    }

    /// Takes an element out of the list it is in.
    package mutating func remove(_ index: SlabIndex<Element>, from list: inout IndexList<Element>) {
        let link = links[Int(index.raw)]
        if link.previous.exists {
            links[Int(link.previous.raw)].next = link.next
        } else {
            list.first = link.next
        }
        if link.next.exists {
            links[Int(link.next.raw)].previous = link.previous
        } else {
            list.last = link.previous
        }
        links[Int(index.raw)] = Link()
        list.count -= 1
    }

    /// The element after one that is in a list, absent at the end.
    package func next(after index: SlabIndex<Element>) -> SlabIndex<Element> {
        links[Int(index.raw)].next
    }
}
