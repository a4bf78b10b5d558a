// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// A local discovery datagram (base protocol section 2.9).
///
///     | "mycelium" 8 | listen port 2 | router id 40 |
package struct DiscoveryBeacon: Hashable, Sendable {
    /// The TCP port its sender listens on; 0 cannot be dialled.
    package var port: UInt16
    package var routerID: RouterID

    /// Size of a beacon in bytes.
    package static let byteCount = 50
    /// ASCII `mycelium`.
    static let magic: UInt64 = 0x6d79_6365_6c69_756d

    /// - Parameters:
    ///   - port: The TCP port its sender listens on.
    ///   - routerID: The sender's router id.
    package init(port: UInt16, routerID: RouterID) {
        self.port = port
        self.routerID = routerID
    }

    /// Reads a beacon.
    ///
    /// As in the base, bytes after the first 50 are ignored.
    ///
    /// - Parameter datagram: What arrived at the discovery port.
    /// - Throws: ``WireError`` when it is too short or no beacon; the datagram is dropped.
    package init(_ datagram: Span<UInt8>) throws(WireError) {
        guard datagram.count >= Self.byteCount else {
            throw .truncated(needed: Self.byteCount, available: datagram.count)
        }
        var reader = FieldReader(datagram)
        let magic: UInt64 = try reader.integer()
        guard magic == Self.magic else {
            throw .beaconMagic(expected: Self.magic, found: magic)
        }
        port = try reader.integer()
        routerID = try reader.routerID()
    }

    /// The 50 bytes.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        result.appendBigEndian(Self.magic)
        result.appendBigEndian(port)
        result.append(routerID)
        return result
    }
}
