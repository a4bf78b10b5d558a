// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What ``RoamingChallenge`` wants done.
package enum RoamingStep: Hashable, Sendable {
    /// Send traffic to this address, up to three times what came from it, the rest to the endpoint
    /// before.
    case unproven(SocketAddress)
    /// Send traffic to this address.
    case endpoint(SocketAddress)
    /// Send a challenge with this token to this address.
    case challenge(SocketAddress, token: UInt64)
}

/// Where the datagrams of one link go, and whether the neighbour is known to be there
/// (`Docs/protocol/hypha.md` section 3.3, Roaming).
///
/// An authenticated frame with the highest counter so far that comes from a new address moves the
/// link at once, so a node that changes networks loses nothing. But somebody on the path can copy a
/// frame and have it arrive first from an address of his choice, so that address is asked to
/// prove itself with a token; until it does, no more than three times what came from it is sent
/// there (the packet path keeps count), and without an answer the old endpoint is used again.
package struct RoamingChallenge: Hashable, Sendable {
    /// The last address that proved itself, by handshake or by answering.
    package private(set) var proven: SocketAddress
    private var candidate: Candidate?

    private struct Candidate: Hashable, Sendable {
        let address: SocketAddress
        let token: UInt64
        var sent = 0
        var sentAt: Instant = .zero
    }

    /// Challenges sent to one address before it is given up.
    package static let challengesMax = 5
    private static let gapMin: Duration = .milliseconds(200)

    /// - Parameter endpoint: Where the handshake was made.
    package init(endpoint: SocketAddress) { proven = endpoint }

    /// Where traffic goes now.
    package var current: SocketAddress { candidate?.address ?? proven }

    /// Takes the endpoint of a new handshake, which is a proof.
    package mutating func prove(_ endpoint: SocketAddress) {
        proven = endpoint
        candidate = nil
    }

    /// The highest counter so far came from `address`.
    ///
    /// - Parameters:
    ///   - address: Where it came from.
    ///   - token: Drawn at random, for the challenge.
    ///   - now: When.
    /// - Returns: What to do, in order; empty when nothing moved.
    package mutating func heard(
        from address: SocketAddress,
        token: UInt64,
        now: Instant
    ) -> [RoamingStep] {
        guard address != current else { return [] }
        if address == proven {
            candidate = nil
            return [.endpoint(proven)]
        }
        candidate = Candidate(address: address, token: token, sent: 1, sentAt: now)
        return [.unproven(address), .challenge(address, token: token)]
    }

    /// Takes the answer to a challenge.
    ///
    /// - Returns: What to do; empty when it answers nothing that was asked there.
    package mutating func answered(token: UInt64, from address: SocketAddress) -> [RoamingStep] {
        guard let candidate, candidate.token == token, candidate.address == address else {
            return []
        }
        prove(address)
        return [.endpoint(address)]
    }

    /// What to do now; called when ``deadline(roundTrip:)`` is due.
    package mutating func poll(now: Instant, roundTrip: Duration) -> RoamingStep? {
        guard let due = deadline(roundTrip: roundTrip), due <= now, let open = candidate else {
            return nil
        }
        guard open.sent < Self.challengesMax else {
            candidate = nil
            return .endpoint(proven)
        }
        candidate?.sent += 1
        candidate?.sentAt = now
        return .challenge(open.address, token: open.token)
    }

    /// When ``poll(now:roundTrip:)`` has something to do, `nil` for never.
    package func deadline(roundTrip: Duration) -> Instant? {
        candidate.map { $0.sentAt + max(Self.gapMin, roundTrip * 2) }
    }
}
