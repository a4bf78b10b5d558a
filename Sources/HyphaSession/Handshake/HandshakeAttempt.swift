// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// One attempt of our own to get a session.
struct HandshakeAttempt<Pending> {
    /// `nil` for a rekey.
    let id: AttemptID?
    let path: HandshakePath
    /// Whether it counts against the three quarters of ``HandshakeCapacity/attempts``.
    let isUnreserved: Bool
    var stage: Stage

    enum Stage {
        /// Waiting for the key of the other end.
        case asking(KeyQuestion)
        /// Waiting for message 2.
        case initiating(Initiation<Pending>)
    }
}

/// What is kept while a key request is unanswered.
struct KeyQuestion {
    let nonce: UInt64
    /// The only key that is of use; `nil` when any is.
    let expected: PublicKey?
    var tries = 0
    /// Whether another key than the remembered one answered.
    var wasRefused = false
}

/// What is kept while a message 1 is unanswered.
struct Initiation<Pending> {
    let key: PublicKey
    /// Makes the first authenticator of frames to `key`.
    let mac1Key: [UInt8]
    let giveUpAt: Instant
    /// Whether the key was asked for and is to be remembered when it has proven itself.
    let isAsked: Bool
    var sentCount = 0
    /// Whether an initiation of the peer had to wait for ours.
    var wasPreferred = false
    var cookie: Cookie?
    /// Of the latest message 1; an older one is not answered any more.
    var flight: Flight<Pending>?
}

/// A cookie that the other end gave us for our address.
struct Cookie {
    let bytes: [UInt8]
    let receivedAt: Instant
}

/// One message 1 under way.
struct Flight<Pending> {
    let index: SessionIndex
    let pending: Pending
    /// As sent: frames with their authenticators, or the content of an end-to-end body.
    var frames: [[UInt8]]
    let sentAt: Instant
    /// When the same bytes go out once more; `nil` for never, or not again.
    var repeatAt: Instant?
    var retransmitAt: Instant
    var responses = 0
    var cookies = 0
}
