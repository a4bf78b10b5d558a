// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
package import HyphaBase

/// A UDP socket for the packet path; never blocks, never fragments.
///
/// The kernel joins received datagrams (UDP_GRO) and cuts sent messages (UDP_SEGMENT) where it can.
/// What the path's routers say about its MTU is ignored: datagrams larger than the device takes are
/// refused with EMSGSIZE, others leave with DF set, and the path is probed by ourselves.
package struct DatagramSocket: ~Copyable, Sendable {
    /// For ``Poller/add(_:token:interest:trigger:)``.
    package let descriptor: Descriptor
    /// Where it listens, with the real port.
    package let localAddress: SocketAddress
    /// What was sent, ever.
    package private(set) var counters = Counters()
    private var features: UInt32

    /// What a socket sent, ever.
    package struct Counters: Hashable, Sendable {
        /// System calls that took something.
        package var calls: UInt64 = 0
        /// Messages sent whole.
        package var messages: UInt64 = 0
        /// Bytes sent.
        package var bytes: UInt64 = 0
        /// Messages that the kernel refused.
        package var failures: UInt64 = 0
        /// Messages that the kernel or the device would not cut and that went one by one.
        package var refusedCuts: UInt64 = 0
    }

    /// What one flush did.
    package enum FlushResult: Hashable, Sendable {
        /// Nothing waits any more; see ``DatagramSendBatch/nextFailure()`` for what did not go.
        case done
        /// The socket has no more room: the rest waits until it is writable.
        case wouldBlock
    }

    /// Opens a socket on one address; `[::]` takes IPv4 too.
    ///
    /// - Parameters:
    ///   - address: Port 0 = one chosen by the kernel.
    ///   - mark: Firewall mark (SO_MARK); needs CAP_NET_ADMIN or CAP_NET_RAW. `nil` or 0 = none.
    /// - Throws: ``SystemError``: EADDRINUSE, EACCES, EADDRNOTAVAIL, EAFNOSUPPORT, EPERM.
    package init(on address: SocketAddress, mark: UInt32? = nil) throws(SystemError) {
        var native = address.native
        var features: UInt32 = 0
        // Safe: the shim reads one address and writes one number.
        let result = unsafe hypha_udp_open(&native, mark ?? 0, &features)
        let descriptor = Descriptor(adopting: try check(result, .openSocket))
        localAddress = try Self.localAddress(of: descriptor)
        self.descriptor = descriptor
        self.features = features
    }

    /// Opens a socket on every address of the machine; IPv4 alone where there is no IPv6.
    ///
    /// - Parameters:
    ///   - port: 0 = one chosen by the kernel.
    ///   - mark: As for ``init(on:mark:)``.
    /// - Returns: A socket for IPv6 and IPv4, or for IPv4.
    /// - Throws: ``SystemError``: EADDRINUSE, EACCES, EPERM.
    package static func onAnyAddress(
        port: UInt16,
        mark: UInt32? = nil
    ) throws(SystemError) -> DatagramSocket {
        do throws(SystemError) {
            let any = SocketAddress(host: .v6(.unspecified, scope: 0), port: port)
            return try DatagramSocket(on: any, mark: mark)
        } catch {
            guard error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL else { throw error }
            let any = SocketAddress(host: .v4(IPv4Address(bits: 0)), port: port)
            return try DatagramSocket(on: any, mark: mark)
        }
    }

    /// A socket on its way from one owner to another.
    package struct Handle: Sendable {
        fileprivate let number: Int32
        fileprivate let features: UInt32

        /// The same socket once more, for another owner.
        ///
        /// - Throws: ``SystemError``: EMFILE.
        package func duplicated() throws(SystemError) -> Handle {
            let copy = try check(hypha_duplicate(number), .openSocket)
            return Handle(number: copy, features: features)
        }
    }

    /// Takes a socket over that another owner released.
    ///
    /// - Throws: ``SystemError`` when it is no socket.
    package init(adopting handle: Handle) throws(SystemError) {
        let descriptor = Descriptor(adopting: handle.number)
        localAddress = try Self.localAddress(of: descriptor)
        self.descriptor = descriptor
        features = handle.features
    }

    /// Gives the socket away; whoever adopts it closes it.
    package consuming func release() -> Handle {
        let features = features
        return Handle(number: releaseDescriptor().release(), features: features)
    }

    private consuming func releaseDescriptor() -> Descriptor { descriptor }

    private static func localAddress(
        of descriptor: borrowing Descriptor
    ) throws(SystemError) -> SocketAddress {
        var native = hypha_address()
        // Safe: the shim writes one address.
        let known = unsafe hypha_local_address(descriptor.rawValue, &native)
        try check(known, .openSocket)
        return SocketAddress(native)
    }

    /// Whether received datagrams may come joined (UDP_GRO).
    package var joinsReceived: Bool { features & UInt32(HYPHA_UDP_JOINS) != 0 }

    /// Whether the kernel cuts messages (UDP_SEGMENT); no longer once a device refused it.
    package var cutsSent: Bool { features & UInt32(HYPHA_UDP_CUTS) != 0 }

    /// From now on sends datagrams one by one (`sendmmsg(2)`), as after a refusal of the device.
    package mutating func refuseCutting() {
        features &= ~UInt32(HYPHA_UDP_CUTS)
    }

    /// Takes what waits; never allocates.
    ///
    /// - Parameters:
    ///   - batch: Gets the messages.
    ///   - region: Gets the bytes; has room for `limit` slots of the batch.
    ///   - limit: Messages taken at most; the batch's capacity if that is less.
    /// - Returns: The number of messages, or why there are none; a failure is of no consequence for
    ///   later calls.
    package borrowing func receive(
        into batch: inout DatagramReceiveBatch,
        region: inout MutableSpan<UInt8>,
        upTo limit: Int = Limits.datagramsPerReceiveMax
    ) -> IOResult {
        batch.receive(from: descriptor.rawValue, region: &region, upTo: limit)
    }

    /// Sends what waits in a batch; never allocates.
    ///
    /// Every message goes or fails by itself: see ``DatagramSendBatch/nextFailure()``.
    ///
    /// - Parameters:
    ///   - batch: Keeps what there is no room for.
    ///   - region: The bytes of its messages; traps when one lies outside.
    /// - Returns: Whether something still waits.
    package mutating func flush(
        _ batch: inout DatagramSendBatch,
        of region: Span<UInt8>
    ) -> FlushResult {
        guard !batch.isEmpty else { return .done }
        var report = hypha_send_report()
        batch.send(
            on: descriptor.rawValue,
            features: &features,
            region: region,
            report: &report
        )
        count(report)
        return batch.isEmpty ? .done : .wouldBlock
    }

    /// Sends bytes at once, cut into datagrams.
    ///
    /// - Parameters:
    ///   - bytes: At least one.
    ///   - segmentByteCount: Size of each datagram but the last, 1...65 535 bytes; `nil` = one
    ///     datagram.
    ///   - destination: Where all of them go.
    /// - Returns: Bytes sent, fewer when the socket has no more room or a part of them was refused;
    ///   or why there are none.
    package mutating func send(
        _ bytes: Span<UInt8>,
        segmentByteCount: Int? = nil,
        to destination: DatagramDestination
    ) -> IOResult {
        let segment = segmentByteCount ?? max(1, min(bytes.count, 65_535))
        invariant((1...65_535).contains(segment), "a datagram's size")
        let messageBytes = DatagramSendBatch.messageByteCount(segmentByteCount: segment)
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + messageBytes)
            var message = hypha_datagram_message(
                to: destination.native,
                tag: 0,
                offset: start,
                count: end - start,
                segment_byte_count: UInt32(segment),
                code: 0,
                refusal: 0,
                reserved: 0
            )
            let result = send(&message, of: bytes)
            guard message.count == 0 else {
                let sent = message.offset
                return sent > 0 ? .count(sent) : result
            }
            start = end
        }
        return .count(bytes.count)
    }

    private mutating func send(
        _ message: inout hypha_datagram_message,
        of bytes: Span<UInt8>
    ) -> IOResult {
        var report = hypha_send_report()
        // Safe: the shim checks the message against the bytes and keeps no pointer.
        let result = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe hypha_udp_send(
                descriptor.rawValue,
                &features,
                bytes.baseAddress,
                bytes.count,
                &message,
                1,
                &report
            )
        }
        count(report)
        refuseOwnMistake(message.code)
        if message.code != 0 { return .failed(message.code) }
        return result == 0 ? .wouldBlock : IOResult(result, zeroEnds: false)
    }

    private mutating func count(_ report: hypha_send_report) {
        counters.calls += UInt64(report.calls)
        counters.messages += UInt64(report.sent_messages)
        counters.bytes += report.sent_bytes
        counters.failures += UInt64(report.failed_messages)
        counters.refusedCuts += UInt64(report.refused_cuts)
    }
}
