// SPDX-License-Identifier: Apache-2.0

/// The frames that a carrier moves between two Hypha nodes (`Docs/protocol/hypha.md` section 3).
///
/// Byte 0 tells the type, which is one of ``FrameType``; all but ``TransportHeader`` are decoded by
/// ``HandshakeFrame``.
package enum LinkFrame {
    /// The version of the handshake frames.
    package static let version: UInt8 = 1

    /// An initiation in two parts, each of this size.
    package static let initiationPartByteCount = 698
    /// An initiation in one part.
    package static let initiationWholeByteCount = 1356
    /// A handshake response.
    package static let responseByteCount = 1222
    /// A cookie reply.
    package static let cookieReplyByteCount = 64
    /// A key request.
    package static let keyRequestByteCount = 64
    /// A key reply in a public network.
    package static let keyReplyByteCount = 44
    /// A key reply in a private network, with its MAC.
    package static let authenticatedKeyReplyByteCount = 60

    /// Noise message 1.
    package static let initiationMessageByteCount = 1316
    /// The slice of Noise message 1 in each of two parts.
    package static let initiationMessagePartByteCount = 658
    /// Noise message 2.
    package static let responseMessageByteCount = 1178

    /// Size of each of the two MACs at the end of an initiation or response.
    package static let macByteCount = 16
    /// The nonce of a cookie reply.
    package static let cookieNonceByteCount = 24
    /// A cookie, sealed.
    package static let sealedCookieByteCount = 32
    /// Where the MAC of a key request begins; it covers what stands before it.
    package static let keyRequestMACOffset = 48
    /// Where the MAC of a key reply begins; it covers what stands before it.
    package static let keyReplyMACOffset = 44
}

/// Byte 0 of a frame (`Docs/protocol/hypha.md` section 3).
@usableFromInline
package enum FrameType: UInt8, Hashable, Sendable, CaseIterable {
    case initiation = 1
    case response = 2
    case cookieReply = 3
    case transport = 4
    case keyRequest = 5
    case keyReply = 6
}
