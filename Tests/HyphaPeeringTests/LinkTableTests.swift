// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering
import Testing

@Suite struct LinkTableTests {
    @Test func itAgreesWithADictionaryAndStaysSorted() {
        var random = SplitMix64(seed: 7)
        var table = LinkTable<Int>()
        var model: [LinkID: Int] = [:]
        for step in 0..<5000 {
            let link = LinkID(UInt32.random(in: 1...40, using: &random))
            let value = Bool.random(using: &random) ? step : nil
            table[link] = value
            model[link] = value
            #expect(table.links == model.keys.sorted())
            #expect(table.count == model.count)
            let other = LinkID(UInt32.random(in: 1...40, using: &random))
            #expect(table[other] == model[other])
        }
    }

    @Test func aPositionLeadsToTheValueInPlace() {
        var table = LinkTable<Int>()
        table[LinkID(9)] = 1
        table[LinkID(3)] = 2
        #expect(table.index(of: LinkID(4)) == nil)
        if let index = table.index(of: LinkID(9)) { table[index: index] += 10 }
        #expect(table[LinkID(9)] == 11)
        #expect(table[LinkID(3)] == 2)
    }
}
