// SPDX-License-Identifier: Apache-2.0

/// Why a dial led to no link, as the driver saw it.
package enum DialFailure: Hashable, Sendable, CaseIterable {
    /// Nobody listens there.
    case refused
    /// No answer within the driver's time.
    case timedOut
    /// No way to the address: network or host unreachable, address family not there.
    case unreachable
    /// The host name has no address at present.
    case unresolved
    /// We lack descriptors, ports or memory.
    case exhausted
    /// A carrier or a pinned key, which this version does not offer yet.
    case notOffered
    /// The handshake met our own key.
    case ourselves
    /// Anything else.
    case other
}
