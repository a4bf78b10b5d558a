// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

/// Completes checksums that the kernel left to the device.
package enum ChecksumOffload {
    /// Completes the checksum of a packet from TUN that goes out whole.
    ///
    /// An ordinary packet's checksum field holds the sum of the pseudo-header, whatever the
    /// protocol and the headers before it. Of a large TCP packet everything is computed anew,
    /// because its length may not be what was summed; it goes out as one large TCP packet.
    ///
    /// - Parameters:
    ///   - packet: The IP packet behind the offload header.
    ///   - header: That header.
    /// - Returns: `false` when the packet must not go out: the header contradicts it, or it holds
    ///   several UDP datagrams, which only ``SegmentPlan`` can part. It is unchanged then.
    package static func complete(
        _ packet: inout MutableSpan<UInt8>,
        header: VirtioNetHeader
    ) -> Bool {
        guard !header.isLarge else { return completeLarge(&packet, header: header) }
        guard header.wantsChecksum else { return true }
        let start = Int(header.checksumStart)
        let field = start &+ Int(header.checksumOffset)
        guard field &+ 2 <= packet.count else { return false }
        let sum = InternetChecksum.sum(packet.span.extracting(start..<packet.count))
        let checksum = ~InternetChecksum.fold(sum)
        // 0 would mean "no checksum" in UDP; 0xffff means the same number everywhere else.
        packet.storeBigEndian(checksum == 0 ? 0xffff : checksum, at: field)
        return true
    }

    private static func completeLarge(
        _ packet: inout MutableSpan<UInt8>,
        header: VirtioNetHeader
    ) -> Bool {
        do throws(OffloadError) {
            let plan = try SegmentPlan(packet.span, header: header)
            guard plan.layout.byteCount <= 65_535, plan.layout.isTCP || plan.count == 1 else {
                return false
            }
            let byteCount = plan.layout.byteCount
            plan.layout.writeLengths(&packet, byteCount: byteCount)
            let sum = plan.layout.addressSum(of: packet.span)
            plan.layout.writeChecksum(&packet, byteCount: byteCount, addressSum: sum)
            return true
        } catch {
            return false
        }
    }
}
