// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import HyphaDataPlane
import HyphaLink
import HyphaNode
import HyphaSession

/// Sessions between this node and others: the packet path, the disk and the operator.
extension ControlLoop {
    /// Gives the node what earlier lives remembered; before it starts.
    mutating func recallNodes() {
        guard !settings.isBaseProtocolOnly else { return }
        let (nodes, problem) = metStore.load()
        if let problem { log.write(.stateNotKept(problem)) }
        if !nodes.isEmpty { feed(.remember(nodes)) }
    }

    /// Keeps a change to the remembered nodes.
    mutating func remember(_ change: MetChange) {
        let problem =
            metStore.isWasteful(nodeCount: node.metCount)
            ? metStore.replace(with: node.metNodes) : metStore.append(change)
        if let problem { log.write(.stateNotKept(problem)) }
    }

    func report(_ event: EndToEndEvent) {
        switch event {
        case .met(let key): log.write(.sessionFirst(key))
        case .unprotected(let key): log.write(.sessionMissing(key))
        case .held(let key): log.write(.sessionAwaited(key))
        case .keyRefused(let prefix, let first, let offered):
            log.write(.keyRefused(prefix, first: first, offered: offered))
        case .ceiling(let ceiling): log.write(.ceilingReached("sessions: \(ceiling)"))
        case .handshake(let event): log.write(.handshake("session: \(event)"))
        }
    }

    // MARK: - Requests

    /// Lets a node be spoken to with base encryption again.
    mutating func forgetNode(_ address: IPv6Address) throws(ControlError) -> ControlAnswer {
        guard let owner = node.whois(address), node.isMet(owner.key) else {
            throw .addressUnknown(address)
        }
        feed(.forget(address))
        return .forgotten(ForgottenAnswer(IPv6Address(derivedFrom: owner.key)))
    }

    func sessionsAnswer(_ page: SessionPage) -> SessionsAnswer {
        let all = node.sessionSnapshots(now: now)
        let (part, next) = page.part(of: all) { IPv6Address(derivedFrom: $0.key) }
        let links = node.linkSnapshots()
        return SessionsAnswer(
            sessions: part.map { describe($0, links) },
            total: all.count,
            next: next
        )
    }

    private func describe(
        _ snapshot: EndToEndSnapshot,
        _ links: [NodeLinkSnapshot]
    ) -> SessionAnswer {
        var answer = SessionAnswer(
            address: IPv6Address(derivedFrom: snapshot.key),
            publicKey: snapshot.key,
            state: Self.state(snapshot.protection)
        )
        answer.innerMTU = snapshot.innerMTU
        answer.candidates = snapshot.candidates.map(\.description)
        if snapshot.protection == .direct {
            describe(links.first { $0.sealed?.key == snapshot.key }, in: &answer)
        }
        guard snapshot.session != nil else { return answer }
        answer.role = snapshot.isInitiator ? .initiator : .responder
        answer.ageSeconds = snapshot.age.map(Self.seconds)
        answer.rekeyedSeconds = snapshot.rekeyed.map(Self.seconds)
        let counts = snapshot.counts
        answer.sent = Traffic(packets: counts.sentPackets, bytes: counts.sentBytes)
        answer.received = Traffic(packets: counts.receivedPackets, bytes: counts.receivedBytes)
        answer.replayedDrops = counts.replayed
        answer.forgedDrops = counts.forged
        return answer
    }

    /// A link is the session with the node at its other end, whatever else it carries.
    private func describe(_ link: NodeLinkSnapshot?, in answer: inout SessionAnswer) {
        guard let link else { return }
        answer.ageSeconds = Self.seconds(now.elapsed(since: link.since))
        guard let counters = links[link.link]?.counters else { return }
        answer.received = counters.received
        answer.sent = counters.sent
    }

    private static func state(
        _ protection: EndToEndSnapshot.Protection
    ) -> SessionAnswer.State {
        switch protection {
        case .direct: .direct
        case .session: .session
        case .waiting: .holding
        case .unprotected: .unprotected
        case .base: .base
        }
    }

    func whois(_ address: IPv6Address) -> WhoisAnswer {
        guard let owner = node.whois(address) else {
            return WhoisAnswer(
                address: address,
                publicKey: nil,
                isProven: false,
                state: "unknown",
                carrier: nil
            )
        }
        let snapshot = node.sessionSnapshots(now: now).first { $0.key == owner.key }
        var answer = WhoisAnswer(
            address: address,
            publicKey: owner.key,
            isProven: owner.isProven,
            state: snapshot.map { Self.state($0.protection).rawValue } ?? "unused",
            carrier: snapshot?.protection == .direct ? carrierName(of: owner.key) : nil
        )
        answer.candidates = snapshot?.candidates.map(\.description) ?? []
        return answer
    }

    private func carrierName(of key: PublicKey) -> String? {
        let link = node.linkSnapshots().first { $0.sealed?.key == key }
        guard let active = link?.sealed?.active else { return nil }
        return active == .datagram ? "a link over UDP" : "a sealed link over TCP"
    }

    /// What `status` says of sessions.
    func protection() -> StatusAnswer.Protection {
        var protection = StatusAnswer.Protection(settings)
        protection.sealedLinks = node.linkSnapshots().count { $0.sealed?.active != nil }
        let snapshots = node.sessionSnapshots(now: now)
        protection.sessions = snapshots.count { $0.session != nil }
        protection.met = node.metCount
        let unprotected = snapshots.filter { $0.protection == .unprotected }
        protection.unprotected = unprotected.count
        protection.unprotectedAddresses = unprotected.prefix(Limits.unprotectedNamedMax).map {
            IPv6Address(derivedFrom: $0.key).description
        }
        return protection
    }
}
