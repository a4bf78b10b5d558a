// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

/// Whose a subnet is, and how full the tables may get.
@Suite struct EndToEndKeyTests {
    private let stranger = EndToEndBench.key(99)

    // The expectation macros cannot take an engine, which is not copyable.
    private func accepts(_ bench: inout EndToEndBench, _ key: PublicKey) -> Bool {
        let isAccepted = bench.a.engine.accepts(key, for: bench.b.subnet, now: bench.now)
        bench.a.drain()
        return isAccepted
    }

    private func whois(_ bench: borrowing EndToEndBench, _ address: IPv6Address) -> AddressOwner? {
        bench.a.engine.whois(address)
    }

    @Test func theFirstKeyOfASubnetKeepsItWhileReachable() {
        var bench = EndToEndBench()
        #expect(accepts(&bench, stranger))
        let routerID = EndToEndBench.routerID(bench.b.key)
        bench.a.handle(.reachable(bench.b.subnet, routerID), now: bench.now)
        #expect(accepts(&bench, bench.b.key))
        #expect(!accepts(&bench, stranger))
        let refused = EndToEndEvent.keyRefused(
            bench.b.subnet,
            first: bench.b.key,
            offered: stranger
        )
        #expect(bench.a.events == [refused])
        bench.a.handle(.unreachable(bench.b.subnet), now: bench.now)
        #expect(accepts(&bench, stranger))
    }

    @Test func aRememberedKeyKeepsItsSubnetForGood() {
        var bench = EndToEndBench()
        bench.meet()
        bench.pass(.seconds(400), step: .seconds(1))
        #expect(!accepts(&bench, stranger))
        let other = EndToEndBench.routerID(stranger)
        bench.a.handle(.reachable(bench.b.subnet, other), now: bench.now)
        #expect(bench.a.engine.reachableCount == 0)
        bench.a.handle(.wanted(bench.b.address, key: stranger, isMarked: true), now: bench.now)
        #expect(bench.a.engine.peerCount == 0)
        bench.a.handle(.forget(bench.b.address), now: bench.now)
        #expect(accepts(&bench, stranger))
    }

    @Test func refusedKeysAreLoggedSeldom() {
        var bench = EndToEndBench()
        let routerID = EndToEndBench.routerID(bench.b.key)
        bench.a.handle(.reachable(bench.b.subnet, routerID), now: bench.now)
        for _ in 0..<100 { #expect(!accepts(&bench, stranger)) }
        #expect(bench.a.events.count == Limits.keyEventsBurst)
        #expect(bench.a.engine.counters.keysRefused == 100)
    }

    @Test func aKeyOutsideItsSubnetIsRefused() {
        var bench = EndToEndBench()
        let content = [UInt8](repeating: 0, count: 1320)
        bench.a.handle(
            .message(0x10, content, from: bench.b.address, key: stranger),
            now: bench.now
        )
        bench.a.handle(.wanted(bench.b.address, key: stranger, isMarked: true), now: bench.now)
        bench.a.handle(.wanted(bench.a.address, key: bench.a.key, isMarked: true), now: bench.now)
        #expect(bench.a.engine.counters.foreignKeys == 3)
        #expect(bench.a.engine.peerCount == 0)
        #expect(bench.a.engine.handshakeCounters.malformed == 0, "not even looked at")
    }

    @Test func whoisTellsWhatIsProven() {
        var bench = EndToEndBench()
        let near = IPv6Address(high: bench.b.address.high, low: bench.b.address.low ^ 1)
        #expect(whois(bench, bench.b.address) == nil)
        let routerID = EndToEndBench.routerID(bench.b.key)
        bench.a.handle(.reachable(bench.b.subnet, routerID), now: bench.now)
        let key = bench.b.key
        #expect(
            whois(bench, bench.b.address)
                == AddressOwner(key: key, isProven: false, isExact: true)
        )
        bench.meet()
        #expect(whois(bench, near) == AddressOwner(key: key, isProven: true, isExact: false))
        #expect(
            whois(bench, bench.b.address)
                == AddressOwner(key: key, isProven: true, isExact: true)
        )
    }

    @Test func atTheCeilingANewSubnetGetsNoPolicyUntilOthersAreForgotten() {
        var bench = EndToEndBench()
        let ceiling = Limits.endToEndPeersMax
        for number in 0..<UInt64(ceiling) {
            let key = EndToEndBench.key(1000 + number)
            let address = IPv6Address(derivedFrom: key)
            bench.a.engine.handle(.wanted(address, key: key, isMarked: false), now: bench.now)
            while bench.a.engine.nextOutput() != nil {}
        }
        #expect(bench.a.engine.peerCount == ceiling)
        #expect(bench.a.engine.counters.peersRefused == 0)
        bench.aWantsB()
        #expect(bench.a.engine.counters.peersRefused == 1)
        #expect(bench.a.events.contains(.ceiling(.peers)))
        #expect(bench.aTowardsB == nil)
        // The fill is not permanent.
        bench.a.advance(to: bench.now + .seconds(200))
        #expect(bench.a.engine.peerCount == 0)
    }

    @Test func strangersCannotTakeTheRoomOfThisHostsOwnPackets() {
        var bench = EndToEndBench()
        for number in 0..<UInt64(Limits.endToEndStrangersMax) {
            let key = EndToEndBench.key(1000 + number)
            bench.a.engine.handle(.linkSession(key, isUp: true), now: bench.now)
            while bench.a.engine.nextOutput() != nil {}
        }
        bench.b.handle(.wanted(bench.a.address, key: bench.a.key, isMarked: true), now: bench.now)
        bench.settle()
        #expect(bench.a.engine.counters.strangersRefused == 1)
        #expect(bench.a.installed.isEmpty)
        bench.aWantsB()
        bench.settle()
        #expect(bench.a.installed.count == 1)
        #expect(bench.a.engine.peerCount == Limits.endToEndStrangersMax + 1)
    }

    @Test func reachableSubnetsHaveACeiling() {
        var bench = EndToEndBench()
        let ceiling = UInt64(Limits.reachableSubnetsMax)
        for number in 0...ceiling {
            let prefix = Prefix(
                IPv6Address(high: 0x0400_0000_0000_0000 | number, low: 0),
                length: 64
            )
            bench.a.engine.handle(
                .reachable(prefix, EndToEndBench.routerID(stranger)),
                now: bench.now
            )
            while bench.a.engine.nextOutput() != nil {}
        }
        #expect(bench.a.engine.reachableCount == Limits.reachableSubnetsMax)
        #expect(bench.a.engine.counters.reachableRefused == 1)
    }
}
