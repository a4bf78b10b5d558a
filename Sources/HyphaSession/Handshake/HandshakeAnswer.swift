// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Message 2 of an end-to-end handshake as it was sent, kept until its session is confirmed: it goes
/// out once more when the same message 1 comes again.
struct HandshakeAnswer {
    /// How that message 1 begins.
    let head: PublicKey
    /// Of the body.
    let content: [UInt8]
    let address: IPv6Address
}
