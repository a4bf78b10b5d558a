// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaWire

extension PeeringEngine {
    // MARK: - Sending

    /// Whether we announce ourselves: nobody could dial a node that does not listen.
    private var isAnnouncing: Bool {
        configuration.isDiscoveryEnabled && configuration.listenPort != 0
    }

    func nextBeaconDeadline() -> Deadline? {
        guard isAnnouncing, !discovery.interfaces.isEmpty else { return nil }
        return discovery.nextBeaconAt.map { Deadline($0, "beacon") }
    }

    mutating func sendDueBeacons(now: Instant) {
        guard isAnnouncing, let due = discovery.nextBeaconAt, due <= now else { return }
        for index in discovery.interfaces.indices { sendBeacon(index, now: now) }
        discovery.nextBeaconAt = now + random.duration(in: PeeringTimes.beaconGap)
    }

    private mutating func sendBeacon(_ index: Int, now: Instant) {
        discovery.interfaces[index].beaconAt = now
        counters.beaconsSent &+= 1
        outputs.append(
            .sendBeacon(
                interfaceIndex: discovery.interfaces[index].index,
                DiscoveryBeacon(port: configuration.listenPort, routerID: identity)
            )
        )
    }

    // MARK: - Interfaces

    mutating func updateInterfaces(_ list: [NetworkInterfaceDescription], now: Instant) {
        let isBetter = Self.hasGained(from: interfaces, to: list)
        interfaces = list
        updateMembership(now: now)
        forgetUnreachableDiscovered()
        if isBetter, isStarted, redialCutAt == nil { redialCutAt = now }
    }

    /// Whether an interface came up or got an address, so that a failed peer may be in reach.
    private static func hasGained(
        from old: [NetworkInterfaceDescription],
        to new: [NetworkInterfaceDescription]
    ) -> Bool {
        new.contains { interface in
            guard interface.isUp else { return false }
            guard let before = old.first(where: { $0.index == interface.index }), before.isUp
            else { return true }
            return interface.addresses.contains { !before.addresses.contains($0) }
        }
    }

    private mutating func updateMembership(now: Instant) {
        guard configuration.isDiscoveryEnabled else { return }
        let allowed = configuration.discoveryInterfaces
        let wanted =
            interfaces
            .filter { $0.isUp && $0.isUsableForDiscovery }
            .filter { allowed.isEmpty || allowed.contains($0.name) }
            .map(\.index)
            .sorted()
            .prefix(Limits.discoveryInterfacesMax)
        guard !wanted.elementsEqual(discovery.interfaces.map(\.index)) else { return }
        outputs.append(.setDiscoveryMembership(interfaceIndexes: Array(wanted)))
        let before = discovery.interfaces
        discovery.interfaces = wanted.map { index in
            before.first { $0.index == index } ?? DiscoveryInterface(index: index)
        }
        announceOnNewInterfaces(now: now)
    }

    private mutating func announceOnNewInterfaces(now: Instant) {
        guard isStarted, isAnnouncing else { return }
        for index in discovery.interfaces.indices where discovery.interfaces[index].beaconAt == nil
        {
            if discovery.extras.take(now: now) {
                sendBeacon(index, now: now)
            } else {
                let later = discovery.extras.nextTokenAt(now: now)
                discovery.nextBeaconAt = min(discovery.nextBeaconAt ?? later, later)
            }
        }
    }

    /// Drops discovered peers without a link whose interface is not used any more.
    private mutating func forgetUnreachableDiscovered() {
        for index in peers.indices.reversed() {
            guard let scope = peers[index].scope, discovery.index(of: scope) == nil,
                case .discovered(let address) = peers[index].address
            else { continue }
            switch peers[index].state {
            case .connected: continue
            case .dialling(let dial, _): outputs.append(.cancelDial(dial))
            case .waiting: break
            }
            peers.remove(at: index)
            outputs.append(.event(.forgotten(address)))
        }
    }

    // MARK: - Hearing

    /// Applies the receiver's rules of base section 2.9; the codec has checked size and magic.
    mutating func hear(_ beacon: DiscoveryBeacon, from source: SocketAddress, now: Instant) {
        counters.beaconsHeard &+= 1
        guard configuration.isDiscoveryEnabled, isStarted,
            case .v6(let address, let scope) = source.host,
            address.high == 0xfe80_0000_0000_0000,
            let interface = discovery.index(of: scope),
            beacon.port != 0,
            beacon.routerID.publicKey != identity.publicKey
        else {
            counters.beaconsIgnored &+= 1
            return
        }
        guard discovery.interfaces[interface].beacons.take(now: now) else {
            counters.beaconsDropped &+= 1
            report(.beacons, now: now)
            return
        }
        let remote = SocketAddress(host: source.host, port: beacon.port)
        let key = beacon.routerID.publicKey
        if let index = peers.firstIndex(where: { $0.address == .discovered(remote) }) {
            hearAgain(index, key, on: interface, now: now)
        } else if !hasLink(to: key) {
            discover(remote, key, on: interface, now: now)
        }
    }

    /// A beacon of a known peer is a sign of life: a peer that failed is dialled at once.
    private mutating func hearAgain(
        _ index: Int,
        _ key: PublicKey,
        on interface: Int,
        now: Instant
    ) {
        guard case .waiting(let until) = peers[index].state else { return }
        peers[index].publicKey = key
        guard peers[index].failures > 0, until > now,
            discovery.interfaces[interface].additions.take(now: now)
        else { return }
        peers[index].state = .waiting(until: now)
    }

    private mutating func discover(
        _ remote: SocketAddress,
        _ key: PublicKey,
        on interface: Int,
        now: Instant
    ) {
        guard peers.count(where: \.isDiscovered) < Limits.discoveredPeersMax,
            discovery.interfaces[interface].additions.take(now: now)
        else {
            counters.discoveriesRefused &+= 1
            report(.discoveredPeers, now: now)
            return
        }
        // Two nodes that hear each other at the same moment need one link, not two. If our own
        // beacon is older, the other node knows us already or never will: nothing to wait for.
        let isHeardJustNow =
            discovery.interfaces[interface].beaconAt.map {
                now.elapsed(since: $0) < PeeringTimes.dialCourtesy
            } ?? false
        let waits = isHeardJustNow && key < identity.publicKey
        peers.append(
            Peer(
                address: .discovered(remote),
                publicKey: key,
                state: .waiting(until: waits ? now + PeeringTimes.dialCourtesy : now),
                schedule: RedialSchedule(now: now)
            )
        )
        outputs.append(.event(.discovered(remote, key)))
    }
}
