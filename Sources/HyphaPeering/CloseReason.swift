// SPDX-License-Identifier: Apache-2.0

/// Why we close a link.
package enum CloseReason: Hashable, Sendable, CaseIterable {
    /// No IHU for 43 s.
    case silent
    /// Its local address is on no interface that is up.
    case interfaceDown
    /// Inbound, and no valid first Update in time.
    case unidentified
    /// Unidentified, and another inbound link needed the place.
    case gaveWay
    /// No place is left for it.
    case noRoom
    /// The neighbour carries our own router id: we dialled ourselves.
    case ourselves
    /// Its peer was removed.
    case peerRemoved
    /// It answers a dial that was given up before.
    case unwanted
    /// A direct link over which nothing has gone for long.
    case idle
    /// A direct link that is longer than the way through others.
    case detour
}
