// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLink
import Testing

private func measured(_ roundTrip: Duration) -> RoundTripEstimate {
    var estimate = RoundTripEstimate()
    for _ in 0..<50 { estimate.add(roundTrip) }
    return estimate
}

/// The macro cannot look into a call that changes something.
private func expect<Value: Equatable>(_ value: Value, _ expected: Value) {
    #expect(value == expected)
}

@Suite struct LivenessTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    /// When a carrier that hears nothing any more is given up, and the probes until then.
    private func death(
        _ kind: CarrierKind,
        _ use: LinkUse,
        _ roundTrip: Duration
    ) -> (after: Duration, probes: Int) {
        var liveness = Liveness(kind, now: start)
        let estimate = measured(roundTrip)
        var probes = 0
        while true {
            let now = liveness.deadline(use: use, roundTrip: estimate)
            switch liveness.poll(now: now, use: use, roundTrip: estimate) {
            case .probe: probes += 1
            case .dead: return (now.elapsed(since: start), probes)
            case nil: Issue.record("a due deadline without a step")
            }
        }
    }

    @Test func silentLossOnADatagramLinkInUseIsFoundInLessThanASecond() {
        #expect(death(.datagram, .inUse, .milliseconds(1)).after < .seconds(1))
        #expect(death(.datagram, .inUse, .milliseconds(30)).after < .seconds(1))
        #expect(death(.datagram, .inUse, .milliseconds(1)).probes == 16)
    }

    @Test func aSatelliteLinkGetsSixRoundTrips() {
        let after = death(.datagram, .inUse, .milliseconds(600)).after
        #expect(after > .milliseconds(600 * 5))
        #expect(after < .milliseconds(600 * 7))
    }

    @Test func anIdleLinkIsProbedOnlyWhenItsKeepAlivesAreOverdue() {
        let liveness = Liveness(.datagram, now: start)
        #expect(
            liveness.deadline(use: .idle, roundTrip: RoundTripEstimate()) == start + .seconds(25)
        )
    }

    @Test func aSuspectedCarrierIsProbedAtOnceAndSavedByAnythingHeard() {
        let estimate = measured(.milliseconds(1))
        for use in [LinkUse.idle, .inUse] {
            var liveness = Liveness(.datagram, now: start)
            let now = start + .milliseconds(10)
            liveness.suspect(now: now)
            #expect(liveness.deadline(use: use, roundTrip: estimate) <= now)
            expect(liveness.poll(now: now, use: use, roundTrip: estimate), .probe)
            // Each refused probe says the same again.
            liveness.suspect(now: now)
            #expect(liveness.deadline(use: use, roundTrip: estimate) == now + .milliseconds(30))
            liveness.heard(at: now + .milliseconds(1))
            #expect(!liveness.isLate)
        }
    }

    @Test func aStreamGetsThreeSecondsOrFourTimeouts() {
        let soon = death(.stream, .inUse, .milliseconds(10))
        #expect(soon.after == Liveness.quietStream + .seconds(3))
        #expect(soon.probes == 3)
        #expect(death(.stream, .inUse, .seconds(2)).after > .seconds(9))
    }

    @Test func aHurriedStreamGetsASecondAndAHalfAndOnlyOnce() {
        let estimate = measured(.milliseconds(1))
        var liveness = Liveness(.stream, now: start)
        let now = start + .seconds(1)
        liveness.hurry(now: now)
        expect(liveness.poll(now: now + .milliseconds(499), use: .inUse, roundTrip: estimate), nil)
        for milliseconds in [500, 1000] {
            let at = now + .milliseconds(milliseconds)
            expect(liveness.poll(now: at, use: .inUse, roundTrip: estimate), .probe)
        }
        var saved = liveness
        let end = now + .milliseconds(1500)
        expect(liveness.poll(now: end, use: .inUse, roundTrip: estimate), .dead)
        saved.heard(at: now + .milliseconds(1400))
        expect(saved.poll(now: end, use: .inUse, roundTrip: estimate), nil)
        expect(
            saved.deadline(use: .inUse, roundTrip: estimate),
            now + .milliseconds(1400) + Liveness.quietStream
        )
    }

    @Test func anythingHeardEndsTheProbing() {
        var liveness = Liveness(.datagram, now: start)
        let estimate = measured(.milliseconds(10))
        for _ in 0..<15 {
            let now = liveness.deadline(use: .inUse, roundTrip: estimate)
            expect(liveness.poll(now: now, use: .inUse, roundTrip: estimate), .probe)
        }
        let heard = start + .milliseconds(900)
        liveness.heard(at: heard)
        #expect(!liveness.isLate)
        #expect(
            liveness.deadline(use: .inUse, roundTrip: estimate) == heard + .milliseconds(250)
        )
        liveness.heard(at: start)
        #expect(liveness.heardAt == heard)
    }

    @Test func ourOwnStallKillsNothing() {
        var liveness = Liveness(.datagram, now: start)
        let estimate = measured(.milliseconds(10))
        let late = start + .seconds(100)
        expect(liveness.poll(now: late, use: .inUse, roundTrip: estimate), .probe)
        expect(liveness.poll(now: late, use: .inUse, roundTrip: estimate), nil)
    }

    /// 20 % of all frames lost each way, nothing but probes on the link: about 12 000 silences.
    @Test(arguments: 1...5)
    func randomLossKillsNoLink(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var liveness = Liveness(.datagram, now: start)
        let estimate = measured(.milliseconds(20))
        var deaths = 0
        for _ in 0..<20_000 {
            let now = liveness.deadline(use: .inUse, roundTrip: estimate)
            switch liveness.poll(now: now, use: .inUse, roundTrip: estimate) {
            case .probe:
                let isAnswered =
                    Int.random(in: 0..<5, using: &random) > 0
                    && Int.random(in: 0..<5, using: &random) > 0
                if isAnswered { liveness.heard(at: now + .milliseconds(20)) }
            case .dead: deaths += 1
            case nil: break
            }
        }
        #expect(deaths == 0, "seed \(seed)")
    }
}
