// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
import HyphaBase

/// Why a TUN interface could not be made.
package enum TUNError: Error, Hashable, Sendable {
    /// An interface of this name exists: another program's, or a persistent one left behind.
    case nameInUse(String)
    /// CAP_NET_ADMIN is missing, or /dev/net/tun may not be opened.
    case notPermitted
    /// The kernel has no TUN driver, or /dev/net/tun is not there (module `tun`).
    case noDevice
    /// Not a possible interface name: 1 to 15 bytes without `/` and white space.
    case badName(String)
    /// The system refused for another reason.
    case system(SystemError)

    /// - Parameters:
    ///   - code: What making an interface of a possible name gave: an errno value, above 0.
    ///   - name: The interface's name.
    package init(code: Int32, name: String) {
        switch code {
        // EINVAL: an existing interface of another kind.
        case EBUSY, EINVAL: self = .nameInUse(name)
        case EPERM, EACCES: self = .notPermitted
        case ENOENT, ENODEV, ENXIO: self = .noDevice
        default: self = .system(SystemError(operation: .openTUN, code: code))
        }
    }
}

/// A TUN interface: reads and writes whole IP packets, each led by a virtio-net header of 10 bytes.
///
/// Not persistent: it vanishes with the process, however that ends. It belongs to the network
/// namespace of the thread that makes it.
package struct TUNDevice: ~Copyable, Sendable {
    /// Non-blocking, for ``Poller``, ``Descriptor/read(into:)`` and
    /// ``Descriptor/writeSlices(of:slices:)``.
    package let descriptor: Descriptor
    /// The real name.
    package let name: String
    /// The interface's index.
    package let index: UInt32
    /// What the kernel may leave to us.
    package let offloads: Offloads

    /// Size of the header before every packet, bytes.
    package static let headerByteCount = 10

    /// Work that the kernel may leave to the reader of TUN (`TUNSETOFFLOAD`).
    package struct Offloads: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Checksums not filled in.
        package static let checksum = Offloads(rawValue: UInt32(HYPHA_TUN_CHECKSUM))
        /// Unsegmented TCP over IPv4.
        package static let tcp4 = Offloads(rawValue: UInt32(HYPHA_TUN_TSO4))
        /// Unsegmented TCP over IPv6.
        package static let tcp6 = Offloads(rawValue: UInt32(HYPHA_TUN_TSO6))
        /// Unsegmented TCP also when it carries CWR (GSO type with bit 0x80).
        package static let tcpECN = Offloads(rawValue: UInt32(HYPHA_TUN_TSO_ECN))
        /// Unsegmented UDP over IPv4, Linux 6.2.
        package static let udp4 = Offloads(rawValue: UInt32(HYPHA_TUN_USO4))
        /// Unsegmented UDP over IPv6, Linux 6.2; the kernel wants ``udp4`` with it.
        package static let udp6 = Offloads(rawValue: UInt32(HYPHA_TUN_USO6))

        /// Unsegmented UDP.
        package static let udp: Offloads = [.udp4, .udp6]
        /// All of them.
        package static let all: Offloads = [.checksum, .tcp4, .tcp6, .tcpECN, .udp]
    }

    /// How many readers an interface has.
    package enum Queue: Int32, Sendable {
        /// One.
        case only = 0
        /// Several; this one makes the interface.
        case first = 1
        /// Several; this one joins the interface.
        case additional = 2
    }

    /// Makes an interface, down and without addresses.
    ///
    /// - Parameters:
    ///   - name: 1 to 15 bytes; with `%d` the kernel puts the first free number there.
    ///   - queue: Which of its readers this is.
    ///   - wanted: Tried in full, then with less and less; see ``offloads``.
    /// - Throws: ``TUNError``; nothing is left behind.
    package init(
        name: String,
        queue: Queue = .only,
        offloads wanted: Offloads = .all
    ) throws(TUNError) {
        guard Self.isPossible(name) else { throw .badName(name) }
        var characters = InlineArray<16, CChar>(repeating: 0)
        for (i, byte) in name.utf8.enumerated() { characters[i] = CChar(bitPattern: byte) }
        var room = characters.mutableSpan
        // Safe: the shim reads and writes 16 bytes, the room's size.
        let result = unsafe room.withUnsafeMutableBufferPointer { bytes in
            unsafe hypha_tun_open(bytes.baseAddress, queue.rawValue)
        }
        guard result >= 0 else { throw TUNError(code: -result, name: name) }
        let descriptor = Descriptor(adopting: result)
        var real: [UInt8] = []
        for i in 0..<16 where characters[i] != 0 { real.append(UInt8(bitPattern: characters[i])) }
        let realName = String(decoding: real, as: UTF8.self)
        guard let index = Self.index(of: realName) else {
            throw .system(SystemError(operation: .openTUN, code: ENODEV))
        }
        let offloads = try Self.negotiate(wanted, descriptor)
        self.descriptor = descriptor
        self.name = realName
        self.index = index
        self.offloads = offloads
    }

    /// Makes an interface with several queues; the kernel spreads flows over them, and an answer
    /// comes by the queue that its flow was last written to.
    ///
    /// - Parameters:
    ///   - name: As for ``init(name:queue:offloads:)``.
    ///   - queueCount: 1...``Limits/tunQueuesMax``; one is an interface that takes no further.
    ///   - wanted: As for ``init(name:queue:offloads:)``.
    ///   - take: Gets every queue in turn.
    /// - Throws: ``TUNError``; the interface goes on with the queues that were taken.
    package static func openQueues(
        name: String,
        queueCount: Int,
        offloads wanted: Offloads = .all,
        _ take: (consuming TUNDevice) -> Void
    ) throws(TUNError) {
        invariant((1...Limits.tunQueuesMax).contains(queueCount), "queues of an interface")
        let first = try TUNDevice(
            name: name,
            queue: queueCount == 1 ? .only : .first,
            offloads: wanted
        )
        let name = first.name
        take(first)
        for _ in 1..<queueCount {
            take(try TUNDevice(name: name, queue: .additional, offloads: wanted))
        }
    }

    /// The descriptor alone, to be handed to another owner.
    package consuming func releaseDescriptor() -> Descriptor { descriptor }

    /// The sets to try, from all that is wanted to nothing.
    static func attempts(_ wanted: Offloads) -> [Offloads] {
        let weaker: [Offloads] = [
            wanted, wanted.subtracting(.udp), wanted.subtracting(.tcpECN),
            wanted.subtracting([.udp, .tcpECN]), wanted.intersection(.checksum), [],
        ]
        var result: [Offloads] = []
        for set in weaker where !result.contains(set) { result.append(set) }
        return result
    }

    private static func negotiate(
        _ wanted: Offloads,
        _ descriptor: borrowing Descriptor
    ) throws(TUNError) -> Offloads {
        var last: Int32 = 0
        for set in attempts(wanted) {
            last = hypha_tun_set_offloads(descriptor.rawValue, set.rawValue)
            if last >= 0 { return set }
        }
        throw .system(SystemError(operation: .setOffloads, code: -last))
    }

    private static func index(of name: String) -> UInt32? {
        // Safe: the text lives for the call.
        let index = unsafe hypha_interface_index(name)
        return index == 0 ? nil : index
    }

    private static func isPossible(_ name: String) -> Bool {
        (1...15).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "/") }
    }
}
