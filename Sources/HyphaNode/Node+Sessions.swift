// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLink
import HyphaPeering
import HyphaRouting
import HyphaSession
import HyphaWire

/// Sessions between this node and others, whatever lies in between: what ``EndToEndEngine`` says
/// becomes policies and keys of the packet path.
extension Node where Crypto: ~Copyable {
    /// Lets the packet path ask for sessions.
    mutating func beginSessions() {
        guard hasExtensions else { return }
        let requiresSessions = sessions.requiresSessions
        outputs.append(.session(.begin(requiresSessions: requiresSessions)))
    }

    /// Something came up from the packet path.
    mutating func takeSessionEvent(_ event: SessionEvent, now: Instant) {
        switch event {
        case .wanted(let address, let key, let isMarked):
            tellSessions(.wanted(address, key: key, isMarked: isMarked), now: now)
        case .message(let type, let content, let address, let key):
            tellSessions(.message(type, content, from: address, key: key), now: now)
        case .confirmed(let index): tellSessions(.confirmed(index), now: now)
        case .worn(let index): tellSessions(.worn(index), now: now)
        case .failing(let index): tellSessions(.failing(index), now: now)
        case .unknownIndex(let address): tellSessions(.unknownIndex(from: address), now: now)
        case .activity(let reports):
            for report in reports {
                tellSessions(.activity(report.activity, report.counts), now: now)
            }
        case .control(let index, let content): tellSessions(.control(index, content), now: now)
        }
    }

    mutating func tellSessions(_ input: EndToEndInput, now: Instant) {
        guard hasExtensions else { return }
        sessions.handle(input, now: now)
        drainSessions(now: now)
    }

    private mutating func drainSessions(now: Instant) {
        // Taken out first, because what they lead to may come back to the engine.
        var pending: [EndToEndOutput] = []
        while let output = sessions.nextOutput() { pending.append(output) }
        for output in pending { perform(output, now: now) }
    }

    private mutating func perform(_ output: EndToEndOutput, now: Instant) {
        switch output {
        case .policy(let prefix, let policy):
            outputs.append(.session(.policy(prefix, policy)))
        case .install(let session, let prefix):
            tellSealed(.taken(session.localIndex), now: now)
            outputs.append(
                .session(
                    .install(
                        local: session.localIndex,
                        remote: session.remoteIndex,
                        peer: session.peer,
                        prefix,
                        session.keys
                    )
                )
            )
        case .remove(let index):
            outputs.append(.session(.remove(local: index)))
            tellSealed(.free(index), now: now)
        case .sendEmpty(let index): outputs.append(.session(.sendEmpty(local: index)))
        case .sendControl(let index, let content):
            outputs.append(.session(.sendControl(local: index, content)))
        case .sendMessage(let type, let content, let address):
            sendMessage(type, content, to: address, now: now)
        case .carried(let key, let sent, let received, let candidates):
            let use = SessionUse(
                key: key,
                candidates: candidates,
                sentPackets: sent,
                receivedPackets: received
            )
            tellPeering(.sessionUsed(use), now: now)
        case .persist(let change): outputs.append(.remember(change))
        case .timestamp(let timestamp): keep(timestamp)
        case .event(let event): outputs.append(.event(.session(event)))
        }
    }

    // MARK: - Answers without a route

    /// Hands a handshake body down; an answer waits until there is a route.
    private mutating func sendMessage(
        _ type: UInt8,
        _ content: [UInt8],
        to address: IPv6Address,
        now: Instant
    ) {
        let subnet = Prefix(subnetOf: address)
        guard UserHeader.Kind(type: type) == .sessionResponse, selected[subnet] == nil else {
            outputs.append(.session(.sendMessage(type, content, to: address)))
            return
        }
        if heldAnswers.hold(content, to: address, now: now) { answerSearches.append(subnet) }
    }

    /// Asks for the ways of answers; afterwards, because routing may be what led to them.
    mutating func searchForAnswers(now: Instant) {
        while let subnet = answerSearches.popLast() {
            tellRouting(.search(subnet, cause: nil), now: now)
        }
    }

    /// Sends the answer that has waited for a route.
    private mutating func releaseAnswer(_ subnet: Prefix, now: Instant) {
        guard let answer = heldAnswers.take(subnet, now: now) else { return }
        let type = UserHeader.Kind.sessionResponse.type
        outputs.append(.session(.sendMessage(type, answer.content, to: answer.address)))
    }

    /// Links and sessions reserve timestamps by themselves; the greatest one counts.
    mutating func keep(_ timestamp: TAI64N) {
        if let kept = keptTimestamp, kept >= timestamp { return }
        keptTimestamp = timestamp
        outputs.append(.timestamp(timestamp))
    }

    // MARK: - What the rest of the node knows

    /// Whether an Update may be handed to routing: its subnet must not have another key.
    ///
    /// A retraction carries the router id of whoever retracts.
    mutating func mayAnnounce(_ update: Update, now: Instant) -> Bool {
        guard hasExtensions, !update.metric.isInfinite, case .ipv6(let prefix) = update.prefix
        else { return true }
        let isAccepted = sessions.accepts(update.routerID.publicKey, for: prefix, now: now)
        drainSessions(now: now)
        if !isAccepted { ownCounters.updatesRefused &+= 1 }
        return isAccepted
    }

    /// A prefix has a selected route, or none any more.
    mutating func noteReachability(_ prefix: Prefix, _ state: RouteState?, now: Instant) {
        if case .selected(_, let routerID, let isDirect, _, let pathMTU) = state {
            // To the neighbour itself a stream takes whatever the tunnel does.
            let byteCount = isDirect ? UInt16(Limits.tunnelMTUBytes) : pathMTU
            tellSessions(.reachable(prefix, routerID, pathMTU: byteCount), now: now)
            releaseAnswer(prefix, now: now)
        } else {
            tellSessions(.unreachable(prefix), now: now)
        }
    }

    /// A sealed link is gone; there may be another one to the same node.
    mutating func sealedLinkGone(_ key: PublicKey, now: Instant) {
        let isLast = !links.links.contains { link in
            guard let other = links[link] else { return false }
            return other.isSealed && other.key == key
        }
        if isLast { tellSessions(.linkSession(key, isUp: false), now: now) }
    }

    /// Indices of links must not be drawn for sessions; a receiver knows both by index only.
    mutating func noteIndex(of command: CarrierCommand, now: Instant) {
        switch command {
        case .install(_, _, let local, _, _): tellSessions(.taken(local), now: now)
        case .remove(let local): tellSessions(.free(local), now: now)
        default: break
        }
    }
}
