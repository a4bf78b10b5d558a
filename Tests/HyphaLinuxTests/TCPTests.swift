// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaLinux
import Testing

let loopback4 = IPv4Address(bits: 0x7f00_0001)
let loopback6 = IPv6Address(high: 0, low: 1)

/// Waits for a connection, at most two seconds.
func acceptOne(_ listener: inout TCPListener) throws -> TCPConnection {
    try #require(try isReady(listener.descriptor))
    switch try listener.accept() {
    case .accepted(let connection): return connection
    default:
        throw SystemError(operation: .accept, code: EAGAIN)
    }
}

@Suite(.enabled(if: hasLoopback, "needs a loopback interface that is up"))
struct TCPTests {
    @Test(arguments: [
        SocketAddress.Host.v4(loopback4), SocketAddress.Host.v6(loopback6, scope: 0),
    ])
    func aDualStackListenerShowsEachPeerInItsOwnFamily(host: SocketAddress.Host) throws {
        var listener = try TCPListener.onAnyAddress(port: 0)
        let port = listener.localAddress.port
        #expect(port != 0)
        let address = SocketAddress(host: host, port: port)
        let client = try TCPConnection.start(to: address)
        let server = try acceptOne(&listener)
        #expect(try isReady(client.descriptor, for: .writable))
        #expect(client.connectState() == .connected)
        #expect(client.peer == address)
        #expect(server.peer == (try client.localAddress()))
        #expect(server.peer.host == host)
        #expect(server.peer.isIPv4 == address.isIPv4)
        #expect(client.descriptor.send([1, 2].span) == .count(2))
        #expect(try isReady(server.descriptor))
        #expect(bytes(from: server.descriptor) == [1, 2])
    }

    @Test func nobodyWaitingWouldBlock() throws {
        var listener = try TCPListener(on: SocketAddress(host: .v4(loopback4), port: 0))
        guard case .wouldBlock = try listener.accept() else {
            Issue.record("nobody connected")
            return
        }
    }

    @Test func aTakenPortIsSaidToBeInUse() throws {
        let listener = try TCPListener(on: SocketAddress(host: .v4(loopback4), port: 0))
        let address = listener.localAddress
        #expect(throws: SystemError(operation: .listen, code: EADDRINUSE)) {
            _ = try TCPListener(on: address)
        }
    }

    @Test func aRefusedConnectionFails() throws {
        let port: UInt16
        do {
            let listener = try TCPListener(on: SocketAddress(host: .v4(loopback4), port: 0))
            port = listener.localAddress.port
        }
        let client = try TCPConnection.start(
            to: SocketAddress(host: .v4(loopback4), port: port)
        )
        #expect(try isReady(client.descriptor, for: .writable))
        let refused = SystemError(operation: .connect, code: ECONNREFUSED)
        #expect(client.connectState() == .failed(refused))
    }

    @Test func optionsAreSetAndTheSocketReports() throws {
        var options = TCPConnection.Options()
        options.unsentLowWaterBytes = 16_384
        options.userTimeout = .seconds(20)
        options.sendBufferBytes = 65_536
        var listener = try TCPListener(on: SocketAddress(host: .v4(loopback4), port: 0))
        let client = try TCPConnection.start(to: listener.localAddress, options: options)
        let server = try acceptOne(&listener)
        try server.set(TCPConnection.Options())
        #expect(option(client.descriptor, IPPROTO_TCP, TCP_NODELAY) == 1)
        #expect(option(server.descriptor, IPPROTO_TCP, TCP_NODELAY) == 1)
        #expect(option(client.descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT) == 20_000)
        #expect(option(client.descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT) == 16_384)
        #expect(client.unsentByteCount() == 0)
        let block = [UInt8](repeating: 0, count: 1 << 20)
        while case .count = client.descriptor.send(block.span) {}
        #expect(client.unsentByteCount() > 0)
        let found = client.report()
        let report = try #require(found)
        #expect(report.roundTripTime < .seconds(5))
        #expect(report.segmentBytes > 0)
    }

    @Test func segmentsAreLimitedByEitherEnd() throws {
        for (client, server) in [(1220, nil), (nil, 1220), (1220, 1220)] as [(Int32?, Int32?)] {
            var listener = try TCPListener(on: SocketAddress(host: .v4(loopback4), port: 0))
            if let server { try listener.limitSegments(to: server) }
            var options = TCPConnection.Options()
            options.segmentBytesMax = client
            let near = try TCPConnection.start(to: listener.localAddress, options: options)
            let far = try acceptOne(&listener)
            let sizes = [near.report()?.segmentBytes, far.report()?.segmentBytes].map { $0 ?? 0 }
            #expect(sizes.allSatisfy { (1..<1221).contains($0) }, "\(sizes)")
        }
    }

    @Test func anAdoptedSocketListens() throws {
        let first = try TCPListener(on: SocketAddress(host: .v6(loopback6, scope: 0), port: 0))
        let copy = Descriptor(adopting: dup(first.descriptor.rawValue))
        var listener = try TCPListener(adopting: copy)
        #expect(listener.localAddress == first.localAddress)
        _ = try TCPConnection.start(to: listener.localAddress)
        _ = try acceptOne(&listener)
    }

    @Test func atTheLimitOfDescriptorsOneIsTurnedAwayAndNothingSpins() async {
        await #expect(processExitsWith: .success) {
            var listener = try TCPListener(on: SocketAddress(host: .v4(loopback4), port: 0))
            let first = try TCPConnection.start(to: listener.localAddress)
            let second = try TCPConnection.start(to: listener.localAddress)
            #expect(try isReady(second.descriptor, for: .writable))
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var fillers: [Int32] = []
            while true {
                let number = dup(0)
                guard number >= 0 else { break }
                fillers.append(number)
            }
            guard case .descriptorLimit = try listener.accept() else { exit(2) }
            close(fillers.removeLast())
            // The first has been closed to make way.
            #expect(try isReady(first.descriptor))
            #expect(bytes(from: first.descriptor) == [])
            close(fillers.removeLast())
            guard case .accepted = try listener.accept() else { exit(3) }
            guard case .wouldBlock = try listener.accept() else { exit(4) }
        }
    }

    private func option(
        _ descriptor: borrowing Descriptor,
        _ level: Int,
        _ name: Int32
    ) -> Int32 {
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(descriptor.rawValue, Int32(level), name, &value, &length)
        return value
    }
}
