// SPDX-License-Identifier: Apache-2.0

/// What a Hypha node offers, from the tail of its router id (`Docs/protocol/hypha.md` section 2).
///
/// Unknown bits are kept and mean nothing.
package struct Capabilities: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Capability 0: sessions of version 1.
    package static let sessions = Capabilities(rawValue: 1 << 0)
    /// Capability 1: super-packets.
    package static let superPackets = Capabilities(rawValue: 1 << 1)
    /// Capability 2: several TLVs a packet, and sub-TLVs.
    package static let extendedTLVs = Capabilities(rawValue: 1 << 2)
    /// Capability 3: Updates signed by their origin.
    package static let signedOrigins = Capabilities(rawValue: 1 << 3)
}
