// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding

/// What a worker keeps for sessions between two nodes, beside their keys.
struct SessionDesk: ~Copyable {
    /// Whether this node makes sessions at all.
    var isOpen = false
    /// Base bodies carry handshakes and nothing else, wherever nothing else is said.
    var requiresSessions = false
    var policies = SessionPolicyTable(seed: UInt64.random(in: 0 ... .max))
    /// Where bodies of a session that no packet causes are sent to, by its index at this node.
    var addresses: [UInt32: IPv6Address] = [:]
    /// Packets of this host that wait for a session.
    var waiting = HoldQueue()
    var wantedTimes = WantedTimes()
    var wanted = TokenBucket(perSecond: Limits.wantedPerSecond, burst: Limits.wantedBurst)
    var messages = TokenBucket(
        perSecond: Limits.sessionMessagesPerSecond,
        burst: Limits.sessionMessagesBurst
    )
    var controls = TokenBucket(
        perSecond: Limits.sessionControlsPerSecond,
        burst: Limits.sessionControlsPerSecond
    )
    var unknownIndexes = TokenBucket(
        perSecond: Limits.unknownIndexesPerSecond,
        burst: Limits.unknownIndexesPerSecond
    )
    /// When the control plane is told of used sessions; `nil` while there are none.
    var reportAt: Instant?

    func nextDeadline() -> Deadline? {
        Deadline.earlier(
            waiting.nextDeadline(),
            reportAt.map { Deadline($0, "sessions used") }
        )
    }

    /// Whether a base body from a subnet is taken though it is no handshake.
    func takesBase(from subnet: UInt64) -> Bool {
        guard isOpen else { return true }
        return !(policies.rule(of: subnet)?.isStrict ?? requiresSessions)
    }
}

/// Why a packet of this host does not leave now.
enum NoDeparture: Error {
    /// Dropped and counted.
    case dropped
    /// It waits for a session.
    case waiting
    /// No session came about, and nothing else is allowed.
    case refused
}
