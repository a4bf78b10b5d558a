// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Links in the order of their ids, so that walking them never depends on hashing.
struct LinkRecords {
    private(set) var records: [LinkRecord] = []

    var count: Int { records.count }

    /// When the first timer of all links is due.
    var earliestWake: Instant {
        var earliest = Instant.distantFuture
        for i in records.indices { earliest = min(earliest, records[i].wakeAt) }
        return earliest
    }

    /// Where a link stands, `nil` when it is unknown.
    func index(of link: LinkID) -> Int? {
        let at = lowerBound(of: link)
        return at < records.count && records[at].id == link ? at : nil
    }

    subscript(index: Int) -> LinkRecord {
        _read { yield records[index] }
        _modify { yield &records[index] }
    }

    mutating func insert(_ record: LinkRecord) {
        records.insert(record, at: lowerBound(of: record.id))
    }

    @discardableResult
    mutating func remove(_ link: LinkID) -> LinkRecord? {
        index(of: link).map { records.remove(at: $0) }
    }

    private func lowerBound(of link: LinkID) -> Int {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if records[middle].id < link { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
