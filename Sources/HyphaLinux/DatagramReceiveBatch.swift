// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import HyphaBase

/// Room for what one ``DatagramSocket/receive(into:region:upTo:)`` brings; made once, used again.
///
/// Slot `i` of the region starts at `i * slotByteCount`.
package struct DatagramReceiveBatch: ~Copyable, Sendable {
    /// Messages taken at most by one call.
    package let capacity: Int
    /// Distance of slots, bytes; every message fits.
    package let slotByteCount: Int
    /// Messages of the latest call.
    package private(set) var count = 0
    private var datagrams: [hypha_datagram]

    /// - Parameters:
    ///   - capacity: 1...``Limits/datagramsPerReceiveMax``.
    ///   - slotByteCount: At least 65 535; the default keeps the starts of slots out of one cache
    ///     set.
    package init(
        capacity: Int = Limits.datagramsPerReceiveMax,
        slotByteCount: Int = Limits.datagramSlotBytes
    ) {
        invariant((1...Limits.datagramsPerReceiveMax).contains(capacity), "a batch's capacity")
        invariant(slotByteCount >= 65_535, "a slot takes every datagram")
        self.capacity = capacity
        self.slotByteCount = slotByteCount
        datagrams = Array(repeating: hypha_datagram(), count: capacity)
    }

    /// Size of the region for all slots.
    package var regionByteCount: Int { capacity * slotByteCount }

    /// Message `index` of the latest call; traps when there is none.
    package subscript(index: Int) -> ReceivedDatagram {
        invariant(index >= 0 && index < count, "a received message")
        return ReceivedDatagram(offset: index * slotByteCount, native: datagrams[index])
    }

    mutating func receive(
        from number: Int32,
        region: inout MutableSpan<UInt8>,
        upTo limit: Int
    ) -> IOResult {
        let wanted = max(1, min(limit, capacity))
        let slot = slotByteCount
        // Safe: the shim checks the slots against the region's size, writes at most `wanted`
        // entries, of which there are `capacity`, and keeps no pointer.
        let result = unsafe region.withUnsafeMutableBufferPointer { bytes in
            unsafe datagrams.withUnsafeMutableBufferPointer { entries in
                unsafe hypha_udp_receive(
                    number,
                    bytes.baseAddress,
                    bytes.count,
                    slot,
                    entries.baseAddress,
                    wanted
                )
            }
        }
        count = max(0, Int(result))
        return IOResult(Int(result), zeroEnds: false)
    }
}
