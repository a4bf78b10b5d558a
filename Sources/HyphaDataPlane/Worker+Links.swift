// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLinux

extension Worker {
    // MARK: - Life of a link

    /// Makes a link without any carrier; `nil` when all places are taken.
    mutating func insertLink(_ id: LinkID, _ counters: LinkTraffic) -> Int? {
        guard let place = links.insert(Link(id: id, counters: counters)) else { return nil }
        index.insert(id.value, place: place)
        return place
    }

    /// Ends a link at the control plane's wish, after one try to write what is waiting.
    mutating func close(_ id: LinkID) {
        let place = index.place(of: id.value)
        guard place >= 0 else { return }
        let stream = links[place].stream
        if stream >= 0 { flush(stream) }
        flushDatagrams()
        if links.contains(place), links[place].id == id { remove(place) }
    }

    /// Gives a link up and says so.
    mutating func fail(_ place: Int, _ reason: LinkCloseReason) {
        guard !links[place].isFailed else { return }
        links[place].isFailed = true
        failed.append(place)
        events.append(.linkClosed(links[place].id, reason))
    }

    /// Removes what failed; only between packets, so that no loop loses its link under it.
    mutating func removeFailed() {
        guard !failed.isEmpty || !failedStreams.isEmpty else { return }
        removeFailedStreams()
        for place in failed { remove(place) }
        failed.removeAll(keepingCapacity: true)
    }

    mutating func remove(_ place: Int) {
        closeDatagramRun()
        let link = links.remove(place)
        index.remove(link.id.value)
        if link.stream >= 0 { removeStream(link.stream) }
        if link.formerStream >= 0 { removeStream(link.formerStream) }
        removeSession(link.streamSession)
        removeSession(link.datagram.session)
    }
}
