// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaLink
import Testing

private func address(_ last: UInt8, _ port: UInt16 = 9652) -> SocketAddress {
    SocketAddress(host: .v4(IPv4Address(bits: 0x0a00_0000 | UInt32(last))), port: port)
}

/// The macro cannot look into a call that changes something.
private func expect(_ steps: [RoamingStep], _ expected: [RoamingStep] = []) {
    #expect(steps == expected)
}

@Suite struct RoamingChallengeTests {
    private let now = Instant(nanoseconds: 1_000_000_000)
    private let roundTrip: Duration = .milliseconds(10)

    @Test func aNewAddressIsUsedAtOnceAndAskedToProveItself() {
        var roaming = RoamingChallenge(endpoint: address(1))
        expect(
            roaming.heard(from: address(2), token: 5, now: now),
            [.unproven(address(2)), .challenge(address(2), token: 5)]
        )
        #expect(roaming.current == address(2))
        #expect(roaming.proven == address(1))
        expect(roaming.heard(from: address(2), token: 6, now: now))
        expect(roaming.answered(token: 5, from: address(2)), [.endpoint(address(2))])
        #expect(roaming.proven == address(2))
        #expect(roaming.deadline(roundTrip: roundTrip) == nil)
    }

    @Test func onlyTheRightTokenFromTheRightAddressProves() {
        var roaming = RoamingChallenge(endpoint: address(1))
        _ = roaming.heard(from: address(2), token: 5, now: now)
        expect(roaming.answered(token: 6, from: address(2)))
        expect(roaming.answered(token: 5, from: address(1)))
        #expect(roaming.proven == address(1))
    }

    @Test func withoutAnAnswerTheOldEndpointIsUsedAgain() throws {
        var roaming = RoamingChallenge(endpoint: address(1))
        _ = roaming.heard(from: address(2), token: 5, now: now)
        var steps: [RoamingStep] = []
        while let due = roaming.deadline(roundTrip: roundTrip) {
            let step = roaming.poll(now: due, roundTrip: roundTrip)
            steps.append(try #require(step))
            #expect(due.elapsed(since: now) <= .seconds(2))
        }
        #expect(steps.count == RoamingChallenge.challengesMax)
        #expect(steps.dropLast().allSatisfy { $0 == .challenge(address(2), token: 5) })
        #expect(steps.last == .endpoint(address(1)))
        #expect(roaming.current == address(1))
    }

    @Test func theOldAddressNeedsNoProofWhenItIsHeardAgain() {
        var roaming = RoamingChallenge(endpoint: address(1))
        _ = roaming.heard(from: address(2), token: 5, now: now)
        expect(roaming.heard(from: address(1), token: 6, now: now), [.endpoint(address(1))])
        expect(roaming.answered(token: 5, from: address(2)))
    }

    @Test func aThirdAddressReplacesTheSecond() {
        var roaming = RoamingChallenge(endpoint: address(1))
        _ = roaming.heard(from: address(2), token: 5, now: now)
        expect(
            roaming.heard(from: address(3), token: 6, now: now),
            [.unproven(address(3)), .challenge(address(3), token: 6)]
        )
        expect(roaming.answered(token: 5, from: address(2)))
        #expect(roaming.proven == address(1))
    }
}
