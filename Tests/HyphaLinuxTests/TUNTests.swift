// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaLinux
import Testing

private let own = IPv6Address(high: 0x0400_0000_0000_0000, low: 1)
private let other = IPv6Address(high: 0x0500_0000_0000_0000, low: 2)

@Suite(.enabled(if: canMakeNamespaces, namespaceReason))
struct TUNTests {
    private struct Found: Sendable {
        var interface: NetworkInterface?
        var offloads: TUNDevice.Offloads
        var unwritable: [String]
    }

    @Test func aConfiguredInterfaceShowsWhatWasAsked() throws {
        let found = try inNewNamespace {
            let device = try TUNDevice(name: "hypha0")
            let unwritable = try configure(device)
            let netlink = try Netlink()
            return Found(
                interface: try netlink.interfaces().first { $0.index == device.index },
                offloads: device.offloads,
                unwritable: unwritable
            )
        }
        let interface = try #require(found.interface)
        #expect(interface.name == "hypha0")
        #expect(interface.kind == "tun")
        #expect(interface.mtuBytes == 1_400)
        #expect(interface.transmitQueuePackets == 1_000)
        #expect(interface.flags.isSuperset(of: [.up, .pointToPoint]))
        #expect(!interface.isFitForDiscovery)
        #expect(interface.addresses.count == 1)
        #expect(interface.addresses.first?.host == .v6(own, scope: 0))
        #expect(interface.addresses.first?.prefixLength == 7)
        #expect(interface.addresses.first?.isUsable == true)
        #expect(found.offloads.isSuperset(of: [.checksum, .tcp4, .tcp6]))
        #expect(found.unwritable == [])
    }

    @Test func aPingComesInAndItsAnswerGoesOut() throws {
        let reply = try inNewNamespace { () -> [UInt8] in
            let device = try TUNDevice(name: "hypha0")
            _ = try configure(device)
            let echo = echoRequest(from: other, to: own, payload: [1, 2, 3, 4])
            // One region: header and packet from two places.
            let region = echo + [UInt8](repeating: 0, count: TUNDevice.headerByteCount)
            let slices = [ByteSlice(echo.count..<region.count), ByteSlice(0..<echo.count)]
            for _ in 0..<100 {
                // Again and again, for the kernel uses a new address from some moment on.
                let written = device.descriptor.writeSlices(of: region.span, slices: slices.span)
                guard written == .count(region.count) else { return [] }
                while try isReady(device.descriptor, milliseconds: 20) {
                    let packet = bytes(from: device.descriptor)
                        .dropFirst(TUNDevice.headerByteCount)
                    if packet.count == echo.count, packet[packet.startIndex + 40] == 129 {
                        return Array(packet)
                    }
                }
            }
            return []
        }
        try #require(reply.count == 52)
        #expect(IPv6Address(reply[8..<24].span) == own)
        #expect(IPv6Address(reply[24..<40].span) == other)
        #expect(Array(reply[48...]) == [1, 2, 3, 4])
    }

    @Test func anUnreadablePacketIsAFailureOfThatWriteAlone() throws {
        let results = try inNewNamespace { () -> [IOResult] in
            let device = try TUNDevice(name: "hypha0")
            _ = try configure(device)
            let junk = [UInt8](repeating: 0xff, count: 64)
            let echo = echoRequest(from: other, to: own, payload: [])
            let good = [UInt8](repeating: 0, count: TUNDevice.headerByteCount) + echo
            return [device.descriptor.write(junk.span), device.descriptor.write(good.span)]
        }
        #expect(results == [.failed(EINVAL), .count(58)])
    }

    @Test func theInterfaceVanishesWithItsDescriptor() throws {
        let names = try inNewNamespace { () -> [[String]] in
            let netlink = try Netlink()
            var names: [[String]] = []
            do {
                let device = try TUNDevice(name: "hypha%d")
                names.append([device.name])
                names.append(try netlink.interfaces().map(\.name))
            }
            names.append(try netlink.interfaces().map(\.name))
            return names
        }
        #expect(names[0] == ["hypha0"])
        #expect(names[1].contains("hypha0"))
        #expect(!names[2].contains("hypha0"))
    }

    @Test func aTakenNameIsSaidToBeInUse() throws {
        let errors = try inNewNamespace { () -> [TUNError?] in
            let device = try TUNDevice(name: "hypha0")
            let netlink = try Netlink()
            try netlink.addVirtualPair("cable0", "cable1")
            let errors = ["hypha0", "cable0", "lo"].map { attempt($0) }
            _ = device.index
            return errors
        }
        #expect(errors == [.nameInUse("hypha0"), .nameInUse("cable0"), .nameInUse("lo")])
    }

    @Test func aPersistentLeftoverIsNotTakenOver() throws {
        let errors = try inNewNamespace { () -> [TUNError?] in
            do {
                let device = try TUNDevice(name: "hypha0")
                // TUNSETPERSIST.
                guard ioctl(device.descriptor.rawValue, 0x4004_54cb, 1) == 0 else {
                    return []
                }
            }
            return [attempt("hypha0"), attempt("hypha1")]
        }
        #expect(errors == [.nameInUse("hypha0"), nil])
    }

    @Test func aSecondQueueJoinsTheInterface() throws {
        let indices = try inNewNamespace { () -> [UInt32] in
            let first = try TUNDevice(name: "hypha0", queue: .first)
            let second = try TUNDevice(name: "hypha0", queue: .additional)
            return [first.index, second.index]
        }
        #expect(indices.count == 2)
        #expect(indices[0] == indices[1])
    }

