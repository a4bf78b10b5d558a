// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What the packet path is told about end-to-end sessions; the counterpart is ``SessionEvent``.
package enum SessionCommand: Sendable {
    /// From now on subnets without a policy follow the default one, and packets for them are
    /// reported. Before this, everything is sealed with the base key and nothing is said.
    case begin(requiresSessions: Bool)
    /// What is done with a /64 from now on; `nil` = the default.
    case policy(Prefix, SessionPolicy?)
    /// Receive under these keys from sources in this /64 from now on.
    case install(
        local: SessionIndex,
        remote: SessionIndex,
        peer: PublicKey,
        Prefix,
        SessionKeys
    )
    /// Neither send nor receive under this session any more.
    case remove(local: SessionIndex)
    /// Send a body of type 0x12 without content under this session.
    case sendEmpty(local: SessionIndex)
    /// Send a body of type 0x12 with this content under this session.
    case sendControl(local: SessionIndex, [UInt8])
    /// Send a body of this type, 0x10 or 0x11, under the base key.
    case sendMessage(UInt8, [UInt8], to: IPv6Address)
}
