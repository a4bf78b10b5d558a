// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import HyphaLinux
import HyphaNode
import HyphaPeering
import HyphaWire

extension ControlLoop {
    /// Reads beacons, a bounded number a turn.
    mutating func handleBeacons() {
        var buffer = [UInt8](repeating: 0, count: DiscoveryBeacon.byteCount + 1)
        for _ in 0..<Limits.beaconsPerTurn {
            guard let (count, source) = receive(into: &buffer) else { return }
            do throws(WireError) {
                let beacon = try DiscoveryBeacon(buffer.span.extracting(0..<count))
                feed(.beacon(beacon, from: source))
            } catch {
                malformedBeacons &+= 1
            }
        }
    }

    private func receive(into buffer: inout [UInt8]) -> (Int, SocketAddress)? {
        switch discovery {
        case .some(let socket):
            var space = buffer.mutableSpan
            guard case .datagram(let count, let source, _) = socket.receive(into: &space) else {
                return nil
            }
            return (count, source)
        case .none: return nil
        }
    }

    mutating func send(_ beacon: DiscoveryBeacon, on interface: UInt32) {
        let bytes = beacon.bytes
        switch discovery {
        // A beacon that is lost is followed by the next one.
        case .some(let socket): _ = socket.send(bytes.span, interface: interface)
        case .none: break
        }
    }

    /// Is a member of the group on exactly these interfaces.
    mutating func setMemberships(_ wanted: [UInt32]) {
        switch discovery {
        case .some(let socket):
            for gone in memberships where !wanted.contains(gone) {
                try? socket.leave(interface: gone)
            }
            for new in wanted where !memberships.contains(new) {
                let name = interfaces.first { $0.index == new }?.name ?? "\(new)"
                do throws(SystemError) {
                    try socket.join(interface: new)
                    log.write(.discovering(interface: name))
                } catch {
                    log.write(.discoveryFailed(interface: name, error))
                }
            }
        case .none: break
        }
        memberships = wanted
    }
}
