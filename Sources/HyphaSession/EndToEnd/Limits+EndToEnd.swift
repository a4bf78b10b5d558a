// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Subnets with something to be decided about; at the limit a further one gets no policy, so
    /// the default stays, and is counted.
    package static let endToEndPeersMax = 65_536
    /// Of these, subnets that this host has sent nothing to; a stranger's handshake is dropped then.
    package static let endToEndStrangersMax = endToEndPeersMax / 4 * 3
    /// Remembered nodes; the least recently used is forgotten, first one this host sent nothing to.
    package static let metNodesMax = 65_536
    /// Reachable subnets whose first key is known: all routes there may be.
    ///
    /// A further one is counted and has no first key.
    package static let reachableSubnetsMax = 200_000
    /// Attempts per second, and at once, that somebody's unknown index may bring about; others are
    /// counted.
    package static let unaskedAttemptsPerSecond = 64
    package static let unaskedAttemptsBurst = 64
    /// Events per second, and at once, about another key for a subnet; others are only counted.
    package static let keyEventsPerSecond = 1
    package static let keyEventsBurst = 8
}
