// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
package import HyphaBase

/// A TCP connection, established or being established; never blocks.
package struct TCPConnection: ~Copyable, Sendable {
    /// For a ``Poller`` and for reading and sending.
    package let descriptor: Descriptor
    /// The other side; an IPv4-mapped address is shown as IPv4.
    package let peer: SocketAddress

    /// Socket options; `nil` leaves the system's value.
    package struct Options: Hashable, Sendable {
        /// No waiting for small segments to fill (TCP_NODELAY; base protocol section 2.5).
        package var hasNoDelay = true
        /// Unsent bytes above which the socket is not writable (TCP_NOTSENT_LOWAT).
        package var unsentLowWaterBytes: Int32?
        /// How long sent data may stay unacknowledged (TCP_USER_TIMEOUT).
        package var userTimeout: Duration?
        /// Firewall mark (SO_MARK); needs CAP_NET_ADMIN or CAP_NET_RAW.
        package var mark: UInt32?
        /// Kernel's send buffer (SO_SNDBUF); the kernel doubles it and stops adapting it.
        package var sendBufferBytes: Int32?
        /// Largest segment both ways, TCP options included (TCP_MAXSEG); only before the connection
        /// is made.
        package var segmentBytesMax: Int32?

        package init() {}
    }

    /// How a connection attempt stands.
    package enum ConnectState: Hashable, Sendable {
        case connecting
        case connected
        /// The attempt is over.
        case failed(SystemError)
    }

    /// What the kernel knows of the path (`tcp_info`).
    package struct Report: Hashable, Sendable {
        /// Smoothed round-trip time of segments.
        package let roundTripTime: Duration
        /// Segments sent again, ever.
        package let retransmittedSegments: UInt32
        /// Payload bytes of a full segment.
        package let segmentBytes: UInt32
        /// Latest delivery rate, bytes a second.
        package let deliveryBytesPerSecond: UInt64
    }

    init(_ descriptor: consuming Descriptor, peer: SocketAddress) {
        self.descriptor = descriptor
        self.peer = peer
    }

    /// Begins to connect; the descriptor becomes writable when that has ended, see
    /// ``connectState()``.
    ///
    /// - Parameters:
    ///   - address: A link-local one carries its interface as scope.
    ///   - options: Set before the first packet.
    /// - Returns: A connection on its way.
    /// - Throws: ``SystemError`` when it fails at once: ENETUNREACH, EMFILE, EPERM for the mark.
    package static func start(
        to address: SocketAddress,
        options: Options = Options()
    ) throws(SystemError) -> TCPConnection {
        let result = hypha_tcp_open(address.isIPv4 ? 1 : 0)
        let descriptor = Descriptor(adopting: try check(result, .openSocket))
        let connection = TCPConnection(descriptor, peer: address)
        try connection.set(options)
        var native = address.native
        // Safe: the shim reads one address.
        let started = unsafe hypha_connect(connection.descriptor.rawValue, &native)
        try check(started, .connect)
        return connection
    }

    /// How the attempt stands; to be asked when the descriptor is writable.
    package func connectState() -> ConnectState {
        let result = hypha_connect_result(descriptor.rawValue)
        if result >= 0 { return .connected }
        if -result == EINPROGRESS { return .connecting }
        refuseOwnMistake(-result)
        return .failed(SystemError(operation: .connect, code: -result))
    }

    /// Sets options, on an accepted connection too.
    ///
    /// - Throws: ``SystemError``: EPERM for the mark.
    package func set(_ options: Options) throws(SystemError) {
        if options.hasNoDelay { try set(HYPHA_OPTION_NO_DELAY, 1) }
        if let bytes = options.unsentLowWaterBytes {
            try set(HYPHA_OPTION_NOT_SENT_LOW_WATER, bytes)
        }
        if let timeout = options.userTimeout {
            try set(HYPHA_OPTION_USER_TIMEOUT, Int32(clamping: timeout.milliseconds))
        }
        if let mark = options.mark { try set(HYPHA_OPTION_MARK, Int32(bitPattern: mark)) }
        if let bytes = options.sendBufferBytes { try set(HYPHA_OPTION_SEND_BUFFER, bytes) }
        if let bytes = options.segmentBytesMax { try set(HYPHA_OPTION_SEGMENT, bytes) }
    }

    /// This side's address.
    ///
    /// - Throws: ``SystemError`` of `getsockname(2)`.
    package func localAddress() throws(SystemError) -> SocketAddress {
        var native = hypha_address()
        // Safe: the shim writes one address.
        let result = unsafe hypha_local_address(descriptor.rawValue, &native)
        try check(result, .readSocketState)
        return SocketAddress(native)
    }

    /// Bytes that were taken for sending and have not left (SIOCOUTQNSD), 0 when unknown.
    package func unsentByteCount() -> Int {
        Int(max(0, hypha_unsent_bytes(descriptor.rawValue)))
    }

    /// What the kernel knows of the path, `nil` when the connection is gone.
    package func report() -> Report? {
        var native = hypha_tcp_report()
        // Safe: the shim writes one report.
        let result = unsafe hypha_tcp_report_read(descriptor.rawValue, &native)
        guard result == 0 else { return nil }
        return Report(
            roundTripTime: .microseconds(native.round_trip_microseconds),
            retransmittedSegments: native.retransmits_total,
            segmentBytes: native.segment_size_bytes,
            deliveryBytesPerSecond: native.delivery_rate_bytes_per_second
        )
    }

    /// The descriptor alone, to be handed to another owner.
    package consuming func releaseDescriptor() -> Descriptor { descriptor }

    private func set(_ option: some BinaryInteger, _ value: Int32) throws(SystemError) {
        let result = hypha_set_option(descriptor.rawValue, Int32(option), value)
        try check(result, .setSocketOption)
    }
}
