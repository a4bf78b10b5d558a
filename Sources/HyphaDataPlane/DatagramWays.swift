// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLinux
import Synchronization

/// How a remote address is reached: from which socket and own address.
struct DatagramWay {
    let socket: Int
    let destination: DatagramDestination
}

/// Which socket the sources of handshakes are reached from; shared by all workers.
///
/// A lock is good enough: it is taken for handshakes and new addresses, never for data.
package final class DatagramWays: Sendable {
    private let ways = Mutex<[SocketAddress: DatagramWay]>([:])

    package init() {}

    /// How an address was heard, or `nil`.
    func way(to target: SocketAddress) -> DatagramWay? { ways.withLock { $0[target] } }

    /// Remembers how an address is reached; forgets all others at the ceiling.
    func note(_ way: DatagramWay, to source: SocketAddress) {
        ways.withLock { ways in
            if ways.count >= Limits.datagramSourcesMax, ways[source] == nil {
                ways.removeAll(keepingCapacity: true)
            }
            ways[source] = way
        }
    }

    /// Forgets a way that leads nowhere any more.
    func forget(_ target: SocketAddress) { ways.withLock { $0[target] = nil } }
}
