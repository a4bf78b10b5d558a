// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLink
import Testing

/// The macro cannot look into a call that changes something.
private func expect<Value: Equatable>(_ value: Value, _ expected: Value) {
    #expect(value == expected)
}

@Suite struct CarrierChoiceTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    /// Sends all probes from `now` on; returns their tokens and which were full-size.
    private func probes(
        _ choice: inout CarrierChoice,
        from now: Instant,
        random: inout SplitMix64
    ) -> [(token: UInt64, isFullSize: Bool)] {
        var result: [(token: UInt64, isFullSize: Bool)] = []
        while result.count < CarrierChoice.probesCount, let due = choice.deadline(canTry: true) {
            let step = choice.poll(now: max(now, due), canTry: true, random: &random)
            guard case .probe(let token, let isFullSize) = step else { break }
            result.append((token, isFullSize))
        }
        return result
    }

    @Test func aFurtherSessionBeginsTheProofAnew() {
        var random = SplitMix64(seed: 1)
        var choice = CarrierChoice(tryAt: start)
        expect(choice.poll(now: start, canTry: true, random: &random), .handshake)
        choice.established(now: start)
        let lost = choice.poll(now: start, canTry: true, random: &random)
        #expect(lost != nil, "the neighbour has no key for this one")
        choice.established(now: start + .milliseconds(1))
        let later = start + .milliseconds(1)
        for probe in probes(&choice, from: later, random: &random) {
            _ = choice.answered(token: probe.token)
        }
        #expect(choice.isUp)
    }

    @Test func fiveAnswersOfFiveOneOfFullSizeBringUDPUp() {
        var random = SplitMix64(seed: 1)
        var choice = CarrierChoice(tryAt: start)
        expect(choice.poll(now: start, canTry: true, random: &random), .handshake)
        #expect(choice.deadline(canTry: true) == nil)
        choice.established(now: start)
        let sent = probes(&choice, from: start, random: &random)
        #expect(sent.count == 5)
        #expect(sent.count { $0.isFullSize } == 1)
        for (i, probe) in sent.enumerated() {
            #expect(!choice.isUp)
            expect(choice.answered(token: probe.token), i == 4)
        }
        #expect(choice.isUp)
        #expect(choice.deadline(canTry: true) == nil)
    }

    @Test func oneUnansweredProbeKeepsTheTrafficOnTheStream() throws {
        var random = SplitMix64(seed: 1)
        var choice = CarrierChoice(tryAt: start)
        _ = choice.poll(now: start, canTry: true, random: &random)
        choice.established(now: start)
        let sent = probes(&choice, from: start, random: &random)
        for probe in sent.dropLast() {
            expect(choice.answered(token: probe.token), false)
            expect(choice.answered(token: probe.token), false)
        }
        let end = try #require(choice.deadline(canTry: true))
        expect(choice.poll(now: end, canTry: true, random: &random), nil)
        #expect(!choice.isUp)
        #expect(try #require(choice.deadline(canTry: true)) > end)
    }

    @Test(arguments: 1...20)
    func restsAreTenSecondsThenTwentyToFortyFive(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var choice = CarrierChoice()
        #expect(choice.isUp)
        choice.lost(now: start, random: &random)
        #expect(choice.deadline(canTry: true) == start + .seconds(10))
        #expect(choice.deadline(canTry: false) == nil)
        var now = start + .seconds(10)
        for _ in 0..<5 {
            expect(choice.poll(now: now, canTry: true, random: &random), .handshake)
            choice.failed(now: now, random: &random)
            let next = try #require(choice.deadline(canTry: true))
            #expect(CarrierChoice.laterRest.contains(next.elapsed(since: now)), "seed \(seed)")
            now = next
        }
    }

    @Test func aHandshakeOfTheOtherSideIsProvenToo() {
        var random = SplitMix64(seed: 1)
        var choice = CarrierChoice(tryAt: start + .seconds(30))
        choice.established(now: start)
        expect(probes(&choice, from: start, random: &random).count, 5)
        choice.failed(now: start, random: &random)
        #expect(choice.deadline(canTry: true) == start + .seconds(2))
    }

    @Test func withoutAStreamThereIsNothingToProve() {
        var choice = CarrierChoice(tryAt: start)
        choice.force()
        #expect(choice.isUp)
    }
}
