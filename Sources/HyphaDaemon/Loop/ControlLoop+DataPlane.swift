// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import HyphaDataPlane
import HyphaLink
import HyphaLinux
import HyphaNode
import HyphaPeering
import HyphaWire
import Synchronization

extension ControlLoop {
    /// Takes what the packet path has to say.
    mutating func handleDataPlane() {
        _ = dataPlane.eventsReady.drain()
        for (i, event) in dataPlane.takeEvents().enumerated() {
            // A flood of handshakes must not make timers late.
            if i % Limits.eventsPerTurn == Limits.eventsPerTurn - 1 {
                now = MonotonicClock.now()
                handleTimers()
                post()
            }
            switch event {
            case .control(let link, let bytes): handleControl(bytes, from: link)
            case .carrier(let event): handleCarrier(event)
            case .session(let event): feed(.session(event))
            case .linkClosed(let link, let reason): lose(link, reason)
            case .search(let prefix, let cause): feed(.search(prefix, cause: cause))
            case .refresh(let prefix): feed(.refresh(prefix))
            case .tunLost(let code):
                log.write(.tunLost(errno: code))
                ending = .failed
            }
        }
    }

    private mutating func handleCarrier(_ event: CarrierEvent) {
        switch event {
        case .frame(let link, _, let kind, let content, _, _)
        where kind == .control || !content.isEmpty:
            guard let record = links[link] else { return }
            batch.taken(1, of: link, record.counters)
        case .streamFrame(let link, _):
            guard let record = links[link] else { return }
            batch.taken(1, of: link, record.counters)
        default: break
        }
        feed(.carrier(event))
    }

    /// Passes on what the node wants done with carriers, and keeps the list of links.
    mutating func perform(_ command: CarrierCommand) {
        switch command {
        case .install(let link, .datagram, _, _, _) where links[link] == nil:
            let counters = LinkTraffic()
            let any = SocketAddress(host: .v6(.unspecified, scope: 0), port: 0)
            links[link] = LinkRecord(counters: counters, remote: any, since: now)
            batch.addDatagramLink(link, counters: counters)
        case .endpoint(let link, let remote):
            links[link]?.remote = remote
            links[link]?.datagramRemote = remote
            noteRoute(link, to: remote)
        case .close(let link):
            batch.perform(command)
            forget(link)
            return
        default: break
        }
        batch.perform(command)
    }

    /// Tells the node how large datagrams to a neighbour can be, or that there is no way to it.
    private mutating func noteRoute(_ link: LinkID, to remote: SocketAddress) {
        do throws(SystemError) {
            let route = try Route(to: remote)
            let byteCount = min(route.mtuBytes, Limits.routeMTUMax)
            guard links[link]?.routeMTU != byteCount else { return }
            links[link]?.routeMTU = byteCount
            pending.append(.routeMTU(link, byteCount))
        } catch {
            links[link]?.routeMTU = nil
            pending.append(.carrier(.carrierLost(link, .datagram, errno: error.code)))
        }
    }

    /// Looks at the ways of all datagrams anew, since the interfaces have changed.
    mutating func refreshRoutes() {
        for link in links.keys.sorted() {
            guard let remote = links[link]?.datagramRemote else { continue }
            noteRoute(link, to: remote)
        }
        feedPending()
    }

    /// What the packet path counted on links with keys, for the node's timers.
    func activity() -> [LinkActivity] {
        var list: [LinkActivity] = []
        for (link, record) in links {
            let counters = record.counters
            for carrier in [CarrierKind.stream, .datagram] {
                guard let (heardAt, sentAt) = counters.lastUse(of: carrier) else { continue }
                let bytes = counters.bytes(over: carrier)
                list.append(
                    LinkActivity(
                        link: link,
                        carrier: carrier,
                        heardAt: heardAt,
                        sentAt: sentAt,
                        sentBytes: bytes.sent,
                        receivedBytes: bytes.received
                    )
                )
            }
        }
        return list
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

    mutating func forget(_ link: LinkID) { links[link] = nil }

    /// Hands an established connection to the packet path and tells the node of it.
    mutating func establish(
        _ connection: consuming TCPConnection,
        origin: LinkDescription.Origin,
        _ pinnedKey: PublicKey? = nil
    ) throws(SystemError) {
        var options = TCPConnection.Options()
        options.unsentLowWaterBytes = Limits.unsentLowWaterBytes
        try connection.set(options)
        let local = try connection.localAddress()
        let remote = connection.peer
        lastLink += 1
        let link = LinkID(lastLink)
        let counters = LinkTraffic()
        links[link] = LinkRecord(
            counters: counters,
            remote: remote,
            since: now
        )
        batch.add(link, connection.releaseDescriptor(), counters: counters)
        let description = LinkDescription(
            origin: origin,
            remote: remote,
            local: local,
            pinnedKey: pinnedKey
        )
        pending.append(.linkUp(link, description))
    }
}
