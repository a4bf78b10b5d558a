// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The answer to `sessions.list`: one part of all destinations that packets go to, by address.
package struct SessionsAnswer: Codable, Hashable, Sendable {
    package let sessions: [SessionAnswer]
    /// Size of the whole table.
    package let total: Int
    /// Pass it as `after` to get what follows; `nil` at the end.
    package let next: String?

    /// - Parameters:
    ///   - sessions: One part of the table.
    ///   - total: Size of the whole table.
    ///   - next: The address to go on after.
    package init(sessions: [SessionAnswer], total: Int, next: IPv6Address?) {
        self.sessions = sessions
        self.total = total
        self.next = next?.description
    }
}

/// How packets to one node are protected from end to end.
package struct SessionAnswer: Codable, Hashable, Sendable {
    /// The node's overlay address.
    package var address: String
    /// Its key, once known.
    package var publicKey: String?
    package var state: State
    /// Who began the session; `nil` without one.
    package var role: Role?
    /// How long there has been a session without a gap, or the link that is one; `nil` without.
    package var ageSeconds: Double?
    /// Time since its keys were replaced; `nil` if they never were.
    package var rekeyedSeconds: Double?
    package var sent: Traffic
    package var received: Traffic
    /// Packets dropped because they came a second time, or too late to tell.
    package var replayedDrops: UInt64
    /// Packets dropped because they were not genuine.
    package var forgedDrops: UInt64
    /// Largest packet for the node, bytes; `nil` while it is not known.
    package var innerMTU: Int?
    /// UDP endpoints at which the node says that it may be reached.
    package var candidates: [String]

    /// How packets are protected.
    package enum State: String, Codable, CaseIterable, Sendable {
        /// In a session.
        case session
        /// By the link to the node itself, which is as good as a session.
        case direct
        /// With base encryption, for the node knows no better.
        case base
        /// Not at all yet: they wait for a session.
        case holding
        /// With base encryption although the node offers sessions: no handshake came through.
        case unprotected
    }

    /// Who began a session.
    package enum Role: String, Codable, CaseIterable, Sendable {
        case initiator
        case responder
    }

    /// - Parameters:
    ///   - address: The node's overlay address.
    ///   - publicKey: Its key, once known.
    ///   - state: How packets to it are protected.
    package init(address: IPv6Address, publicKey: PublicKey?, state: State) {
        self.address = address.description
        self.publicKey = publicKey?.description
        self.state = state
        sent = Traffic()
        received = Traffic()
        replayedDrops = 0
        forgedDrops = 0
        candidates = []
    }
}

/// The answer to `whois`: whose address it is, and how surely (`Docs/protocol/hypha.md` section 4).
package struct WhoisAnswer: Codable, Hashable, Sendable {
    /// The address asked for.
    package var address: String
    /// The key behind it; `nil` when none is known.
    package var publicKey: String?
    /// Whether a session or a direct link of that key brought the packets, which nobody else can
    /// make.
    package var isProven: Bool
    /// Whether it is the full derived address of the key, not just one in its subnet.
    package var isExact: Bool
    /// How packets are protected, a ``SessionAnswer/State`` or more, in a word.
    package var state: String
    /// What carries them, in a few words; `nil` when they come through other nodes.
    package var carrier: String?
    /// UDP endpoints at which the node says that it may be reached.
    package var candidates: [String]

    /// - Parameters:
    ///   - address: The address asked for.
    ///   - publicKey: The key behind it.
    ///   - isProven: Whether only that key can have sent the packets.
    ///   - state: How packets are protected, in a word.
    ///   - carrier: What carries them, in a few words.
    package init(
        address: IPv6Address,
        publicKey: PublicKey?,
        isProven: Bool,
        state: String,
        carrier: String?
    ) {
        self.address = address.description
        self.publicKey = publicKey?.description
        self.isProven = isProven
        isExact = publicKey.map { IPv6Address(derivedFrom: $0) == address } ?? false
        self.state = state
        self.carrier = carrier
        candidates = []
    }

    /// Whether a service may take the address for the key: proven and exact.
    package var isIdentity: Bool { isProven && isExact }
}

/// The answer to `peers.forget`.
package struct ForgottenAnswer: Codable, Hashable, Sendable {
    /// The node that may be spoken to with base encryption again.
    package let address: String

    /// - Parameter address: The node that was forgotten.
    package init(_ address: IPv6Address) { self.address = address.description }
}
