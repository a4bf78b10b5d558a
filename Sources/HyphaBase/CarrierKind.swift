// SPDX-License-Identifier: Apache-2.0

/// What moves the frames of a link between two nodes (`Docs/protocol/hypha.md` section 3).
@usableFromInline
package enum CarrierKind: UInt8, Hashable, Sendable, CaseIterable {
    /// A byte stream (TCP), in the base dialect or with sealed frames.
    case stream = 0
    /// Datagrams (UDP), one frame each.
    case datagram = 1
}
