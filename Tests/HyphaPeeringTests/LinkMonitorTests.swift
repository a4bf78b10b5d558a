// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaPeering
import HyphaWire
import Testing

/// Drives a monitor in virtual time.
private struct Bench: ~Copyable {
    var monitor: LinkMonitor<SplitMix64>
    var now = Instant(nanoseconds: 5_000_000_000)
    /// Everything that came out, with its time.
    var log: [(at: Instant, output: LinkMonitorOutput)] = []

    init(seed: UInt64 = 1) { monitor = LinkMonitor(random: SplitMix64(seed: seed)) }

    @discardableResult
    mutating func handle(_ input: LinkMonitorInput) -> [LinkMonitorOutput] {
        monitor.handle(input, now: now)
        var outputs: [LinkMonitorOutput] = []
        while let output = monitor.nextOutput() {
            outputs.append(output)
            log.append((now, output))
        }
        return outputs
    }

    /// Runs timers until `end`; `answer` gives the round trip after which each Hello is answered.
    mutating func run(until end: Instant, answer: Duration? = nil) {
        while let deadline = monitor.nextDeadline(), deadline.instant <= end {
            now = max(now, deadline.instant)
            let hellos = handle(.timer).compactMap { output -> LinkID? in
                if case .transmit(let link, .hello) = output { link } else { nil }
            }
            guard let answer else { continue }
            now = now + answer
            for link in hellos { handle(.ihu(from: link)) }
        }
        now = max(now, end)
    }

    func hellos(_ link: LinkID) -> [(at: Instant, hello: Hello)] {
        log.compactMap { entry in
            if case .transmit(link, .hello(let hello)) = entry.output {
                (entry.at, hello)
            } else {
                nil
            }
        }
    }
}

@Suite struct LinkMonitorTests {
    private let link = LinkID(1)
    private let other = LinkID(2)

    @Test(arguments: 1...20)
    func hellosComeSoonThenEveryTwentySeconds(seed: UInt64) {
        var bench = Bench(seed: seed)
        let start = bench.now
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        bench.run(until: start + .seconds(400), answer: .milliseconds(3))
        let hellos = bench.hellos(link)
        #expect(hellos.count >= 20)
        #expect(hellos[0].at >= start + .seconds(5))
        #expect(hellos[0].at <= start + .seconds(6))
        for (index, entry) in hellos.enumerated() {
            #expect(entry.hello == Hello(seqno: Seqno(UInt16(index))))
            guard index > 0 else { continue }
            let gap = entry.at.elapsed(since: hellos[index - 1].at)
            #expect(gap >= .seconds(19))
            #expect(gap <= .seconds(20))
        }
    }

    @Test func theHelloSeqnoIsPerLinkAndWraps() {
        var bench = Bench()
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        bench.run(until: bench.now + .seconds(20 * 65_600), answer: .milliseconds(1))
        bench.handle(.linkUp(other, staticCost: Metric(10)))
        bench.run(until: bench.now + .seconds(7), answer: .milliseconds(1))
        let seqnos = bench.hellos(link).map(\.hello.seqno.value)
        #expect(seqnos.count > 65_536)
        #expect(seqnos[65_535] == 65_535)
        #expect(seqnos[65_536] == 0)
        #expect(bench.hellos(other).first?.hello.seqno == Seqno(0))
    }

    @Test func eachHelloIsAnsweredByOneIHUAtOnce() {
        var bench = Bench()
        bench.handle(.linkUp(link, staticCost: Metric(15)))
        let answer = IHU(rxCost: Metric(1015), intervalCentiseconds: 6000)
        for _ in 0..<80 {
            #expect(bench.handle(.hello(from: link)) == [.transmit(link, .ihu(answer))])
        }
        #expect(bench.handle(.hello(from: other)) == [])
    }

    @Test func noIHUIsEverSentUnsolicited() {
        var bench = Bench()
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        bench.run(until: bench.now + .seconds(1000), answer: .milliseconds(7))
        for entry in bench.log {
            if case .transmit(_, .ihu) = entry.output { Issue.record("unsolicited IHU") }
        }
    }

