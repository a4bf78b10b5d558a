// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaLinux

extension SocketAddress {
    /// A port of the loopback interface that the kernel chooses.
    static let loopback = SocketAddress(
        host: .v6(IPv6Address(high: 0, low: 1), scope: 0),
        port: 0
    )
}

/// A UDP socket of somebody else than a worker, on the loopback interface.
final class DatagramEnd {
    private var socket: DatagramSocket
    private var batch = DatagramReceiveBatch()
    let address: SocketAddress

    init() throws {
        let socket = try DatagramSocket(on: .loopback)
        address = socket.localAddress
        self.socket = socket
    }

    /// Sends datagrams, each by itself.
    func send(_ datagrams: [[UInt8]], to target: SocketAddress) {
        for bytes in datagrams { _ = socket.send(bytes.span, to: DatagramDestination(target)) }
    }

    /// Sends datagrams of one size, the last of which may be smaller, as one message.
    func sendTogether(_ datagrams: [[UInt8]], to target: SocketAddress) {
        let bytes = datagrams.flatMap { $0 }
        _ = socket.send(
            bytes.span,
            segmentByteCount: datagrams[0].count,
            to: DatagramDestination(target)
        )
    }

    /// What came, message by message, each cut into its datagrams.
    func receiveMessages() -> [[[UInt8]]] {
        var messages: [[[UInt8]]] = []
        var region = [UInt8](repeating: 0, count: batch.regionByteCount)
        while true {
            var span = region.mutableSpan
            guard case .count(let count) = socket.receive(into: &batch, region: &span) else {
                return messages
            }
            for i in 0..<count {
                let message = batch[i]
                let end = message.offset + message.byteCount
                let starts = stride(from: message.offset, to: end, by: message.segmentByteCount)
                messages.append(
                    starts.map { Array(region[$0..<min($0 + message.segmentByteCount, end)]) }
                )
            }
        }
    }

    /// The datagrams that came.
    func receive() -> [[UInt8]] { receiveMessages().flatMap { $0 } }

    /// Where what came was sent from.
    func receiveSources() -> [SocketAddress] {
        var region = [UInt8](repeating: 0, count: batch.regionByteCount)
        var span = region.mutableSpan
        guard case .count(let count) = socket.receive(into: &batch, region: &span)
        else { return [] }
        return (0..<count).map { batch[$0].source.socketAddress }
    }
}
