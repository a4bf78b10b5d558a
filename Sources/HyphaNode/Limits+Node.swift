// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Control packets for one sealed link are filled up to this size, which every path takes with
    /// what is around it, bytes; further TLVs go in another one.
    package static let sealedControlBytesMax = 1_024
    /// Answers to handshakes from end to end that wait for a route; a further one is dropped and
    /// counted, and whoever is waiting for it repeats its message.
    package static let heldAnswersMax = 64
    /// So long one waits; by then the initiator has sent another message 1 and takes no answer to
    /// the older one.
    package static let heldAnswerTime = Duration.seconds(4)
    /// No path takes less, whatever its links are, because they cut what does not fit.
    package static let pathMTUMin = 1_280
    /// What a routed frame has more than the inner packet, bytes (`Docs/protocol/hypha.md`
    /// section 3.3).
    package static let routedOverheadBytes = 100
}
