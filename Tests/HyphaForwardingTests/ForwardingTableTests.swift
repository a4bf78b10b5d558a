// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import Testing

struct ForwardingTableTests {
    private static let subnet: UInt64 = 0x0412_3456_789a_bcde

    private func key(_ number: UInt64) -> PublicKey { PublicKey(words: (number, 0, 0, 0)) }

    private func route(_ number: UInt64, refreshAt: Instant = .distantFuture) -> ForwardingState {
        .selected(
            ForwardingState.Route(
                link: LinkID(UInt32(truncatingIfNeeded: number)),
                key: key(number),
                isDirect: number.isMultiple(of: 2),
                refreshAt: refreshAt,
                pathMTU: 1280 + UInt16(number % 100)
            )
        )
    }

    private func prefix(_ high: UInt64, _ low: UInt64 = 0, length: UInt8 = 64) -> Prefix {
        Prefix(IPv6Address(high: high, low: low), length: length)
    }

    @Test func selectedRoutesGiveLinkAndKey() {
        var table = ForwardingTable(seed: 1)
        table.set(prefix(Self.subnet), route(8))
        guard case .selected(let found) = table.lookup(high: Self.subnet, low: 77) else {
            Issue.record("not selected")
            return
        }
        #expect(found.link == LinkID(8) && found.isDirect)
        #expect(found.pathMTU == 1288)
        #expect(table.key(at: found.index) == key(8))
        #expect(table.lookup(high: Self.subnet + 1, low: 77) == .unknown)
    }

    @Test func unselectedPrefixesStillGiveTheKey() {
        var table = ForwardingTable(seed: 1)
        table.set(prefix(Self.subnet), .unselected(key(5)))
        guard case .unselected(let index) = table.lookup(high: Self.subnet, low: 0) else {
            Issue.record("not unselected")
            return
        }
        #expect(table.key(at: index) == key(5))
        #expect(table.key(ofSourceHigh: Self.subnet, low: 1) == key(5))
        table.set(prefix(Self.subnet), nil)
        #expect(table.key(ofSourceHigh: Self.subnet, low: 1) == nil)
        #expect(table.count == 0)
    }

    @Test func theLongestPrefixWins() {
        var table = ForwardingTable(seed: 3)
        table.set(prefix(Self.subnet), route(64))
        table.set(prefix(Self.subnet, 0x8000_0000_0000_0000, length: 65), route(65))
        table.set(prefix(Self.subnet, .max, length: 128), route(128))
        func link(_ low: UInt64) -> UInt32? {
            guard case .selected(let route) = table.lookup(high: Self.subnet, low: low) else {
                return nil
            }
            return route.link.value
        }
        #expect(link(1) == 64)
        #expect(link(0x8000_0000_0000_0001) == 65)
        #expect(link(.max) == 128)
        table.set(prefix(Self.subnet), nil)
        #expect(link(1) == nil)
        #expect(link(.max) == 128)
    }

    @Test func aRefreshIsAskedForOncePerInterval() {
        var table = ForwardingTable(seed: 1)
        let due = Instant(nanoseconds: 100_000_000_000)
        table.set(prefix(Self.subnet), route(1, refreshAt: due))
        guard case .selected(let found) = table.lookup(high: Self.subnet, low: 0) else {
            Issue.record("not selected")
            return
        }
        let index = found.index
        #expect(table.takeRefresh(index, now: Instant(nanoseconds: due.nanoseconds - 1)) == false)
        #expect(table.takeRefresh(index, now: due) == true)
        #expect(table.takeRefresh(index, now: due) == false)
        #expect(table.takeRefresh(index, now: due + .seconds(14)) == false)
        #expect(table.takeRefresh(index, now: due + .seconds(15)) == true)
        // The same prefix published anew is not asked for sooner.
        table.set(prefix(Self.subnet), route(2, refreshAt: due))
        #expect(table.takeRefresh(index, now: due + .seconds(16)) == false)
        table.set(prefix(Self.subnet), .unselected(key(2)))
        #expect(table.takeRefresh(index, now: due + .seconds(60)) == false)
    }

