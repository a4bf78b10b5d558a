// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaBytes
import HyphaLinux
import Testing

private let own = IPv6Address(high: 0x0400_0000_0000_0000, low: 1)
private let other = IPv6Address(high: 0x0500_0000_0000_0000, low: 2)
private let anyPort6 = SocketAddress(host: .v6(.unspecified, scope: 0), port: 0)

/// Whether this kernel lets us have a ring for TUN.
let canUseRing: Bool = {
    let isBatched = try? inNewNamespace {
        let device = try TUNDevice(name: "hypha0")
        return TUNPort(device.releaseDescriptor()).isBatched
    }
    return isBatched ?? false
}()

/// A port on a configured interface and the region that it reads into.
private struct Bench: ~Copyable {
    var port: TUNPort
    let region: ByteRegion
    let view: ByteView
    let isPinned: Bool
    private var socket: DatagramSocket

    init(usesRing: Bool, isPinned: Bool = false) throws {
        let device = try TUNDevice(name: "hypha0", offloads: [])
        let netlink = try Netlink()
        _ = InterfaceSettings.disableAutoconfiguration(interface: device.name)
        try netlink.change(interface: device.index, .noLinkLocalAddress)
        try netlink.change(interface: device.index, .up)
        try netlink.add(address: own, prefixLength: 7, interface: device.index)
        let socket = try DatagramSocket(on: anyPort6)
        let region = ByteRegion(byteCount: Limits.tunPacketsPerReadMax * Limits.tunSlotBytes)
        // Safe: the region lives as long as this value.
        view = unsafe region.view()
        self.region = region
        self.socket = socket
        port = TUNPort(device.releaseDescriptor(), usesRing: usesRing)
        var bytes = view.mutableSpan(0..<view.byteCount)
        self.isPinned = isPinned && port.pin(&bytes)
    }

    /// Has the host send UDP datagrams of a byte each, until the first of them arrive.
    mutating func send(_ numbers: Range<UInt8>) {
        let to = DatagramDestination(SocketAddress(host: .v6(other, scope: 0), port: 9))
        for _ in 0..<200 {
            // Again and again, for the kernel uses a new address from some moment on.
            if case .count = socket.send([0xff].span, to: to) { break }
            _ = try? isReady(socket.descriptor, milliseconds: 10)
        }
        for number in numbers { _ = socket.send([number].span, to: to) }
    }

    /// Reads until nothing is there: the payload bytes and the sizes of the reads.
    mutating func readAll(upTo limit: Int = .max) -> (payload: [UInt8], reads: [Int]) {
        var payload: [UInt8] = []
        var reads: [Int] = []
        var bytes = view.mutableSpan(0..<view.byteCount)
        while case .count(let count) = port.read(into: &bytes, upTo: limit) {
            reads.append(count)
            for i in 0..<count {
                let range = port.packet(i)
                let packet = view.span(range)
                // Behind headers of virtio-net, IPv6 and UDP; nothing else has this size.
                if packet.count == 59, packet[58] != 0xff { payload.append(packet[58]) }
            }
        }
        return (payload, reads)
    }
}

@Suite(.enabled(if: canMakeNamespaces, namespaceReason))
struct TUNPortTests {
    private struct Way: Sendable, CustomTestStringConvertible {
        var usesRing: Bool
        var isPinned = false
        var testDescription: String {
            usesRing ? (isPinned ? "ring, pinned" : "ring") : "one by one"
        }
    }

    private static let ways = [
        Way(usesRing: false), Way(usesRing: true), Way(usesRing: true, isPinned: true),
    ].filter { canUseRing || !$0.usesRing }

    @Test(arguments: ways)
    private func packetsComeInTheirOrderAndReadsGrow(_ way: Way) throws {
        let (isPinned, payload, reads) = try inNewNamespace { () -> (Bool, [UInt8], [Int]) in
            var bench = try Bench(usesRing: way.usesRing, isPinned: way.isPinned)
            bench.send(0..<200)
            let (payload, reads) = bench.readAll()
            return (bench.isPinned, payload, reads)
        }
        #expect(isPinned == way.isPinned)
        #expect(payload == Array(0..<200))
        #expect(reads.max() == (way.usesRing ? Limits.tunPacketsPerReadMax : 1))
        #expect(reads.first == 1)
    }

    @Test(arguments: ways)
    private func aLimitHolds(_ way: Way) throws {
        let (payload, reads) = try inNewNamespace { () -> ([UInt8], [Int]) in
            var bench = try Bench(usesRing: way.usesRing)
            bench.send(0..<50)
            return bench.readAll(upTo: 3)
        }
        #expect(payload == Array(0..<50))
        #expect(reads.allSatisfy { $0 <= 3 })
    }

    @Test(arguments: ways)
    private func writtenPacketsArriveInTheirOrder(_ way: Way) throws {
        let (report, payload) = try inNewNamespace { () -> (TUNPort.WriteReport, [UInt8]) in
            var bench = try Bench(usesRing: way.usesRing)
            let receiver = try DatagramSocket(on: anyPort6)
            let (warmUp, parts) = datagrams(0xff...0xff, to: receiver.localAddress.port)
            for _ in 0..<200 {
                // Again and again, for the kernel uses a new address from some moment on.
                _ = bench.port.take(parts.span)
                _ = bench.port.flush(of: warmUp.span)
                if try isReady(receiver.descriptor, milliseconds: 10) { break }
            }
            var (region, slices) = datagrams(0...39, to: receiver.localAddress.port)
            // One of them is no packet: it alone is refused.
            region[slices[6].offset + 10] = 0
            for i in 0..<40 {
                let packet = slices[2 * i..<2 * i + 2]
                _ = bench.port.take(Array(packet).span)
            }
            let report = bench.port.flush(of: region.span)
            return (report, try payloads(receiver))
        }
        #expect(report.packets == 39)
        #expect(report.bytes == 39 * 59)
        #expect(report.failures == 1)
        #expect(report.code == EINVAL)
        #expect(payload.filter { $0 != 0xff } == Array(0..<3) + Array(4..<40))
    }

