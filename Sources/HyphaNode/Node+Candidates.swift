// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLink
import HyphaPeering
import HyphaSession

/// Where this node can be reached directly, as far as it knows, and what comes of what others say of
/// that (`Docs/protocol/hypha.md` section 4).
extension Node where Crypto: ~Copyable {
    /// Tells sessions after a link over UDP or an address of this host has come or gone: endpoints
    /// that neighbours see first, since those are right behind a NAT too, then addresses of this
    /// host.
    mutating func noteCandidates(now: Instant) {
        guard makesDirectLinks, udpPort != 0 else { return }
        var endpoints = links.links.compactMap { sealed.snapshot(of: $0)?.reflexive }
        for interface in interfaces where interface.isUp {
            endpoints += interface.addresses.map { SocketAddress(host: $0, port: udpPort) }
        }
        tellSessions(.endpoints(endpoints), now: now)
    }

    /// Tells peering what direct links are good for, so that it closes those that are not.
    mutating func noteDirectUse(now: Instant) {
        let direct = peering.directLinks
        guard !direct.isEmpty else { return }
        let uses = direct.map { link in
            let prefix = links[link]?.key.map { Prefix(subnetOf: IPv6Address(derivedFrom: $0)) }
            return DirectLinkUse(
                link: link,
                usedAt: sealed.snapshot(of: link)?.dataAt ?? .zero,
                isSelected: prefix.map { selected[$0] == link } ?? false
            )
        }
        tellPeering(.directLinksUsed(uses), now: now)
    }
}
