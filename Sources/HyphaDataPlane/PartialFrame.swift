// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

/// The beginning of a frame whose end has not come yet.
///
/// Holds next to no memory while there is nothing to hold, so that a thousand idle links cost
/// nothing, and a small block for the beginnings of small frames.
struct PartialFrame: ~Copyable {
    private var region = ByteRegion(byteCount: 64)
    private(set) var byteCount = 0

    private static let smallByteCount = 2 << 10

    /// Keeps a copy of `bytes`, in place of what was kept before.
    mutating func keep(_ bytes: Span<UInt8>) {
        byteCount = bytes.count
        if region.byteCount < byteCount {
            var size = Self.smallByteCount
            while size < byteCount { size *= 2 }
            region = ByteRegion(byteCount: size)
        }
        region.copy(bytes, at: 0)
    }

    /// Copies what is kept to `offset` of `target`; returns how many bytes that are.
    func copy(into target: ByteView, at offset: Int) -> Int {
        target.copy(region.span(0..<byteCount), at: offset)
        return byteCount
    }

    /// A copy of what is kept.
    func copy() -> [UInt8] { [UInt8](copying: region.span(0..<byteCount)) }

    /// Gives a large block back; called when little was read.
    mutating func shrink() {
        if byteCount == 0, region.byteCount > Self.smallByteCount {
            region = ByteRegion(byteCount: 64)
        }
    }
}