    @Test(arguments: ways)
    private func aFullBatchTakesNoMoreUntilItWasFlushed(_ way: Way) throws {
        let (taken, queued, reports) = try inNewNamespace {
            () -> (Int, [Int], [TUNPort.WriteReport]) in
            var bench = try Bench(usesRing: way.usesRing)
            let (region, slices) = datagrams(0...0, to: 9)
            var taken = 0
            while bench.port.take(slices.span) { taken += 1 }
            var queued = [bench.port.queuedCount]
            let first = bench.port.flush(of: region.span)
            queued.append(bench.port.queuedCount)
            let many = [ByteSlice](repeating: ByteSlice(0..<0), count: 100) + slices
            while bench.port.take(many.span) {}
            queued.append(bench.port.queuedCount)
            let second = bench.port.flush(of: region.span)
            return (taken, queued, [first, second, bench.port.flush(of: region.span)])
        }
        #expect(taken == Limits.tunPacketsPerWriteMax)
        #expect(queued == [taken, 0, 10])
        #expect(reports.map(\.packets) == [taken, 10, 0])
    }

    @Test(arguments: ways)
    private func aVanishedInterfaceIsAFailure(_ way: Way) throws {
        let results = try inNewNamespace { () -> [IOResult] in
            var bench = try Bench(usesRing: way.usesRing)
            bench.send(0..<10)
            _ = bench.readAll()
            _ = unsafe system("ip link delete hypha0")
            var bytes = bench.view.mutableSpan(0..<bench.view.byteCount)
            return [
                bench.port.read(into: &bytes), bench.port.read(into: &bytes),
                bench.port.read(into: &bytes),
            ]
        }
        #expect(results == Array(repeating: .failed(EBADFD), count: 3))
    }

    @Test func whatIsNoTUNIsServedOneByOne() throws {
        let pair = try SocketPair()
        let copy = Descriptor(adopting: dup(pair.first.rawValue))
        var port = TUNPort(copy, slotByteCount: 100)
        let isBatched = port.isBatched
        #expect(!isBatched)
        _ = pair.second.write([1, 2, 3].span)
        var region = [UInt8](repeating: 0, count: 200)
        var span = region.mutableSpan
        let first = port.read(into: &span)
        let packet = port.packet(0)
        let second = port.read(into: &span)
        let count = port.packetCount
        #expect([first, second] == [.count(1), .wouldBlock])
        #expect(packet == 0..<3)
        #expect(count == 0)
    }

    @Test(.enabled(if: canUseRing, "this kernel gives us no io_uring"))
    func whereTheKernelHasItTheRingIsUsed() throws {
        let flags = try inNewNamespace { () -> [Bool] in
            let with = try Bench(usesRing: true).port.isBatched
            return [with, try Bench(usesRing: false).port.isBatched]
        }
        #expect(flags == [true, false])
    }
}

/// UDP packets of one payload byte for `own`, each in two parts.
private func datagrams(
    _ numbers: ClosedRange<UInt8>,
    to port: UInt16
) -> ([UInt8], [ByteSlice]) {
    var region: [UInt8] = []
    var slices: [ByteSlice] = []
    for number in numbers {
        var udp: [UInt8] = [0, 9, UInt8(port >> 8), UInt8(port & 0xff), 0, 9, 0, 0, number]
        var sum: UInt32 = 17 + 9
        for part in [other.bytes, own.bytes, udp + [0]] {
            for i in stride(from: 0, to: part.count, by: 2) {
                sum += UInt32(part[i]) << 8 | UInt32(part[i + 1])
            }
        }
        while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
        udp[6] = ~UInt8(sum >> 8)
        udp[7] = ~UInt8(sum & 0xff)
        let start = region.count
        region += [UInt8](repeating: 0, count: 10) + [0x60, 0, 0, 0, 0, 9, 17, 64]
        region += other.bytes + own.bytes
        slices.append(ByteSlice(start..<region.count))
        region += udp
        slices.append(ByteSlice(start + 50..<region.count))
    }
    return (region, slices)
}

/// The first bytes of all datagrams that wait.
private func payloads(_ socket: borrowing DatagramSocket) throws -> [UInt8] {
    var batch = DatagramReceiveBatch()
    var region = [UInt8](repeating: 0, count: batch.regionByteCount)
    var result: [UInt8] = []
    while try isReady(socket.descriptor, milliseconds: 200) {
        var span = region.mutableSpan
        guard case .count(let count) = socket.receive(into: &batch, region: &span) else { break }
        for i in 0..<count {
            let extent = batch[i].offset..<batch[i].offset + batch[i].byteCount
            result += region[extent]
        }
    }
    return result
}

extension TUNPort {
    /// Appends a packet in one go; `false` when the batch is full.
    fileprivate mutating func take(_ parts: Span<ByteSlice>) -> Bool {
        guard beginPacket(partCount: parts.count) else { return false }
        for i in parts.indices { addPart(parts[i]) }
        return true
    }
}
