// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
import HyphaLinux
import Testing

/// A socket with room for what it receives.
private struct Station: ~Copyable {
    var socket: DatagramSocket
    private var batch = DatagramReceiveBatch()
    private let region: ByteRegion
    private let view: ByteView

    init(_ socket: consuming DatagramSocket) {
        self.socket = socket
        region = ByteRegion(byteCount: batch.regionByteCount)
        // Safe: the region lives as long as this value.
        view = unsafe region.view()
    }

    var port: UInt16 { socket.localAddress.port }

    /// Everything that comes within `milliseconds` of the one before, datagram by datagram.
    mutating func receive(
        milliseconds: Int64 = 200,
        enough: Int = .max
    ) throws -> [Arrival] {
        var arrivals: [Arrival] = []
        while arrivals.count < enough,
            try isReady(socket.descriptor, milliseconds: milliseconds)
        {
            var span = view.mutableSpan(0..<batch.regionByteCount)
            guard case .count(let count) = socket.receive(into: &batch, region: &span) else {
                break
            }
            for i in 0..<count {
                let message = batch[i]
                var offset = 0
                repeat {
                    let end = min(message.byteCount, offset + message.segmentByteCount)
                    let range = message.offset + offset..<message.offset + end
                    let bytes = view.span(range)
                    arrivals.append(
                        Arrival(
                            bytes: bytes.indices.map { bytes[$0] },
                            message: message,
                            joined: message.byteCount > message.segmentByteCount
                        )
                    )
                    offset = end
                } while offset < message.byteCount
            }
        }
        return arrivals
    }
}

/// One datagram and the message that it came in.
private struct Arrival: Sendable {
    let bytes: [UInt8]
    let message: ReceivedDatagram
    let joined: Bool
}

private let anyAddress4 = SocketAddress(host: .v4(IPv4Address(bits: 0)), port: 0)

private func toLoopback6(_ port: UInt16) -> SocketAddress {
    SocketAddress(host: .v6(loopback6, scope: 0), port: port)
}

private func toLoopback4(_ port: UInt16) -> SocketAddress {
    SocketAddress(host: .v4(loopback4), port: port)
}

/// Runs `body` in a namespace whose loopback interface is up.
private func withLoopback<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) throws -> Result {
    try inNewNamespace {
        let netlink = try Netlink()
        try netlink.change(interface: 1, .up)
        return try body()
    }
}

private func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
}

@Suite(.enabled(if: canMakeNamespaces, namespaceReason))
struct DatagramSocketTests {
    @Test func aMessageIsCutOnTheWayOutAndJoinedOnTheWayIn() throws {
        let bytes = pattern(40 * 1_200 + 500)
        let (result, arrivals) = try withLoopback { () -> (IOResult, [Arrival]) in
            var receiver = Station(try DatagramSocket.onAnyAddress(port: 0))
            var sender = try DatagramSocket.onAnyAddress(port: 0)
            let to = DatagramDestination(toLoopback6(receiver.port))
            let result = sender.send(bytes.span, segmentByteCount: 1_200, to: to)
            return (result, try receiver.receive())
        }
        #expect(result == .count(bytes.count))
        let sizes = [Int](repeating: 1_200, count: 40) + [500]
        #expect(arrivals.map(\.bytes.count) == sizes)
        #expect(arrivals.flatMap(\.bytes) == bytes)
        #expect(arrivals.allSatisfy { $0.joined })
    }

