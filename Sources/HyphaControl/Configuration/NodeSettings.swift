// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// Everything a node is told before it starts, checked and complete.
package struct NodeSettings: Hashable, Sendable {
    /// The configuration file that was read; `nil` when there was none.
    package let configFile: String?
    /// Folder of the key and other state.
    package let stateDirectory: String
    /// File of the secret key.
    package let keyFile: String
    /// Path of the control socket, at most ``HyphaBase/Limits/socketPathBytesMax`` bytes.
    package let controlSocket: String
    /// Where to accept peers: addresses, no names, no two alike; the port may be 0.
    package let listen: [Endpoint]
    /// Static peers, no two alike; the port is never 0.
    package let peers: [Endpoint]
    /// Whether nothing of Hypha's own is spoken: no UDP, no sealed links, no sessions.
    package let isBaseProtocolOnly: Bool
    /// The private network, if the node belongs to one.
    package let network: PrivateNetworkSettings?
    /// Whether a TUN device is made.
    package let isTunEnabled: Bool
    /// Name of the TUN device, 1...15 bytes.
    package let tunName: String
    /// Whether nodes are looked for on the local networks.
    package let isDiscoveryEnabled: Bool
    /// Interfaces that discovery is confined to; empty means all.
    package let discoveryInterfaces: [String]
    /// Whether nodes with sessions are linked to directly where they can be reached.
    package let makesDirectLinks: Bool
    /// Whether base encryption is refused, sending and receiving.
    package let requiresSessions: Bool
    /// Whether key requests are answered.
    package let answersKeyRequests: Bool
    /// Workers of the packet path, 1...``HyphaBase/Limits/workersMax``; `nil` = as many as suit
    /// the machine.
    package let workers: Int?
    package let cryptoBackend: CryptoPreference
    package let logLevel: LogLevel
    package let logFormat: LogFormat
    /// Every setting with its value and source, in the order of ``ConfigurationSchema``.
    package let effective: [EffectiveSetting]
    /// Things that look like mistakes and stop nothing.
    package let warnings: [ConfigurationWarning]
    /// What the settings were made from; a reload resolves it again with the file as it is then.
    package let inputs: ConfigurationInputs
}

/// A private network: both its name and its key are needed to link with its nodes.
package struct PrivateNetworkSettings: Hashable, Sendable {
    /// 1...64 bytes of UTF-8.
    package let name: String
    /// File of the key, 32 bytes; read and checked by the daemon.
    package let keyFile: String

    /// - Parameters:
    ///   - name: 1...64 bytes of UTF-8.
    ///   - keyFile: File of the key.
    package init(name: String, keyFile: String) {
        self.name = name
        self.keyFile = keyFile
    }
}

/// Something that looks like a mistake and stops nothing.
package enum ConfigurationWarning: Hashable, Sendable {
    /// A variable that begins like ours and is none; the nearest one that is.
    case unknownVariable(String, nearest: String)
    /// The same peer twice in one list; it is used once.
    case duplicatePeer(String)
}