    @Test func shorterPrefixesAreRefused() {
        var table = ForwardingTable(seed: 1)
        #expect(table.set(prefix(Self.subnet, length: 63), route(1)) == false)
        #expect(table.set(Prefix.overlay, route(1)) == false)
        #expect(table.refusedCount == 2 && table.count == 0)
    }

    @Test func theEntryCeilingHoldsAndRoomIsUsedAgain() {
        var table = ForwardingTable(seed: 1, entriesMax: 100)
        for i in 0..<100 as Range<UInt64> { #expect(table.set(prefix(i), route(i)) == true) }
        #expect(table.set(prefix(100), route(100)) == false)
        #expect(table.set(prefix(50), route(7)) == true, "a known prefix can always change")
        #expect(table.refusedCount == 1 && table.count == 100)
        #expect(table.lookup(high: 100, low: 0) == .unknown)
        table.set(prefix(3), nil)
        #expect(table.set(prefix(100), route(100)) == true)
        #expect(table.count == 100)
    }

    @Test func theCeilingOfLongerPrefixesHolds() {
        var table = ForwardingTable(seed: 1)
        let most = UInt64(Limits.forwardingLongerPrefixesMax)
        for i in 0..<most { #expect(table.set(prefix(1, i, length: 128), route(i)) == true) }
        #expect(table.set(prefix(1, most, length: 128), route(most)) == false)
        #expect(table.set(prefix(1), route(64)) == true, "the /64 itself always has room")
        #expect(table.set(prefix(2, 0, length: 128), route(1)) == true)
        #expect(table.refusedCount == 1)
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func lookupsAgreeWithAPlainModel(seed: UInt64) {
        var random = SplitMix(seed)
        var table = ForwardingTable(seed: random.next())
        var model: [Prefix: ForwardingState] = [:]
        let lengths: [UInt8] = [64, 64, 64, 65, 72, 127, 128]
        for step in 0..<4000 {
            // Growing first, then shrinking, over few enough subnets that they meet again.
            let high = UInt64.random(in: 0..<300, using: &random) << 40
            let low = UInt64.random(in: 0..<4, using: &random) << 62
            let length = lengths.randomElement(using: &random) ?? 64
            let target = prefix(high, low, length: length)
            let removes = Int.random(in: 0..<10, using: &random) < (step < 2500 ? 3 : 8)
            let number = UInt64.random(in: 1...99, using: &random)
            let state: ForwardingState? =
                removes
                ? nil
                : number.isMultiple(of: 5) ? .unselected(key(number)) : route(number)
            let longer = model.keys.count { $0.length > 64 && $0.address.high == high }
            let isRefused =
                state != nil && model[target] == nil && length > 64
                && longer >= Limits.forwardingLongerPrefixesMax
            let isTaken = table.set(target, state)
            #expect(isTaken == !isRefused)
            if !isRefused { model[target] = state }
            #expect(table.count == model.count)
            let address = IPv6Address(high: high, low: low | number & 1)
            expectEqual(table, model, address)
            let other = UInt64.random(in: 0..<300, using: &random) << 40
            expectEqual(table, model, IPv6Address(high: other, low: low))
        }
    }

    private func expectEqual(
        _ table: borrowing ForwardingTable,
        _ model: [Prefix: ForwardingState],
        _ address: IPv6Address
    ) {
        var best: ForwardingState?
        for length: UInt8 in [128, 127, 72, 65, 64] where best == nil {
            best = model[Prefix(address, length: length)]
        }
        let result = table.lookup(high: address.high, low: address.low)
        switch (result, best) {
        case (.unknown, nil): break
        case (.unselected(let index), .unselected(let key)?):
            let found = table.key(at: index)
            #expect(found == key)
        case (.selected(let route), .selected(let expected)?):
            let found = table.key(at: route.index)
            #expect(found == expected.key)
            #expect(route.link == expected.link && route.isDirect == expected.isDirect)
            #expect(route.pathMTU == expected.pathMTU)
        default: Issue.record("\(result) instead of \(String(describing: best))")
        }
        let sourceKey = table.key(ofSourceHigh: address.high, low: address.low)
        #expect(sourceKey == best?.key)
    }
}