    @Test func moreThanOneCallTakesBecomesSeveral() throws {
        // 64 datagrams a message: 200 need four; large datagrams meet the limit of bytes.
        for (segment, count) in [(36, 200), (1_400, 100), (30_000, 5)] {
            let bytes = pattern(segment * count - 3)
            let (results, arrivals) = try withLoopback { () -> ([IOResult], [Arrival]) in
                var receiver = Station(try DatagramSocket.onAnyAddress(port: 0))
                var sender = try DatagramSocket.onAnyAddress(port: 0)
                var results: [IOResult] = []
                for to in [toLoopback6(receiver.port), toLoopback4(receiver.port)] {
                    let to = DatagramDestination(to)
                    results.append(sender.send(bytes.span, segmentByteCount: segment, to: to))
                }
                return (results, try receiver.receive())
            }
            #expect(results == [.count(bytes.count), .count(bytes.count)])
            #expect(arrivals.count == 2 * count)
            #expect(arrivals.flatMap(\.bytes) == bytes + bytes)
        }
    }

    @Test func withoutCuttingTheSameDatagramsGo() throws {
        let bytes = pattern(150 * 300 + 10)
        let (counters, arrivals) = try withLoopback {
            () -> (DatagramSocket.Counters, [Arrival]) in
            var receiver = Station(try DatagramSocket.onAnyAddress(port: 0))
            var sender = try DatagramSocket.onAnyAddress(port: 0)
            sender.refuseCutting()
            let to = DatagramDestination(toLoopback6(receiver.port))
            _ = sender.send(bytes.span, segmentByteCount: 300, to: to)
            return (sender.counters, try receiver.receive())
        }
        let sizes = [Int](repeating: 300, count: 150) + [10]
        #expect(arrivals.map(\.bytes.count) == sizes)
        #expect(arrivals.flatMap(\.bytes) == bytes)
        #expect(counters.messages == 3)
        #expect(counters.bytes == UInt64(bytes.count))
        #expect(counters.refusedCuts == 0)
    }

    @Test func aBatchTakesMessagesOfEverySizeToSeveralDestinations() throws {
        let sizes = [1, 1_400, 36, 36, 36, 9_000, 20, 1_400]
        let (flushed, first, second) = try withLoopback {
            () -> (DatagramSocket.FlushResult, [Arrival], [Arrival]) in
            var first = Station(try DatagramSocket.onAnyAddress(port: 0))
            var second = Station(try DatagramSocket.onAnyAddress(port: 0))
            var sender = try DatagramSocket.onAnyAddress(port: 0)
            let destinations = [
                DatagramDestination(toLoopback6(first.port)),
                DatagramDestination(toLoopback4(second.port)),
            ]
            var batch = DatagramSendBatch()
            let region = pattern(20_000)
            var offset = 0
            for (i, size) in sizes.enumerated() {
                let range = offset..<offset + size
                let taken = batch.append(range, segmentByteCount: 1_400, to: destinations[i % 2])
                guard taken == size else { return (.wouldBlock, [], []) }
                offset += size
            }
            let flushed = sender.flush(&batch, of: region.span)
            return (flushed, try first.receive(), try second.receive())
        }
        #expect(flushed == .done)
        #expect(first.map(\.bytes.count) == [1, 36, 36, 20])
        let cut = [1_400, 1_400, 1_400, 1_400, 1_400, 1_400, 600]
        #expect(second.map(\.bytes.count) == [1_400, 36] + cut + [1_400])
    }

    @Test func theSourceIsToldAsItIs() throws {
        let (sources, expected) = try withLoopback { () -> ([NativeAddress], [SocketAddress]) in
            var receiver = Station(try DatagramSocket.onAnyAddress(port: 0))
            var sender = try DatagramSocket.onAnyAddress(port: 0)
            var only4 = try DatagramSocket(on: toLoopback4(0))
            let six = DatagramDestination(toLoopback6(receiver.port))
            let four = DatagramDestination(toLoopback4(receiver.port))
            _ = sender.send([6].span, to: six)
            _ = sender.send([4].span, to: four)
            _ = only4.send([4].span, to: four)
            let port = sender.localAddress.port
            let expected = [toLoopback6(port), toLoopback4(port), only4.localAddress]
            return (try receiver.receive().map(\.message.source), expected)
        }
        #expect(sources.map(\.socketAddress) == expected)
        #expect(sources == expected.map { NativeAddress($0) })
        #expect(Set(sources).count == 3)
    }

