// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
package import HyphaBase

/// Where datagrams go and from which own address they leave, as ``DatagramSocket`` wants it.
///
/// Made once a link endpoint, so that a send takes nothing apart.
package struct DatagramDestination: Hashable, Sendable {
    /// The other side.
    package let address: NativeAddress
    /// The own address in network order, IPv4 mapped; 0 = the kernel chooses.
    private let localHigh: UInt64
    private let localLow: UInt64
    /// The interface to leave by; 0 = by route.
    private let interface: UInt32

    /// Datagrams to an address, from the own address that the kernel chooses.
    package init(_ address: NativeAddress) {
        self.address = address
        localHigh = 0
        localLow = 0
        interface = 0
    }

    /// Datagrams to an address, from the own address that the kernel chooses.
    package init(_ address: SocketAddress) {
        self.init(NativeAddress(address))
    }

    /// An answer: to where a datagram came from, from the address that it came to.
    ///
    /// The way out is left to the routes, save for a link-local address, whose scope names it. When
    /// the own address goes away, sending fails with EINVAL or ENETUNREACH.
    package init(answering datagram: ReceivedDatagram) {
        self.init(datagram.native.from, interface: 0)
    }

    init(_ native: hypha_destination, interface: UInt32) {
        address = NativeAddress(native.address)
        localHigh = native.local_high
        localLow = native.local_low
        self.interface = interface
    }

    /// Whether the own address was chosen, and not left to the kernel.
    package var isPinned: Bool { localHigh != 0 || localLow != 0 }

    /// The same way with the own address left to the kernel, for when the one it had is gone.
    package var unpinned: DatagramDestination {
        DatagramDestination(
            hypha_destination(
                address: address.native,
                local_high: 0,
                local_low: 0,
                interface: interface,
                reserved: 0
            ),
            interface: interface
        )
    }

    /// The shim's form.
    var native: hypha_destination {
        hypha_destination(
            address: address.native,
            local_high: localHigh,
            local_low: localLow,
            interface: interface,
            reserved: 0
        )
    }
}

/// One received message: a datagram, or several of one source joined by the kernel (UDP_GRO).
package struct ReceivedDatagram: Sendable {
    /// Start in the region that was received into, bytes.
    package let offset: Int
    let native: hypha_datagram

    /// Size of all datagrams, bytes; may be 0.
    package var byteCount: Int { Int(native.byte_count) }

    /// Size of each datagram but the last, which may be smaller, bytes; at least 1.
    package var segmentByteCount: Int { max(1, Int(native.segment_byte_count)) }

    /// Where it came from.
    package var source: NativeAddress { NativeAddress(native.from.address) }

    /// The interface that it came in by; 0 when the kernel does not tell.
    package var interface: UInt32 { native.from.interface }

    /// The own address that it was sent to; `nil` when the kernel does not tell.
    package var localAddress: SocketAddress.Host? {
        let high = UInt64(bigEndian: native.from.local_high)
        let low = UInt64(bigEndian: native.from.local_low)
        guard high != 0 || low != 0 else { return nil }
        let address = IPv6Address(high: high, low: low)
        let isLinkLocal = high >> 54 == 0xfe80 >> 6
        let scope = isLinkLocal ? native.from.interface : 0
        return SocketAddress(host: .v6(address, scope: scope), port: 0).host
    }
}
