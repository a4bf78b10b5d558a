// SPDX-License-Identifier: Apache-2.0
import CAllocationProbe
import HyphaBase
import HyphaBytes
import HyphaForwarding
import Testing

/// The packet path allocates nothing once warmed up: release builds only.
struct AllocationTests {
    /// Without optimisation even a loop over a range allocates.
    #if DEBUG
    private static let isCounted = false
    #else
    private static let isCounted = hypha_allocation_probe_is_active() != 0
    #endif

    /// Allocations of this thread while `body` runs the second time.
    private func allocations(_ body: () -> Void) -> UInt64 {
        body()
        let before = hypha_allocation_count()
        body()
        return hypha_allocation_count() - before
    }

    @Test(.enabled(if: isCounted))
    func theProbeCounts() {
        var kept: [[UInt8]] = []
        let count = allocations { kept.append([UInt8](repeating: 1, count: 100)) }
        #expect(count > 0 && kept.count == 2)
    }

    @Test(.enabled(if: isCounted))
    func cuttingAllocatesNothing() {
        let flow = TestFlow()
        let large = flow.large(flags: 0x18, payload: [UInt8](repeating: 5, count: 60_000))
        let header = flow.offload(segment: 1340)
        var target = [UInt8](repeating: 0, count: 1500)
        var bytes = 0
        let count = allocations {
            guard let plan = try? SegmentPlan(large.span, header: header) else { return }
            var span = target.mutableSpan
            for i in 0..<plan.count { bytes += plan.writeSegment(i, of: large.span, into: &span) }
        }
        #expect(count == 0)
        #expect(bytes == 2 * (60_000 + 45 * 60))
    }

    @Test(.enabled(if: isCounted))
    func growingAllocatesNothing() {
        var traffic: [UInt8] = []
        var places: [(offset: Int, count: Int)] = []
        for i in 0..<200 as Range<UInt32> {
            let flow = TestFlow(ports: (UInt16(i % 20 + 1), 80))
            let flags: UInt8 = i % 17 == 0 ? 0x18 : 0x10
            let packet = flow.packet(
                sequence: i / 20 * 300,
                flags: flags,
                payload: [UInt8](repeating: 1, count: 300)
            )
            traffic += [UInt8](repeating: 0, count: 44)
            places.append((traffic.count, packet.count))
            traffic += packet
        }
        var region = traffic
        var coalescer = Coalescer(options: Coalescer.Options(growsUDP: true))
        var bytes = 0
        func drain() {
            while let group = coalescer.next() {
                for i in 0..<group.sliceCount { bytes += coalescer.slice(i, of: group).count }
            }
        }
        let count = allocations {
            for i in region.indices { region[i] = traffic[i] }
            var span = region.mutableSpan
            for place in places {
                coalescer.add(packetAt: place.offset, count: place.count, in: &span)
                drain()
            }
            coalescer.flush(in: &span)
            drain()
        }
        #expect(count == 0)
        #expect(bytes > 2 * 200 * 300)
    }

    @Test(.enabled(if: isCounted))
    func lookupsChecksAndCountersAllocateNothing() {
        var table = ForwardingTable(seed: 9)
        for i in 0..<1000 as Range<UInt64> {
            let route = ForwardingState.Route(
                link: LinkID(1),
                key: PublicKey(words: (i, 0, 0, 0)),
                isDirect: false,
                refreshAt: .zero
            )
            table.set(
                Prefix(IPv6Address(high: 0x0400 << 48 | i, low: 0), length: 64),
                .selected(route)
            )
        }
        let packet = TestFlow().packet(payload: [1, 2, 3])
        let check = AddressCheck(ownAddress: IPv6Address(high: 0x0400 << 48 | 5, low: 1))
        var counters = DropCounters()
        var found = 0
        let count = allocations {
            for i in 0..<2000 as Range<UInt64> {
                switch table.lookup(high: 0x0400 << 48 | i, low: i) {
                case .selected(let route):
                    found += 1
                    if table.takeRefresh(route.index, now: .zero) { found += 1 }
                    if table.key(at: route.index) == PublicKey(words: (i, 0, 0, 0)) { found += 1 }
                case .unselected: break
                case .unknown: counters.count(.noRoute)
                }
            }
            if let reason = check.outbound(packet.span) { counters.count(reason) }
            if let reason = check.inbound(packet.span, keySubnet: 0) { counters.count(reason) }
        }
        #expect(count == 0)
        #expect(found == 1000 + 2 * 2000)
        #expect(counters[.noRoute] == 2000 && counters[.innerMismatch] == 2)
    }
}
