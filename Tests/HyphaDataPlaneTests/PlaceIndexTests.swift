// SPDX-License-Identifier: Apache-2.0
import HyphaDataPlane
import Testing

@Suite struct PlaceIndexTests {
    @Test(arguments: [1 as UInt64, 2, 3])
    func agreesWithADictionary(seed: UInt64) {
        var random = SplitMix(state: seed)
        var index = PlaceIndex()
        var model: [UInt32: Int] = [:]
        for step in 0..<20_000 {
            let id = UInt32.random(in: 1...200, using: &random)
            if model[id] != nil {
                index.remove(id)
                model[id] = nil
            } else if model.count < 150 {
                index.insert(id, place: step & 0xff)
                model[id] = step & 0xff
            }
            let isRight = (UInt32(1)...200).allSatisfy { index.place(of: $0) == model[$0] ?? -1 }
            if !isRight {
                Issue.record("seed \(seed), step \(step)")
                return
            }
        }
    }

    @Test(arguments: [4 as UInt64, 5]) func growsAndShedsAnyNumbers(seed: UInt64) {
        var random = SplitMix(state: seed)
        var index = PlaceIndex()
        var ids: [UInt32] = []
        var known: Set<UInt32> = []
        while ids.count < 20_000 {
            // Random ones, and such as collide in every size up to the greatest.
            let id = UInt32.random(in: 0 ... .max, using: &random)
            let next = ids.count % 10 == 0 ? id & 0xfff0_0000 : id
            guard known.insert(next).inserted else { continue }
            index.insert(next, place: ids.count)
            ids.append(next)
        }
        let isWhole = ids.indices.allSatisfy { index.place(of: ids[$0]) == $0 }
        #expect(isWhole, "seed \(seed)")
        for place in ids.indices where place % 2 == 0 { index.remove(ids[place]) }
        // One that is not there.
        index.remove(ids[0])
        let isRight = ids.indices.allSatisfy {
            index.place(of: ids[$0]) == ($0 % 2 == 0 ? -1 : $0)
        }
        #expect(isRight, "seed \(seed)")
        for place in ids.indices where place % 2 == 0 { index.insert(ids[place], place: place) }
        let isWholeAgain = ids.indices.allSatisfy { index.place(of: ids[$0]) == $0 }
        #expect(isWholeAgain, "seed \(seed)")
    }
}

/// A small generator with a seed, for tests.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
