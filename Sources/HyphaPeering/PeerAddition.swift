// SPDX-License-Identifier: Apache-2.0

/// What adding a static peer would do.
package enum PeerAddition: Hashable, Sendable {
    /// It would be dialled.
    case possible
    /// It is a static peer already.
    case known
    /// ``Limits/staticPeersMax`` peers are configured.
    case full
}
