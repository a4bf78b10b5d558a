// SPDX-License-Identifier: Apache-2.0

/// What a handshake is for; one cannot be passed off as the other, because the prologues differ.
package enum SessionScope: Hashable, Sendable, CaseIterable {
    /// A link to a neighbour (`Docs/protocol/hypha.md` section 3).
    case link
    /// A session between two nodes that others carry (section 4).
    case endToEnd

    /// What both ends feed to Noise first: a label, then the network name after its size (1 byte).
    ///
    /// - Parameter networkName: Empty in a public network; only the first 255 bytes count.
    /// - Returns: The prologue (section 3.1).
    package func prologue(networkName: [UInt8]) -> [UInt8] {
        let label =
            switch self {
            case .link: "hypha link 1"
            case .endToEnd: "hypha session 1"
            }
        let name = networkName.prefix(255)
        return Array(label.utf8) + [UInt8(name.count)] + name
    }
}
