// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import HyphaDataPlane
import HyphaLinux
import HyphaNode
import HyphaPeering
import HyphaWire

extension ControlLoop {
    /// Takes what the packet path has to say.
    mutating func handleDataPlane() {
        _ = dataPlane.eventsReady.drain()
        for event in dataPlane.takeEvents() {
            switch event {
            case .control(let link, let bytes): handleControl(bytes, from: link)
            case .linkClosed(let link, let reason): lose(link, reason)
            case .search(let prefix, let cause): feed(.search(prefix, cause: cause))
            case .refresh(let prefix): feed(.refresh(prefix))
            case .tunLost(let code):
                log.write(.tunLost(errno: code))
                ending = .failed
            }
        }
    }

    private mutating func handleControl(_ bytes: [UInt8], from link: LinkID) {
        guard let record = links[link] else { return }
        batch.taken(1, of: link, record.counters)
        log.write(.controlReceived(link, record.remote))
        do throws(WireError) {
            let packet = try ControlPacket.decode(bytes.span)
            skippedControl &+= UInt64(packet.skippedCount)
            for tlv in packet.tlvs { feed(.control(link, tlv)) }
        } catch {
            malformedControl &+= 1
            log.write(.protocolViolated(link, record.remote, "\(error)"))
            batch.close(link)
            forget(link)
            feed(.linkDown(link))
        }
    }

    /// The packet path gave a link up.
    private mutating func lose(_ link: LinkID, _ reason: LinkCloseReason) {
        guard let record = links[link] else { return }
        if reason == .malformed || reason == .controlQueueFull {
            log.write(.protocolViolated(link, record.remote, "\(reason)"))
        }
        forget(link)
        feed(.linkDown(link))
    }

    /// The node gives a link up.
    mutating func close(_ link: LinkID, _ reason: CloseReason) {
        guard links[link] != nil else { return }
        batch.close(link)
        forget(link)
    }

    private mutating func forget(_ link: LinkID) { links[link] = nil }

    /// Hands an established connection to the packet path and tells the node of it.
    mutating func establish(
        _ connection: consuming TCPConnection,
        origin: LinkDescription.Origin
    ) throws(SystemError) {
        var options = TCPConnection.Options()
        options.unsentLowWaterBytes = Limits.unsentLowWaterBytes
        try connection.set(options)
        let local = try connection.localAddress()
        let remote = connection.peer
        lastLink += 1
        let link = LinkID(lastLink)
        let counters = LinkCounters()
        links[link] = LinkRecord(
            counters: counters,
            remote: remote,
            origin: origin,
            since: now
        )
        batch.add(link, connection.releaseDescriptor(), counters: counters)
        let description = LinkDescription(origin: origin, remote: remote, local: local)
        pending.append(.linkUp(link, description))
    }
}
