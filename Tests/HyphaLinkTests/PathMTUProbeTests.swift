// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLink
import Testing

/// A probe over a path that carries frames of `carries` bytes and loses some.
private struct Path {
    var probe: PathMTUProbe
    var now = Instant(nanoseconds: 1_000_000_000)
    var carries: Int
    var lossInTen = 0
    var random: SplitMix64
    var roundTrip = RoundTripEstimate()
    var sent = 0
    private var nextToken: UInt64 = 0

    init(ceiling: Int, carries: Int, seed: UInt64 = 1) {
        probe = PathMTUProbe(ceiling: ceiling, now: now)
        self.carries = carries
        random = SplitMix64(seed: seed)
        for _ in 0..<20 { roundTrip.add(.milliseconds(20)) }
    }

    mutating func run(for duration: Duration, isBusy: Bool = false) {
        let end = now + duration
        while let due = probe.deadline(roundTrip: roundTrip, isBusy: isBusy), due <= end {
            now = max(now, due)
            nextToken += 1
            let step = probe.poll(
                now: now,
                roundTrip: roundTrip,
                isBusy: isBusy,
                token: nextToken
            )
            guard case .probe(let token, let count) = step else { continue }
            sent += 1
            let isLost =
                Int.random(in: 0..<10, using: &random) < lossInTen
                || Int.random(in: 0..<10, using: &random) < lossInTen
            guard count <= carries, !isLost else { continue }
            now = now + .milliseconds(20)
            _ = probe.answered(token: token, receivedByteCount: count, now: now)
        }
        now = max(now, end)
    }
}

/// The macro cannot look into a call that changes something.
private func expect<Value: Equatable>(_ value: Value, _ expected: Value) {
    #expect(value == expected)
}

@Suite struct PathMTUProbeTests {
    @Test func startsAtTheLeastPayloadAndFindsTheInterfacesAtOnce() {
        var path = Path(ceiling: 1472, carries: 9000)
        #expect(path.probe.confirmed == 1232)
        path.run(for: .milliseconds(100))
        #expect(path.probe.confirmed == 1472)
        #expect(path.sent == 1)
    }

    @Test(arguments: [1232, 1300, 1372, 1400, 1451, 1471])
    func aSmallerPathIsFoundByBisecting(carries: Int) {
        var path = Path(ceiling: 1472, carries: carries)
        path.run(for: .seconds(20))
        #expect(path.probe.confirmed <= carries)
        #expect(path.probe.confirmed > carries - PathMTUProbe.precisionBytes)
    }

    @Test func whatWasFoundIsConfirmedEveryTenMinutes() {
        var path = Path(ceiling: 1472, carries: 1472)
        path.run(for: .seconds(590))
        #expect(path.sent == 1)
        path.run(for: .seconds(20))
        #expect(path.sent == 2)
        #expect(path.probe.confirmed == 1472)
    }

    @Test func aHoleInMidFlowIsFoundInSecondsWhileBusy() {
        var path = Path(ceiling: 1472, carries: 1472)
        path.run(for: .seconds(5), isBusy: true)
        #expect(path.probe.confirmed == 1472)
        path.carries = 1300
        path.run(for: .seconds(3), isBusy: true)
        #expect(path.probe.confirmed == 1232)
        path.run(for: .seconds(30), isBusy: true)
        #expect(path.probe.confirmed > 1300 - PathMTUProbe.precisionBytes)
        #expect(path.probe.confirmed <= 1300)
        path.carries = 1472
        path.run(for: .seconds(620))
        #expect(path.probe.confirmed == 1472)
    }

    @Test(arguments: 1...10)
    func randomLossDoesNotKeepThePathSmall(seed: UInt64) {
        var path = Path(ceiling: 1472, carries: 1472, seed: seed)
        path.lossInTen = 2
        var large = 0
        for _ in 0..<100 {
            path.run(for: .seconds(3), isBusy: true)
            if path.probe.confirmed > 1400 { large += 1 }
        }
        #expect(large > 60, "seed \(seed)")
    }

    @Test func onlyAnEchoOfTheWholeFrameCounts() {
        let now = Instant(nanoseconds: 0)
        var probe = PathMTUProbe(ceiling: 1472, now: now)
        let roundTrip = RoundTripEstimate()
        expect(
            probe.poll(now: now, roundTrip: roundTrip, isBusy: false, token: 7),
            .probe(token: 7, frameByteCount: 1472)
        )
        let isShort = probe.answered(token: 7, receivedByteCount: 1400, now: now)
        let isForeign = probe.answered(token: 8, receivedByteCount: 1472, now: now)
        #expect(!isShort && !isForeign)
        #expect(probe.confirmed == 1232)
        let isWhole = probe.answered(token: 7, receivedByteCount: 1472, now: now)
        #expect(isWhole)
        #expect(probe.confirmed == 1472)
    }

    @Test func aSmallerInterfaceCountsAtOnceAndALargerOneIsTried() {
        var path = Path(ceiling: 1472, carries: 9000)
        path.run(for: .seconds(1))
        let isSmaller = path.probe.limit(to: 1400)
        #expect(isSmaller)
        #expect(path.probe.confirmed == 1400)
        let isLarger = path.probe.limit(to: 8952)
        #expect(!isLarger)
        path.run(for: .seconds(1))
        #expect(path.probe.confirmed == 8952)
    }

    @Test func payloadsFollowFromTheInterfacesMTU() {
        #expect(PathMTUProbe.payload(mtuBytes: 1500, isIPv4: true) == 1472)
        #expect(PathMTUProbe.payload(mtuBytes: 1500, isIPv4: false) == 1452)
        #expect(PathMTUProbe.payload(mtuBytes: 576, isIPv4: true) == 1232)
        #expect(PathMTUProbe.payload(mtuBytes: 65_536, isIPv4: true) == 65_000)
    }
}
