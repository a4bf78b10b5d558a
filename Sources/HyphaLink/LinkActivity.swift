// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// What the packet path counted on one carrier of one link; handed over before each timer.
package struct LinkActivity: Hashable, Sendable {
    package var link: LinkID
    package var carrier: CarrierKind
    /// When the last authenticated frame of any kind came.
    package var heardAt: Instant
    /// When the last frame of any kind was sent.
    package var sentAt: Instant
    /// Bytes of frames since the carrier came up.
    package var sentBytes: UInt64
    package var receivedBytes: UInt64

    package init(
        link: LinkID,
        carrier: CarrierKind,
        heardAt: Instant,
        sentAt: Instant,
        sentBytes: UInt64,
        receivedBytes: UInt64
    ) {
        self.link = link
        self.carrier = carrier
        self.heardAt = heardAt
        self.sentAt = sentAt
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
    }
}
