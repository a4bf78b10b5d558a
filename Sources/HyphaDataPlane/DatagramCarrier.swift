// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLinux

/// Where the datagrams of a link go, and how large they may be.
struct DatagramCarrier {
    /// Place of the socket that they leave from.
    var socket = 0
    /// Place of the session that seals them, -1 while there is none.
    var session = -1
    /// Prepared for the kernel; `nil` before the link has an endpoint.
    var destination: DatagramDestination?
    /// The same as it comes with a received datagram.
    var native: NativeAddress?
    /// Bytes of payload that surely arrive.
    var payloadMax = Limits.datagramPayloadMin
    /// Bytes that may still be sent to an address that has not answered a challenge; `nil` = any.
    var allowance: Int?
    /// The last address that has proved itself; takes what the allowance does not.
    var proven: DatagramDestination?
    /// The next frame goes there.
    var goesToProven = false
    /// Where the newest frame came from, when that was not the endpoint: told once.
    var movedFrom: NativeAddress?

    /// Three times the smallest frame that can have made the address known.
    static let allowanceAtFirst = 3 * SealedFrame.byteCountMin
    /// Bytes that may be sent for each that comes from there (as QUIC has it, RFC 9000 section 8).
    static let amplification = 3

    /// Counts what came from an address that has not proved itself.
    mutating func noteReceived(_ byteCount: Int, from source: NativeAddress) {
        guard let allowance, source == native else { return }
        self.allowance = min(allowance + Self.amplification * byteCount, 1 << 20)
    }

    /// Leaves the own address to the kernel, since the one that was used is gone.
    ///
    /// - Returns: Whether anything changed, so that another attempt is worth while.
    mutating func unpin() -> Bool {
        let isPinned = destination?.isPinned == true || proven?.isPinned == true
        destination = destination?.unpinned
        proven = proven?.unpinned
        return isPinned
    }

    var isUsable: Bool { session >= 0 && destination != nil }
}
