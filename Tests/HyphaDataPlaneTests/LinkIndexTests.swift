// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaDataPlane
import Testing

@Suite struct LinkIndexTests {
    @Test(arguments: [1 as UInt64, 2, 3])
    func agreesWithADictionary(seed: UInt64) {
        var random = SplitMix(state: seed)
        var index = LinkIndex(capacity: 16)
        var model: [UInt32: Int] = [:]
        for step in 0..<20_000 {
            let id = UInt32.random(in: 1...200, using: &random)
            if model[id] != nil {
                index.remove(LinkID(id))
                model[id] = nil
            } else if model.count < 16 {
                index.insert(LinkID(id), place: step & 0xff)
                model[id] = step & 0xff
            }
            for probe in UInt32(1)...200 where probe % 7 == id % 7 {
                #expect(index.place(of: LinkID(probe)) == model[probe] ?? -1, "seed \(seed)")
            }
        }
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
