// SPDX-License-Identifier: Apache-2.0

/// Why a peer has no link at present.
package enum PeerFailure: Hashable, Sendable {
    /// The driver said so.
    case dial(DialFailure)
    /// Neither link nor failure came within 15 s.
    case noAnswer
    /// A link stood and ended.
    case linkLost
    /// We dialled ourselves.
    case ourselves
    /// No link slot is free.
    case noRoom
}
