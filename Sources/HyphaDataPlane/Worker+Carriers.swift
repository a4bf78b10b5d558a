// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLink
import HyphaLinux
import HyphaSession
import HyphaWire

/// What the control plane says about carriers and their keys.
extension Worker {
    /// Carries out one command; links and sessions that are gone already are passed over.
    mutating func handle(_ command: CarrierCommand) {
        switch command {
        case .sendDatagram(let bytes, let target): sendUnsealed(bytes, to: target)
        case .sendOnStream(let id, let frame): transmitHandshake(frame, on: id)
        case .install(let id, let carrier, let local, let remote, let keys):
            install(id, carrier, local: local, remote: remote, keys)
        case .use(let id, let carrier, let local): use(local, of: id, on: carrier)
        case .remove(let local):
            removeSession(sessionIndex.place(of: local.value))
            seat.sessions.remove(local.value)
        case .endpoint(let id, let target): setEndpoint(of: id, target)
        case .unproven(let id, let target): setEndpoint(of: id, target, isProven: false)
        case .carrier(let id, let carrier):
            if let place = livingPlace(of: id) { links[place].active = carrier }
        case .payloadMax(let id, let byteCount):
            if let place = livingPlace(of: id) {
                links[place].datagram.payloadMax = max(Limits.datagramPayloadMin, byteCount)
            }
        case .watch(let id):
            if let place = livingPlace(of: id) {
                links[place].isWatched = true
                links[place].hasCarried = false
            }
        case .peer(let id, let key):
            if let place = livingPlace(of: id) {
                links[place].peer = key
                links[place].peerAddress = IPv6Address(derivedFrom: key)
            }
        case .sealStream(let id, let takesClear):
            if let place = livingPlace(of: id), links[place].stream >= 0 {
                streams[links[place].stream].isSealed = true
                if !takesClear { streams[links[place].stream].isClosedToClear = true }
            }
        case .adoptStream(let old, let new): adoptStream(of: old, into: new)
        case .send(let id, let carrier, let kind, let content, let padTo, let target):
            guard let place = livingPlace(of: id) else { return }
            if let target {
                sendAside(kind, content, from: place, padTo: padTo, to: target)
            } else {
                send(kind, content, over: carrier, of: place, padTo: padTo)
            }
        case .closeCarrier(let id, let carrier): closeCarrier(carrier, of: id)
        case .close(let id): close(id)
        }
    }

    // MARK: - Sessions

    private mutating func install(
        _ id: LinkID,
        _ carrier: CarrierKind,
        local: SessionIndex,
        remote: SessionIndex,
        _ keys: SessionKeys
    ) {
        guard livingPlace(of: id) != nil else { return }
        insertSession(local, remote, .link(id, carrier), keys)
    }

    /// Takes the keys of a handshake; what is received under them is opened from now on.
    mutating func insertSession(
        _ local: SessionIndex,
        _ remote: SessionIndex,
        _ use: TransportSession.Use,
        _ keys: SessionKeys
    ) {
        guard sessionIndex.place(of: local.value) < 0 else { return }
        let session = TransportSession(
            localIndex: local.value,
            remoteIndex: remote.value,
            use: use,
            keys: keys
        )
        // Without memory the handshake comes to nothing, and another one is tried.
        guard let session, let place = sessions.insert(session) else { return }
        sessionIndex.insert(local.value, place: place)
    }

    private mutating func use(_ local: SessionIndex, of id: LinkID, on carrier: CarrierKind) {
        let session = sessionIndex.place(of: local.value)
        guard let place = livingPlace(of: id), session >= 0,
            sessions[session].use == .link(id, carrier)
        else { return }
        switch carrier {
        case .stream: links[place].streamSession = session
        case .datagram: links[place].datagram.session = session
        }
    }

    /// Forgets keys; frames under them are unknown from now on.
    mutating func removeSession(_ place: Int) {
        guard place >= 0, sessions.contains(place) else { return }
        let session = sessions.remove(place)
        sessionIndex.remove(session.localIndex)
        switch session.use {
        case .link(let id, let carrier):
            guard let link = livingPlace(of: id) else { return }
            switch carrier {
            case .stream:
                if links[link].streamSession == place { links[link].streamSession = -1 }
                if links[link].formerSession == place { closeFormerStream(of: link) }
            case .datagram:
                if links[link].datagram.session == place { links[link].datagram.session = -1 }
            }
        case .endToEnd(let subnet):
            forgetSession(place, of: subnet)
        }
    }

    // MARK: - Carriers

    /// Where datagrams of a link go from now on; to an address that has not proved itself only as
    /// much as comes from there allows, and the rest to the last one that has.
    private mutating func setEndpoint(
        of id: LinkID,
        _ target: SocketAddress,
        isProven: Bool = true
    ) {
        guard let place = livingPlace(of: id), let way = way(to: target) else { return }
        closeDatagramRun()
        if isProven {
            links[place].datagram.proven = way.destination
            links[place].datagram.allowance = nil
        } else {
            links[place].datagram.allowance = DatagramCarrier.allowanceAtFirst
        }
        links[place].datagram.socket = way.socket
        links[place].datagram.destination = way.destination
        links[place].datagram.native = way.destination.address
        links[place].datagram.movedFrom = nil
    }

    /// A second link to the same neighbour gives its stream to the first, as its other carrier.
    private mutating func adoptStream(of old: LinkID, into new: LinkID) {
        guard let from = livingPlace(of: old), let to = livingPlace(of: new),
            links[from].stream >= 0
        else { return }
        closeFormerStream(of: to)
        if links[to].stream >= 0 {
            flush(links[to].stream)
            links[to].formerStream = links[to].stream
            links[to].formerSession = links[to].streamSession
            if links[to].streamSession < 0 { closeFormerStream(of: to) }
        }
        let stream = links[from].stream
        links[from].stream = -1
        links[to].stream = stream
        streams[stream].link = to
        links[to].streamSession = links[from].streamSession
        links[from].streamSession = -1
        for place in 0..<sessions.end where sessions.contains(place) {
            if sessions[place].use == .link(old, .stream) {
                sessions[place].use = .link(new, .stream)
            }
        }
        remove(from)
        // What it waits for was pending on the old link, of whose end nobody would tell it.
        resume(new)
    }

    /// Ends a stream that was replaced.
    private mutating func closeFormerStream(of place: Int) {
        let stream = links[place].formerStream
        links[place].formerStream = -1
        links[place].formerSession = -1
        guard stream >= 0, !streams[stream].isFailed else { return }
        streams[stream].isFailed = true
        failedStreams.append(stream)
    }

    private mutating func closeCarrier(_ carrier: CarrierKind, of id: LinkID) {
        guard let place = livingPlace(of: id) else { return }
        switch carrier {
        case .stream:
            let stream = links[place].stream
            guard stream >= 0 else { return }
            flush(stream)
            guard links[place].stream == stream else { return }
            links[place].stream = -1
            streams[stream].isFailed = true
            failedStreams.append(stream)
        case .datagram:
            flushDatagrams()
            links[place].datagram = DatagramCarrier()
        }
    }
}