    @Test(arguments: [true, false])
    func anAnswerLeavesFromTheAddressThatWasAsked(isDualStack: Bool) throws {
        let asked = IPv4Address(bits: 0x7f00_0309)
        let (locals, answers) = try withLoopback { () -> ([SocketAddress.Host?], [Arrival]) in
            var server = Station(
                isDualStack
                    ? try DatagramSocket.onAnyAddress(port: 0)
                    : try DatagramSocket(
                        on: SocketAddress(host: .v4(IPv4Address(bits: 0)), port: 0)
                    )
            )
            var client = Station(try DatagramSocket.onAnyAddress(port: 0))
            let to = SocketAddress(host: .v4(asked), port: server.port)
            _ = client.socket.send([1].span, to: DatagramDestination(to))
            var locals: [SocketAddress.Host?] = []
            for arrival in try server.receive() {
                locals.append(arrival.message.localAddress)
                let back = DatagramDestination(answering: arrival.message)
                _ = server.socket.send([2].span, to: back)
            }
            return (locals, try client.receive())
        }
        #expect(locals == [.v4(asked)])
        #expect(answers.map(\.message.source.socketAddress.host) == [.v4(asked)])
        #expect(answers.first?.message.interface == 1)
    }

    @Test func anAnswerFromAnOwnAddressThatIsGoneIsRefusedUntilTheKernelChooses() throws {
        let gone = IPv6Address(high: 0xfd00 << 48, low: 0xa)
        let (results, isPinned) = try withLoopback { () -> ([IOResult], [Bool]) in
            let netlink = try Netlink()
            try netlink.add(address: gone, prefixLength: 128, interface: 1)
            let here = SocketAddress(host: .v6(IPv6Address(high: 0, low: 1), scope: 0), port: 0)
            var server = Station(try DatagramSocket.onAnyAddress(port: 0))
            var client = Station(try DatagramSocket(on: here))
            let to = SocketAddress(host: .v6(gone, scope: 0), port: server.port)
            var ways: [DatagramDestination] = []
            for _ in 0..<100 where ways.isEmpty {
                _ = client.socket.send([1].span, to: DatagramDestination(to))
                ways += try server.receive(milliseconds: 20, enough: 1)
                    .map { DatagramDestination(answering: $0.message) }
            }
            // Takes all addresses away but the kernel's own.
            try netlink.change(interface: 1, .down)
            try netlink.change(interface: 1, .up)
            let all = ways.flatMap { [$0, $0.unpinned] }
            return (all.map { server.socket.send([2].span, to: $0) }, all.map(\.isPinned))
        }
        #expect(isPinned == [true, false])
        #expect(results == [.failed(EINVAL), .count(1)])
    }

    @Test func theRouteToThisHostTakesWhatItsLoopbackTakes() throws {
        let (sizes, code) = try withLoopback { () -> ([Int], Int32) in
            let here = [
                SocketAddress(host: .v6(IPv6Address(high: 0, low: 1), scope: 0), port: 9),
                SocketAddress(host: .v4(IPv4Address(bits: 0x7f00_0001)), port: 9),
            ]
            let sizes = try here.map { try Route(to: $0).mtuBytes }
            let far = IPv6Address(high: 0x2001_0db8 << 32, low: 1)
            do throws(SystemError) {
                _ = try Route(to: SocketAddress(host: .v6(far, scope: 0), port: 9))
                return (sizes, 0)
            } catch {
                return (sizes, error.code)
            }
        }
        #expect(sizes.count == 2 && sizes.allSatisfy { $0 > 60_000 })
        #expect(code == ENETUNREACH)
    }

