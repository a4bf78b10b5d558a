// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaForwarding
import HyphaLink
import HyphaPeering
import HyphaRouting
import HyphaSession
import HyphaWire

/// Links between Hypha nodes: what ``LinkEngine`` says becomes links of the node.
extension Node where Crypto: ~Copyable {
    // MARK: - Dials

    /// Tries the addresses of a `udp://` peer one after the other.
    mutating func dialDatagram(
        _ dial: DialID,
        _ addresses: [SocketAddress],
        key: PublicKey?,
        now: Instant
    ) {
        guard hasExtensions, let first = addresses.first else {
            tellPeering(.dialFailed(dial, hasExtensions ? .unresolved : .notOffered), now: now)
            return
        }
        datagramDials[dial] = DatagramDial(others: Array(addresses.dropFirst()), key: key)
        tellSealed(.dial(DialToken(dial.value), first, key: key), now: now)
    }

    /// Looks for a node at one endpoint after the other.
    mutating func probe(
        _ dial: DialID,
        _ endpoints: [SocketAddress],
        _ key: PublicKey,
        now: Instant
    ) {
        guard let first = endpoints.first else {
            return tellPeering(.dialFailed(dial, .timedOut), now: now)
        }
        datagramDials[dial] = DatagramDial(
            others: Array(endpoints.dropFirst()),
            key: key,
            isProbe: true
        )
        tellSealed(.probe(DialToken(dial.value), first, key: key), now: now)
    }

    /// A dial was given up by peering.
    mutating func cancelDatagramDial(_ dial: DialID, now: Instant) -> Bool {
        guard datagramDials.removeValue(forKey: dial) != nil else { return false }
        tellSealed(.cancelDial(DialToken(dial.value)), now: now)
        return true
    }

    private mutating func dialFailed(_ token: DialToken, _ why: HandshakeFailure, now: Instant) {
        let dial = DialID(token.value)
        guard let state = datagramDials.removeValue(forKey: dial) else { return }
        if state.isProbe, let key = state.key, !state.others.isEmpty {
            return probe(dial, state.others, key, now: now)
        }
        if !state.others.isEmpty {
            dialDatagram(dial, state.others, key: state.key, now: now)
            return
        }
        let failure: DialFailure =
            switch why {
            case .timedOut, .noKeyReply: .timedOut
            case .keyChanged, .unusableKey: .refused
            case .ceiling: .exhausted
            case .ourselves: .ourselves
            case .superseded: .other
            }
        tellPeering(.dialFailed(dial, failure), now: now)
    }

    // MARK: - The engine

    /// Something came up from the packet path.
    mutating func takeCarrierEvent(_ event: CarrierEvent, now: Instant) {
        guard hasExtensions else {
            // What a base node does with a packet that it does not know.
            if case .streamFrame(let link, _) = event {
                drop(link, .closed(.unwanted), now: now)
            }
            return
        }
        tellSealed(.event(event), now: now)
    }

    mutating func tellSealed(_ input: LinkInput, now: Instant) {
        sealed.handle(input, now: now)
        // Taken out first, because what they lead to may come back to the engine.
        var pending: [LinkOutput] = []
        while let output = sealed.nextOutput() { pending.append(output) }
        for output in pending { perform(output, now: now) }
    }

