// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes

/// The content of a body of type 0x12: what the two ends of a session say of the way between them
/// (`Docs/protocol/hypha.md` section 4).
///
///     MTU probe     | 3 | zero 3 | token 8 | padding |
///     path report   | 7 | zero 1 | inner MTU 2 | token 8 | size that arrived 2 | zero 2 |
///     candidates    | 8 | n 1 | zero 2 | n x (address 16, port 2) |
///
/// A body without content keeps the session alive and nothing more.
package enum SessionControl: Hashable, Sendable {
    /// Asks for a path report; the content has the size of the inner packet that it stands for.
    case mtuProbe(token: UInt64)
    case pathReport(PathReport)
    /// UDP endpoints at which the sender may be reached directly, ``candidatesMax`` at most.
    case candidates([SocketAddress])

    /// Endpoints in one message.
    package static let candidatesMax = 4

    private static let probeType: UInt8 = 3
    private static let reportType: UInt8 = 7
    private static let candidatesType: UInt8 = 8
    /// Size of a probe without padding, bytes.
    private static let probeByteCount = 12

    /// Reads a content; what padding holds is not looked at.
    ///
    /// - Parameter content: What follows the user header.
    /// - Returns: The content, `nil` when it is empty.
    /// - Throws: ``WireError`` when it is cut off or too long, for an unknown type, for more
    ///   endpoints than ``candidatesMax`` and for a reserved byte that is not zero.
    package static func decode(_ content: Span<UInt8>) throws(WireError) -> SessionControl? {
        guard !content.isEmpty else { return nil }
        var reader = FieldReader(content)
        let type: UInt8 = try reader.integer()
        switch type {
        case probeType:
            try reader.zeroes(3)
            return .mtuProbe(token: try reader.integer())
        case reportType:
            try reader.zeroes(1)
            let report = PathReport(
                innerMTU: try reader.integer(),
                token: try reader.integer(),
                receivedByteCount: try reader.integer()
            )
            try reader.zeroes(2)
            try reader.finish()
            return .pathReport(report)
        case candidatesType:
            let count: UInt8 = try reader.integer()
            guard count <= candidatesMax else {
                throw .surplus(expected: candidatesMax, found: Int(count))
            }
            try reader.zeroes(2)
            var candidates: [SocketAddress] = []
            for _ in 0..<count {
                let address = try reader.ipv6Address()
                let port: UInt16 = try reader.integer()
                candidates.append(SocketAddress(host: .v6(address, scope: 0), port: port))
            }
            try reader.finish()
            return .candidates(candidates)
        default: throw .livenessType(found: type)
        }
    }

    /// The bytes of the content.
    ///
    /// - Parameter byteCount: Size of the whole content of a probe; a smaller one than the fields
    ///   need adds nothing, and nothing else is padded.
    /// - Returns: 4 bytes or more; endpoints above ``candidatesMax`` are left out.
    package func encoded(padTo byteCount: Int = 0) -> [UInt8] {
        switch self {
        case .mtuProbe(let token):
            var content = [Self.probeType, 0, 0, 0]
            content.appendBigEndian(token)
            content.appendZeroes(max(0, byteCount - Self.probeByteCount))
            return content
        case .pathReport(let report):
            var content = [Self.reportType, 0]
            content.appendBigEndian(report.innerMTU)
            content.appendBigEndian(report.token)
            content.appendBigEndian(report.receivedByteCount)
            content.appendZeroes(2)
            return content
        case .candidates(let candidates):
            let part = candidates.prefix(Self.candidatesMax)
            var content = [Self.candidatesType, UInt8(truncatingIfNeeded: part.count), 0, 0]
            for candidate in part { content.append(candidate) }
            return content
        }
    }
}

/// What one end of a session knows of the way to it, and the other end does not.
package struct PathReport: Hashable, Sendable {
    /// Greatest inner packet that the reporter's host takes, bytes.
    package var innerMTU: UInt16
    /// Of the probe that is answered, 0 when nobody asked.
    package var token: UInt64
    /// Size of the content of that probe as it arrived, bytes.
    package var receivedByteCount: UInt16

    /// - Parameters:
    ///   - innerMTU: Greatest inner packet that the reporter's host takes, bytes.
    ///   - token: Of the probe that is answered, 0 when nobody asked.
    ///   - receivedByteCount: Size of the content of that probe as it arrived, bytes.
    package init(innerMTU: UInt16, token: UInt64, receivedByteCount: UInt16) {
        self.innerMTU = innerMTU
        self.token = token
        self.receivedByteCount = receivedByteCount
    }
}
