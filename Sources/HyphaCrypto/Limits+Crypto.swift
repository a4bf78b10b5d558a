// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Expanded keys a worker keeps.
    ///
    /// About 2 KB each with libipsec-mb, made as they are used. At
    /// the ceiling one that was not used lately is given up for the new one and counted; when it
    /// is needed again it is derived again.
    package static let peerKeysMax = 4096

    /// Longest name of a private network, bytes; a longer one is refused when it is configured.
    package static let networkNameBytesMax = 64
}