    private mutating func perform(_ output: LinkOutput, now: Instant) {
        switch output {
        case .command(let command):
            noteIndex(of: command, now: now)
            outputs.append(.carrier(command))
        case .linkUp(let link, let key, let remote, let dial, _):
            datagramUp(link, key, remote, dial, now: now)
            noteCandidates(now: now)
        case .awaitsUpgrade(let link): awaitUpgrade(of: link, now: now)
        case .upgradeIsLate(let link): upgradeIsLate(link, now: now)
        case .upgraded(let link, let key): upgraded(link, key, now: now)
        case .merged(let stream, let link): merged(stream, into: link, now: now)
        case .moved(let link, let remote):
            guard let index = links.index(of: link) else { return }
            let before = links[index: index].description
            links[index: index].description = LinkDescription(
                origin: before.origin,
                remote: remote,
                local: before.local
            )
        case .linkDown(let link, let reason):
            // Peering then waits a minute before it tries this peer again.
            if reason == .notUpgraded(.ourselves) {
                tellPeering(.linkIdentified(link, identity), now: now)
            }
            drop(link, .sealed(reason), now: now)
            outputs.append(.linkGone(link))
        case .received(let link, let packets): receive(packets, from: link, now: now)
        // The monitor takes its own measure, by Hello and IHU.
        case .roundTrip: break
        case .carrier(let link, let carrier, let payloadMax):
            setPathMTU(of: link, carrier, payloadMax: payloadMax, now: now)
            noteCandidates(now: now)
        case .dialJoined(let token, let link):
            datagramDials[DialID(token.value)] = nil
            tellPeering(.dialJoined(DialID(token.value), link), now: now)
        case .dialFailed(let token, let failure): dialFailed(token, failure, now: now)
        case .dialTCP(let key, let address):
            // Where a direct link ends, packets go on over others.
            if !peering.isDirect(key) { outputs.append(.dialStandby(address)) }
        case .timestamp(let timestamp): keep(timestamp)
        case .event(let event): outputs.append(.event(.link(event)))
        }
    }

    // MARK: - Life of a sealed link

    private mutating func datagramUp(
        _ link: LinkID,
        _ key: PublicKey,
        _ remote: SocketAddress,
        _ dial: DialToken?,
        now: Instant
    ) {
        guard links[link] == nil else { return }
        ownCounters.linksUp &+= 1
        let token = dial.map { DialID($0.value) }
        if let token { datagramDials[token] = nil }
        let description = LinkDescription(
            origin: token.map { .dialled($0) } ?? .inbound,
            remote: remote,
            local: SocketAddress(host: .v6(.unspecified, scope: 0), port: 0)
        )
        var state = NodeLink(description: description, since: now)
        state.isSealed = true
        state.key = key
        links[link] = state
        tellPeering(.linkUp(link, description), now: now)
        guard links.index(of: link) != nil else { return }
        tellPeering(.linkAuthenticated(link, key), now: now)
        guard links.index(of: link) != nil else { return }
        if token == nil, sessions.hasToldEndpoints(to: key) {
            tellPeering(.foundUs(link, remote), now: now)
        }
        tellSessions(.linkSession(key, isUp: true), now: now)
        start(link, now: now)
        tellRouting(.requestDump(link), now: now)
    }

    /// Routes learned before an upgrade would go with it, and with them the packets under way; what
    /// others were told of them meanwhile, such as a smaller path MTU, would outlive it.
    private mutating func awaitUpgrade(of link: LinkID, now: Instant) {
        guard let index = links.index(of: link), !links[index: index].isWorthlessInClear,
            links[index: index].isUp
        else { return }
        links[index: index].awaitsUpgrade = true
        tellRouting(.linkDown(link), now: now)
    }

    private mutating func upgradeIsLate(_ link: LinkID, now: Instant) {
        guard let index = links.index(of: link), links[index: index].awaitsUpgrade else { return }
        links[index: index].awaitsUpgrade = false
        startRouting(link, now: now)
        tellRouting(.requestDump(link), now: now)
    }

    /// A stream was upgraded, or a neighbour has started anew: whatever was learned in clear could
    /// have been said by anybody.
    private mutating func upgraded(_ link: LinkID, _ key: PublicKey, now: Instant) {
        guard let index = links.index(of: link) else { return }
        links[index: index].isSealed = true
        links[index: index].key = key
        tellPeering(.linkAuthenticated(link, key), now: now)
        guard let index = links.index(of: link) else { return }
        tellSessions(.linkSession(key, isUp: true), now: now)
        let isKnownToRouting = !links[index: index].awaitsUpgrade
        links[index: index].awaitsUpgrade = false
        if links[index: index].isUp {
            tellMonitor(.watchedElsewhere(link), now: now)
            if isKnownToRouting { tellRouting(.linkDown(link), now: now) }
            startRouting(link, now: now)
        } else {
            start(link, now: now)
        }
        tellRouting(.requestDump(link), now: now)
    }

