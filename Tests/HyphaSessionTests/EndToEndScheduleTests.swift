// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

/// Random inputs in random order; the rules that must hold whatever happens.
@Suite struct EndToEndScheduleTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func whatWasMetIsNeverSentToInTheClear(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bench = EndToEndBench()
        var wasMet = false
        var strictAt = Instant.distantFuture
        for step in 0..<400 {
            act(&bench, Int.random(in: 0..<16, using: &random), using: &random)
            if bench.a.engine.metCount > 0, !wasMet {
                wasMet = true
                strictAt = bench.now + EndToEndTimes.grace
            }
            guard wasMet, let policy = bench.aTowardsB else { continue }
            let isClear = policy.sending == .base
            #expect(!isClear, "seed \(seed) step \(step)")
            if case .session(let index) = policy.sending {
                #expect(bench.a.installed[index] != nil, "seed \(seed) step \(step)")
            }
            let isStrict = policy.receiving == .handshakesOnly
            #expect(isStrict || bench.now < strictAt, "seed \(seed) step \(step)")
            if isClear || !isStrict && bench.now >= strictAt { return }
        }
        // Whatever came before, the two find together once nothing is lost any more.
        bench.isCut = false
        bench.a.handle(.linkSession(bench.b.key, isUp: false), now: bench.now)
        bench.pass(.seconds(700), step: .seconds(1))
        bench.aWantsB()
        bench.pass(.seconds(21))
        let protection = bench.a.engine.snapshots(now: bench.now).map(\.protection)
        #expect(protection == [.session], "seed \(seed)")
        #expect(bench.b.engine.sessionCount <= 3)
        bench.pass(.seconds(700), step: .seconds(1))
        #expect(bench.a.engine.peerCount == 0, "seed \(seed)")
        #expect(bench.a.engine.nextDeadline() == nil, "seed \(seed)")
        #expect(bench.a.installed.isEmpty && bench.b.installed.isEmpty, "seed \(seed)")
    }

    private func act(
        _ bench: inout EndToEndBench,
        _ choice: Int,
        using random: inout SplitMix64
    ) {
        let now = bench.now
        let session = bench.a.engine.snapshots(now: now).first?.session
        let index = session ?? SessionIndex(UInt32.random(in: 0...3, using: &random))
        let isTrue = Bool.random(using: &random)
        switch choice {
        case 0, 1: bench.aWantsB(isMarked: isTrue)
        case 2:
            bench.b.handle(.wanted(bench.a.address, key: bench.a.key, isMarked: isTrue), now: now)
        case 3: bench.isCut = isTrue
        case 4: bench.settle()
        case 5, 6:
            let seconds = Int64.random(in: 1...30, using: &random)
            bench.pass(.seconds(seconds), step: .seconds(1))
        case 7:
            let boot = UInt32.random(in: 1...3, using: &random)
            let routerID = EndToEndBench.routerID(bench.b.key, boot: boot, isMarked: isTrue)
            bench.a.handle(.reachable(bench.b.subnet, routerID), now: now)
        case 8: bench.a.handle(.unreachable(bench.b.subnet), now: now)
        case 9: bench.a.handle(.unknownIndex(from: bench.b.address), now: now)
        case 10: bench.a.handle(.linkSession(bench.b.key, isUp: isTrue), now: now)
        case 11: bench.a.handle(isTrue ? .worn(index) : .failing(index), now: now)
        case 12:
            var activity = SessionActivity(session: index, sentAt: now, sentDataAt: now)
            if isTrue { (activity.heardAt, activity.heardDataAt) = (now, now) }
            bench.a.handle(.activity(activity), now: now)
        case 13:
            let host = SocketAddress.Host.v4(IPv4Address(bits: 0xc000_0201))
            let endpoint = SocketAddress(host: host, port: .random(in: 0...3, using: &random))
            bench.a.handle(.endpoints(isTrue ? [endpoint] : []), now: now)
        case 14:
            let type: UInt8 = [3, 7, 8].randomElement(using: &random) ?? 3
            let count = Int.random(in: 0...24, using: &random)
            let rest = (0..<count).map { _ in UInt8.random(in: 0...2, using: &random) }
            bench.a.handle(.control(index, [type] + rest), now: now)
        default:
            let type: UInt8 = isTrue ? 0x10 : 0x11
            let content = [UInt8](repeating: 1, count: isTrue ? 1320 : 1186)
            bench.a.handle(
                .message(type, content, from: bench.b.address, key: bench.b.key),
                now: now
            )
        }
    }
}
