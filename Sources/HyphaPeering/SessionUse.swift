// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What went through sessions with a node since the last time, and where the node says that it may
/// be reached (`Docs/protocol/hypha.md` section 4).
package struct SessionUse: Hashable, Sendable {
    package let key: PublicKey
    /// UDP endpoints, best first; what a peer says of itself.
    package let candidates: [SocketAddress]
    /// Bodies of any kind.
    package let sentPackets: UInt64
    package let receivedPackets: UInt64

    package init(
        key: PublicKey,
        candidates: [SocketAddress],
        sentPackets: UInt64,
        receivedPackets: UInt64
    ) {
        self.key = key
        self.candidates = candidates
        self.sentPackets = sentPackets
        self.receivedPackets = receivedPackets
    }
}
