// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

// The expectation macros cannot take a value that is not copyable.
private func checks(_ window: inout ReplayWindow, _ counter: UInt64) -> Bool {
    window.check(counter)
}

private func sets(_ window: inout ReplayWindow, _ counter: UInt64) -> Bool { window.set(counter) }

@Suite struct ReplayWindowTests {
    @Test func aCounterIsTakenOnce() {
        var window = ReplayWindow()
        for counter: UInt64 in [0, 1, 5, 3, 64, 63, 8191, 100_000, .max] {
            #expect(checks(&window, counter))
            #expect(sets(&window, counter))
            #expect(!checks(&window, counter))
            #expect(!sets(&window, counter))
        }
        let highest = window.highest
        #expect(highest == .max)
    }

    @Test func theWindowIs8192Wide() {
        for highest: UInt64 in [8191, 8192, 20_000, 1 << 40, .max] {
            var window = ReplayWindow()
            #expect(sets(&window, highest))
            let oldest = highest - 8191
            #expect(checks(&window, oldest))
            if oldest > 0 { #expect(!checks(&window, oldest - 1)) }
            #expect(sets(&window, oldest))
            #expect(!checks(&window, oldest))
        }
    }

    @Test func checkingLeavesNoTrace() {
        var window = ReplayWindow()
        #expect(sets(&window, 10))
        for _ in 0..<3 { #expect(checks(&window, 9000)) }
        let highest = window.highest
        #expect(highest == 10)
        #expect(checks(&window, 0))
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64]) func itAgreesWithASetOfAllCounters(
        seed: UInt64
    ) {
        var random = SplitMix64(seed: seed)
        var window = ReplayWindow()
        var seen: Set<UInt64> = []
        var highest: UInt64 = 0
        let spreads: [UInt64] = [3, 70, 300, 8000, 9000, 40_000]
        for step in 0..<20_000 {
            let spread = spreads[Int.random(in: spreads.indices, using: &random)]
            let back = UInt64.random(in: 0...spread, using: &random)
            let ahead = UInt64.random(in: 0...spread, using: &random)
            let isAhead = Int.random(in: 0..<3, using: &random) == 0
            let counter = isAhead ? highest + ahead : highest - min(back, highest)
            let isNew = counter > highest || highest - counter < 8192 && !seen.contains(counter)
            guard checks(&window, counter) == isNew else {
                Issue.record("seed \(seed) step \(step) counter \(counter) highest \(highest)")
                return
            }
            if Bool.random(using: &random) {
                #expect(sets(&window, counter) == isNew)
                if isNew { seen.insert(counter) }
                highest = max(highest, counter)
            }
        }
    }
}