    @Test func aLinkLocalSourceKeepsItsScope() throws {
        let (scope, hosts, answered) = try withLoopback {
            () -> (UInt32, [SocketAddress.Host?], Int) in
            let netlink = try Netlink()
            let device = try TUNDevice(name: "hypha0")
            let scope = device.index
            let address = IPv6Address(high: 0xfe80 << 48, low: 0xa)
            try netlink.change(interface: scope, .noLinkLocalAddress)
            try netlink.change(interface: scope, .up)
            try netlink.add(address: address, prefixLength: 64, interface: scope)
            var server = Station(try DatagramSocket.onAnyAddress(port: 0))
            var client = Station(try DatagramSocket.onAnyAddress(port: 0))
            let host = SocketAddress.Host.v6(address, scope: scope)
            let to = SocketAddress(host: host, port: server.port)
            var hosts: [SocketAddress.Host?] = []
            for _ in 0..<100 where hosts.isEmpty {
                // Again and again, for the kernel uses a new address from some moment on.
                _ = client.socket.send([1].span, to: DatagramDestination(to))
                for arrival in try server.receive(milliseconds: 20, enough: 1) {
                    hosts += [arrival.message.source.socketAddress.host]
                    hosts += [arrival.message.localAddress]
                    let back = DatagramDestination(answering: arrival.message)
                    _ = server.socket.send([2].span, to: back)
                }
            }
            return (device.index, hosts, try client.receive().count)
        }
        let host = SocketAddress.Host.v6(IPv6Address(high: 0xfe80 << 48, low: 0xa), scope: scope)
        #expect(hosts == [host, host])
        #expect(answered == 1)
    }

    @Test func anEmptySocketWouldBlock() throws {
        let results = try withLoopback { () -> [IOResult] in
            let socket = try DatagramSocket.onAnyAddress(port: 0)
            var batch = DatagramReceiveBatch(capacity: 2)
            var region = [UInt8](repeating: 0, count: batch.regionByteCount)
            var span = region.mutableSpan
            let empty = socket.receive(into: &batch, region: &span)
            var small = [UInt8](repeating: 0, count: batch.regionByteCount - 1)
            var smallSpan = small.mutableSpan
            return [empty, socket.receive(into: &batch, region: &smallSpan)]
        }
        #expect(results == [.wouldBlock, .failed(EINVAL)])
    }

    @Test func whatIsTooLargeIsRefusedByItselfAndNothingIsFragmented() throws {
        let (failures, flushed, arrivals, single) = try withLoopback {
            () -> ([DatagramSendBatch.Failure], DatagramSocket.FlushResult, [Arrival], [IOResult])
            in
            let netlink = try Netlink()
            try netlink.change(interface: 1, .mtu(bytes: 1_500))
            var receiver = Station(try DatagramSocket.onAnyAddress(port: 0))
            var sender = try DatagramSocket.onAnyAddress(port: 0)
            let six = DatagramDestination(toLoopback6(receiver.port))
            let four = DatagramDestination(toLoopback4(receiver.port))
            let region = pattern(6_000)
            var batch = DatagramSendBatch()
            _ = batch.append(0..<1_452, segmentByteCount: 1_452, to: six, tag: 1)
            _ = batch.append(0..<1_453, segmentByteCount: 1_453, to: six, tag: 2)
            _ = batch.append(0..<6_000, segmentByteCount: 1_500, to: six, tag: 3)
            _ = batch.append(0..<1_472, segmentByteCount: 1_472, to: four, tag: 4)
            _ = batch.append(0..<1_473, segmentByteCount: 1_473, to: four, tag: 5)
            _ = batch.append(0..<2_900, segmentByteCount: 1_450, to: six, tag: 6)
            let flushed = sender.flush(&batch, of: region.span)
            var failures: [DatagramSendBatch.Failure] = []
            while let failure = batch.nextFailure() { failures.append(failure) }
            let large = region.span.extracting(0..<1_453)
            let single = [sender.send(large, to: six), sender.send(large, to: four)]
            return (failures, flushed, try receiver.receive(), single)
        }
        #expect(flushed == .done)
        #expect(failures.map(\.tag) == [5, 3, 2])
        #expect(failures.allSatisfy { $0.code == EMSGSIZE })
        #expect(arrivals.map(\.bytes.count) == [1_452, 1_472, 1_450, 1_450, 1_453])
        #expect(single == [.failed(EMSGSIZE), .count(1_453)])
    }

