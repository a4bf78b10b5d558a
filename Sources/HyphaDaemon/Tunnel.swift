// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
import HyphaControl
import HyphaCrypto
import HyphaLinux

/// This host's way into the mesh: the TUN interface with its address and route.
struct Tunnel: ~Copyable {
    private let queues: Slab<Descriptor>
    let description: Description

    /// What is shown of it.
    struct Description {
        let name: String
        let offloads: TUNDevice.Offloads
    }

    /// Packets that wait for us in the kernel; small, because our own queues know their age.
    private static let transmitQueuePackets: UInt32 = 500

    /// Makes the interface and gives it the node's address with an on-link prefix of /7, so that
    /// the kernel sends the whole overlay there (base protocol section 1.3).
    ///
    /// The device is not persistent: it goes with the process, however that ends.
    ///
    /// - Parameters:
    ///   - name: Name of the interface.
    ///   - queueCount: How many read it and write to it, each a queue of its own.
    ///   - identity: Whose address it gets.
    ///   - netlink: A socket in the namespace where it is to be.
    ///   - log: Is told when the name must be waited for.
    /// - Throws: ``StartFailure`` with the remedy's kind.
    init(
        name: String,
        queueCount: Int,
        identity: NodeIdentity,
        netlink: borrowing Netlink,
        log: Logger
    ) throws(StartFailure) {
        var queues = Slab<Descriptor>(capacity: queueCount)
        let made = try Self.open(name: name, &queues, log)
        try Self.setUp(made.name, made.index, identity, netlink)
        description = Description(name: made.name, offloads: made.offloads)
        self.queues = queues
    }

    private static func setUp(
        _ name: String,
        _ index: UInt32,
        _ identity: NodeIdentity,
        _ netlink: borrowing Netlink
    ) throws(StartFailure) {
        do throws(SystemError) {
            _ = InterfaceSettings.disableAutoconfiguration(interface: name)
            try? netlink.change(interface: index, .noLinkLocalAddress)
            let mtu = UInt32(Limits.tunnelMTUBytes)
            try netlink.change(interface: index, .mtu(bytes: mtu))
            try? netlink.change(
                interface: index,
                .transmitQueue(packets: Self.transmitQueuePackets)
            )
            try netlink.change(interface: index, .up)
            try netlink.add(
                address: identity.address,
                prefixLength: Prefix.overlay.length,
                interface: index
            )
        } catch {
            throw .tunFailed(name: name, errno: error.code)
        }
    }

    /// Makes the device, waiting for a while where the name is in use.
    ///
    /// A node that was killed takes its device with it, but not at once: the kernel ends what is
    /// left of its ring (``HyphaLinux/TUNPort``) after the process is gone, some milliseconds later
    /// or more under load, and only then lets go of the device.
    private static func open(
        name: String,
        _ queues: inout Slab<Descriptor>,
        _ log: Logger
    ) throws(StartFailure) -> (name: String, index: UInt32, offloads: TUNDevice.Offloads) {
        let began = MonotonicClock.now()
        var isWaiting = false
        while true {
            do throws(TUNError) {
                var made: (name: String, index: UInt32, offloads: TUNDevice.Offloads)?
                try TUNDevice.openQueues(name: name, queueCount: queues.capacity) { device in
                    made = (device.name, device.index, device.offloads)
                    _ = queues.insert(device.releaseDescriptor())
                }
                if let made { return made }
                throw .system(SystemError(operation: .openTUN, code: ENODEV))
            } catch {
                guard case .nameInUse = error, queues.count == 0,
                    MonotonicClock.now().elapsed(since: began) < Limits.tunNamePatience
                else { throw failure(error, name: name) }
            }
            if !isWaiting { log.write(.tunAwaited(name: name)) }
            isWaiting = true
            _ = usleep(tunNameGapMicroseconds)
        }
    }

    /// Between two attempts to have the name.
    private static let tunNameGapMicroseconds: UInt32 = 20_000

    private static func failure(_ error: TUNError, name: String) -> StartFailure {
        switch error {
        case .nameInUse(let taken): .tunNameTaken(name: taken)
        case .notPermitted: .tunNotPermitted(name: name)
        case .noDevice: .tunNotAvailable
        case .badName: .tunFailed(name: name, errno: EINVAL)
        case .system(let error): .tunFailed(name: name, errno: error.code)
        }
    }
}

extension Tunnel {
    /// The queues alone, for the packet path.
    consuming func takeQueues() -> Slab<Descriptor> { queues }
}

extension Tunnel.Description {
    /// Names of the segmentation offloads in use, for `status`.
    var offloadNames: [String] {
        let names: [(TUNDevice.Offloads, String)] = [
            (.checksum, "checksum"), (.tcp4, "tso4"), (.tcp6, "tso6"), (.tcpECN, "tso-ecn"),
            (.udp4, "uso4"), (.udp6, "uso6"),
        ]
        return names.filter { offloads.contains($0.0) }.map(\.1)
    }
}
