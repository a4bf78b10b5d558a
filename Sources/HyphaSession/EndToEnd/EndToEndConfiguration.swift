// SPDX-License-Identifier: Apache-2.0

/// What a node asks of end-to-end sessions.
package struct EndToEndConfiguration: Sendable {
    /// What it says of itself in handshakes; ports and carrier MTU are not used.
    package var handshake: HandshakeConfiguration
    /// `security.require_sessions`: base bodies carry handshakes and nothing else.
    package var requiresSessions: Bool

    package init(handshake: HandshakeConfiguration, requiresSessions: Bool = false) {
        self.handshake = handshake
        self.requiresSessions = requiresSessions
    }

    /// What the packet path does with a subnet that has no policy.
    ///
    /// - Parameter isMarked: Whether the router id of its route offers sessions.
    /// - Returns: The policy to act upon until there is one.
    package func defaultPolicy(isMarked: Bool) -> SessionPolicy {
        SessionPolicy(
            sending: isMarked || requiresSessions ? .hold : .base,
            receiving: requiresSessions ? .handshakesOnly : .anything
        )
    }
}