    @Test func aDestinationWithoutRouteFailsAndTheOthersGo() throws {
        let (failures, arrivals) = try withLoopback {
            () -> ([DatagramSendBatch.Failure], [Arrival]) in
            var receiver = Station(try DatagramSocket.onAnyAddress(port: 0))
            var sender = try DatagramSocket.onAnyAddress(port: 0)
            let here = DatagramDestination(toLoopback6(receiver.port))
            let far = IPv6Address(high: 0x2001_0db8 << 32, low: 1)
            let away = DatagramDestination(SocketAddress(host: .v6(far, scope: 0), port: 9))
            var batch = DatagramSendBatch()
            for i in 0..<6 {
                let to = i % 2 == 0 ? here : away
                _ = batch.append(i * 100..<i * 100 + 100, segmentByteCount: 50, to: to, tag: 7)
            }
            _ = sender.flush(&batch, of: pattern(600).span)
            var failures: [DatagramSendBatch.Failure] = []
            while let failure = batch.nextFailure() { failures.append(failure) }
            return (failures, try receiver.receive())
        }
        #expect(failures.map(\.tag) == [7, 7, 7])
        #expect(failures.allSatisfy { $0.code == ENETUNREACH })
        #expect(arrivals.count == 6)
    }

    @Test func aBatchKnowsHowManyDatagramsWait() throws {
        let to = DatagramDestination(SocketAddress(host: .v4(loopback4), port: 9))
        var batch = DatagramSendBatch()
        #expect(batch.datagramCount == 0)
        _ = batch.append(0..<100, segmentByteCount: 100, to: to)
        _ = batch.append(100..<350, segmentByteCount: 100, to: to)
        _ = batch.append(350..<1150, segmentByteCount: 10, to: to)
        #expect(batch.datagramCount == 1 + 3 + 80)
        batch.removeAll()
        #expect(batch.datagramCount == 0)
    }

    @Test func aFullBatchTakesNoMoreAndAFlushMakesRoom() throws {
        let (taken, more, arrivals) = try withLoopback { () -> (Int, [Int], [Arrival]) in
            var receiver = Station(try DatagramSocket.onAnyAddress(port: 0))
            var sender = try DatagramSocket.onAnyAddress(port: 0)
            let to = DatagramDestination(toLoopback6(receiver.port))
            let region = pattern(65 * 64 * 10)
            var batch = DatagramSendBatch()
            let taken = batch.append(0..<region.count, segmentByteCount: 10, to: to)
            let rest = taken..<region.count
            var more = [batch.append(rest, segmentByteCount: 10, to: to)]
            _ = sender.flush(&batch, of: region.span)
            more.append(batch.append(rest, segmentByteCount: 10, to: to))
            _ = sender.flush(&batch, of: region.span)
            return (taken, more, try receiver.receive())
        }
        #expect(taken == Limits.datagramsQueuedMax * Limits.datagramsPerMessageMax * 10)
        #expect(more == [0, 640])
        #expect(arrivals.flatMap(\.bytes) == pattern(65 * 64 * 10))
    }

    @Test func aTakenPortIsSaidToBeInUse() throws {
        let code = try withLoopback { () -> Int32 in
            let first = try DatagramSocket.onAnyAddress(port: 0)
            do throws(SystemError) {
                _ = try DatagramSocket.onAnyAddress(port: first.localAddress.port)
                return 0
            } catch {
                return error.code
            }
        }
        #expect(code == EADDRINUSE)
    }
}
