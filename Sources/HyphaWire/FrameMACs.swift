// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

/// The two MACs at the end of an initiation or response (`Docs/protocol/hypha.md` section 3.1).
///
///     | … | mac1 16 | mac2 16 |
///
/// mac1 covers all before it, mac2 all before itself, mac1 included. All functions trap when a
/// frame is shorter than the two, which no frame that ``HandshakeFrame`` accepts is.
package enum FrameMACs {
    /// The extent of what mac1 covers.
    ///
    /// - Parameter byteCount: Size of the frame.
    /// - Returns: How many bytes from the start are covered.
    package static func coveredByMAC1(_ byteCount: Int) -> Int {
        byteCount - 2 * LinkFrame.macByteCount
    }

    /// The extent of what mac2 covers.
    ///
    /// - Parameter byteCount: Size of the frame.
    /// - Returns: How many bytes from the start are covered.
    package static func coveredByMAC2(_ byteCount: Int) -> Int {
        byteCount - LinkFrame.macByteCount
    }

    /// The 16 bytes of mac1.
    package static func mac1(of frame: Span<UInt8>) -> [UInt8] {
        let start = coveredByMAC1(frame.count)
        return [UInt8](copying: frame.extracting(start..<start + LinkFrame.macByteCount))
    }

    /// The 16 bytes of mac2.
    package static func mac2(of frame: Span<UInt8>) -> [UInt8] {
        [UInt8](copying: frame.extracting(coveredByMAC2(frame.count)...))
    }

    /// Puts mac1 into its place.
    ///
    /// - Parameters:
    ///   - mac: 16 bytes; traps for another size.
    ///   - frame: An initiation or response.
    package static func setMAC1(_ mac: [UInt8], in frame: inout [UInt8]) {
        precondition(mac.count == LinkFrame.macByteCount)
        let start = coveredByMAC1(frame.count)
        frame.replaceSubrange(start..<start + mac.count, with: mac)
    }

    /// Puts mac2 into its place.
    ///
    /// - Parameters:
    ///   - mac: 16 bytes; traps for another size.
    ///   - frame: An initiation or response.
    package static func setMAC2(_ mac: [UInt8], in frame: inout [UInt8]) {
        precondition(mac.count == LinkFrame.macByteCount)
        frame.replaceSubrange(coveredByMAC2(frame.count)..., with: mac)
    }
}