    @Test func flowsAreSpreadOverTheQueues() throws {
        let sizes = try inNewNamespace { () -> [Int] in
            var queues: [Int32] = []
            try TUNDevice.openQueues(name: "hypha%d", queueCount: 3) { device in
                if queues.isEmpty { _ = try? configure(device) }
                queues.append(device.releaseDescriptor().release())
            }
            var socket = try DatagramSocket(
                on: SocketAddress(host: .v6(.unspecified, scope: 0), port: 0)
            )
            for port: UInt16 in 1...200 {
                let to = SocketAddress(host: .v6(other, scope: 0), port: port)
                for _ in 0..<200 {
                    // Again and again, for the kernel uses a new address from some moment on.
                    if case .count = socket.send([1].span, to: DatagramDestination(to)) { break }
                    _ = try isReady(socket.descriptor, milliseconds: 10)
                }
            }
            return queues.map { number in
                let descriptor = Descriptor(adopting: number)
                var count = 0
                while bytes(from: descriptor).count == 59 { count += 1 }
                return count
            }
        }
        #expect(sizes.count == 3)
        #expect(sizes.allSatisfy { $0 > 0 })
        #expect(sizes.reduce(0, +) == 200)
    }

    @Test func oneQueueIsAnInterfaceThatTakesNoFurther() throws {
        let codes = try inNewNamespace { () -> [TUNError?] in
            var queues: [Int32] = []
            try TUNDevice.openQueues(name: "hypha0", queueCount: 1) { device in
                queues.append(device.releaseDescriptor().release())
            }
            let only = Descriptor(adopting: queues[0])
            do throws(TUNError) {
                _ = try TUNDevice(name: "hypha0", queue: .additional)
                return []
            } catch {
                return [error, only.rawValue < 0 ? error : nil]
            }
        }
        #expect(codes == [.nameInUse("hypha0"), nil])
    }

    @Test func withoutWishesNothingIsLeftToUs() throws {
        let offloads = try inNewNamespace {
            try TUNDevice(name: "hypha0", offloads: []).offloads
        }
        #expect(offloads == [])
    }
}

@Suite struct TUNErrorTests {
    @Test(arguments: ["", "a-name-of-sixteen", "a/b", "a b", ".", ".."])
    func anImpossibleNameIsRefused(name: String) {
        #expect(throws: TUNError.badName(name)) { _ = try TUNDevice(name: name) }
    }

    @Test(.enabled(if: !ProcessState.hasNetAdmin, "needs the absence of CAP_NET_ADMIN"))
    func withoutPrivilegesTheReasonIsTold() {
        #expect(throws: TUNError.notPermitted) { _ = try TUNDevice(name: "hypha9") }
    }

    @Test func eachRefusalHasItsKind() {
        #expect(TUNError(code: EPERM, name: "a") == .notPermitted)
        #expect(TUNError(code: EACCES, name: "a") == .notPermitted)
        #expect(TUNError(code: EBUSY, name: "a") == .nameInUse("a"))
        #expect(TUNError(code: ENOENT, name: "a") == .noDevice)
        #expect(TUNError(code: ENODEV, name: "a") == .noDevice)
        let other = SystemError(operation: .openTUN, code: ENOMEM)
        #expect(TUNError(code: ENOMEM, name: "a") == .system(other))
    }
}

private func attempt(_ name: String) -> TUNError? {
    do throws(TUNError) {
        _ = try TUNDevice(name: name)
        return nil
    } catch {
        return error
    }
}

/// Configures the interface as the daemon does; settings that could not be written are returned.
private func configure(_ device: borrowing TUNDevice) throws -> [String] {
    let netlink = try Netlink()
    let unwritable = InterfaceSettings.disableAutoconfiguration(interface: device.name)
    try netlink.change(interface: device.index, .noLinkLocalAddress)
    try netlink.change(interface: device.index, .mtu(bytes: 1_400))
    try netlink.change(interface: device.index, .transmitQueue(packets: 1_000))
    try netlink.change(interface: device.index, .largestSegmented(bytes: 60_000))
    try netlink.change(interface: device.index, .up)
    try netlink.add(address: own, prefixLength: 7, interface: device.index)
    try netlink.add(address: own, prefixLength: 7, interface: device.index)
    return unwritable
}

/// An ICMPv6 echo request in an IPv6 packet.
private func echoRequest(
    from source: IPv6Address,
    to destination: IPv6Address,
    payload: [UInt8]
) -> [UInt8] {
    var message: [UInt8] = [128, 0, 0, 0, 0, 1, 0, 1] + payload
    let pseudo = source.bytes + destination.bytes + [0, 0, 0, UInt8(message.count), 0, 0, 0, 58]
    var sum: UInt32 = 0
    let all = pseudo + message + (message.count % 2 == 0 ? [] : [0])
    for i in stride(from: 0, to: all.count, by: 2) {
        sum += UInt32(all[i]) << 8 | UInt32(all[i + 1])
    }
    while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
    message[2] = ~UInt8(sum >> 8)
    message[3] = ~UInt8(sum & 0xff)
    let header: [UInt8] = [0x60, 0, 0, 0, 0, UInt8(message.count), 58, 64]
    return header + source.bytes + destination.bytes + message
}
