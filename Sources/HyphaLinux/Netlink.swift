// SPDX-License-Identifier: Apache-2.0
import CHyphaNetlink
import Glibc
package import HyphaBase

/// A netlink socket for looking at and changing interfaces, addresses and routes (libnl).
///
/// It works in the network namespace of the thread that opened it. Requests block for the kernel's
/// answer, which comes at once.
@safe
package struct Netlink: ~Copyable {
    private let raw: OpaquePointer

    /// - Throws: ``SystemError`` of `socket(2)`.
    package init() throws(SystemError) {
        var opened: OpaquePointer?
        // Safe: the shim stores a socket of which this value is the only owner.
        let result = unsafe hypha_netlink_open(&opened)
        try check(result, .openNetlink)
        guard let opened = unsafe opened else {
            throw SystemError(operation: .openNetlink, code: ENOMEM)
        }
        unsafe raw = opened
    }

    deinit {
        // Safe: opened in `init`, and nobody else has it.
        unsafe hypha_netlink_close(raw)
    }

    // MARK: - Looking

    /// All interfaces with their addresses, by index.
    ///
    /// - Throws: ``SystemError``; EAGAIN when they kept changing meanwhile.
    package func interfaces() throws(SystemError) -> [NetworkInterface] {
        // Safe: the shim stores as many as there is room for.
        let links = try unsafe list(.listInterfaces, Limits.interfacesMax, hypha_interface()) {
            unsafe hypha_netlink_interfaces(raw, $0.baseAddress, $0.count)
        }
        let room = Limits.interfaceAddressesMax
        // Safe: the shim stores as many as there is room for.
        let addresses = try unsafe list(.listAddresses, room, hypha_interface_address()) {
            unsafe hypha_netlink_addresses(raw, $0.baseAddress, $0.count)
        }
        var byInterface: [UInt32: [NetworkInterface.Address]] = [:]
        for address in addresses {
            byInterface[address.interface, default: []].append(NetworkInterface.Address(address))
        }
        return links.sorted { $0.index < $1.index }
            .map { NetworkInterface($0, addresses: byInterface[$0.index] ?? []) }
    }

    /// Asks for a list twice when the first room was too small.
    private func list<Element>(
        _ operation: SystemError.Operation,
        _ countMax: Int,
        _ blank: Element,
        _ fill: (UnsafeMutableBufferPointer<Element>) -> Int32
    ) throws(SystemError) -> [Element] {
        var room = 64
        while true {
            var elements = [Element](repeating: blank, count: room)
            // Safe: `fill` is bounded by the buffer's count.
            let result = unsafe elements.withUnsafeMutableBufferPointer { unsafe fill($0) }
            let count = Int(try check(result, operation))
            guard count > room, room < countMax else {
                elements.removeLast(room - min(count, room))
                return elements
            }
            room = min(count + 16, countMax)
        }
    }

    // MARK: - Changing

    /// A change to an interface.
    package enum Change: Hashable, Sendable {
        case mtu(bytes: UInt32)
        case up
        case down
        case transmitQueue(packets: UInt32)
        /// The kernel makes no link-local address of its own (addr_gen_mode none); before `up`.
        case noLinkLocalAddress
        /// The largest unsegmented packet that the interface takes.
        case largestSegmented(bytes: UInt32)
    }

    /// Changes an interface.
    ///
    /// - Throws: ``SystemError``: EPERM, ENODEV, EINVAL for a size out of range.
    package func change(interface: UInt32, _ change: Change) throws(SystemError) {
        let (kind, value): (Int, UInt32)
        switch change {
        case .mtu(let bytes): (kind, value) = (Int(HYPHA_CHANGE_MTU), bytes)
        case .up: (kind, value) = (Int(HYPHA_CHANGE_UP), 0)
        case .down: (kind, value) = (Int(HYPHA_CHANGE_DOWN), 0)
        case .transmitQueue(let packets):
            (kind, value) = (Int(HYPHA_CHANGE_TRANSMIT_QUEUE), packets)
        case .noLinkLocalAddress: (kind, value) = (Int(HYPHA_CHANGE_NO_LINK_LOCAL), 0)
        case .largestSegmented(let bytes):
            // Safe: plain numbers and our own socket.
            let result = unsafe hypha_netlink_set_gso_max_size(raw, interface, bytes)
            try check(result, .changeInterface)
            return
        }
        // Safe: plain numbers and our own socket.
        let result = unsafe hypha_netlink_change(raw, interface, UInt32(kind), value)
        try check(result, .changeInterface)
    }

    /// Adds an IPv6 address of global scope without duplicate detection.
    ///
    /// The kernel adds the route of its prefix. An address that is there already is no error. Packets
    /// to it are accepted some moments later, when ``NetworkMonitor`` tells of the address.
    ///
    /// - Parameters:
    ///   - address: With its host bits.
    ///   - prefixLength: 0...128.
    ///   - interface: An interface index.
    /// - Throws: ``SystemError``: EPERM, ENODEV, EACCES when IPv6 is disabled there.
    package func add(
        address: IPv6Address,
        prefixLength: UInt8,
        interface: UInt32
    ) throws(SystemError) {
        let (high, low) = (address.high, address.low)
        // Safe: plain numbers and our own socket.
        let result = unsafe hypha_netlink_add_address(raw, interface, high, low, prefixLength)
        if result != -EEXIST { try check(result, .addAddress) }
    }

    /// Adds a route through an interface to the main table; one that is there already is no error.
    ///
    /// - Throws: ``SystemError``: EPERM, ENODEV when the interface is down.
    package func add(route: Prefix, interface: UInt32) throws(SystemError) {
        let address = route.address
        // Safe: plain numbers and our own socket.
        let result = unsafe hypha_netlink_add_route(
            raw,
            interface,
            address.high,
            address.low,
            route.length
        )
        if result != -EEXIST { try check(result, .addRoute) }
    }

    // MARK: - Laboratories

    /// Makes two interfaces that are the ends of one cable, both down.
    ///
    /// - Throws: ``SystemError``: EPERM, EEXIST.
    package func addVirtualPair(_ name: String, _ peerName: String) throws(SystemError) {
        try refuseZeroByte(in: name, .addVirtualPair)
        try refuseZeroByte(in: peerName, .addVirtualPair)
        // Safe: the texts live for the call.
        let result = unsafe hypha_netlink_add_veth(raw, name, peerName)
        try check(result, .addVirtualPair)
    }

    /// Moves an interface into another network namespace.
    ///
    /// - Throws: ``SystemError``: EPERM, ENODEV.
    package func move(
        interface: UInt32,
        to namespace: borrowing NetworkNamespace
    ) throws(SystemError) {
        let number = namespace.descriptor.rawValue
        // Safe: plain numbers and our own socket.
        let result = unsafe hypha_netlink_move(raw, interface, number)
        try check(result, .changeInterface)
    }
}
