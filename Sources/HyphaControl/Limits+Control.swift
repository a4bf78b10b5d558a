// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Largest configuration file, bytes; a larger one is refused before it is parsed.
    package static let configurationFileBytesMax = 1 << 20
    /// Most keys, tables and list elements of a configuration file; a larger one is refused.
    package static let configurationEntriesMax = 4096
    /// Listen URLs a node may have; more are a configuration problem.
    package static let configuredListenersMax = 16
    /// The TCP port peers are accepted on when nothing is said (base protocol section 2.2).
    package static let listenPortDefault: UInt16 = 9651
    /// The UDP port Hypha links are accepted on when nothing is said.
    package static let datagramPortDefault: UInt16 = 9652
    /// Longest name of a private network, bytes of UTF-8; a longer one is a configuration problem.
    package static let privateNetworkNameBytesMax = 64
    /// Static peers that may be configured; more are a configuration problem.
    package static let configuredPeersMax = 256
    /// Interfaces that discovery may be confined to; more are a configuration problem.
    package static let configuredInterfacesMax = 64
    /// Problems reported for one configuration; later ones are left out.
    package static let configurationProblemsMax = 64
    /// Longest path of a unix socket, bytes (`sun_path` less its terminating zero).
    package static let socketPathBytesMax = 107
    /// Longest interface name, bytes (`IFNAMSIZ` less its terminating zero).
    package static let interfaceNameBytesMax = 15
    /// Longest request line on the control socket, bytes; a longer one is answered with an error
    /// and the connection is closed.
    package static let controlRequestBytesMax = 64 << 10
    /// Longest answer line that a client reads, bytes; a longer one fails the call.
    package static let controlAnswerBytesMax = 16 << 20
    /// Routes in one answer; a caller asks for the rest with `after`.
    package static let routesPerAnswerMax = 1000
    /// Sessions in one answer; a caller asks for the rest with `after`.
    package static let sessionsPerAnswerMax = 1000
    /// Unprotected destinations named in a status; further ones are only counted.
    package static let unprotectedNamedMax = 32
}
