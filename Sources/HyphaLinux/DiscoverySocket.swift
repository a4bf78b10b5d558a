// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
package import HyphaBase

/// The UDP socket of local discovery: group ff02::cafe on every joined interface
/// (base protocol section 2.9).
///
/// Several processes may share the port; what is sent does not come back to the own machine.
package struct DiscoverySocket: ~Copyable, Sendable {
    /// For ``Poller/add(_:token:interest:trigger:)``.
    package let descriptor: Descriptor
    private let port: UInt16

    /// The group of discovery beacons.
    package static let group = IPv6Address(high: 0xff02_0000_0000_0000, low: 0xcafe)

    /// What one attempt to receive gave.
    package enum Reception: Hashable, Sendable {
        /// A datagram, cut to the buffer's size. `hopLimit` is what was left on arrival, `nil` when
        /// the kernel does not tell.
        case datagram(byteCount: Int, source: SocketAddress, hopLimit: UInt8?)
        /// Nothing is waiting.
        case wouldBlock
        /// An errno value, above 0; a later attempt may succeed.
        case failed(Int32)
    }

    /// Opens the socket; no group is joined yet.
    ///
    /// - Parameter port: The port that all nodes agree on, also the source port.
    /// - Throws: ``SystemError``: EADDRINUSE when somebody else holds the port for himself,
    ///   EAFNOSUPPORT without IPv6.
    package init(port: UInt16) throws(SystemError) {
        self.port = port
        descriptor = Descriptor(adopting: try check(hypha_discovery_open(port), .openSocket))
    }

    /// Begins to receive what is sent to the group on an interface; a second time changes nothing.
    ///
    /// - Parameter interface: An interface index.
    /// - Throws: ``SystemError``: ENODEV, or ENOMEM at `net.core.optmem_max`.
    package func join(interface: UInt32) throws(SystemError) {
        let group = Self.group
        let number = descriptor.rawValue
        let result = hypha_multicast_join(number, group.high, group.low, interface)
        if result != -EADDRINUSE { try check(result, .joinGroup) }
    }

    /// Ends ``join(interface:)``; an interface that is gone or was not joined is no error.
    ///
    /// - Parameter interface: An interface index.
    /// - Throws: ``SystemError`` of `setsockopt(2)`.
    package func leave(interface: UInt32) throws(SystemError) {
        let group = Self.group
        let number = descriptor.rawValue
        let result = hypha_multicast_leave(number, group.high, group.low, interface)
        if result != -EADDRNOTAVAIL, result != -ENODEV { try check(result, .leaveGroup) }
    }

    /// Sends one datagram to the group.
    ///
    /// - Parameters:
    ///   - bytes: The whole datagram.
    ///   - interface: The index of the interface to send on.
    /// - Returns: The datagram's size, or why it was not sent.
    package func send(_ bytes: Span<UInt8>, interface: UInt32) -> IOResult {
        send(bytes, to: SocketAddress(host: .v6(Self.group, scope: interface), port: port))
    }

    /// Sends one datagram to an IPv6 address.
    package func send(_ bytes: Span<UInt8>, to address: SocketAddress) -> IOResult {
        var native = address.native
        // Safe: the shim reads the bytes and one address and keeps no pointer.
        let result = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe hypha_datagram_send(
                descriptor.rawValue,
                bytes.baseAddress,
                bytes.count,
                &native
            )
        }
        return IOResult(result, zeroEnds: false)
    }

    /// Takes one datagram.
    ///
    /// - Parameter buffer: Gets the start of it.
    /// - Returns: Where it came from, or that there was none.
    package func receive(into buffer: inout MutableSpan<UInt8>) -> Reception {
        var source = hypha_address()
        var hopLimit: Int32 = -1
        // Safe: the shim writes at most the buffer's size, one address and one number.
        let result = unsafe buffer.withUnsafeMutableBufferPointer { bytes in
            unsafe hypha_datagram_receive(
                descriptor.rawValue,
                bytes.baseAddress,
                bytes.count,
                &source,
                &hopLimit
            )
        }
        switch IOResult(result, zeroEnds: false) {
        case .count(let count):
            return .datagram(
                byteCount: count,
                source: SocketAddress(source),
                hopLimit: UInt8(exactly: hopLimit)
            )
        case .wouldBlock: return .wouldBlock
        case .endOfStream: return .failed(EPROTO)
        case .failed(let code): return .failed(code)
        }
    }
}
