// SPDX-License-Identifier: Apache-2.0

/// A 40-byte router id: public key, zone, tail (base protocol section 5.3).
///
/// All 40 bytes take part in comparisons, so a restarted node is a new source for feasibility.
package struct RouterID: Hashable, Sendable {
    /// The originator's public key.
    package let publicKey: PublicKey
    /// 0 for a base node, ``hyphaZone`` for a Hypha node.
    package let zone: UInt16
    /// The low 48 bits: random at each start; for a Hypha node capabilities (2) and random (4).
    package let tail: UInt64

    /// Size in bytes.
    package static let byteCount = 40
    /// The zone by which Hypha nodes know each other (`Docs/protocol/hypha.md` section 2).
    package static let hyphaZone: UInt16 = 0x4879

    /// - Parameters:
    ///   - publicKey: The originator's public key.
    ///   - zone: 0 for a base node, ``hyphaZone`` for a Hypha node.
    ///   - tail: Six bytes; the upper 16 bits are cleared.
    package init(publicKey: PublicKey, zone: UInt16, tail: UInt64) {
        self.publicKey = publicKey
        self.zone = zone
        self.tail = tail & 0xffff_ffff_ffff
    }

    /// The id of a Hypha node.
    ///
    /// - Parameters:
    ///   - publicKey: The node's key.
    ///   - capabilities: Bit n set = capability n offered.
    ///   - bootRandom: Drawn anew at each start.
    package init(publicKey: PublicKey, capabilities: UInt16, bootRandom: UInt32) {
        self.init(
            publicKey: publicKey,
            zone: Self.hyphaZone,
            tail: UInt64(capabilities) << 32 | UInt64(bootRandom)
        )
    }

    /// Whether the id carries the marker of a Hypha node.
    package var isHypha: Bool { zone == Self.hyphaZone }
    /// Capability bits of a Hypha node.
    package var capabilities: UInt16 { UInt16(truncatingIfNeeded: tail >> 32) }
}

extension RouterID: CustomStringConvertible {
    /// Key, zone and tail in hexadecimal, joined by `-`.
    package var description: String {
        func digits(_ value: some BinaryInteger, _ count: Int) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return "\(publicKey)-\(digits(zone, 4))-\(digits(tail, 12))"
    }
}
