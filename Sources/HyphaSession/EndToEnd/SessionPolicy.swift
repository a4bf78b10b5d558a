// SPDX-License-Identifier: Apache-2.0

/// What the packet path does with data packets of one overlay /64 (`Docs/protocol/hypha.md`
/// section 4).
///
/// A subnet without a policy is one that nobody has asked about: what is sent to it is sealed with
/// the base key if its router id carries no marker and held if it does, and
/// ``EndToEndInput/wanted(_:key:isMarked:)`` is reported; base bodies from it are accepted. With
/// `require_sessions` it is held, and only handshakes are accepted:
/// ``EndToEndConfiguration/defaultPolicy(isMarked:)``.
@usableFromInline
package struct SessionPolicy: Hashable, Sendable {
    @usableFromInline package var sending: Sending
    @usableFromInline package var receiving: Receiving
    /// Greatest inner packet for the session, bytes, where routing does not say less.
    @usableFromInline package var sizeLimit: UInt16

    /// What becomes of packets to the subnet.
    @usableFromInline
    package enum Sending: Hashable, Sendable {
        /// Seal with the base key.
        case base
        /// Keep up to the hold queue's ceiling until the policy changes; report `wanted`.
        case hold
        /// Seal under this session; the index is our own one.
        case session(SessionIndex)
        /// The neighbour on a sealed link is the destination: send as direct data.
        case direct
        /// Drop and tell the sender; report `wanted`.
        case refuse
    }

    /// Which base bodies from the subnet are taken; session bodies always are.
    @usableFromInline
    package enum Receiving: Hashable, Sendable {
        /// All of them.
        case anything
        /// User-header types 0x10 and 0x11 only; others are dropped and counted.
        case handshakesOnly
    }

    @inlinable
    package init(sending: Sending, receiving: Receiving, sizeLimit: UInt16 = .max) {
        self.sending = sending
        self.receiving = receiving
        self.sizeLimit = sizeLimit
    }
}
