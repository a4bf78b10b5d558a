// SPDX-License-Identifier: Apache-2.0

/// Something an operator should know about a running node.
package struct StatusWarning: Codable, Hashable, Sendable {
    /// A ``Code``; a newer daemon may have more of them.
    package let code: String
    /// What it is about: a path, a URL, a name.
    package let subject: String

    /// The codes in use.
    package enum Code: String, CaseIterable, Sendable {
        /// The key file can be read by others than its owner.
        case keyFileExposed
        /// No libipsec-mb: packets are encrypted by OpenSSL, at a part of the speed.
        case slowCipher
        /// A listener could not be opened and is tried again.
        case listenerDown
        /// The kernel lacks a segmentation offload.
        case offloadMissing
        /// The route to the mesh could not be set.
        case routeMissing
        /// Another node announces this node's subnet.
        case identityConflict
        /// A peer answers with another key than it had; it is refused for a minute, then taken.
        case peerKeyChanged
        /// A peer answers with another key than the one pinned in its URL; it is refused.
        case peerKeyDiffers
    }

    /// - Parameters:
    ///   - code: Which kind.
    ///   - subject: What it is about.
    package init(_ code: Code, subject: String) {
        self.code = code.rawValue
        self.subject = subject
    }
}
