// SPDX-License-Identifier: Apache-2.0

/// One step of a handshake message (Noise revision 34 section 5.3; `hfs` extension, draft 1).
package enum NoiseToken: Hashable, Sendable {
    /// A fresh public key.
    case e
    /// The static public key, sealed once there is a key.
    case s
    /// The result of a key agreement is mixed into the key.
    case dh(NoiseAgreement)
    /// The pre-shared key is mixed in.
    case psk
    /// A fresh public key of the encapsulation mechanism, sealed once there is a key.
    case e1
    /// An encapsulation for `e1`, sealed; then its secret is mixed into the key.
    case ekem1
}

/// Whose keys a key agreement is of: the first letter is the initiator's key.
package enum NoiseAgreement: Hashable, Sendable {
    /// Ephemeral and ephemeral.
    case ee
    /// The initiator's ephemeral key, the responder's static one.
    case es
    /// The initiator's static key, the responder's ephemeral one.
    case se
    /// Static and static.
    case ss
}

/// A handshake pattern as data: what each message does (section 7).
package struct NoisePattern: Hashable, Sendable {
    /// With its modifiers, as in protocol names.
    package let name: String
    /// Whether the initiator knows the responder's static key before.
    package let isResponderKnown: Bool
    /// The tokens of each message, the initiator's first.
    package let messages: [[NoiseToken]]
    private let hasModifier: Bool

    private init(
        _ name: String,
        isResponderKnown: Bool,
        hasModifier: Bool = false,
        _ messages: [[NoiseToken]]
    ) {
        self.name = name
        self.isResponderKnown = isResponderKnown
        self.hasModifier = hasModifier
        self.messages = messages
    }

    /// The responder's key is known, the initiator has none.
    package static let nk = NoisePattern(
        "NK",
        isResponderKnown: true,
        [[.e, .dh(.es)], [.e, .dh(.ee)]]
    )
    /// The responder's key is known, the initiator sends its own at once.
    package static let ik = NoisePattern(
        "IK",
        isResponderKnown: true,
        [[.e, .dh(.es), .s, .dh(.ss)], [.e, .dh(.ee), .dh(.se)]]
    )
    /// Both send their keys.
    package static let xx = NoisePattern(
        "XX",
        isResponderKnown: false,
        [[.e], [.e, .dh(.ee), .s, .dh(.es)], [.s, .dh(.se)]]
    )

    /// Whether a pre-shared key is mixed in; then every `e` goes into the key too.
    package var hasPreSharedKey: Bool { messages.joined().contains(.psk) }

    /// Whether the pattern has hybrid forward secrecy.
    package var isHybrid: Bool { messages.joined().contains(.e1) }

    /// The pattern with the modifier `pskN` (section 9).
    ///
    /// - Parameter position: 0: at the beginning of the first message; 1 and more: at the end of
    ///   that message, which must exist.
    /// - Returns: The modified pattern.
    package func withPreSharedKey(_ position: Int) -> NoisePattern {
        var messages = messages
        if position == 0 {
            messages[0].insert(.psk, at: 0)
        } else {
            messages[position - 1].append(.psk)
        }
        return modified("psk\(position)", messages)
    }

    /// The pattern with the modifier `hfs`.
    ///
    /// `e1` follows the first `e`, or the key agreement right behind it, so that the key is sealed
    /// where that is possible; `ekem1` follows the first `ee`.
    package func withHybridForwardSecrecy() -> NoisePattern {
        var messages = messages
        if let at = messages[0].firstIndex(of: .e) {
            var after = at + 1
            if after < messages[0].count, case .dh = messages[0][after] { after += 1 }
            messages[0].insert(.e1, at: after)
        }
        for index in messages.indices {
            guard let at = messages[index].firstIndex(of: .dh(.ee)) else { continue }
            messages[index].insert(.ekem1, at: at + 1)
            break
        }
        return modified("hfs", messages)
    }

    private func modified(_ modifier: String, _ messages: [[NoiseToken]]) -> NoisePattern {
        NoisePattern(
            name + (hasModifier ? "+" : "") + modifier,
            isResponderKnown: isResponderKnown,
            hasModifier: true,
            messages
        )
    }
}
