// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct OutputQueueTests {
    @Test func elementsComeOutInTheirOrder() {
        var queue = OutputQueue<Int>()
        var taken: [Int] = []
        for round in 0..<3 {
            for value in 0..<1000 { queue.append(round * 1000 + value) }
            if round == 1 { #expect(queue.popFirst() == 1000) }
            while let value = queue.popFirst() { taken.append(value) }
            #expect(queue.isEmpty)
        }
        #expect(taken == (0..<3000).filter { $0 != 1000 })
        #expect(queue.popFirst() == nil)
    }

    @Test func removedElementsDoNotComeBack() {
        var queue = OutputQueue<Int>()
        queue.append(1)
        queue.append(2)
        #expect(queue.popFirst() == 1)
        queue.removeAll()
        #expect(queue.isEmpty)
        queue.append(3)
        #expect(queue.popFirst() == 3)
    }
}
