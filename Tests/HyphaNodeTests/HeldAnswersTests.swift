// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaNode
import Testing

/// Answers to handshakes that wait for a route.
@Suite struct HeldAnswersTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func address(_ subnet: UInt64, _ low: UInt64 = 1) -> IPv6Address {
        IPv6Address(high: 0x0400_0000_0000_0000 + subnet, low: low)
    }

    private func prefix(_ subnet: UInt64) -> Prefix { Prefix(subnetOf: address(subnet)) }

    /// The macros cannot look into a call that changes something.
    private func expect<Value: Equatable>(_ value: Value, _ expected: Value) {
        #expect(value == expected)
    }

    @Test func oneOfEachSubnetWaitsAndTheNewestCounts() {
        var answers = HeldAnswers()
        expect(answers.hold([1], to: address(1), now: start), true)
        expect(answers.hold([2], to: address(2), now: start), true)
        expect(answers.hold([3], to: address(1, 9), now: start), true)
        #expect(answers.count == 2)
        #expect(answers.droppedCount == 1)
        let taken = answers.take(prefix(1), now: start)
        #expect(taken?.content == [3])
        #expect(taken?.address == address(1, 9))
        expect(answers.take(prefix(1), now: start), nil)
        #expect(answers.heldCount == 3 && answers.releasedCount == 1)
    }

    @Test func anAnswerThatIsTooOldIsNotSent() {
        var answers = HeldAnswers()
        expect(answers.hold([1], to: address(1), now: start), true)
        let end = start + Limits.heldAnswerTime
        var late = answers
        expect(answers.take(prefix(1), now: end + .nanoseconds(-1))?.content, [1])
        expect(late.take(prefix(1), now: end), nil)
        #expect(late.droppedCount == 1 && late.count == 0)
    }

    @Test func aSearchInVainEndsTheWait() {
        var answers = HeldAnswers()
        expect(answers.hold([1], to: address(1), now: start), true)
        answers.drop(prefix(2))
        #expect(answers.count == 1)
        answers.drop(prefix(1))
        #expect(answers.count == 0 && answers.droppedCount == 1)
    }

    @Test func aFurtherAnswerAboveTheCeilingIsDroppedUntilOneIsTooOld() {
        var answers = HeldAnswers()
        let most = UInt64(Limits.heldAnswersMax)
        for subnet in 0..<most {
            let now = start + .milliseconds(Int64(subnet))
            expect(answers.hold([1], to: address(subnet), now: now), true)
        }
        let full = start + .seconds(1)
        expect(answers.hold([1], to: address(most), now: full), false)
        #expect(answers.count == Limits.heldAnswersMax)
        #expect(answers.droppedCount == 1)
        // Its own place is free for the one that replaces it.
        expect(answers.hold([2], to: address(3), now: full), true)
        let later = start + Limits.heldAnswerTime
        expect(answers.hold([1], to: address(most), now: later), true)
        #expect(answers.count == Limits.heldAnswersMax)
    }
}
