// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaSession
import Testing

// The expectation macros cannot take a span.
private func read(_ bytes: [UInt8]) throws(MetFile.Failure) -> MetFile.Content {
    try MetFile.decode(bytes.span)
}

@Suite struct MetFileTests {
    private func node(_ number: UInt64, isOwn: Bool = false) -> MetNode {
        MetNode(key: EndToEndBench.key(number), metAtSeconds: 1_700_000_000 + number, isOwn: isOwn)
    }

    @Test func anImageIsReadAsItWasWritten() throws {
        let nodes = [node(3), node(1, isOwn: true), node(2)]
        let image = MetFile.image(of: nodes)
        let content = try read(image)
        #expect(content.nodes == nodes)
        #expect(content.validByteCount == image.count)
        #expect(content.recordCount == 3)
        #expect(try read([]).nodes.isEmpty)
        #expect(try read(MetFile.header).nodes.isEmpty)
    }

    @Test func laterRecordsReplaceEarlierOnes() throws {
        var file = MetFile.header
        for change: MetChange in [
            .remember(node(1)), .remember(node(2)), .forget(node(1).key),
            .remember(node(2, isOwn: true)), .remember(node(3)), .remember(node(1, isOwn: true)),
        ] {
            file += MetFile.record(change)
        }
        let content = try read(file)
        #expect(content.nodes == [node(1, isOwn: true), node(2, isOwn: true), node(3)])
        #expect(content.recordCount == 6)
    }

    @Test func aTornEndIsCutOff() throws {
        let image = MetFile.image(of: [node(1), node(2)])
        let recordByteCount = MetFile.record(.remember(node(1))).count
        for count in MetFile.header.count..<image.count {
            let torn = Array(image[..<count])
            let content = try read(torn)
            let whole = (count - MetFile.header.count) / recordByteCount
            #expect(content.nodes == Array([node(1), node(2)].prefix(whole)))
            #expect(content.validByteCount == MetFile.header.count + whole * recordByteCount)
        }
        // A tail of zeros, as a file system leaves it after a crash.
        let zeros = image + [UInt8](repeating: 0, count: 100)
        #expect(try read(zeros).nodes.count == 2)
        var broken = image
        broken[broken.count - 1] ^= 1
        #expect(try read(broken).nodes == [node(1)])
    }

    @Test func otherKindsAreSkipped() throws {
        let file = MetFile.header + [9, 2, 7, 7, 2] + MetFile.record(.remember(node(1)))
        let content = try read(file)
        #expect(content.nodes == [node(1)])
        #expect(content.recordCount == 2)
    }

    @Test func otherFilesAndVersionsAreRefused() {
        var image = MetFile.image(of: [node(1)])
        #expect(throws: MetFile.Failure.foreign) { try read(Array(image[..<11])) }
        image[8] = 2
        #expect(throws: MetFile.Failure.version(2)) { try read(image) }
        image[0] = 0
        #expect(throws: MetFile.Failure.foreign) { try read(image) }
    }
}

@Suite struct MetMemoryTests {
    @Test func strangersGiveWayBeforeNodesOfOurOwn() {
        var bench = EndToEndBench()
        let max = UInt64(Limits.metNodesMax)
        let nodes = (0..<max).map { number in
            MetNode(
                key: EndToEndBench.key(1000 + number),
                metAtSeconds: number,
                isOwn: number != max / 2
            )
        }
        bench.a.handle(.remember(nodes), now: bench.now)
        #expect(bench.a.engine.metCount == Limits.metNodesMax)
        #expect(bench.a.engine.counters.metEvicted == 0)
        bench.meet()
        #expect(bench.a.engine.metCount == Limits.metNodesMax)
        #expect(bench.a.engine.counters.metEvicted == 1)
        #expect(bench.a.events.contains(.ceiling(.met)))
        let gone = nodes[Int(max / 2)].key
        #expect(bench.a.policy(Prefix(subnetOf: IPv6Address(derivedFrom: gone))) == nil)
        let content = try? read(bench.a.file)
        #expect(content?.nodes.map(\.key) == [bench.b.key])
        #expect(content?.recordCount == 2)
    }

    @Test func whatIsRememberedIsPersistedOnceAndWithItsTime() throws {
        var bench = EndToEndBench()
        bench.pass(.seconds(10))
        bench.meet()
        bench.pass(.seconds(200), step: .seconds(1))
        bench.meet()
        let content = try read(bench.b.file)
        let node = MetNode(key: bench.a.key, metAtSeconds: 1_700_000_011, isOwn: false)
        #expect(content.nodes == [node])
        #expect(content.recordCount == 1)
        // Packets of its own make it one of ours.
        bench.b.handle(.wanted(bench.a.address, key: bench.a.key, isMarked: true), now: bench.now)
        bench.pass(.seconds(200), step: .seconds(1))
        bench.b.handle(.wanted(bench.a.address, key: bench.a.key, isMarked: true), now: bench.now)
        bench.settle()
        let later = try read(bench.b.file)
        #expect(later.nodes.map(\.isOwn) == [true])
        #expect(later.nodes.map(\.metAtSeconds) == [1_700_000_011])
    }
}
