// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Whose a subnet is, and what is shown of it.
extension EndToEndEngine where Crypto: ~Copyable {
    /// Whether a node with this key may have this subnet: the first key seen for a /64 keeps it
    /// while it is reachable or remembered.
    ///
    /// To be asked before a finite Update is handed to routing, whose ownership test leaves 57 bits
    /// of the key's hash. Not of a retraction: it carries the router id of whoever retracts.
    ///
    /// - Parameters:
    ///   - key: The key of the Update's router id.
    ///   - prefix: A /64 or longer; others are accepted.
    ///   - now: The present.
    /// - Returns: `false` when the subnet has another key; it was counted and is told as an event.
    package mutating func accepts(_ key: PublicKey, for prefix: Prefix, now: Instant) -> Bool {
        guard prefix.length >= 64, let first = firstKey(of: prefix.address.high), first != key
        else { return true }
        counters.keysRefused &+= 1
        if keyEvents.take(now: now) {
            outputs.append(.event(.keyRefused(prefix, first: first, offered: key)))
        }
        return false
    }

    /// The key that a subnet belongs to as far as this node knows.
    private func firstKey(of subnet: UInt64) -> PublicKey? {
        if let node = met[subnet] { return node.key }
        if let peer = peers[subnet], peer.sessionCount > 0 || peer.isDirect { return peer.key }
        return reachable[subnet]?.key
    }

    // MARK: - Getters

    /// Who is behind an overlay address, `nil` when nothing is known of its /64.
    package func whois(_ address: IPv6Address) -> AddressOwner? {
        let subnet = address.high
        guard let key = firstKey(of: subnet) ?? peers[subnet]?.key else { return nil }
        let peer = peers[subnet]
        let isProven = peer?.key == key && (peer?.isDirect == true || peer?.current != nil)
        return AddressOwner(
            key: key,
            isProven: isProven,
            isExact: IPv6Address(derivedFrom: key) == address
        )
    }

    /// Every subnet that is used or has sessions, in the order of addresses.
    package func snapshots(now: Instant) -> [EndToEndSnapshot] {
        peers.keys.sorted().compactMap { subnet in
            peers[subnet].map { snapshot(of: $0, subnet, now: now) }
        }
    }

    /// The nodes remembered, by key: what a new file of them holds.
    package var metNodes: [MetNode] { met.all }
    /// Whether base bodies carry handshakes and nothing else.
    package var requiresSessions: Bool { configuration.requiresSessions }
    /// Whether the node of a key is remembered.
    package func isMet(_ key: PublicKey) -> Bool {
        met[IPv6Address(derivedFrom: key).high]?.key == key
    }
    /// Nodes remembered.
    package var metCount: Int { met.count }
    /// Subnets that are used or have sessions.
    package var peerCount: Int { peers.count }
    /// Sessions received under.
    package var sessionCount: Int { sessions.count }
    /// Reachable subnets whose first key is known.
    package var reachableCount: Int { reachable.count }
    /// Events of handshakes since the start.
    package var handshakeCounters: HandshakeCounters { handshakes.counters }

    private func snapshot(
        of peer: EndToEndPeer,
        _ subnet: UInt64,
        now: Instant
    ) -> EndToEndSnapshot {
        let session = peer.current.flatMap { sessions[$0] }
        let protection: EndToEndSnapshot.Protection =
            switch policy(of: peer, subnet).sending {
            case .direct: .direct
            case .session: .session
            case .hold, .refuse: .waiting
            case .base: peer.isMarked ? .unprotected : .base
            }
        return EndToEndSnapshot(
            subnet: prefix(subnet),
            key: peer.key,
            protection: protection,
            session: peer.current,
            remoteIndex: session?.remoteIndex,
            isInitiator: session?.isInitiator ?? false,
            age: session == nil ? nil : peer.since.map { now.elapsed(since: $0) },
            rekeyed: session == nil ? nil : peer.rekeyedAt.map { now.elapsed(since: $0) },
            counts: peer.counts,
            innerMTU: Int(innerMTU(of: peer, subnet)),
            candidates: peer.candidates,
            metAtSeconds: met[subnet]?.metAtSeconds,
            isMarked: peer.isMarked,
            isTrying: peer.attempt != nil,
            failureCount: peer.failureCount
        )
    }
}