    /// The greatest inner packet that a link takes whole on its way through.
    private mutating func setPathMTU(
        of link: LinkID,
        _ carrier: CarrierKind,
        payloadMax: Int,
        now: Instant
    ) {
        guard let index = links.index(of: link) else { return }
        let byteCount =
            switch carrier {
            case .stream: Limits.superPacketBytesMax
            case .datagram: max(Limits.pathMTUMin, payloadMax - Limits.routedOverheadBytes)
            }
        links[index: index].pathMTU = UInt16(clamping: byteCount)
        guard links[index: index].isUp else { return }
        tellRouting(.linkPathMTU(link, UInt16(clamping: byteCount)), now: now)
    }

    private mutating func merged(_ stream: LinkID, into link: LinkID, now: Instant) {
        guard let state = links[stream] else { return }
        links[stream] = nil
        if state.isUp {
            tellMonitor(.linkDown(stream), now: now)
            if !state.awaitsUpgrade { tellRouting(.linkDown(stream), now: now) }
        }
        tellPeering(.linkMerged(stream, into: link), now: now)
        outputs.append(.linkMerged(stream, into: link))
    }

    // MARK: - Control packets

    /// Whole Babel packets, one after the other.
    private mutating func receive(_ packets: [UInt8], from link: LinkID, now: Instant) {
        do throws(WireError) {
            for extent in try ControlPacket.extents(in: packets.span) {
                let packet = try ControlPacket.decode(
                    packets.span.extracting(extent),
                    as: .hypha
                )
                for tlv in packet.tlvs { receive(tlv, from: link, now: now) }
            }
        } catch {
            // Sealed by the neighbour itself, so it is at fault; what came before it counts.
            ownCounters.controlMalformed &+= 1
        }
    }

    /// Puts a TLV with the others of this input; Hello and IHU are worth nothing when they are
    /// late, so they are not repeated.
    mutating func transmitSealed(_ tlv: ControlTLV, to link: LinkID) {
        let isReliable =
            switch tlv {
            case .hello, .ihu: false
            case .update, .routeRequest, .seqnoRequest: true
            }
        if let last = sealedControl.indices.last, sealedControl[last].link == link,
            sealedControl[last].isReliable == isReliable
        {
            sealedControl[last].tlvs.append(tlv)
        } else {
            sealedControl.append(
                SealedControl(link: link, isReliable: isReliable, tlvs: [tlv])
            )
        }
    }

    // MARK: - Use

    /// Keeps count of the prefixes that are selected through each link: silence of a link that
    /// carries something is looked into sooner.
    mutating func noteSelection(_ prefix: Prefix, _ state: RouteState?) {
        var link: LinkID?
        if case .selected(let via, _, _, _, _) = state { link = via }
        let before = selected[prefix]
        guard before != link else { return }
        selected[prefix] = link
        if let before { changeUse(of: before, by: -1) }
        if let link { changeUse(of: link, by: 1) }
    }

    private mutating func changeUse(of link: LinkID, by step: Int) {
        let before = selectedCounts[link] ?? 0
        let after = before + step
        selectedCounts[link] = after == 0 ? nil : after
        if (before == 0) != (after == 0) { changedUse.append(link) }
    }

    /// What engines asked for while others were being told, done once they are through.
    mutating func flushSealed(now: Instant) {
        while !sealedControl.isEmpty || !changedUse.isEmpty {
            let control = sealedControl
            sealedControl = []
            let uses = changedUse
            changedUse = []
            guard hasExtensions else { return }
            for group in control {
                var packets: [[UInt8]] = []
                ControlPacket.appendPacked(
                    group.tlvs,
                    byteCountMax: Limits.sealedControlBytesMax,
                    to: &packets
                )
                for packet in packets {
                    let isReliable = group.isReliable
                    tellSealed(.send(group.link, packet, isReliable: isReliable), now: now)
                }
            }
            for link in uses {
                let use: LinkUse = selectedCounts[link] == nil ? .idle : .inUse
                tellSealed(.use(link, use), now: now)
            }
        }
    }
}

/// TLVs for one sealed link that go in one packet as far as they fit.
struct SealedControl {
    let link: LinkID
    let isReliable: Bool
    var tlvs: [ControlTLV]
}