    @Test func aFloodOfHellosIsAnsweredAtTheCeilingAndCounted() {
        var bench = Bench()
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        bench.handle(.linkUp(other, staticCost: Metric(10)))
        var answers = 0
        for _ in 0..<10_000 { answers += bench.handle(.hello(from: link)).count }
        #expect(answers == Limits.ihusBurst)
        #expect(bench.monitor.snapshot(of: link)?.hellosUnanswered == 10_000 - 256)
        #expect(bench.handle(.hello(from: other)).count == 1)
        bench.now = bench.now + .seconds(1)
        for _ in 0..<10_000 { answers += bench.handle(.hello(from: link)).count }
        #expect(answers == Limits.ihusBurst + Limits.ihusPerSecond)
    }

    @Test func theCostFollowsTheRoundTripAndIsToldWhenItChanges() {
        var bench = Bench()
        let start = bench.now
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        #expect(bench.monitor.cost(of: link) == Metric(1010))
        bench.run(until: start + .seconds(7), answer: .milliseconds(20))
        #expect(bench.log.map(\.output).last == .linkCost(link, Metric(30)))
        #expect(bench.monitor.snapshot(of: link)?.smoothedRoundTrip == .milliseconds(20))
        let count = bench.log.count
        bench.run(until: start + .seconds(27), answer: .milliseconds(20))
        #expect(bench.log.count == count + 1, "the same round trip changes nothing")
        bench.run(until: start + .seconds(48), answer: .milliseconds(120))
        #expect(bench.log.map(\.output).last == .linkCost(link, Metric(40)))
        let answer = IHU(rxCost: Metric(40))
        #expect(bench.handle(.hello(from: link)) == [.transmit(link, .ihu(answer))])
    }

    @Test func onlyTheFirstIHUAfterAHelloIsASample() {
        var bench = Bench()
        let start = bench.now
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        #expect(bench.handle(.ihu(from: link)) == [], "no Hello is out")
        #expect(bench.monitor.cost(of: link) == Metric(1010))
        bench.run(until: start + .seconds(7), answer: .milliseconds(5))
        bench.now = bench.now + .seconds(10)
        #expect(bench.handle(.ihu(from: link)) == [])
        #expect(bench.monitor.cost(of: link) == Metric(15))
        #expect(bench.monitor.snapshot(of: link)?.ihusHeard == 3)
    }

    @Test func aLinkIsDeadExactly43SecondsAfterItsStart() {
        var bench = Bench()
        let start = bench.now
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        bench.run(until: start + .seconds(100))
        #expect(bench.log.last?.output == .linkDead(link))
        #expect(bench.log.last?.at == start + .seconds(43))
        #expect(bench.hellos(link).count == 2)
        #expect(bench.monitor.nextDeadline() == nil)
        #expect(bench.monitor.snapshot(of: link) == nil)
    }

    @Test func aLinkThatIsWatchedElsewhereIsMeasuredAndNeverDeclaredDead() {
        var bench = Bench()
        let start = bench.now
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        bench.handle(.watchedElsewhere(link))
        bench.run(until: start + .seconds(200))
        #expect(!bench.log.contains { $0.output == .linkDead(link) })
        #expect(bench.hellos(link).count >= 9)
    }

    @Test func anyIHUGivesFurther43Seconds() {
        var bench = Bench()
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        bench.run(until: bench.now + .seconds(42))
        bench.handle(.ihu(from: link))
        bench.handle(.ihu(from: link))
        let last = bench.now
        bench.handle(.hello(from: link))
        bench.run(until: last + .seconds(100))
        #expect(bench.log.last?.output == .linkDead(link))
        #expect(bench.log.last?.at == last + .seconds(43))
    }

    @Test func linksLiveAndDieOnTheirOwn() {
        var bench = Bench()
        let start = bench.now
        bench.handle(.linkUp(link, staticCost: Metric(10)))
        bench.handle(.linkUp(other, staticCost: Metric(15)))
        bench.handle(.linkDown(link))
        bench.run(until: start + .seconds(60))
        #expect(bench.hellos(link).isEmpty)
        let dead = bench.log.filter { $0.output == .linkDead(other) }
        #expect(dead.map(\.at) == [start + .seconds(43)])
    }

    @Test func equalSeedsGiveEqualRuns() {
        func run(_ seed: UInt64) -> [Instant] {
            var bench = Bench(seed: seed)
            for id in 1...50 { bench.handle(.linkUp(LinkID(UInt32(id)), staticCost: Metric(10))) }
            bench.run(until: bench.now + .seconds(200), answer: .microseconds(100))
            return bench.log.map(\.at)
        }
        #expect(run(3) == run(3))
        #expect(run(3) != run(4))
    }
}
